/* Replaces missing values by those of the nearest training rows, the donors. */
#include <math.h>
#include <string.h>

#include "operations.h"

enum { INVERSE_DISTANCE = 1, COUNT_FAR = 2, GAPS = 4, N_OPTIONS = 8 };

#define MAX_DONORS 1025u /* the stack holds the nearest and one more, unless all count */

const char *poner_check_impute(const poner_model *model, const poner_step *step,
                               const uint32_t *widths) {
    const uint64_t count = (uint64_t)widths[0] * widths[1];
    const uint32_t *most = poner_expect_array(model, step, 2, PONER_UINT32, 1);
    if (step->option >= N_OPTIONS || count == 0 || !most ||
        !poner_expect_array(model, step, 0, PONER_FLOAT64, count) ||
        !poner_expect_array(model, step, 1, PONER_FLOAT64, widths[0]))
        return "an imputation has no donors";
    if (*most == 0 || (*most >= MAX_DONORS && *most < widths[1]))
        return "the donor count is invalid";
    return NULL;
}

typedef struct {
    const double *distances, *donors; /* the column of the donors, `stride` apart */
    uint32_t n_donors, stride;
} poner_donors;

static inline double donated(const poner_donors *from, uint32_t donor) {
    return from->donors[(size_t)donor * from->stride];
}

/* Finds the nearest donors that have a value, nearest first; returns their number. */
static uint32_t find_nearest(const poner_donors *from, uint32_t most, uint32_t *nearest) {
    uint32_t found = 0;
    for (uint32_t i = 0; i < from->n_donors; i++) {
        const double distance = from->distances[i];
        if (isnan(donated(from, i))) continue;
        if (found == most && !poner_comes_before(distance, from->distances[nearest[most - 1]]))
            continue;
        uint32_t place = found < most ? found++ : most - 1;
        for (; place > 0 && poner_comes_before(distance, from->distances[nearest[place - 1]]);
             place--)
            nearest[place] = nearest[place - 1];
        nearest[place] = i;
    }
    return found;
}

/* The weighted mean of the values of `count` donors (of all donors if `chosen` is NULL). */
static double mean_of(const poner_donors *from, const uint32_t *chosen, uint32_t count,
                      uint32_t option) {
    double sum = 0.0, weights = 0.0, touching_sum = 0.0, touching = 0.0;
    for (uint32_t k = 0; k < count; k++) {
        const uint32_t donor = chosen ? chosen[k] : k;
        const double value = donated(from, donor), distance = from->distances[donor];
        if (isnan(value) || (isnan(distance) && option != COUNT_FAR)) continue;
        const double weight = option & INVERSE_DISTANCE ? 1.0 / distance : 1.0;
        if (isinf(weight)) touching_sum += value, touching += 1.0;
        sum += value * weight;
        weights += weight;
    }
    return touching > 0.0 ? touching_sum / touching : sum / weights;
}

static double impute(const poner_donors *from, double mean, uint32_t most, uint32_t option) {
    uint32_t nearest[MAX_DONORS];
    int reached = 0;
    for (uint32_t i = 0; i < from->n_donors && !reached; i++)
        reached = !isnan(donated(from, i)) && !isnan(from->distances[i]);
    if (!reached) return mean;
    if (most >= from->n_donors) return mean_of(from, NULL, from->n_donors, option);
    return mean_of(from, nearest, find_nearest(from, most, nearest), option);
}

/* The squared lengths of a row and a donor, whose rounding scikit-learn's distances inherit. */
static double lengths_of(const double *row, const double *donor, uint32_t width) {
    double sum = 0.0;
    for (uint32_t i = 0; i < width; i++) {
        if (!isnan(row[i])) sum += row[i] * row[i];
        if (!isnan(donor[i])) sum += donor[i] * donor[i];
    }
    return sum;
}

/* How far the choice of donors is from a tie: the difference of squared distances between the last
 * donor that counts and the next, relative to the lengths; 1 if all count. With inverse distances
 * as weights also the nearest donor's distance: near 0, rounding decides its weight. */
static double gap_of(const poner_donors *from, const double *row, const double *donors,
                     uint32_t most, uint32_t option) {
    uint32_t nearest[MAX_DONORS];
    const double NOISE = 1e-4; /* relative size of a distance with few correct digits */
    double gap = 1.0;
    if (option & INVERSE_DISTANCE)
        for (uint32_t i = 0; i < from->n_donors; i++) {
            const double near = from->distances[i];
            const double lengths = lengths_of(row, donors + (size_t)i * from->stride, from->stride);
            if (!isnan(donated(from, i)) && near * near * NOISE < gap * lengths)
                gap = near * near * NOISE / lengths;
        }
    if (most >= from->n_donors) return gap;
    if (find_nearest(from, most + 1, nearest) <= most) return gap;
    /* NOLINTNEXTLINE(clang-analyzer-security.ArrayBound): the file's check refuses most == 0 */
    const double last = from->distances[nearest[most - 1]], next = from->distances[nearest[most]];
    const double lengths =
        lengths_of(row, donors + (size_t)nearest[most] * from->stride, from->stride);
    if (isnan(next)) return isnan(last) && (option & COUNT_FAR) ? 0.0 : gap;
    const double choice = lengths > 0.0 ? (next * next - last * last) / lengths : 0.0;
    return choice < gap ? choice : gap;
}

/* out[i] = in[i]; a NaN becomes the mean of the nearest donors' values, or the column's mean if no
 * donor has a distance and a value. Inputs: the row, its distances from the donors. Option: the
 * weights, whether donors without a distance count, whether `out` gets gaps instead (for proofs).
 * Arrays: 0 donors, 1 means, 2 how many donors count. */
poner_status poner_impute(const poner_call *call) {
    const double *donors = poner_given(call, 0);
    const double *means = poner_given(call, 1), *in = call->in[0];
    const uint32_t most = *(const uint32_t *)poner_given(call, 2);
    const uint32_t width = call->in_width[0], option = call->step->option;
    double *out = call->out;
    for (size_t row = 0; row < call->n_rows; row++)
        for (uint32_t i = 0; i < width; i++, in++) {
            const poner_donors from = {call->in[1] + row * call->in_width[1], donors + i,
                                       call->in_width[1], width};
            if (option & GAPS)
                *out++ = isnan(*in) ? gap_of(&from, in - i, donors, most, option & ~4u) : 1.0;
            else
                *out++ = isnan(*in) ? impute(&from, means[i], most, option) : *in;
        }
    return PONER_OK;
}
