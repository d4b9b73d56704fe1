/* Operations that look up a value in a sorted array. */
#include <math.h>
#include <string.h>

#include "operations.h"

/* How many of n ascending values are below `value` (with `equal`, at or below); NaN is last. */
static uint32_t count_passed(const double *sorted, uint32_t n, double value, int equal) {
    uint32_t low = 0, high = n;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const double at = sorted[middle];
        if (equal ? !poner_comes_before(value, at) : poner_comes_before(at, value))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const char *poner_check_recode(const poner_model *model, const poner_step *step,
                               const uint32_t *widths) {
    uint32_t total;
    if (!poner_expect_ends(model, step, 0, widths[0], &total) ||
        !poner_expect_array(model, step, 1, PONER_FLOAT64, total) ||
        !poner_expect_array(model, step, 2, PONER_FLOAT64, total) ||
        !poner_expect_array(model, step, 3, PONER_FLOAT64, widths[0]))
        return "a recoding has no keys or values";
    return NULL;
}

/* out[i] = the value of key in[i]. Option: refuse values without a key. Arrays: 0 ends of each
 * column's keys, 1 keys, 2 values, 3 the value for anything else, one a column. */
poner_status poner_recode(const poner_call *call) {
    const uint32_t *ends = poner_given(call, 0), width = call->in_width[0];
    const double *keys = poner_given(call, 1);
    const double *values = poner_given(call, 2);
    const double *otherwise = poner_given(call, 3), *in = call->in[0];
    double *out = call->out;
    for (size_t row = 0; row < call->n_rows; row++)
        for (uint32_t i = 0, start = 0; i < width; start = ends[i++], in++) {
            const uint32_t place = start + count_passed(keys + start, ends[i] - start, *in, 0);
            const int known =
                place < ends[i] && (keys[place] == *in || (isnan(keys[place]) && isnan(*in)));
            if (!known && call->step->option) return poner_refuse(call, row, i, PONER_UNKNOWN);
            *out++ = known ? values[place] : otherwise[i];
        }
    return PONER_OK;
}

const char *poner_check_one_hot(const poner_model *model, const poner_step *step,
                                const uint32_t *widths) {
    uint32_t total;
    if (!poner_expect_ends(model, step, 0, widths[0], &total) || total != step->width)
        return "one-hot columns do not match their groups";
    return NULL;
}

/* out[start of column i + in[i]] = 1, all else 0. Arrays: 0 ends of each column's columns. */
poner_status poner_one_hot(const poner_call *call) {
    const uint32_t *ends = poner_given(call, 0), width = call->step->width;
    const double *in = call->in[0];
    memset(call->out, 0, call->n_rows * width * sizeof *call->out);
    for (size_t row = 0; row < call->n_rows; row++)
        for (uint32_t i = 0, start = 0; i < call->in_width[0]; start = ends[i++], in++)
            if (*in >= 0.0 && *in < (double)(ends[i] - start))
                call->out[row * width + start + (uint32_t)*in] = 1.0;
    return PONER_OK;
}

const char *poner_check_digitize(const poner_model *model, const poner_step *step,
                                 const uint32_t *widths) {
    uint32_t total;
    if (!poner_expect_ends(model, step, 0, widths[0], &total) ||
        !poner_expect_array(model, step, 1, PONER_FLOAT64, total))
        return "bins have no edges";
    return NULL;
}

/* out[i] = number of edges at or below in[i]. Option: 1 to count edges below in[i] only.
 * Arrays: 0 ends of each column's edges, 1 edges. */
poner_status poner_digitize(const poner_call *call) {
    const uint32_t *ends = poner_given(call, 0);
    const double *edges = poner_given(call, 1), *in = call->in[0];
    double *out = call->out;
    for (size_t row = 0; row < call->n_rows; row++)
        for (uint32_t i = 0, start = 0; i < call->in_width[0]; start = ends[i++])
            *out++ = count_passed(edges + start, ends[i] - start, *in++, !call->step->option);
    return PONER_OK;
}

const char *poner_check_interpolate(const poner_model *model, const poner_step *step,
                                    const uint32_t *widths) {
    uint32_t total;
    const uint32_t *ends = poner_expect_ends(model, step, 0, widths[0], &total);
    if (!ends || !poner_expect_array(model, step, 1, PONER_FLOAT64, total) ||
        !poner_expect_array(model, step, 2, PONER_FLOAT64, total))
        return "an interpolation has no points";
    for (uint32_t i = 0; i < widths[0]; i++)
        if (ends[i] == (i ? ends[i - 1] : 0)) return "an interpolation has no points";
    return NULL;
}

/* As numpy.interp (numpy/_core/src/multiarray/compiled_base.c, numpy 1.24 to 2.5). */
static double interpolate(const double *xs, const double *ys, uint32_t n, double x) {
    if (isnan(x)) return x;
    const uint32_t passed = count_passed(xs, n, x, 1);
    if (passed == 0) return ys[0];
    if (passed == n) return ys[n - 1];
    const uint32_t j = passed - 1;
    if (xs[j] == x) return ys[j];
    const double slope = (ys[j + 1] - ys[j]) / (xs[j + 1] - xs[j]);
    double y = slope * (x - xs[j]) + ys[j];
    if (isnan(y)) {
        y = slope * (x - xs[j + 1]) + ys[j + 1];
        if (isnan(y) && ys[j] == ys[j + 1]) y = ys[j];
    }
    return y;
}

/* Arrays: 0 ends of each column's points, 1 their x, 2 their y. */
poner_status poner_interpolate(const poner_call *call) {
    const uint32_t *ends = poner_given(call, 0);
    const double *xs = poner_given(call, 1);
    const double *ys = poner_given(call, 2), *in = call->in[0];
    double *out = call->out;
    for (size_t row = 0; row < call->n_rows; row++)
        for (uint32_t i = 0, start = 0; i < call->in_width[0]; start = ends[i++])
            *out++ = interpolate(xs + start, ys + start, ends[i] - start, *in++);
    return PONER_OK;
}
