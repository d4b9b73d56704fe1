/* The functions with a fused multiply-add computed from integers, and the choice of a set. */
#include "math.h"

#ifndef __x86_64__ /* every other processor has the instruction */
const poner_math *poner_math_chosen = &poner_math_fused;
#else
#include <cpuid.h>

#include "exact.h"

typedef unsigned __int128 wide;

/* The size of a finite double that is not 0: `fraction`, of 53 bits, times 2^exponent. */
typedef struct {
    uint64_t fraction;
    int exponent;
} parts;

static parts take_apart(double value) {
    const uint64_t fraction = bits_of(value) & 0xfffffffffffffu;
    const int exponent = (int)(bits_of(value) >> 52 & 0x7ff);
    if (exponent) return (parts){fraction | 1ull << 52, exponent - 1075};
    const int zeros = __builtin_clzll(fraction) - 11;
    return (parts){fraction << zeros, -1074 - zeros};
}

/* value * 2^-count; the lowest bit is set if any bit is lost, so that rounding sees the loss. */
static wide shift_right(wide value, int count) {
    if (count > 127) return value != 0;
    return value >> count | ((value & (((wide)1 << count) - 1)) != 0);
}

/* value * 2^exponent, rounded to the nearest double, ties to even. */
static double round_to_double(wide value, int exponent, bool negative) {
    const int zeros = value >> 64 ? __builtin_clzll((uint64_t)(value >> 64))
                                  : 64 + __builtin_clzll((uint64_t)value);
    const int highest = exponent + 127 - zeros; /* the exponent of the highest bit */
    if (highest > 1023) return negative ? -INFINITE : INFINITE;
    value = shift_right(value << zeros, highest < -1022 ? -1022 - highest : 0);
    const wide cut = value & (((wide)1 << 75) - 1), half = (wide)1 << 74;
    uint64_t bits = (uint64_t)(value >> 75);
    bits += cut > half || (cut == half && bits & 1);
    if (highest >= -1022) bits += (uint64_t)(highest + 1022) << 52;
    return of_bits(bits | (uint64_t)negative << 63);
}

/* a * b + c rounded once, IEEE 754's fusedMultiplyAdd. Product and addend are aligned in 126 bits.
 * Bits lost in this are far below the rounding: only an addend or product that is at least 2^18
 * times smaller than the other loses bits. */
static double fused(double a, double b, double c) {
    if (a == 0.0 || b == 0.0 || !(magnitude(a) < INFINITE) || !(magnitude(b) < INFINITE))
        return a * b + c;
    if (!(magnitude(c) < INFINITE)) return c; /* even where the product overflows */
    if (c == 0.0) return a * b;
    const parts x = take_apart(a), y = take_apart(b), z = take_apart(c);
    wide product = (wide)x.fraction * y.fraction << 20, addend = (wide)z.fraction << 73;
    const bool minus = (a < 0.0) != (b < 0.0), opposite = minus != (c < 0.0);
    int exponent = x.exponent + y.exponent - 20;
    const int above = exponent - (z.exponent - 73);
    if (above > 0) {
        addend = shift_right(addend, above);
    } else {
        product = shift_right(product, -above);
        exponent -= above;
    }
    if (!opposite) return round_to_double(product + addend, exponent, minus);
    if (product == addend) return 0.0;
    return product > addend ? round_to_double(product - addend, exponent, minus)
                            : round_to_double(addend - product, exponent, !minus);
}

#define FUNCTIONS poner_math_portable
#include "functions.h"

const poner_math *poner_math_chosen = &poner_math_portable;

/* Whether the processor has fused multiply-add and AVX2, and the system keeps their registers. */
static bool has_fused(void) {
    const unsigned wanted = bit_FMA | bit_OSXSAVE | bit_AVX;
    unsigned a, b, c, d, low, high;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & wanted) != wanted) return false;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & bit_AVX2)) return false;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & 6) == 6;
}

__attribute__((constructor)) static void choose(void) {
    if (has_fused()) poner_math_chosen = &poner_math_fused;
}
#endif
