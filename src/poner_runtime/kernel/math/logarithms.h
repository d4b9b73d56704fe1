/* Logarithms, and functions computed from them. Included once per set of functions. */

/* Near 1: a polynomial of degree 12 whose first terms are summed in two parts. */
static double log_near_one(double x) {
    const double r = x - 1.0, r2 = r * r, r3 = r * r2;
    double high = fused(
        r3, -0x1.5521375d145cdp-4,
        fused(r2, 0x1.78182f7afd085p-4, fused(r, -0x1.999eb43b068ffp-4, 0x1.c7184282ad6cap-4)));
    high = fused(
        r3, high,
        fused(r2, -0x1.fffffa4423d65p-4, fused(r, 0x1.24924a344de3p-3, -0x1.55555556745a7p-3)));
    high = fused(
        r3, high,
        fused(r2, 0x1.999999995dd0cp-3, fused(r, -0x1.ffffffffffdcbp-3, 0x1.5555555555577p-2)));
    const double split = r * 0x1p27, r_high = r + split - split, r_low = r - r_high;
    const double square = r_high * r_high * -0.5, sum = r + square;
    const double low = fused(-0.5 * r_low, r_high + r, r - sum + square);
    return fused(r3, high, low) + sum;
}

/* log(x): x = 2^k z, c is near z and in a table with log(c); a polynomial of z/c - 1 is added.
 * Szabolcs Nagy's algorithm and constants (Arm Optimized Routines, math/log.c, 2018; glibc's log
 * since 2.28). Error: below 0.519 ulp. */
static double log_of(double x) {
    uint64_t bits = bits_of(x);
    if (RARELY(bits - 0x3fee000000000000u < 0x3ff1090000000000u - 0x3fee000000000000u))
        return x == 1.0 ? 0.0 : log_near_one(x);
    if (RARELY(bits - (1ull << 52) >= 0x7fe0000000000000u)) { /* not a positive normal number */
        if (x == 0.0) return -INFINITE;
        if (!(x > 0.0)) return is_nan(x) ? x + x : NOT_A_NUMBER;
        if (x == INFINITE) return x;
        bits = bits_of(x * 0x1p52) - (52ull << 52);
    }
    const uint64_t from = bits - 0x3fe6000000000000u;
    const double k = (double)((int64_t)from >> 52), z = of_bits(bits - (from & 0xfffull << 52));
    const log_row *row = LOG_TABLE + (from >> 45) % 128;
    const double r = fused(z, row->inverse, -1.0), r2 = r * r;
    const double w = fused(k, 0x1.62e42fefa3800p-1, row->log), high = w + r;
    double y = fused(k, 0x1.ef35793c76730p-45, w - high + r);
    double sum = fused(r, -0x1.55575e506c89fp-3, 0x1.999b324f10111p-3);
    sum = fused(r2, sum, fused(r, -0x1.fffffffeb459p-3, 0x1.555555551305bp-2));
    y = fused(r2, -0x1.0000000000001p-1, y);
    return fused(r * r2, sum, y) + high;
}

/* log for floats, computed in doubles (math/logf.c of the same). Error: below 0.818 ulp of a
 * float. */
static float logf_of(float x) {
    uint32_t bits = bits_of_float(x);
    if (bits == 0x3f800000) return 0.0f;
    if (RARELY(bits - 0x00800000u >= 0x7f000000u)) {
        if (x == 0.0f) return -(float)INFINITE;
        if (!(x > 0.0f)) return x != x ? x + x : (float)NOT_A_NUMBER;
        if (bits == 0x7f800000) return x;
        bits = bits_of_float(x * 0x1p23f) - (23u << 23);
    }
    const uint32_t from = bits - 0x3f330000u;
    const double k = (double)((int32_t)from >> 23), z = float_of_bits(bits - (from & 0xff800000u));
    const log_row *row = LOGF_TABLE + (from >> 19) % 16;
    const double r = fused(z, row->inverse, -1.0), r2 = r * r;
    const double whole = fused(k, 0x1.62e42fefa39efp-1, row->log);
    const double sum =
        fused(-0x1.00ea348b88334p-2, r2, fused(0x1.5575b0be00b6ap-2, r, -0x1.ffffef20a4123p-2));
    return (float)fused(sum, r2, whole + r);
}

/* The logarithm in two parts, with about 68 bits: that of math/pow.c of the same. `bits` are those
 * of a positive number; subnormal ones are scaled, so that the exponent is below 0. */
static inline double log_in_parts(uint64_t bits, double *tail) {
    const uint64_t from = bits - 0x3fe6955500000000u;
    const double k = (double)((int32_t)(from >> 32) >> 20);
    const double z = of_bits(bits - (from & 0xfffull << 52));
    const power_row *row = POWER_TABLE + (from >> 45) % 128;
    const double r = fused(z, row->inverse, -1.0);
    const double t1 = fused(k, 0x1.62e42fefa3800p-1, row->log), t2 = t1 + r;
    const double low = fused(k, 0x1.ef35793c76730p-45, row->log_tail) + (t1 - t2 + r);
    const double ar = -0.5 * r, ar2 = r * ar, ar3 = r * ar2, high = t2 + ar2;
    double sum = fused(r, 0x1.0002b8b263fc3p0, -0x1.2495b9b4845e9p0);
    sum = fused(ar2, sum, fused(r, -0x1.555555529a47ap-1, 0x1.999999959554ep-1));
    sum = fused(ar2, sum, fused(r, 0x1.0000000000006p-1, -0x1.555555555556p-1));
    const double rest = fused(ar3, sum, low + fused(ar, r, -ar2) + (t2 - high + ar2));
    const double y = high + rest;
    *tail = high - y + rest;
    return y;
}

/* log(x) times a factor in two parts, rounded once: logarithms of another base. `bits` as above.
 * Exact for powers of 2 and of 10. Error: below 0.51 ulp. */
typedef struct {
    double high, low;
} log_factor;

static const log_factor TO_BASE_2 = {0x1.71547652b82fep0, 0x1.777d0ffda0d24p-56};
static const log_factor TO_BASE_10 = {0x1.bcb7b1526e50ep-2, 0x1.95355baaafad3p-57};

static inline double log_times(uint64_t bits, log_factor factor) {
    double tail;
    const double high = log_in_parts(bits, &tail), product = high * factor.high;
    const double low =
        fused(high, factor.high, -product) + fused(high, factor.low, tail * factor.high);
    return product + low;
}

static bool is_positive_normal(double x) { return x >= 0x1p-1022 && x < INFINITE; }

static double log_of_base(double x, log_factor factor) {
    if (is_positive_normal(x)) return log_times(bits_of(x), factor);
    if (!(x > 0.0) || x == INFINITE) return log_of(x);
    return log_times(bits_of(x * 0x1p52) - (52ull << 52), factor);
}

/* The same for many values: eight at a time without a branch, so that the compiler vectorises it. */
static inline void log_of_base_all(const double *restrict in, double *restrict out, size_t n_values,
                                   log_factor factor) {
    enum { TOGETHER = 8 };
    for (; n_values >= TOGETHER; n_values -= TOGETHER, in += TOGETHER, out += TOGETHER) {
        bool normal = true;
        for (int i = 0; i < TOGETHER; i++) normal &= is_positive_normal(in[i]);
        for (int i = 0; i < TOGETHER && normal; i++) out[i] = log_times(bits_of(in[i]), factor);
        for (int i = 0; i < TOGETHER && !normal; i++) out[i] = log_of_base(in[i], factor);
    }
    for (size_t i = 0; i < n_values; i++) out[i] = log_of_base(in[i], factor);
}

static double log2_of(double x) { return log_of_base(x, TO_BASE_2); }
static double log10_of(double x) { return log_of_base(x, TO_BASE_10); }

static void log2_of_all(const double *restrict in, double *restrict out, size_t n_values) {
    log_of_base_all(in, out, n_values, TO_BASE_2);
}

static void log10_of_all(const double *restrict in, double *restrict out, size_t n_values) {
    log_of_base_all(in, out, n_values, TO_BASE_10);
}

/* log(1 + x): 1 + x = 2^k (1 + f), and fdlibm's polynomial of degree 7 in (f / (2 + f))^2
 * (s_log1p.c, Sun Microsystems, 1993), summed in the order of glibc's since 2.13, fused as glibc's variant for
 * FMA since 2.39. Error: below 1 ulp. */
static double log1p_of(double x) {
    const double ln2_high = 0x1.62e42fee00000p-1, ln2_low = 0x1.a39ef35793c76p-33;
    const double size = magnitude(x);
    bool near = false; /* whether 1 + x is between sqrt(1/2) and sqrt(2) */
    if ((int64_t)bits_of(x) < 0x3fda827a00000000) {
        if (RARELY(!(x > -1.0))) return x == -1.0 ? -INFINITE : is_nan(x) ? x + x : NOT_A_NUMBER;
        if (RARELY(size < 0x1p-29)) return size < 0x1p-54 ? x : fused(-(x * x), 0.5, x);
        near = bits_of(size) < 0x3fd2bec400000000 || x > 0.0;
    } else if (RARELY(!(x < INFINITE))) {
        return x + x;
    }
    double k = 0.0, f = x, lost = 0.0; /* by rounding 1 + x */
    if (!near) {
        const double u = x < 0x1p53 ? 1.0 + x : x;
        if (x < 0x1p53) lost = (u >= 2.0 ? 1.0 - (u - x) : x - (u - 1.0)) / u;
        const uint64_t from = bits_of(u) + (0x3ff0000000000000 - 0x3fe6a09e00000000);
        k = (double)((int32_t)(from >> 52) - 1023);
        f = of_bits((from & 0xfffffffffffffu) + 0x3fe6a09e00000000) - 1.0;
    }
    const double half = 0.5 * f * f, low = fused(k, ln2_low, lost);
    if (RARELY(magnitude(f) <= 0x1.8p-20) && !near && f < 0x1p-20) {
        if (f == 0.0) return fused(k, ln2_high, low);
        const double rest = half * fused(-0.66666666666666666, f, 1.0);
        return k == 0.0 ? f - rest : fused(k, ln2_high, -((rest - low) - f));
    }
    const double s = f / (2.0 + f), z = s * s, z2 = z * z, z4 = z2 * z2;
    double sum =
        fused(z, 0x1.5555555555593p-1, z2 * fused(z, 0x1.2492494229359p-2, 0x1.999999997fa04p-2));
    sum = fused(z4, fused(z, 0x1.7466496cb03dep-3, 0x1.c71c51d8e78afp-3), sum);
    sum = fused(z4 * z2, fused(z, 0x1.2f112df3e5244p-3, 0x1.39a09d078c69fp-3), sum);
    const double product = s * (half + sum);
    if (near) return f - (half - product);
    return fused(k, ln2_high, -((half - (product + low)) - f));
}

/* The inverse hyperbolic functions from log and log1p, as fdlibm's s_asinh.c, e_acosh.c and
 * e_atanh.c. Error: below 3 ulp. */
static double asinh_of(double x) {
    const double size = magnitude(x), root = __builtin_sqrt(1.0 + size * size);
    if (size < 0x1p-28 || !(size < INFINITE)) return x;
    if (size > 0x1p28) return with_sign(log_of(size) + 0x1.62e42fefa39efp-1, x);
    if (size > 2.0) return with_sign(log_of(2.0 * size + 1.0 / (root + size)), x);
    return with_sign(log1p_of(size + size * size / (1.0 + root)), x);
}

static double acosh_of(double x) {
    const double t = x - 1.0;
    if (!(x >= 1.0)) return is_nan(x) ? x : NOT_A_NUMBER;
    if (x > 0x1p28) return log_of(x) + 0x1.62e42fefa39efp-1;
    if (x > 2.0) return log_of(2.0 * x - 1.0 / (x + __builtin_sqrt(x * x - 1.0)));
    return log1p_of(t + __builtin_sqrt(2.0 * t + t * t));
}

static double atanh_of(double x) {
    const double size = magnitude(x);
    if (!(size <= 1.0)) return is_nan(x) ? x : NOT_A_NUMBER;
    if (size < 0x1p-28) return x;
    return with_sign(0.5 * log1p_of(2.0 * size / (1.0 - size)), x);
}
