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
    .of_one = {negative_of,   absolute_of,    sign_of,      square_of,     sqrt_of,
               cbrt_of,       exp_of,         exp2_of,      expm1_of,      log_of,
               log2_of,       log10_of,       log1p_of,     sin_of,        cos_of,
               tan_of,        asin_of,        acos_of,      atan_of,       sinh_of,
               cosh_of,       tanh_of,        asinh_of,     acosh_of,      atanh_of,
               floor_of,      ceil_of,        rint_of,      trunc_of,      reciprocal_of,
               is_nan_of,     is_infinite_of, is_finite_of, expit_of,      relu_of,
               erf_of,        normal_cdf_of,  normal_quantile_of},
    .pow = pow_of,
    .expf = expf_of,
    .logf = logf_of,
};
