/* Trigonometric functions and their inverses. Included once per set of functions. */

#define HALF_PI 0x1.921fb54442d18p0 /* pi/2 is the sum of this and the next two */
#define HALF_PI_2 0x1.1a62633145c07p-54
#define HALF_PI_3 -0x1.f1976b7ed8fbcp-110

/* An angle as a multiple of pi/2 (modulo 4) and a remainder of at most pi/4 in two parts. */
typedef struct {
    double rest, tail;
    uint32_t quadrant;
} angle;

/* Payne and Hanek (1983): the relevant bits of x 2/pi, from 192 bits of 2/pi that begin where
 * multiples of 4 end. The remainder keeps 128 bits. */
static angle reduce_far(double x) {
    const uint64_t fraction = (bits_of(x) & 0xfffffffffffffu) | 1ull << 52;
    const uint32_t first = (uint32_t)(bits_of(x) >> 52 & 0x7ff) - 1075 + 62;
    uint64_t word[3];
    for (uint32_t i = 0; i < 3; i++) {
        const uint64_t *from = TWO_OVER_PI + first / 64 + i;
        word[i] = first % 64 ? from[0] << first % 64 | from[1] >> (64 - first % 64) : from[0];
    }
    const unsigned __int128 low = (unsigned __int128)fraction * word[2];
    const unsigned __int128 middle = (unsigned __int128)fraction * word[1] +
                                     ((unsigned __int128)fraction * word[0] << 64) + (low >> 64);
    uint32_t quadrant = (uint32_t)(middle >> 126);
    unsigned __int128 part = middle << 2 | (uint64_t)low >> 62; /* of a quadrant, in 2^-128 */
    const bool over = part >> 127;
    if (over) part = -part, quadrant++;
    const int zeros = part >> 64 ? __builtin_clzll((uint64_t)(part >> 64)) : 64;
    part <<= zeros;
    const double scale = of_bits((uint64_t)(1023 - 53 - zeros) << 52);
    const double high = (double)(uint64_t)(part >> 75) * scale;
    const double rest = (double)((uint64_t)(part >> 22) & 0x1fffffffffffffu) * scale * 0x1p-53;
    const double turned = high * HALF_PI;
    const double tail = fused(high, HALF_PI, -turned) + (high * HALF_PI_2 + rest * HALF_PI);
    const double sign = over != (x < 0.0) ? -1.0 : 1.0;
    return (angle){sign * turned, sign * tail, x < 0.0 ? -quadrant : quadrant};
}

/* Cody and Waite (1980) with three parts of pi/2: below 2^20 the first difference is exact. */
static inline angle reduce(double x) {
    if (magnitude(x) < 0.785398163397448) return (angle){x, 0.0, 0};
    if (!(magnitude(x) < 0x1p20)) return reduce_far(x);
    const double shift = 0x1.8p52, shifted = fused(x, 0x1.45f306dc9c883p-1, shift);
    const double count = shifted - shift, near = fused(-count, HALF_PI, x);
    const double rest = fused(-count, HALF_PI_2, near);
    const double tail = fused(-count, HALF_PI_2, near - rest) - count * HALF_PI_3;
    return (angle){rest, tail, (uint32_t)bits_of(shifted)};
}

/* sin and cos of an angle of at most pi/4: fdlibm's polynomials of degrees 13 and 14 (k_sin.c and
 * k_cos.c, Sun Microsystems, 1993). */
static inline double sin_near(double x, double tail) {
    const double z = x * x, cube = z * x;
    const double low =
        fused(z, fused(z, 0x1.71de357b1fe7dp-19, -0x1.a01a019c161d5p-13), 0x1.111111110f8a6p-7);
    const double sum =
        fused(z * (z * z), fused(z, 0x1.5d93a5acfd57cp-33, -0x1.ae5e68a2b9cebp-26), low);
    return x - ((z * (0.5 * tail - cube * sum) - tail) - cube * -0x1.5555555555549p-3);
}

static inline double cos_near(double x, double tail) {
    const double z = x * x, square = z * z, half = 0.5 * z, w = 1.0 - half;
    const double low =
        fused(z, fused(z, 0x1.a01a019cb159p-16, -0x1.6c16c16c15177p-10), 0x1.555555555554cp-5);
    const double high =
        fused(z, fused(z, -0x1.8fae9be8838d4p-37, 0x1.1ee9ebdb4b1c4p-29), -0x1.27e4f809c52adp-22);
    const double sum = z * fused(square * z, high, low);
    return w + (((1.0 - w) - half) + (z * sum - x * tail));
}

/* sin, cos and tan. Error: below 1 ulp; that of tan, a quotient, below 2.5 ulp. */
static double sin_of(double x) {
    if (!(magnitude(x) < INFINITE)) return NOT_A_NUMBER;
    if (magnitude(x) < 0x1p-27) return x;
    const angle a = reduce(x);
    const double y = a.quadrant & 1 ? cos_near(a.rest, a.tail) : sin_near(a.rest, a.tail);
    return a.quadrant & 2 ? -y : y;
}

static double cos_of(double x) {
    if (!(magnitude(x) < INFINITE)) return NOT_A_NUMBER;
    const angle a = reduce(x);
    const double y = a.quadrant & 1 ? sin_near(a.rest, a.tail) : cos_near(a.rest, a.tail);
    return (a.quadrant + 1) & 2 ? -y : y;
}

static double tan_of(double x) {
    if (!(magnitude(x) < INFINITE)) return NOT_A_NUMBER;
    if (magnitude(x) < 0x1p-27) return x;
    const angle a = reduce(x);
    const double sine = sin_near(a.rest, a.tail), cosine = cos_near(a.rest, a.tail);
    return a.quadrant & 1 ? -cosine / sine : sine / cosine;
}

/* atan(x) as atan(c) + atan((x - c) / (1 + x c)) for one of five c, and a polynomial of degree 21
 * (fdlibm's s_atan.c). Error: below 1 ulp. */
static double atan_of(double x) {
    static const double CENTRES[] = {0.0, 0.5, 1.0, 1.5};
    static const double HIGH[] = {0.0, 0x1.dac670561bb4fp-2, 0x1.921fb54442d18p-1,
                                  0x1.f730bd281f69bp-1, HALF_PI};
    static const double LOW[] = {0.0, 0x1.a2b7f222f65e2p-56, 0x1.1a62633145c07p-55,
                                 0x1.007887af0cbbdp-56, HALF_PI_2};
    static const double EVEN[] = {0x1.0ad3ae322da11p-6, 0x1.97b4b24760debp-5, 0x1.10d66a0d03d51p-4,
                                  0x1.745cdc54c206ep-4, 0x1.24924920083ffp-3, 0x1.555555555550dp-2};
    static const double ODD[] = {-0x1.2b4442c6a6c2fp-5, -0x1.dde2d52defd9ap-5,
                                 -0x1.3b0f2af749a6dp-4, -0x1.c71c6fe231671p-4,
                                 -0x1.999999998ebc4p-3};
    if (is_nan(x)) return x;
    double size = magnitude(x);
    const int place = (size >= 0.4375) + (size >= 0.6875) + (size >= 1.1875) + (size >= 2.4375);
    if (size < 0x1p-27) return x;
    if (place == 4)
        size = -1.0 / size;
    else if (place)
        size = (size - CENTRES[place]) / fused(size, CENTRES[place], 1.0);
    const double z = size * size, w = z * z;
    const double sum = size * (z * polynomial(w, EVEN, 5) + w * polynomial(w, ODD, 4));
    return with_sign(place ? HIGH[place] - ((sum - LOW[place]) - size) : size - sum, x);
}

/* asin(x) for |x| <= 1/2 is x + x * asin_part(x^2) (fdlibm's e_asin.c); beyond, asin and acos come
 * from the asin of sqrt((1 - |x|) / 2), a root in two parts. Error: below 1 ulp. */
static inline double asin_part(double z) {
    static const double P[] = {0x1.23de10dfdf709p-15, 0x1.9efe07501b288p-11, -0x1.48228b5688f3bp-5,
                               0x1.9c1550e884455p-3,  -0x1.4d61203eb6f7dp-2, 0x1.5555555555555p-3};
    static const double Q[] = {0x1.3b8c5b12e9282p-4, -0x1.6066c1b8d0159p-1, 0x1.02ae59c598ac8p1,
                               -0x1.33a271c8a2d4bp1, 1.0};
    return z * polynomial(z, P, 5) / polynomial(z, Q, 4);
}

static double asin_of(double x) {
    const double size = magnitude(x);
    if (!(size <= 1.0)) return NOT_A_NUMBER;
    if (size < 0.5) return size < 0x1p-26 ? x : x + x * asin_part(x * x);
    if (size == 1.0) return with_sign(HALF_PI, x);
    const double z = 0.5 * (1.0 - size), root = __builtin_sqrt(z);
    const double low = fused(-root, root, z) / root + 2.0 * root * asin_part(z) - HALF_PI_2;
    return with_sign(0.5 * HALF_PI - (low - (0.5 * HALF_PI - 2.0 * root)), x);
}

static double acos_of(double x) {
    if (!(magnitude(x) <= 1.0)) return NOT_A_NUMBER;
    if (magnitude(x) < 0.5) return HALF_PI - (x - (HALF_PI_2 - x * asin_part(x * x)));
    const double z = 0.5 * (1.0 - magnitude(x)), root = __builtin_sqrt(z);
    if (z == 0.0) return x > 0.0 ? 0.0 : 2.0 * HALF_PI;
    const double low = root * asin_part(z);
    if (x < 0.0) return 2.0 * (HALF_PI - (root + (low - HALF_PI_2)));
    return 2.0 * (root + (low + 0.5 * (fused(-root, root, z) / root)));
}
