/* Compares the kernel's functions with those of the C library, bit by bit.
 *
 *     compare_math COUNT [portable]
 *
 * A line for each function: its name, the arguments tried, and how many results differ; on stderr
 * the first arguments that differ. A NaN equals every NaN. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "math/exact.h"
#include "math/math.h"
#ifdef __x86_64__
#include "math/portable.c" /* for its fused(), which nothing exports */
#endif

static uint64_t state = 88172645463325252u;

static uint64_t draw(void) { /* xorshift64 (Marsaglia, 2003) */
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static double quiet(uint64_t bits) { /* glibc's pow tells signaling NaNs apart, numpy does not */
    const double value = of_bits(bits);
    return isnan(value) ? NAN : value;
}

static double between(double low, double high) {
    return low + (high - low) * ((double)(draw() >> 11) * 0x1p-53);
}

/* Where results change their kind: overflow, underflow, other formulas, exact results. */
static const double EDGES[] = {
    0.0,     1.0,      0.5,      2.0,       3.0,      0x1p-1022, 0x1p-1074, 0x1p-54, 0x1p-28, 0x1p-29,
    0x1p-55, 0x1p-65,  0.9375,   0x1.109p0, 0.41422,  0.2929,    0.34657,   1.03972, 38.816,  709.7827,
    708.396, 745.1332, 746.0,    1022.0,    1024.0,   1074.0,    1075.0,    928.0,   512.0,   88.0,
    88.7228, 103.972,  103.2789, 22.0,      0x1p53,   0x1p63,    0x1p127,   0x1p128, 0x1p1023,
    0x1.fffffffffffffp1023, INFINITY, NAN,
};
enum { N_EDGES = sizeof EDGES / sizeof *EDGES };

/* A quarter each: near 0, of any exponent, of the size of common arguments, and at edges. */
static double draw_argument(double low, double high) {
    switch (draw() % 4) {
    case 0: return between(-2.0, 2.0);
    case 1: return draw() % 8 ? between(low, high) : quiet(draw());
    case 2: return between(low, high);
    default: {
        const double edge = EDGES[draw() % N_EDGES];
        uint64_t bits = bits_of(edge);
        if (draw() % 2) bits += draw() % 4096 - 2048;
        return draw() % 2 ? quiet(bits) : -quiet(bits);
    }
    }
}

static int differ(double ours, double theirs) {
    return memcmp(&ours, &theirs, sizeof ours) && !(isnan(ours) && isnan(theirs));
}

static void report(const char *name, long count, long differences) {
    printf("%s %ld %ld\n", name, count, differences);
    fflush(stdout);
}

static void note(const char *name, long differences, double x, double y, double ours, double theirs) {
    if (differences < 5) fprintf(stderr, "%s(%a, %a) = %a, not %a\n", name, x, y, ours, theirs);
}

typedef struct {
    const char *name;
    int number;
    double (*theirs)(double);
    double low, high;
} one;

static const one ONES[] = {
    {"exp", PONER_EXP, exp, -760.0, 720.0},     {"exp2", PONER_EXP2, exp2, -1080.0, 1030.0},
    {"log", PONER_LOG, log, 0.0, 1e9},          {"log1p", PONER_LOG1P, log1p, -1.0, 1e6},
    {"expm1", PONER_EXPM1, expm1, -45.0, 712.0}, {"tanh", PONER_TANH, tanh, -25.0, 25.0},
};

#ifdef __x86_64__
/* A factor: few bits, so that ties are common, or many; of common size, or of any. */
static double draw_factor(void) {
    const uint64_t bits = draw() & (draw() % 2 ? ~0ull << (draw() % 53) : ~0ull);
    return quiet(draw() % 4 ? (bits & 0x800fffffffffffffu) | (1023 - 60 + draw() % 120) << 52 : bits);
}

/* The fused multiply-add from integers against the C library's, which is exact: sums that cancel
 * out, that differ much in size, and that are subnormal. */
static void compare_fused(long count) {
    long differences = 0;
    for (long i = 0; i < count; i++) {
        double a = draw_factor(), b = draw_factor(), c = draw_factor();
        switch (draw() % 4) {
        case 0: c = -a * b; break;
        case 1: c = of_bits(bits_of(-a * b) + draw() % 9 - 4); break;
        case 2: a *= 0x1p-540, b *= 0x1p-520, c *= draw() % 2 ? 0x1p-1040 : 0x1p-1070; break;
        default: break;
        }
        const double ours = fused(a, b, c), theirs = fma(a, b, c);
        if (differ(ours, theirs)) note("fma", differences++, a, b, ours, theirs);
    }
    report("fma", count, differences);
}
#endif

int main(int argc, char **argv) {
    const poner_math *set = &poner_math_fused;
#ifdef __x86_64__
    if (argc > 2 && !strcmp(argv[2], "portable")) set = &poner_math_portable;
#endif
    const long count = argc > 1 ? atol(argv[1]) : 100000;
#ifdef __x86_64__
    compare_fused(count);
#endif
    for (size_t f = 0; f < sizeof ONES / sizeof *ONES; f++) {
        long differences = 0;
        for (long i = 0; i < count; i++) {
            const double x = draw_argument(ONES[f].low, ONES[f].high);
            const double ours = set->of_one[ONES[f].number](x), theirs = ONES[f].theirs(x);
            if (differ(ours, theirs)) note(ONES[f].name, differences++, x, 0.0, ours, theirs);
        }
        report(ONES[f].name, count, differences);
    }
    long differences = 0;
    for (long i = 0; i < count; i++) {
        const double x = draw_argument(0.0, 1e3), y = draw_argument(-100.0, 100.0);
        const double ours = set->pow(x, y), theirs = pow(x, y);
        if (differ(ours, theirs)) note("pow", differences++, x, y, ours, theirs);
    }
    report("pow", count, differences);
    differences = 0;
    for (long i = 0; i < count; i++) {
        const float x = (float)draw_argument(-110.0, 90.0), ours = set->expf(x), theirs = expf(x);
        if (differ(ours, theirs)) note("expf", differences++, x, 0.0, ours, theirs);
    }
    report("expf", count, differences);
    differences = 0;
    for (long i = 0; i < count; i++) {
        const float x = (float)draw_argument(0.0, 1e6), ours = set->logf(x), theirs = logf(x);
        if (differ(ours, theirs)) note("logf", differences++, x, 0.0, ours, theirs);
    }
    report("logf", count, differences);
    return 0;
}
