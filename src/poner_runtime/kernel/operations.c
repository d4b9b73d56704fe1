/* The table of operations, and those that work value by value or row by row. */
#include "operations.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

#if FLT_EVAL_METHOD != 0
#error "doubles must be computed as doubles, or answers differ in the last bit"
#endif

const void *poner_expect_array(const poner_model *model, const poner_step *step, int slot,
                               poner_array_type type, uint64_t count) {
    if (step->arrays[slot] == PONER_NONE) return NULL;
    const poner_array *array = model->arrays + step->arrays[slot];
    if (array->type != (uint32_t)type || array->count != count) return NULL;
    return model->bytes + array->offset;
}

static const char *same_width(const poner_model *model, const poner_step *step,
                              uint32_t in_width) {
    (void)model;
    return step->width == in_width ? NULL : "a step changes the width and may not";
}

static const char *one_wide(const poner_model *model, const poner_step *step, uint32_t in_width) {
    (void)model, (void)in_width;
    return step->width == 1 ? NULL : "a label is not one value";
}

static const char *one_to_one(const poner_model *model, const poner_step *step,
                              uint32_t in_width) {
    return in_width == 1 ? one_wide(model, step, in_width) : "a sign is asked of several values";
}

/* Refuses what scikit-learn refuses: infinities, and NaN where the model was not made for it. */
enum { ALLOW_MISSING = 1 };

static poner_status cast_float32(const poner_model *model, const poner_step *step,
                                 const double *in, uint32_t in_width, double *out, size_t n_rows,
                                 poner_fault *fault) {
    (void)model;
    for (size_t i = 0; i < n_rows * in_width; i++) {
        const double value = (double)(float)in[i];
        const bool missing = isnan(value) && (step->option & ALLOW_MISSING);
        if (!isfinite(value) && !missing) {
            fault->row = i / in_width, fault->column = i % in_width;
            return PONER_NOT_FINITE;
        }
        out[i] = value;
    }
    return PONER_OK;
}

static const char *check_divide(const poner_model *model, const poner_step *step,
                                uint32_t in_width) {
    if (!poner_expect_array(model, step, 0, PONER_FLOAT64, in_width)) return "no divisors";
    return same_width(model, step, in_width);
}

static poner_status divide(const poner_model *model, const poner_step *step, const double *in,
                           uint32_t in_width, double *out, size_t n_rows, poner_fault *fault) {
    (void)fault;
    const double *divisors = poner_array_of(model, step, 0);
    for (size_t i = 0; i < n_rows * in_width; i++) out[i] = in[i] / divisors[i % in_width];
    return PONER_OK;
}

static const char *check_logistic(const poner_model *model, const poner_step *step,
                                  uint32_t in_width) {
    if (!poner_expect_array(model, step, 0, PONER_FLOAT64, 1)) return "no scale";
    return in_width == 1 && step->width == 2 ? NULL : "two probabilities come from one score";
}

/* The probabilities of both classes: p = 1 / (1 + exp(-scale * score)) for the second. */
static poner_status logistic(const poner_model *model, const poner_step *step, const double *in,
                             uint32_t in_width, double *out, size_t n_rows, poner_fault *fault) {
    (void)in_width, (void)fault;
    const double scale = *(const double *)poner_array_of(model, step, 0);
    for (size_t row = 0; row < n_rows; row++) {
        const double probability = 1.0 / (1.0 + exp(-(scale * in[row])));
        out[2 * row] = 1.0 - probability;
        out[2 * row + 1] = probability;
    }
    return PONER_OK;
}

/* The sum of n values as numpy adds them along a row (numpy/_core/src/umath/loops_utils.h.src,
 * pairwise sum, numpy 1.24 to 2.5): from eight values on the order shows in the last bit. */
static double pairwise_sum(const double *values, size_t n) {
    if (n < 8) {
        double sum = -0.0; /* as numpy starts, so that -0 stays -0 */
        for (size_t i = 0; i < n; i++) sum += values[i];
        return sum;
    }
    if (n > 128) {
        const size_t half = n / 2 - n / 2 % 8;
        return pairwise_sum(values, half) + pairwise_sum(values + half, n - half);
    }
    double lane[8];
    size_t i = 8;
    for (size_t k = 0; k < 8; k++) lane[k] = values[k];
    for (; i + 8 <= n; i += 8)
        for (size_t k = 0; k < 8; k++) lane[k] += values[i + k];
    double sum = ((lane[0] + lane[1]) + (lane[2] + lane[3])) +
                 ((lane[4] + lane[5]) + (lane[6] + lane[7]));
    for (; i < n; i++) sum += values[i];
    return sum;
}

static poner_status softmax(const poner_model *model, const poner_step *step, const double *in,
                            uint32_t in_width, double *out, size_t n_rows, poner_fault *fault) {
    (void)model, (void)step, (void)fault;
    for (const double *end = in + n_rows * in_width; in < end; in += in_width, out += in_width) {
        double largest = in[0];
        for (uint32_t i = 1; i < in_width; i++)
            if (in[i] > largest) largest = in[i];
        for (uint32_t i = 0; i < in_width; i++) out[i] = exp(in[i] - largest);
        const double sum = pairwise_sum(out, in_width);
        for (uint32_t i = 0; i < in_width; i++) out[i] /= sum;
    }
    return PONER_OK;
}

static poner_status exponential(const poner_model *model, const poner_step *step, const double *in,
                                uint32_t in_width, double *out, size_t n_rows,
                                poner_fault *fault) {
    (void)model, (void)step, (void)fault;
    for (size_t i = 0; i < n_rows * in_width; i++) out[i] = exp(in[i]);
    return PONER_OK;
}

/* The first of the largest, as numpy.argmax; a NaN counts as the largest. */
static poner_status argmax(const poner_model *model, const poner_step *step, const double *in,
                           uint32_t in_width, double *out, size_t n_rows, poner_fault *fault) {
    (void)model, (void)step, (void)fault;
    for (size_t row = 0; row < n_rows; row++, in += in_width) {
        uint32_t best = 0;
        for (uint32_t i = 1; i < in_width && !isnan(in[best]); i++)
            if (in[i] > in[best] || isnan(in[i])) best = i;
        out[row] = (double)best;
    }
    return PONER_OK;
}

static poner_status is_positive(const poner_model *model, const poner_step *step, const double *in,
                                uint32_t in_width, double *out, size_t n_rows,
                                poner_fault *fault) {
    (void)model, (void)step, (void)in_width, (void)fault;
    for (size_t row = 0; row < n_rows; row++) out[row] = in[row] > 0.0 ? 1.0 : 0.0;
    return PONER_OK;
}

static poner_status is_not_negative(const poner_model *model, const poner_step *step,
                                    const double *in, uint32_t in_width, double *out,
                                    size_t n_rows, poner_fault *fault) {
    (void)model, (void)step, (void)in_width, (void)fault;
    for (size_t row = 0; row < n_rows; row++) out[row] = in[row] >= 0.0 ? 1.0 : 0.0;
    return PONER_OK;
}

const poner_operation poner_operations[PONER_N_OPERATIONS] = {
    [0] = {NULL, 0, NULL, NULL}, /* no operation: a file of zeros is not a program */
    [1] = {"cast_float32", 1, same_width, cast_float32},
    [2] = {"sum_trees", 1, poner_check_sum_trees, poner_sum_trees},
    [3] = {"sum_leaf_rows", 1, poner_check_sum_leaf_rows, poner_sum_leaf_rows},
    [4] = {"divide", 1, check_divide, divide},
    [5] = {"logistic", 1, check_logistic, logistic},
    [6] = {"softmax", 1, same_width, softmax},
    [7] = {"exponential", 1, same_width, exponential},
    [8] = {"argmax", 1, one_wide, argmax},
    [9] = {"is_positive", 1, one_to_one, is_positive},
    [10] = {"is_not_negative", 1, one_to_one, is_not_negative},
    [11] = {"sum_shallow_trees", 1, poner_check_sum_shallow_trees, poner_sum_shallow_trees},
};
