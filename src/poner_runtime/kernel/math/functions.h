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

/* Functions that need no more than arithmetic, as numpy computes them. */
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

const poner_math FUNCTIONS = {
    .of_one =
        {
            [PONER_NEGATIVE] = negative_of,
            [PONER_ABSOLUTE] = absolute_of,
            [PONER_SIGN] = sign_of,
            [PONER_SQUARE] = square_of,
            [PONER_SQRT] = sqrt_of,
            [PONER_CBRT] = cbrt_of,
            [PONER_EXP] = exp_of,
            [PONER_EXP2] = exp2_of,
            [PONER_EXPM1] = expm1_of,
            [PONER_LOG] = log_of,
            [PONER_LOG2] = log2_of,
            [PONER_LOG10] = log10_of,
            [PONER_LOG1P] = log1p_of,
            [PONER_SIN] = sin_of,
            [PONER_COS] = cos_of,
            [PONER_TAN] = tan_of,
            [PONER_ARCSIN] = asin_of,
            [PONER_ARCCOS] = acos_of,
            [PONER_ARCTAN] = atan_of,
            [PONER_SINH] = sinh_of,
            [PONER_COSH] = cosh_of,
            [PONER_TANH] = tanh_of,
            [PONER_ARCSINH] = asinh_of,
            [PONER_ARCCOSH] = acosh_of,
            [PONER_ARCTANH] = atanh_of,
            [PONER_FLOOR] = floor_of,
            [PONER_CEIL] = ceil_of,
            [PONER_RINT] = rint_of,
            [PONER_TRUNC] = trunc_of,
            [PONER_RECIPROCAL] = reciprocal_of,
            [PONER_ISNAN] = is_nan_of,
            [PONER_ISINF] = is_infinite_of,
            [PONER_ISFINITE] = is_finite_of,
            [PONER_EXPIT] = expit_of,
            [PONER_RELU] = relu_of,
            [PONER_ERF] = erf_of,
            [PONER_NORMAL_CDF] = normal_cdf_of,
            [PONER_NORMAL_QUANTILE] = normal_quantile_of,
        },
    .pow = pow_of,
    .expf = expf_of,
    .logf = logf_of,
};
