/* exp, log, pow and similar functions: the same bits on every host, whatever its C library.
 *
 * The functions are compiled twice: with the processor's fused multiply-add (on x86_64 also with
 * AVX2), and with a fused multiply-add computed from integers, with the same bits, for x86_64
 * processors that lack either. The kernel chooses one set when it is loaded. */
#ifndef PONER_MATH_H
#define PONER_MATH_H

#include <stddef.h>

typedef double poner_function(double);

/* out[i] = function(in[i]) for n_values values; `in` and `out` do not overlap. */
typedef void poner_loop(const double *restrict in, double *restrict out, size_t n_values);

/* Functions of one value by the numbers that model files have (operations/elementwise.py). */
enum {
    PONER_NEGATIVE,
    PONER_ABSOLUTE,
    PONER_SIGN,
    PONER_SQUARE,
    PONER_SQRT,
    PONER_CBRT,
    PONER_EXP,
    PONER_EXP2,
    PONER_EXPM1,
    PONER_LOG,
    PONER_LOG2,
    PONER_LOG10,
    PONER_LOG1P,
    PONER_SIN,
    PONER_COS,
    PONER_TAN,
    PONER_ARCSIN,
    PONER_ARCCOS,
    PONER_ARCTAN,
    PONER_SINH,
    PONER_COSH,
    PONER_TANH,
    PONER_ARCSINH,
    PONER_ARCCOSH,
    PONER_ARCTANH,
    PONER_FLOOR,
    PONER_CEIL,
    PONER_RINT,
    PONER_TRUNC,
    PONER_RECIPROCAL,
    PONER_ISNAN,
    PONER_ISINF,
    PONER_ISFINITE,
    PONER_EXPIT,
    PONER_RELU,
    PONER_ERF,
    PONER_NORMAL_CDF,
    PONER_NORMAL_QUANTILE,
    PONER_N_FUNCTIONS
};

typedef struct {
    poner_function *of_one[PONER_N_FUNCTIONS];
    double (*pow)(double, double);
    float (*expf)(float), (*logf)(float);
    poner_loop *of_all[PONER_N_FUNCTIONS];
} poner_math;

extern const poner_math poner_math_fused, poner_math_portable;
extern const poner_math *poner_math_chosen; /* one of the two sets */

static inline double poner_exp(double x) { return poner_math_chosen->of_one[PONER_EXP](x); }
static inline double poner_log(double x) { return poner_math_chosen->of_one[PONER_LOG](x); }
static inline double poner_log1p(double x) { return poner_math_chosen->of_one[PONER_LOG1P](x); }
static inline double poner_expm1(double x) { return poner_math_chosen->of_one[PONER_EXPM1](x); }
static inline double poner_pow(double x, double y) { return poner_math_chosen->pow(x, y); }

#endif
