/* Doubles and floats as bits; functions with exact results: rounding to integers, remainders. */
#ifndef PONER_MATH_EXACT_H
#define PONER_MATH_EXACT_H

#include <stdbool.h>
#include <stdint.h>

#define RARELY(condition) __builtin_expect(!!(condition), 0)
#define NOT_A_NUMBER __builtin_nan("")
#define INFINITE __builtin_inf()

static inline uint64_t bits_of(double value) {
    uint64_t bits;
    __builtin_memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline double of_bits(uint64_t bits) {
    double value;
    __builtin_memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint32_t bits_of_float(float value) {
    uint32_t bits;
    __builtin_memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline float float_of_bits(uint32_t bits) {
    float value;
    __builtin_memcpy(&value, &bits, sizeof value);
    return value;
}

static inline bool is_nan(double x) { return x != x; }
static inline double magnitude(double x) { return __builtin_fabs(x); }
static inline double with_sign(double x, double sign) { return __builtin_copysign(x, sign); }

/* The nearest integer, ties to even: exact. Doubles from 2^52 on are integers; below, adding 2^52
 * leaves no room for a fraction. The sign of a zero stays. */
static inline double rint_of(double x) {
    const double size = magnitude(x);
    if (!(size < 0x1p52)) return x;
    return with_sign(size + 0x1p52 - 0x1p52, x);
}

/* The nearest integer toward zero, downward and upward: exact. */
static inline double trunc_of(double x) {
    const double size = magnitude(x), nearest = rint_of(size);
    return with_sign(nearest > size ? nearest - 1.0 : nearest, x);
}

static inline double floor_of(double x) {
    const double nearest = rint_of(x);
    return nearest > x ? with_sign(nearest - 1.0, x) : nearest;
}

static inline double ceil_of(double x) {
    const double nearest = rint_of(x);
    return nearest < x ? with_sign(nearest + 1.0, x) : nearest;
}

/* The exact remainder of x / divisor, with the sign of x: long division, one bit a step. NaN
 * if the divisor is 0 or negative. */
static inline double exact_remainder(double x, double divisor) {
    double rest = magnitude(x);
    if (!(rest < INFINITE) || !(divisor > 0.0)) return NOT_A_NUMBER;
    if (rest < divisor) return x;
    int exponent = (int)(bits_of(rest) >> 52), least = (int)(bits_of(divisor) >> 52);
    uint64_t left = bits_of(rest) & 0xfffffffffffffu, by = bits_of(divisor) & 0xfffffffffffffu;
    if (exponent) left |= 1ull << 52, exponent--;
    if (least) by |= 1ull << 52, least--;
    for (; exponent > least; exponent--) {
        if (left >= by) left -= by;
        left <<= 1;
    }
    if (left >= by) left -= by;
    return with_sign((double)left * 0x1p-52 * of_bits((uint64_t)(least + 1) << 52), x);
}

#endif
