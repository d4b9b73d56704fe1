/* The normal distribution, as scipy.special computes it. */
#include <math.h>

#include "operations.h"

/* Cephes' ndtr (scipy 1.9 to 1.17, special/cephes/ndtr). */
double poner_normal_cdf(double value) {
    if (isnan(value)) return value;
    const double x = value * 0.70710678118654752440, size = fabs(x);
    if (size < 1.0) return 0.5 + 0.5 * erf(x);
    const double tail = 0.5 * erfc(size);
    return x > 0.0 ? 1.0 - tail : tail;
}

/* A polynomial, highest power first. */
static double polynomial(double x, const double *coefficients, int degree) {
    double sum = coefficients[0];
    for (int i = 1; i <= degree; i++) sum = sum * x + coefficients[i];
    return sum;
}

/* Cephes' ndtri (scipy 1.9 to 1.17, special/cephes/ndtri): rational approximations around 1/2 and
 * for the tails, in sqrt(-2 log p). */
double poner_normal_quantile(double p) {
    static const double P0[] = {-5.99633501014107895267E1, 9.80010754185999661536E1,
                                -5.66762857469070293439E1, 1.39312609387279679503E1,
                                -1.23916583867381258016E0};
    static const double Q0[] = {1.0, 1.95448858338141759834E0, 4.67627912898881538453E0,
                                8.63602421390890590575E1, -2.25462687854119370527E2,
                                2.00260212380060660359E2, -8.20372256168333339912E1,
                                1.59056225126211695515E1, -1.18331621121330003142E0};
    static const double P1[] = {4.05544892305962419923E0, 3.15251094599893866154E1,
                                5.71628192246421288162E1, 4.40805073893200834700E1,
                                1.46849561928858024014E1, 2.18663306850790267539E0,
                                -1.40256079171354495875E-1, -3.50424626827848203418E-2,
                                -8.57456785154685413611E-4};
    static const double Q1[] = {1.0, 1.57799883256466749731E1, 4.53907635128879210584E1,
                                4.13172038254672030440E1, 1.50425385692907503408E1,
                                2.50464946208309415979E0, -1.42182922854787788574E-1,
                                -3.80806407691578277194E-2, -9.33259480895457427372E-4};
    static const double P2[] = {3.23774891776946035970E0, 6.91522889068984211695E0,
                                3.93881025292474443415E0, 1.33303460815807542389E0,
                                2.01485389549179081538E-1, 1.23716634817820021358E-2,
                                3.01581553508235416007E-4, 2.65806974686737550832E-6,
                                6.23974539184983293730E-9};
    static const double Q2[] = {1.0, 6.02427039364742014255E0, 3.67983563856160859403E0,
                                1.37702099489081330271E0, 2.16236993594496635890E-1,
                                1.34204006088543189037E-2, 3.28014464682127739104E-4,
                                2.89247864745380683936E-6, 6.79019408009981274425E-9};
    static const double EXP_MINUS_2 = 0.13533528323661269189, SQRT_2_PI = 2.50662827463100050242;
    if (p == 0.0) return -INFINITY;
    if (p == 1.0) return INFINITY;
    if (!(p > 0.0 && p < 1.0)) return NAN;
    const int upper = p > 1.0 - EXP_MINUS_2;
    double y = upper ? 1.0 - p : p;
    if (y > EXP_MINUS_2) {
        y -= 0.5;
        const double y2 = y * y;
        return (y + y * (y2 * polynomial(y2, P0, 4) / polynomial(y2, Q0, 8))) * SQRT_2_PI;
    }
    const double x = sqrt(-2.0 * log(y)), z = 1.0 / x;
    const double tail = x < 8.0 ? z * polynomial(z, P1, 8) / polynomial(z, Q1, 8)
                                : z * polynomial(z, P2, 8) / polynomial(z, Q2, 8);
    const double result = x - log(x) / x - tail;
    return upper ? result : -result;
}
