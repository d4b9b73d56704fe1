/* Operations that combine the columns of a row. */
#include <math.h>

#include "math/math.h"
#include "operations.h"

/* The sum of n values as numpy adds them along a row (numpy/_core/src/umath/loops_utils.h.src,
 * pairwise sum, numpy 1.24 to 2.5): from eight values on, the order changes the last bit. */
static double pairwise_sum(const double *values, size_t n) {
    if (n < 8) {
        double sum = -0.0; /* numpy's start value: a sum of -0 stays -0 */
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
    double sum =
        ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
    for (; i < n; i++) sum += values[i];
    return sum;
}

/* One value for each group of columns. ----------------------------------------------------------- */

enum {
    SUM,
    MAXIMUM,
    MINIMUM,
    ARGMAX,
    ARGMIN,
    SUM_ABSOLUTE,
    SUM_SQUARES,
    PRODUCT,
    LOG_SUM_EXP,
    MAXIMUM_ABSOLUTE,
    SUM_IN_ORDER,
    N_REDUCTIONS
};

const char *poner_check_reduce(const poner_model *model, const poner_step *step,
                               const uint32_t *widths) {
    if (step->option >= N_REDUCTIONS) return "a reduction is unknown";
    uint32_t total;
    const uint32_t *ends = poner_expect_ends(model, step, 0, step->width, &total);
    if (!ends || total != widths[0]) return "groups of columns do not match the register";
    for (uint32_t i = 0; i < step->width; i++)
        if (ends[i] == (i ? ends[i - 1] : 0)) return "a group of columns is empty";
    return NULL;
}

/* Index of the first largest value, as numpy.argmax; a NaN counts as the largest. */
static double argmax(const double *values, uint32_t n, double factor) {
    uint32_t best = 0;
    for (uint32_t i = 1; i < n && !isnan(values[best]); i++)
        if (factor * values[i] > factor * values[best] || isnan(values[i])) best = i;
    return (double)best;
}

static double largest(const double *values, uint32_t n, double factor) {
    return values[(uint32_t)argmax(values, n, factor)];
}

static double log_sum_exp(const double *values, uint32_t n) {
    const double most = largest(values, n, 1.0), shift = isfinite(most) ? most : 0.0;
    double sum = 0.0;
    for (uint32_t i = 0; i < n; i++) sum += poner_exp(values[i] - shift);
    return poner_log(sum) + shift;
}

static double reduce(uint32_t reduction, const double *values, uint32_t n) {
    double result = reduction == PRODUCT ? 1.0 : 0.0;
    switch (reduction) {
    case SUM: return pairwise_sum(values, n);
    case MAXIMUM: return largest(values, n, 1.0);
    case MINIMUM: return largest(values, n, -1.0);
    case ARGMAX: return argmax(values, n, 1.0);
    case ARGMIN: return argmax(values, n, -1.0);
    case LOG_SUM_EXP: return log_sum_exp(values, n);
    default: break;
    }
    for (uint32_t i = 0; i < n; i++) {
        const double value = values[i], size = fabs(value);
        switch (reduction) {
        case SUM_ABSOLUTE: result += size; break;
        case SUM_SQUARES: result += value * value; break;
        case PRODUCT: result *= value; break;
        case SUM_IN_ORDER: result += value; break;
        default: result = size > result || isnan(size) ? size : result;
        }
    }
    return result;
}

/* out[k] = the reduction of the columns from ends[k - 1] to ends[k]. Option: the reduction.
 * Arrays: 0 ends. */
poner_status poner_reduce(const poner_call *call) {
    const uint32_t *ends = poner_given(call, 0);
    const double *in = call->in[0];
    double *out = call->out;
    for (size_t row = 0; row < call->n_rows; row++, in += call->in_width[0])
        for (uint32_t k = 0, start = 0; k < call->step->width; start = ends[k++])
            *out++ = reduce(call->step->option, in + start, ends[k] - start);
    return PONER_OK;
}

/* Sums of products. ------------------------------------------------------------------------------ */

const char *poner_check_linear(const poner_model *model, const poner_step *step,
                               const uint32_t *widths) {
    const uint64_t count = (uint64_t)step->width * widths[0];
    if (!poner_expect_array(model, step, 0, PONER_FLOAT64, count) ||
        !poner_expect_array(model, step, 1, PONER_FLOAT64, step->width))
        return "a linear step has no weights or no bias";
    return NULL;
}

/* Partial sums of a product: a fixed number, so that one row and many get the same bits. */
#define LANES 4

/* The products of `rows` rows with `outputs` rows of weights. Inlined with constant arguments, so
 * that the partial sums stay in registers. Rows of `out` are `width` apart. */
static inline __attribute__((always_inline)) void
multiply(const double *in, const double *weights, const double *bias, size_t n, double *out,
         size_t width, const size_t rows, const size_t outputs) {
    double sums[4][4][LANES] = {{{0.0}}};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t row = 0; row < rows; row++)
            for (size_t k = 0; k < outputs; k++)
                for (size_t lane = 0; lane < LANES; lane++)
                    sums[row][k][lane] += in[row * n + i + lane] * weights[k * n + i + lane];
    for (size_t row = 0; row < rows; row++)
        for (size_t k = 0; k < outputs; k++) {
            const double *lane = sums[row][k];
            double sum = (lane[0] + lane[1]) + (lane[2] + lane[3]);
            for (size_t rest = i; rest < n; rest++)
                sum += in[row * n + rest] * weights[k * n + rest];
            out[row * width + k] = sum + bias[k];
        }
}

/* The products of all rows, `rows` at a time. */
static inline __attribute__((always_inline)) void
multiply_rows(const poner_call *call, size_t k, const size_t rows, const size_t outputs) {
    const size_t n = call->in_width[0], width = call->step->width;
    const double *weights = (const double *)poner_given(call, 0) + k * n;
    const double *bias = (const double *)poner_given(call, 1) + k;
    const double *in = call->in[0];
    double *out = call->out + k;
    size_t left = call->n_rows;
    for (; left >= rows; left -= rows, in += rows * n, out += rows * width)
        multiply(in, weights, bias, n, out, width, rows, outputs);
    for (; left; left--, in += n, out += width)
        multiply(in, weights, bias, n, out, width, 1, outputs);
}

/* out[k] = the row times weights row k, plus bias[k]. Arrays: 0 weights (width x in), 1 bias.
 * In blocks of four products with four partial sums each, as many as fit into registers. */
poner_status poner_linear(const poner_call *call) {
    const size_t width = call->step->width;
    size_t k = 0;
    if (call->n_rows == 1)
        for (; k + 4 <= width; k += 4) multiply_rows(call, k, 1, 4);
    for (; k + 2 <= width; k += 2) multiply_rows(call, k, 2, 2);
    if (k < width) multiply_rows(call, k, 4, 1);
    return PONER_OK;
}

const char *poner_check_products(const poner_model *model, const poner_step *step,
                                 const uint32_t *widths) {
    uint32_t total;
    if (!poner_expect_ends(model, step, 0, step->width, &total)) return "products have no ends";
    const uint32_t *factors = poner_expect_array(model, step, 1, PONER_UINT32, total);
    if (!factors) return "products have no factors";
    for (uint32_t i = 0; i < total; i++)
        if (factors[i] >= widths[0]) return "a factor does not exist";
    return NULL;
}

/* out[k] = the product of the columns factors[ends[k - 1]] ... Arrays: 0 ends, 1 factors. */
poner_status poner_products(const poner_call *call) {
    const uint32_t *ends = poner_given(call, 0);
    const uint32_t *factors = poner_given(call, 1);
    const double *in = call->in[0];
    double *out = call->out;
    for (size_t row = 0; row < call->n_rows; row++, in += call->in_width[0])
        for (uint32_t k = 0, i = 0; k < call->step->width; k++) {
            double product = 1.0;
            for (; i < ends[k]; i++) product *= in[factors[i]];
            *out++ = product;
        }
    return PONER_OK;
}

/* Probabilities. --------------------------------------------------------------------------------- */

const char *poner_check_logistic(const poner_model *model, const poner_step *step,
                                 const uint32_t *widths) {
    if (!poner_expect_array(model, step, 0, PONER_FLOAT64, 1)) return "no scale";
    return widths[0] == 1 && step->width == 2 ? NULL : "two probabilities come from one score";
}

/* The probabilities of both classes: p = 1 / (1 + exp(-scale * score)) for the second. */
poner_status poner_logistic(const poner_call *call) {
    const double scale = *(const double *)poner_given(call, 0);
    for (size_t row = 0; row < call->n_rows; row++) {
        const double probability = 1.0 / (1.0 + poner_exp(-(scale * call->in[0][row])));
        call->out[2 * row] = 1.0 - probability;
        call->out[2 * row + 1] = probability;
    }
    return PONER_OK;
}

const char *poner_check_softmax(const poner_model *model, const poner_step *step,
                                const uint32_t *widths) {
    (void)model;
    return step->width == widths[0] ? NULL : "there is not one probability for each score";
}

poner_status poner_softmax(const poner_call *call) {
    const uint32_t n = call->in_width[0];
    const double *in = call->in[0], *end = in + call->n_rows * n;
    for (double *out = call->out; in < end; in += n, out += n) {
        double most = in[0];
        for (uint32_t i = 1; i < n; i++)
            if (in[i] > most) most = in[i];
        for (uint32_t i = 0; i < n; i++) out[i] = poner_exp(in[i] - most);
        const double sum = pairwise_sum(out, n);
        for (uint32_t i = 0; i < n; i++) out[i] /= sum;
    }
    return PONER_OK;
}
