/* Powers and the cube root. Included once per set of functions. */

/* 0 if y is not an integer, 1 if it is odd, 2 if it is even. */
static int parity_of(double y) {
    const double size = magnitude(y);
    if (size >= 0x1p53) return 2;
    if (trunc_of(size) != size) return 0;
    return (uint64_t)size & 1 ? 1 : 2;
}

/* x^y for x or y that is zero, infinite or NaN: as IEEE 754 says. */
static double power_of_special(double x, double y) {
    if (y == 0.0 || x == 1.0) return 1.0;
    if (is_nan(x) || is_nan(y)) return x + y;
    if (magnitude(y) == INFINITE) {
        if (x == -1.0) return 1.0;
        return (magnitude(x) < 1.0) == (y > 0.0) ? 0.0 : INFINITE;
    }
    const double size = (x == 0.0) == (y > 0.0) ? 0.0 : INFINITE;
    return parity_of(y) == 1 ? with_sign(size, x) : size;
}

/* x^y as exp(y log(x)), the logarithm with 68 bits. Szabolcs Nagy's algorithm and constants (Arm
 * Optimized Routines, math/pow.c, 2018; glibc's pow since 2.28). Error: below 0.52 ulp. */
static double pow_of(double x, double y) {
    uint64_t bits = bits_of(x);
    const uint32_t y_size = (uint32_t)(bits_of(y) >> 52) & 0x7ff;
    bool negative = false;
    if (RARELY(bits - (1ull << 52) >= 0x7fe0000000000000u || y_size - 0x3beu >= 0x80u)) {
        if (x == 0.0 || y == 0.0 || magnitude(x) - magnitude(x) != 0.0 || y - y != 0.0)
            return power_of_special(x, y);
        if (x < 0.0) {
            const int parity = parity_of(y);
            if (parity == 0) return NOT_A_NUMBER;
            negative = parity == 1;
            bits = bits_of(-x);
        }
        if (y_size - 0x3beu >= 0x80u) { /* |y| < 2^-65, or an even number from 2^63 on */
            if (bits == bits_of(1.0)) return 1.0;
            if (y_size < 0x3be) return bits > bits_of(1.0) ? 1.0 + y : 1.0 - y;
            return (bits > bits_of(1.0)) == (y > 0.0) ? INFINITE : 0.0;
        }
        if (bits < 1ull << 52) bits = bits_of(of_bits(bits) * 0x1p52) - (52ull << 52);
    }
    double tail;
    const double log = log_in_parts(bits, &tail), product = y * log;
    return exp_of_sum(product, fused(y, tail, fused(y, log, -product)), negative);
}

/* The cube root: a third of the exponent as a first guess, Halley's step three times, and a last
 * correction whose residue is computed in two parts. Error: below 0.501 ulp. */
static double cbrt_of(double x) {
    double size = magnitude(x), scale = 1.0;
    if (x == 0.0 || !(size < INFINITE)) return x + x;
    if (size < 0x1p-1022) size *= 0x1p54, scale = 0x1p-18;
    if (size > 0x1p1000) size *= 0x1p-54, scale = 0x1p18;
    double root = of_bits(bits_of(size) / 3 + 0x2a9f7893782da1ceu);
    for (int step = 0; step < 3; step++) {
        const double cube = root * root * root;
        root *= (cube + 2.0 * size) / (2.0 * cube + size);
    }
    const double square = root * root, square_low = fused(root, root, -square);
    const double residue = fused(-square, root, size) - square_low * root;
    return with_sign(scale * fused(residue, 1.0 / (3.0 * square), root), x);
}
