/* One set of the functions: a file that includes this defines fused(a, b, c), which is a * b + c
 * rounded once, and FUNCTIONS, the name of the table. */
#include "math.h"

#include "exact.h"
#include "tables.h"

/* A polynomial, highest power first. */
static inline double polynomial(double x, const double *coefficients, int degree) {
    double sum = coefficients[0];
    for (int i = 1; i <= degree; i++) sum = sum * x + coefficients[i];
    return sum;
}

#include "exponentials.h"
#include "logarithms.h"
#include "powers.h"
#include "angles.h"
#include "normal.h"

/* Functions that need only arithmetic, computed as numpy computes them. */
static double negative_of(double x) { return -x; }
static double absolute_of(double x) { return magnitude(x); }
static double sign_of(double x) { return x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x == 0.0 ? 0.0 : x; }
static double square_of(double x) { return x * x; }
static double sqrt_of(double x) { return __builtin_sqrt(x); }
static double reciprocal_of(double x) { return 1.0 / x; }
static double is_nan_of(double x) { return is_nan(x) ? 1.0 : 0.0; }
static double is_infinite_of(double x) { return magnitude(x) == INFINITE ? 1.0 : 0.0; }
static double is_finite_of(double x) { return magnitude(x) < INFINITE ? 1.0 : 0.0; }
static double relu_of(double x) { return x < 0.0 ? 0.0 : x; }

/* Number and name of each function of one value; first the functions with a hand-written loop. */
#define EACH_WITH_OWN_LOOP(X) X(LOG2, log2) X(LOG10, log10)
#define EACH_OTHER(X)         \
    X(NEGATIVE, negative)     \
    X(ABSOLUTE, absolute)     \
    X(SIGN, sign)             \
    X(SQUARE, square)         \
    X(SQRT, sqrt)             \
    X(CBRT, cbrt)             \
    X(EXP, exp)               \
    X(EXP2, exp2)             \
    X(EXPM1, expm1)           \
    X(LOG, log)               \
    X(LOG1P, log1p)           \
    X(SIN, sin)               \
    X(COS, cos)               \
    X(TAN, tan)               \
    X(ARCSIN, asin)           \
    X(ARCCOS, acos)           \
    X(ARCTAN, atan)           \
    X(SINH, sinh)             \
    X(COSH, cosh)             \
    X(TANH, tanh)             \
    X(ARCSINH, asinh)         \
    X(ARCCOSH, acosh)         \
    X(ARCTANH, atanh)         \
    X(FLOOR, floor)           \
    X(CEIL, ceil)             \
    X(RINT, rint)             \
    X(TRUNC, trunc)           \
    X(RECIPROCAL, reciprocal) \
    X(ISNAN, is_nan)          \
    X(ISINF, is_infinite)     \
    X(ISFINITE, is_finite)    \
    X(EXPIT, expit)           \
    X(RELU, relu)             \
    X(ERF, erf)               \
    X(NORMAL_CDF, normal_cdf) \
    X(NORMAL_QUANTILE, normal_quantile)

/* A loop for each function: the compiler inlines small functions, and vectorises those without
 * branches. */
#define DEFINE_LOOP(NUMBER, name)                                                                 \
    static void name##_of_all(const double *restrict in, double *restrict out, size_t n_values) { \
        for (size_t i = 0; i < n_values; i++) out[i] = name##_of(in[i]);                          \
    }
EACH_OTHER(DEFINE_LOOP)

#define FUNCTION_ROW(NUMBER, name) [PONER_##NUMBER] = name##_of,
#define LOOP_ROW(NUMBER, name) [PONER_##NUMBER] = name##_of_all,

const poner_math FUNCTIONS = {
    .of_one = {EACH_WITH_OWN_LOOP(FUNCTION_ROW) EACH_OTHER(FUNCTION_ROW)},
    .pow = pow_of,
    .expf = expf_of,
    .logf = logf_of,
    .of_all = {EACH_WITH_OWN_LOOP(LOOP_ROW) EACH_OTHER(LOOP_ROW)},
};
