/* Operations that move values, and operations that refuse rows. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "operations.h"

const char *poner_check_select(const poner_model *model, const poner_step *step,
                               const uint32_t *widths) {
    const uint32_t *columns = poner_expect_array(model, step, 0, PONER_UINT32, step->width);
    if (!columns) return "a selection has no columns";
    for (uint32_t i = 0; i < step->width; i++)
        if (columns[i] >= widths[0]) return "a selected column does not exist";
    return NULL;
}

/* out[i] = in[columns[i]]. Arrays: 0 columns. */
poner_status poner_select(const poner_call *call) {
    const uint32_t *columns = poner_given(call, 0);
    const double *in = call->in[0];
    double *out = call->out;
    for (size_t row = 0; row < call->n_rows; row++, in += call->in_width[0])
        for (uint32_t i = 0; i < call->step->width; i++) *out++ = in[columns[i]];
    return PONER_OK;
}

const char *poner_check_join(const poner_model *model, const poner_step *step,
                             const uint32_t *widths) {
    (void)model;
    uint64_t total = 0;
    for (int k = 0; k < PONER_MAX_INPUTS; k++) total += widths[k];
    return total == step->width ? NULL : "a joined register has the wrong width";
}

poner_status poner_join(const poner_call *call) {
    double *out = call->out;
    for (size_t row = 0; row < call->n_rows; row++)
        for (int k = 0; k < PONER_MAX_INPUTS; k++) {
            const uint32_t width = call->in_width[k];
            if (width) memcpy(out, call->in[k] + row * width, width * sizeof *out);
            out += width;
        }
    return PONER_OK;
}

const char *poner_check_constant(const poner_model *model, const poner_step *step,
                                 const uint32_t *widths) {
    (void)widths;
    return poner_expect_array(model, step, 0, PONER_FLOAT64, step->width) ? NULL
                                                                          : "a constant is missing";
}

/* out = values, for any input. Arrays: 0 values. */
poner_status poner_constant(const poner_call *call) {
    poner_fill_rows(call, poner_given(call, 0));
    return PONER_OK;
}

/* Which of NaN and infinity pass; scikit-learn refuses both by default. */
enum { ALLOW_MISSING = 1, ALLOW_INFINITE = 2 };

static poner_status refuse_one(const poner_call *call, size_t place) {
    const uint32_t width = call->in_width[0];
    return poner_refuse(call, place / width, (uint32_t)(place % width),
                        isnan(call->in[0][place]) ? PONER_MISSING : PONER_BEYOND);
}

static inline bool passes(double value, uint32_t option) {
    return isfinite(value) || (isnan(value) && (option & ALLOW_MISSING)) ||
           (isinf(value) && (option & ALLOW_INFINITE));
}

const char *poner_check_require(const poner_model *model, const poner_step *step,
                                const uint32_t *widths) {
    (void)model, (void)step, (void)widths;
    return NULL;
}

/* out = in. Option: which of NaN and infinity pass. */
poner_status poner_require(const poner_call *call) {
    const size_t n_values = call->n_rows * call->in_width[0];
    const double *in = call->in[0];
    double nothing[4] = {0.0}; /* 0 while all are finite; four independent sums */
    size_t checked = 0;
    for (; checked + 4 <= n_values; checked += 4)
        for (size_t k = 0; k < 4; k++) nothing[k] += in[checked + k] * 0.0;
    for (; checked < n_values; checked++) nothing[0] += in[checked] * 0.0;
    const double sum = (nothing[0] + nothing[1]) + (nothing[2] + nothing[3]);
    for (size_t i = 0; !(sum == 0.0) && i < n_values; i++)
        if (!passes(in[i], call->step->option)) return refuse_one(call, i);
    memcpy(call->out, in, n_values * sizeof *in);
    return PONER_OK;
}

const char *poner_check_cast_float32(const poner_model *model, const poner_step *step,
                                     const uint32_t *widths) {
    return poner_check_require(model, step, widths);
}

/* out = in rounded to float32. Option: which of NaN and infinity pass, after rounding. */
poner_status poner_cast_float32(const poner_call *call) {
    const size_t n_values = call->n_rows * call->in_width[0];
    for (size_t i = 0; i < n_values; i++) {
        const double value = (double)(float)call->in[0][i];
        if (!passes(value, call->step->option)) return refuse_one(call, i);
        call->out[i] = value;
    }
    return PONER_OK;
}
