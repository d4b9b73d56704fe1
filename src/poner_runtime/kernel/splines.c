/* B-splines: the values of a basis of piecewise polynomials. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "math/exact.h"
#include "operations.h"

enum { CONTINUE, PERIODIC, ERROR, CONSTANT, LINEAR, N_EXTRAPOLATIONS };
enum { MISSING_AS_ZEROS = 8 };

#define MAX_DEGREE 31u /* the stack holds its splines */

/* Number of splines of a column with n knots; 0 if n is too small. */
static uint32_t count_splines(uint32_t n, uint32_t degree, uint32_t extrapolation) {
    const uint32_t lost = degree + 1 + (extrapolation == PERIODIC ? degree : 0);
    return n < 2 * degree + 2 || n <= lost ? 0 : n - lost;
}

const char *poner_check_splines(const poner_model *model, const poner_step *step,
                                const uint32_t *widths) {
    uint32_t total;
    const uint32_t extrapolation = step->option & ~(uint32_t)MISSING_AS_ZEROS;
    const uint32_t *ends = poner_expect_ends(model, step, 0, widths[0], &total);
    if (!ends || extrapolation >= N_EXTRAPOLATIONS) return "splines have no ends";
    const double *knots = poner_expect_array(model, step, 1, PONER_FLOAT64, total);
    const uint32_t *degree = poner_expect_array(model, step, 2, PONER_UINT32, 1);
    if (!knots || !degree || *degree > MAX_DEGREE) return "splines have no knots";
    uint64_t width = 0;
    for (uint32_t i = 0, start = 0; i < widths[0]; start = ends[i++]) {
        const uint32_t splines = count_splines(ends[i] - start, *degree, extrapolation);
        /* A periodic spline may wrap around once; the linear splines at the two ends differ. */
        if (splines == 0 || splines < *degree || splines < 2) return "splines have too few knots";
        for (uint32_t k = start; k < ends[i]; k++)
            if (!isfinite(knots[k]) || (k > start && knots[k] < knots[k - 1]))
                return "knots are not in order";
        width += splines;
    }
    return width == step->width ? NULL : "the number of splines does not match their knots";
}

/* The degree + 1 splines (or their first derivatives) that are not 0 between t[place] and
 * t[place + 1], after de Boor: scipy/interpolate/src/__fitpack.cc, _deBoor_D (scipy 1.9 to 1.17). */
static void basis(const double *t, double x, uint32_t degree, uint32_t place, uint32_t derivatives,
                  double *values) {
    double before[MAX_DEGREE + 1];
    values[0] = 1.0;
    for (uint32_t j = 1; j <= degree; j++) {
        const bool derive = j > degree - derivatives;
        memcpy(before, values, j * sizeof *values);
        values[0] = 0.0;
        for (uint32_t n = 1; n <= j; n++) {
            const double upper = t[place + n], lower = t[place + n - j];
            if (upper == lower) {
                values[n] = 0.0;
                continue;
            }
            if (derive) {
                const double slope = (double)j * before[n - 1] / (upper - lower);
                values[n - 1] -= slope;
                values[n] = slope;
            } else {
                const double share = before[n - 1] / (upper - lower);
                values[n - 1] += share * (upper - x);
                values[n] = share * (x - lower);
            }
        }
    }
}

/* The last place from `degree` to n - 1 whose knot is not above x. */
static uint32_t find_place(const double *t, uint32_t degree, uint32_t n, double x) {
    uint32_t low = degree, high = n - 1;
    while (low < high) {
        const uint32_t middle = low + (high - low + 1) / 2;
        if (t[middle] <= x)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* Adds the splines at x to out; indices wrap around after n_splines. */
static void add_splines(const double *t, double x, uint32_t degree, uint32_t n, uint32_t n_splines,
                        double *out) {
    double values[MAX_DEGREE + 1];
    const uint32_t place = find_place(t, degree, n, x);
    basis(t, x, degree, place, 0, values);
    for (uint32_t a = 0; a <= degree; a++) {
        const uint32_t spline = place - degree + a;
        out[spline < n_splines ? spline : spline - n_splines] += values[a];
    }
}

/* Beyond [t[degree], t[n]] the splines keep the values of that end, or follow its tangents. */
static void extend(const double *t, double x, uint32_t degree, uint32_t n, bool linear,
                   double *out) {
    double values[MAX_DEGREE + 1], slopes[MAX_DEGREE + 1];
    const bool below = x < t[degree];
    const uint32_t place = below ? find_place(t, degree, n, t[degree]) : n - 1;
    const double edge = below ? t[degree] : t[n];
    const uint32_t used = degree < 2 && linear ? degree + 1 : degree;
    basis(t, edge, degree, place, 0, values);
    basis(t, edge, degree, place, degree ? 1 : 0, slopes);
    if (degree == 0) slopes[0] = 0.0;
    for (uint32_t a = 0; a <= degree; a++) {
        const uint32_t spline = place - degree + a;
        if (below ? spline >= used : n - 1 - spline >= used) continue;
        out[spline] = linear ? values[a] + (x - edge) * slopes[a] : values[a];
    }
}

/* As numpy.remainder for a divisor above 0. */
static double remainder_of(double x, double divisor) {
    const double rest = exact_remainder(x, divisor);
    if (rest == 0.0) return 0.0;
    return rest < 0.0 ? rest + divisor : rest;
}

/* One column's splines at x; false if the row must be refused. */
static bool splines_at(uint32_t option, const double *t, uint32_t n_knots, uint32_t degree,
                       double x, double *out) {
    const uint32_t extrapolation = option & ~(uint32_t)MISSING_AS_ZEROS, n = n_knots - degree - 1;
    const uint32_t n_splines = count_splines(n_knots, degree, extrapolation);
    memset(out, 0, n_splines * sizeof *out);
    if (isnan(x) && (option & MISSING_AS_ZEROS)) return true;
    if (extrapolation == PERIODIC) x = t[degree] + remainder_of(x - t[degree], t[n] - t[degree]);
    const bool beyond = !(x >= t[degree] && x <= t[n]);
    if (isnan(x)) {
        for (uint32_t i = 0; i < n_splines; i++) out[i] = NAN;
    } else if (!beyond || extrapolation == CONTINUE || extrapolation == PERIODIC) {
        add_splines(t, x, degree, n, n_splines, out);
    } else if (extrapolation == CONSTANT || extrapolation == LINEAR) {
        extend(t, x, degree, n, extrapolation == LINEAR, out);
    }
    return !(beyond && extrapolation == ERROR);
}

/* Option: the extrapolation, and whether the splines of NaN are 0. Arrays: 0 ends of each column's
 * knots, 1 knots, 2 degree. */
poner_status poner_splines(const poner_call *call) {
    const uint32_t *ends = poner_given(call, 0);
    const double *knots = poner_given(call, 1), *in = call->in[0];
    const uint32_t degree = *(const uint32_t *)poner_given(call, 2);
    const uint32_t option = call->step->option;
    double *out = call->out;
    for (size_t row = 0; row < call->n_rows; row++)
        for (uint32_t i = 0, start = 0; i < call->in_width[0]; start = ends[i++], in++) {
            const uint32_t n_knots = ends[i] - start;
            if (!splines_at(option, knots + start, n_knots, degree, *in, out))
                return poner_refuse(call, row, i, PONER_BEYOND);
            out += count_splines(n_knots, degree, option & ~(uint32_t)MISSING_AS_ZEROS);
        }
    return PONER_OK;
}
