/* The error function and the normal distribution. Included once per set of functions. */

/* exp(-size^2 - 0.5625 + quotient) / size in two powers: the square of the first 21 bits is
 * exact. */
static double erfc_tail(double size, double quotient) {
    const double cut = of_bits(bits_of(size) & ~0xffffffffull);
    return exp_of(-cut * cut - 0.5625) * exp_of((cut - size) * (cut + size) + quotient) / size;
}

/* erf and erfc: fdlibm's rational approximations on [0, 0.84375), to 1.25, to 1/0.35 and beyond
 * (s_erf.c, Sun Microsystems, 1993). Error: below 2 ulp, of erfc below 4 ulp. */
static double erf_part(double x) {
    static const double P[] = {-0x1.8ead6120016acp-16, -0x1.7a291236668e4p-8, -0x1.d2a51dbd7194fp-6,
                               -0x1.4cd7d691cb913p-2, 0x1.06eba8214db68p-3};
    static const double Q[] = {-0x1.09c4342a2612p-18, 0x1.15dc9221c1a1p-13, 0x1.4d022c4d36b0fp-8,
                               0x1.0a54c5536cebap-4,  0x1.97779cddadc09p-2, 1.0};
    return polynomial(x * x, P, 4) / polynomial(x * x, Q, 5);
}

static double erf_middle(double size) {
    static const double P[] = {-0x1.1bf380a96073fp-9, 0x1.22a36599795ebp-5,  -0x1.c63983d3e28ecp-4,
                               0x1.45fca805120e4p-2,  -0x1.7d240fbb8c3f1p-2, 0x1.a8d00ad92b34dp-2,
                               -0x1.359b8bef77538p-9};
    static const double Q[] = {0x1.88b545735151dp-7,
                               0x1.bedc26b51dd1cp-7,
                               0x1.02660e763351fp-3,
                               0x1.2635cd99fe9a7p-4,
                               0x1.14af092eb6f33p-1,
                               0x1.b3e6618eee323p-4,
                               1.0};
    return polynomial(size - 1.0, P, 6) / polynomial(size - 1.0, Q, 6);
}

static double erfc_far(double size) {
    static const double P1[] = {-0x1.3a0efc69ac25cp3, -0x1.4526557e4d2f2p6, -0x1.7135cebccabb2p7,
                                -0x1.44cb184282266p7, -0x1.f300ae4cba38dp5, -0x1.51e0441b0e726p3,
                                -0x1.63416e4ba736p-1, -0x1.43412600d6435p-7};
    static const double Q1[] = {-0x1.eeff2ee749a62p-5, 0x1.a47ef8e484a93p2, 0x1.b28a3ee48ae2cp6,
                                0x1.ad02157700314p8,   0x1.42b1921ec2868p9, 0x1.b290dd58a1a71p8,
                                0x1.1350c526ae721p7,   0x1.3a6b9bd707687p4, 1.0};
    static const double P2[] = {-0x1.e384e9bdc383fp8, -0x1.004616a2e5992p10, -0x1.3ec881375f228p9,
                                -0x1.4145d43c5ed98p7, -0x1.1c209555f995ap4,  -0x1.993ba70c285dep-1,
                                -0x1.4341239e86f4ap-7};
    static const double Q2[] = {
        -0x1.670e242712d62p4, 0x1.da874e79fe763p8, 0x1.3f219cedf3be6p11, 0x1.8ffb7688c246ap11,
        0x1.802eb189d5118p10, 0x1.45cae221b9f0ap8, 0x1.e568b261d5190p4,  1.0};
    const double s = 1.0 / (size * size);
    return erfc_tail(size, size < 0x1.6db6dp1 ? polynomial(s, P1, 7) / polynomial(s, Q1, 8)
                                              : polynomial(s, P2, 6) / polynomial(s, Q2, 7));
}

#define ERF_ONE 0x1.b0ac16p-1 /* near erf(1): the middle approximation adds to it */

static double erf_of(double x) {
    const double size = magnitude(x);
    if (is_nan(x)) return x;
    if (size < 0.84375) return x + x * (size < 0x1p-28 ? 0x1.06eba8214db69p-3 : erf_part(x));
    if (size < 1.25) return with_sign(ERF_ONE + erf_middle(size), x);
    return with_sign(size < 6.0 ? 1.0 - erfc_far(size) : 1.0, x);
}

static double erfc_of(double x) {
    const double size = magnitude(x);
    if (is_nan(x)) return x;
    if (size < 0.84375) {
        const double part = x * erf_part(x);
        return x < 0.25 ? 1.0 - (x + part) : 0.5 - (x - 0.5 + part);
    }
    if (size < 1.25)
        return x > 0.0 ? 1.0 - ERF_ONE - erf_middle(size) : 1.0 + (ERF_ONE + erf_middle(size));
    if (x > 0.0) return size < 28.0 ? erfc_far(size) : 0.0;
    return size < 6.0 ? 2.0 - erfc_far(size) : 2.0;
}

/* Cephes' ndtr (scipy 1.9 to 1.17, special/cephes/ndtr). */
static double normal_cdf_of(double value) {
    if (is_nan(value)) return value;
    const double x = value * 0.70710678118654752440, size = magnitude(x);
    if (size < 1.0) return 0.5 + 0.5 * erf_of(x);
    const double tail = 0.5 * erfc_of(size);
    return x > 0.0 ? 1.0 - tail : tail;
}

/* Cephes' ndtri (scipy 1.9 to 1.17, special/cephes/ndtri): rational approximations around 1/2 and
 * for the tails, in __builtin_sqrt(-2 log p). */
static double normal_quantile_of(double p) {
    static const double P0[] = {-5.99633501014107895267E1, 9.80010754185999661536E1,
                                -5.66762857469070293439E1, 1.39312609387279679503E1,
                                -1.23916583867381258016E0};
    static const double Q0[] = {1.0,
                                1.95448858338141759834E0,
                                4.67627912898881538453E0,
                                8.63602421390890590575E1,
                                -2.25462687854119370527E2,
                                2.00260212380060660359E2,
                                -8.20372256168333339912E1,
                                1.59056225126211695515E1,
                                -1.18331621121330003142E0};
    static const double P1[] = {
        4.05544892305962419923E0,   3.15251094599893866154E1,   5.71628192246421288162E1,
        4.40805073893200834700E1,   1.46849561928858024014E1,   2.18663306850790267539E0,
        -1.40256079171354495875E-1, -3.50424626827848203418E-2, -8.57456785154685413611E-4};
    static const double Q1[] = {1.0,
                                1.57799883256466749731E1,
                                4.53907635128879210584E1,
                                4.13172038254672030440E1,
                                1.50425385692907503408E1,
                                2.50464946208309415979E0,
                                -1.42182922854787788574E-1,
                                -3.80806407691578277194E-2,
                                -9.33259480895457427372E-4};
    static const double P2[] = {
        3.23774891776946035970E0,  6.91522889068984211695E0,  3.93881025292474443415E0,
        1.33303460815807542389E0,  2.01485389549179081538E-1, 1.23716634817820021358E-2,
        3.01581553508235416007E-4, 2.65806974686737550832E-6, 6.23974539184983293730E-9};
    static const double Q2[] = {1.0,
                                6.02427039364742014255E0,
                                3.67983563856160859403E0,
                                1.37702099489081330271E0,
                                2.16236993594496635890E-1,
                                1.34204006088543189037E-2,
                                3.28014464682127739104E-4,
                                2.89247864745380683936E-6,
                                6.79019408009981274425E-9};
    static const double EXP_MINUS_2 = 0.13533528323661269189, SQRT_2_PI = 2.50662827463100050242;
    if (p == 0.0) return -INFINITE;
    if (p == 1.0) return INFINITE;
    if (!(p > 0.0 && p < 1.0)) return NOT_A_NUMBER;
    const int upper = p > 1.0 - EXP_MINUS_2;
    double y = upper ? 1.0 - p : p;
    if (y > EXP_MINUS_2) {
        y -= 0.5;
        const double y2 = y * y;
        return (y + y * (y2 * polynomial(y2, P0, 4) / polynomial(y2, Q0, 8))) * SQRT_2_PI;
    }
    const double x = __builtin_sqrt(-2.0 * log_of(y)), z = 1.0 / x;
    const double tail = x < 8.0 ? z * polynomial(z, P1, 8) / polynomial(z, Q1, 8)
                                : z * polynomial(z, P2, 8) / polynomial(z, Q2, 8);
    const double result = x - log_of(x) / x - tail;
    return upper ? result : -result;
}
