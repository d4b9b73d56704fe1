/* Powers of e and 2, and functions computed from them. Included once per set of functions. */

/* 2^(k/128) from the table: the bits of the nearest double, and its relative error (tail). k counts
 * 128ths of the exponent; its low seven bits choose the row. */
static inline uint64_t power_bits(uint64_t k) { return EXP_TABLE[k % 128].bits + (k << 45); }

/* scale + scale * part, where the power `scale` may itself be too large or too small for a double:
 * it is computed 2^1009 times smaller or 2^1022 times larger, and rounded once if the result is
 * subnormal. */
static double scale_far(double part, uint64_t bits, bool grows) {
    if (grows) {
        const double scale = of_bits(bits - (1009ull << 52));
        return 0x1p1009 * fused(scale, part, scale);
    }
    const double scale = of_bits(bits + (1022ull << 52)), product = scale * part;
    double y = scale + product;
    if (magnitude(y) < 1.0) {
        const double one = y < 0.0 ? -1.0 : 1.0, low = scale - y + product, high = one + y;
        y = high + (one - high + y + low) - one;
        if (y == 0.0) y = with_sign(0.0, scale);
    }
    return 0x1p-1022 * y;
}

/* exp(x + x_low), negated if `negative`: x = k ln2/128 + r, so it is 2^(k/128) exp(r), the power
 * from a table, exp(r) from a polynomial of degree 5. Szabolcs Nagy's algorithm and constants (Arm
 * Optimized Routines, math/exp.c, 2018; glibc's exp since 2.28), with the fused operations that
 * GCC forms from it. Error: below 0.511 ulp. |x_low| is below 2^-15 and |x|. */
static inline double exp_of_sum(double x, double x_low, bool negative) {
    const uint32_t size = (uint32_t)(bits_of(x) >> 52) & 0x7ff; /* biased exponent */
    bool far = false;
    if (RARELY(size - 0x3c9u >= 0x3fu)) { /* |x| < 2^-54, or |x| >= 512, or NaN */
        if (size < 0x3c9) return negative ? -1.0 - x : 1.0 + x;
        if (size >= 0x409) {
            if (is_nan(x)) return x + x;
            const double limit = x < 0.0 ? 0.0 : INFINITE;
            return negative ? -limit : limit;
        }
        far = true;
    }
    const double shift = 0x1.8p52, shifted = fused(0x1.71547652b82fep7, x, shift);
    const uint64_t k = bits_of(shifted);
    const double count = shifted - shift;
    double r = fused(count, -0x1.62e42fefa0000p-8, x);
    r = fused(count, -0x1.cf79abc9e3b3ap-47, r) + x_low;
    const double r2 = r * r;
    double part = EXP_TABLE[k % 128].tail + r;
    part = fused(r2, fused(r, 0x1.555555555543cp-3, 0x1.ffffffffffdbdp-2), part);
    part = fused(r2 * r2, fused(r, 0x1.1111167a4d017p-7, 0x1.55555cf172b91p-5), part);
    const uint64_t bits = power_bits(k) + ((uint64_t)negative << 63);
    if (RARELY(far)) return scale_far(part, bits, (k & 0x80000000u) == 0);
    const double scale = of_bits(bits);
    return fused(scale, part, scale);
}

static double exp_of(double x) { return exp_of_sum(x, -0.0, false); }

/* 2^x, computed as exp_of_sum computes e^x, but with an exact reduction (math/exp2.c, ibid).
 * Error: below 0.511 ulp. */
static double exp2_of(double x) {
    const uint32_t size = (uint32_t)(bits_of(x) >> 52) & 0x7ff;
    if (RARELY(size - 0x3c9u >= 0x3fu)) {
        if (size < 0x3c9) return 1.0 + x;
        if (is_nan(x)) return x + x;
        if (x >= 1024.0) return INFINITE;
        if (x <= -1075.0) return 0.0;
    }
    const double shift = 0x1.8p45, shifted = x + shift;
    const uint64_t k = bits_of(shifted);
    const double r = x - (shifted - shift), r2 = r * r;
    double part = fused(r, 0x1.62e42fefa39efp-1, EXP_TABLE[k % 128].tail);
    part = fused(r2, fused(r, 0x1.c6b08d70cf4b5p-5, 0x1.ebfbdff82c424p-3), part);
    part = fused(r2 * r2, fused(r, 0x1.5d7e09b4e3a84p-10, 0x1.3b2abd24650ccp-7), part);
    if (RARELY(magnitude(x) > 928.0)) return scale_far(part, power_bits(k), x > 0.0);
    const double scale = of_bits(power_bits(k));
    return fused(scale, part, scale);
}

/* exp for floats, computed in doubles: 2^(k/32) from the same table, and a polynomial of degree 3
 * (math/expf.c of the same). Error: below 0.502 ulp of a float. */
static float expf_of(float x) {
    if (RARELY(!(x < 88.0f && x > -88.0f))) {
        if (x != x) return x + x;
        if (x > 0x1.62e42ep6f) return (float)INFINITE;
        if (x < -0x1.9fe368p6f) return 0.0f;
    }
    const double per_ln2 = 0x1.71547652b82fep5, shift = 0x1.8p52;
    const double shifted = fused(per_ln2, x, shift);
    const uint64_t k = bits_of(shifted);
    const double r = fused(per_ln2, x, -(shifted - shift));
    const double cubic = fused(0x1.c6af84b912394p-20, r, 0x1.ebfce50fac4f3p-13);
    const double sum = fused(cubic, r * r, fused(0x1.62e42ff0c52d6p-6, r, 1.0));
    return (float)(sum * of_bits(power_bits(4 * k)));
}

/* e^x - 1: x = k ln2 + r, and a rational function of r whose polynomial is of degree 5 in r^2.
 * The algorithm and constants of fdlibm's s_expm1.c (Sun Microsystems, 1993), summed in the order
 * of glibc's since 2.13, fused as glibc's variant for FMA since 2.39. Error: below 1 ulp. */
static double expm1_of(double x) {
    const double ln2_high = 0x1.62e42fee00000p-1, ln2_low = 0x1.a39ef35793c76p-33;
    const double size = magnitude(x);
    if (RARELY(!(size < 0x1.3687ap+5))) { /* 56 ln2 */
        if (is_nan(x)) return x + x;
        if (x < 0.0) return -1.0;
        if (x > 0x1.62e42fefa39efp+9) return INFINITE;
    }
    if (size < 0x1p-54) return x;
    int32_t k = 0;
    double lost = 0.0; /* by rounding the reduced argument */
    if (bits_of(size) >= 0x3fd62e4300000000u) { /* ln2 / 2 */
        double count = with_sign(1.0, x);
        if (bits_of(size) >= 0x3ff0a2b200000000u) /* 3/2 ln2 */
            count = (double)(int32_t)fused(0x1.71547652b82fep0, x, with_sign(0.5, x));
        const double high = fused(-count, ln2_high, x), low = count * ln2_low;
        x = high - low;
        lost = (high - x) - low;
        k = (int32_t)count;
    }
    const double half = 0.5 * x, square = x * half, fourth = square * square;
    double sum = fused(square, -0x1.11111111110f4p-5, 1.0);
    sum = fused(fourth, fused(square, -0x1.4ce199eaadbb7p-14, 0x1.a01a019fe5585p-10), sum);
    sum = fused(fourth * fourth, fused(square, -0x1.afdb76e09c32dp-23, 0x1.0cfca86e65239p-18), sum);
    const double t = fused(-sum, half, 3.0);
    double e = square * ((sum - t) / fused(-x, t, 6.0));
    if (k == 0) return x - fused(x, e, -square);
    e = fused(x, e - lost, -lost) - square;
    if (k == 1) return x < -0.25 ? -2.0 * (e - (x + 0.5)) : 1.0 + 2.0 * (x - e);
    const uint64_t exponent = (uint64_t)(int64_t)k << 52;
    if (k < 0 || k > 56) {
        const double whole = of_bits(bits_of(1.0 - (e - x)) + exponent) - 1.0;
        return k == -1 ? 0.5 * (x - e) - 0.5 : whole;
    }
    const double unit = of_bits((uint64_t)(1023 - k) << 52); /* 2^-k */
    return of_bits(bits_of(k < 20 ? 1.0 - unit - (e - x) : x - (e + unit) + 1.0) + exponent);
}

/* tanh(x) from expm1(2x) (fdlibm's s_tanh.c). Error: below 2.2 ulp. */
static double tanh_of(double x) {
    const double size = magnitude(x);
    if (is_nan(x)) return x + x;
    if (size < 0x1p-55) return x;
    if (size >= 22.0) return with_sign(1.0, x);
    const double t = expm1_of(size >= 1.0 ? 2.0 * size : -2.0 * size);
    return with_sign(size >= 1.0 ? 1.0 - 2.0 / (t + 2.0) : -t / (t + 2.0), x);
}

/* sinh and cosh from expm1 and exp (fdlibm's e_sinh.c and e_cosh.c). Error: below 2 ulp. */
static double sinh_of(double x) {
    const double size = magnitude(x), half = with_sign(0.5, x);
    if (!(size < 22.0)) {
        const double root = exp_of(0.5 * size);
        return size < 709.0 ? half * exp_of(size) : half * root * root;
    }
    if (size < 0x1p-28) return x;
    const double t = expm1_of(size);
    return size < 1.0 ? half * (2.0 * t - t * t / (t + 1.0)) : half * (t + t / (t + 1.0));
}

static double cosh_of(double x) {
    const double size = magnitude(x);
    if (size < 0.34657359027997264) { /* ln2 / 2 */
        const double t = expm1_of(size);
        return 1.0 + t * t / (2.0 * (1.0 + t));
    }
    if (size < 709.0) {
        const double t = exp_of(size);
        return 0.5 * t + 0.5 / t;
    }
    const double root = exp_of(0.5 * size);
    return 0.5 * root * root;
}

/* The logistic function as scipy.special.expit computes it. */
static double expit_of(double x) { return 1.0 / (1.0 + exp_of(-x)); }
