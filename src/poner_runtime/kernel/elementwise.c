/* Operations on single values. */
#include <math.h>
#include <string.h>

#include "math/math.h"
#include "operations.h"

const char *poner_check_map(const poner_model *model, const poner_step *step,
                            const uint32_t *widths) {
    (void)model, (void)widths;
    return step->option < PONER_N_FUNCTIONS ? NULL : "a function is unknown";
}

/* out[i] = function(in[i]). Option: the function. */
poner_status poner_map(const poner_call *call) {
    const size_t n_values = call->n_rows * call->in_width[0];
    poner_math_chosen->of_all[call->step->option](call->in[0], call->out, n_values);
    return PONER_OK;
}

/* Functions of two values. ----------------------------------------------------------------------- */

enum {
    ADD,
    SUBTRACT,
    MULTIPLY,
    DIVIDE,
    POWER,
    MINIMUM,
    MAXIMUM,
    GREATER,
    GREATER_EQUAL,
    LESS,
    LESS_EQUAL,
    EQUAL,
    NOT_EQUAL,
    FILL,
    DIVIDE_OR_KEEP,
    N_PAIRINGS
};

const char *poner_check_combine(const poner_model *model, const poner_step *step,
                                const uint32_t *widths) {
    if (step->option >= N_PAIRINGS) return "a function is unknown";
    const uint64_t count = widths[1] ? widths[1] : poner_count_of(model, step, 0);
    if (!widths[1] && !poner_expect_array(model, step, 0, PONER_FLOAT64, count))
        return "a function of two values lacks the second";
    if (count != 1 && count != widths[0]) return "there is not one partner for each value";
    return NULL;
}

/* One row; `step` is 0 if all columns have the same partner. */
#define EACH(expression)                        \
    for (size_t i = 0; i < n; i++) {            \
        const double a = in[i], b = partner[i]; \
        out[i] = (expression);                  \
    }                                           \
    break

static void combine_row(uint32_t pairing, const double *in, const double *partner,
                        double *restrict out, size_t n) {
    switch (pairing) {
    case ADD: EACH(a + b);
    case SUBTRACT: EACH(a - b);
    case MULTIPLY: EACH(a * b);
    case DIVIDE: EACH(a / b);
    case POWER: EACH(poner_pow(a, b));
    case MINIMUM: EACH(b < a ? b : a);
    case MAXIMUM: EACH(b > a ? b : a);
    case GREATER: EACH(a > b ? 1.0 : 0.0);
    case GREATER_EQUAL: EACH(a >= b ? 1.0 : 0.0);
    case LESS: EACH(a < b ? 1.0 : 0.0);
    case LESS_EQUAL: EACH(a <= b ? 1.0 : 0.0);
    case EQUAL: EACH(a == b ? 1.0 : 0.0);
    case NOT_EQUAL: EACH(a != b ? 1.0 : 0.0);
    case FILL: EACH(isnan(a) ? b : a);
    default: EACH(b == 0.0 ? a : a / b);
    }
}

/* One partner for all values. */
static void combine_same(uint32_t pairing, const double *in, double partner, double *out,
                         size_t n) {
    double partners[64];
    for (size_t i = 0; i < 64 && i < n; i++) partners[i] = partner;
    for (size_t i = 0; i < n; i += 64)
        combine_row(pairing, in + i, partners, out + i, n - i < 64 ? n - i : 64);
}

/* out[i] = pairing(in[i], partner). Option: the pairing. Arrays: 0 partners, one a column or one
 * for all, unless a second input has them. */
poner_status poner_combine(const poner_call *call) {
    const uint32_t width = call->in_width[0], second = call->in_width[1];
    const double *partner = second ? call->in[1] : poner_given(call, 0);
    const uint64_t count = second ? second : poner_count_given(call, 0);
    if (count == 1 && !second) {
        combine_same(call->step->option, call->in[0], *partner, call->out, call->n_rows * width);
        return PONER_OK;
    }
    for (size_t row = 0; row < call->n_rows; row++, partner += second) {
        const double *in = call->in[0] + row * width;
        double *out = call->out + row * width;
        if (count == 1)
            combine_same(call->step->option, in, *partner, out, width);
        else
            combine_row(call->step->option, in, partner, out, width);
    }
    return PONER_OK;
}

const char *poner_check_replace(const poner_model *model, const poner_step *step,
                                const uint32_t *widths) {
    if (!poner_expect_array(model, step, 0, PONER_FLOAT64, 1) ||
        !poner_expect_array(model, step, 1, PONER_FLOAT64, widths[0]))
        return "a replacement is missing";
    return NULL;
}

/* out[i] = in[i], or substitutes[i] where it is the wanted value. Arrays: 0 wanted, 1 substitutes. */
poner_status poner_replace(const poner_call *call) {
    const double wanted = *(const double *)poner_given(call, 0);
    const double *substitutes = poner_given(call, 1), *in = call->in[0];
    double *out = call->out;
    for (size_t row = 0; row < call->n_rows; row++)
        for (uint32_t i = 0; i < call->in_width[0]; i++, in++)
            *out++ = *in == wanted || (isnan(*in) && isnan(wanted)) ? substitutes[i] : *in;
    return PONER_OK;
}

const char *poner_check_above(const poner_model *model, const poner_step *step,
                              const uint32_t *widths) {
    return poner_expect_array(model, step, 0, PONER_FLOAT64, widths[0]) ? NULL
                                                                        : "a bound is missing";
}

/* out = in; refuses a row with a value that is not above its bound; NaN passes. Option: 1 if the
 * bound itself passes. Arrays: 0 bounds. */
poner_status poner_above(const poner_call *call) {
    const double *bounds = poner_given(call, 0), *in = call->in[0];
    const uint32_t width = call->in_width[0];
    for (size_t row = 0; row < call->n_rows; row++)
        for (uint32_t i = 0; i < width; i++, in++)
            if (*in < bounds[i] || (*in == bounds[i] && !call->step->option))
                return poner_refuse(call, row, i, PONER_BEYOND);
    memcpy(call->out, call->in[0], call->n_rows * width * sizeof *in);
    return PONER_OK;
}

/* Power transforms. ------------------------------------------------------------------------------ */

enum { YEO_JOHNSON, BOX_COX, YEO_JOHNSON_BY_LOG, N_METHODS };

const char *poner_check_power_transform(const poner_model *model, const poner_step *step,
                                        const uint32_t *widths) {
    if (step->option >= N_METHODS ||
        !poner_expect_array(model, step, 0, PONER_FLOAT64, widths[0]) ||
        !poner_expect_array(model, step, 1, PONER_FLOAT64, widths[0]))
        return "a power transform is unknown or has no powers";
    return NULL;
}

/* scipy.special.boxcox (scipy 1.9 to 1.17, _boxcox.pxd). */
static double box_cox(double x, double lambda, double complement) {
    (void)complement;
    if (fabs(lambda) < 1e-19) return poner_log(x);
    const double exponent = lambda * poner_log(x);
    if (exponent < 709.78) return poner_expm1(exponent) / lambda;
    return copysign(1.0, lambda) * poner_exp(exponent - poner_log(fabs(lambda))) - 1 / lambda;
}

/* sklearn.preprocessing.PowerTransformer._yeo_johnson_transform (1.1 to 1.9). */
static double yeo_johnson(double x, double lambda, double complement) {
    if (isnan(x)) return x;
    if (x >= 0.0)
        return fabs(lambda) < 2.220446049250313e-16 ? poner_log1p(x)
                                                    : (poner_pow(x + 1.0, lambda) - 1.0) / lambda;
    return fabs(complement) > 2.220446049250313e-16
               ? -(poner_pow(1.0 - x, complement) - 1.0) / complement
               : -poner_log1p(-x);
}

/* The same since scikit-learn 1.9, by scipy.stats.yeojohnson (scipy 1.9 to 1.17). */
static double yeo_johnson_by_log(double x, double lambda, double complement) {
    if (isnan(x)) return x;
    if (x >= 0.0)
        return fabs(lambda) < 2.220446049250313e-16 ? poner_log1p(x)
                                                    : poner_expm1(lambda * poner_log1p(x)) / lambda;
    return fabs(complement) > 2.220446049250313e-16
               ? -poner_expm1(complement * poner_log1p(-x)) / complement
               : -poner_log1p(-x);
}

/* Option: the method. Arrays: 0 lambdas, 1 two minus each. */
poner_status poner_power_transform(const poner_call *call) {
    static double (*const METHODS[N_METHODS])(double, double, double) = {yeo_johnson, box_cox,
                                                                         yeo_johnson_by_log};
    const double *lambdas = poner_given(call, 0), *in = call->in[0];
    const double *complements = poner_given(call, 1);
    double (*const method)(double, double, double) = METHODS[call->step->option];
    double *out = call->out;
    for (size_t row = 0; row < call->n_rows; row++)
        for (uint32_t i = 0; i < call->in_width[0]; i++)
            *out++ = method(*in++, lambdas[i], complements[i]);
    return PONER_OK;
}
