/* The weighted median of a row: AdaBoostRegressor's prediction. */
#include "operations.h"

#define MAX_COLUMNS 4096u /* the stack holds their order */

const char *poner_check_weighted_median(const poner_model *model, const poner_step *step,
                                        const uint32_t *widths) {
    if (!poner_expect_array(model, step, 0, PONER_FLOAT64, widths[0]))
        return "a median's weights are missing";
    return step->width == 1 && widths[0] <= MAX_COLUMNS ? NULL : "a median has too many columns";
}

/* Indices of the values, smallest first: Shell's sort with Ciura's gaps. */
static void sort_places(const double *values, uint32_t n, uint32_t *places) {
    static const uint32_t GAPS[] = {1750, 701, 301, 132, 57, 23, 10, 4, 1};
    for (uint32_t i = 0; i < n; i++) places[i] = i;
    for (size_t k = 0; k < sizeof GAPS / sizeof *GAPS; k++)
        for (uint32_t gap = GAPS[k], i = gap; i < n; i++) {
            const uint32_t place = places[i];
            uint32_t j = i;
            for (; j >= gap && poner_comes_before(values[place], values[places[j - gap]]); j -= gap)
                places[j] = places[j - gap];
            places[j] = place;
        }
}

/* out = the first value, smallest first, up to which the weights sum to half of all or more.
 * Arrays: 0 weights. */
poner_status poner_weighted_median(const poner_call *call) {
    const double *weights = poner_given(call, 0), *in = call->in[0];
    const uint32_t n = call->in_width[0];
    uint32_t places[MAX_COLUMNS];
    for (size_t row = 0; row < call->n_rows; row++, in += n) {
        sort_places(in, n, places);
        double total = 0.0, passed = 0.0;
        for (uint32_t i = 0; i < n; i++) total += weights[places[i]];
        uint32_t median = 0;
        while (median + 1 < n && (passed += weights[places[median]]) < 0.5 * total) median++;
        call->out[row] = in[places[median]];
    }
    return PONER_OK;
}
