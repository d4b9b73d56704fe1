/* Distances from many points. */
#include <math.h>
#include <string.h>

#include "math/math.h"
#include "operations.h"

enum {
    SQUARED_EUCLIDEAN,
    MANHATTAN,
    CHEBYSHEV,
    MINKOWSKI,
    COSINE,
    NAN_EUCLIDEAN,
    ADDITIVE_CHI2,
    N_METRICS
};

const char *poner_check_distances(const poner_model *model, const poner_step *step,
                                  const uint32_t *widths) {
    const uint64_t count = (uint64_t)step->width * widths[0];
    if (step->option >= N_METRICS) return "a distance is unknown";
    if (!poner_expect_array(model, step, 0, PONER_FLOAT64, count) ||
        !poner_expect_array(model, step, 1, PONER_FLOAT64, 1))
        return "a distance has no points";
    if (step->arrays[2] != PONER_NONE &&
        !poner_expect_array(model, step, 2, PONER_FLOAT64, widths[0]))
        return "a distance has too many or too few weights";
    return NULL;
}

/* A tile is a group of points that are handled together, feature after feature: each point's sum is
 * in the order of the features, and neighbouring points fill a vector unit. */
enum { TILE = 128 };

typedef struct {
    const double *row, *points; /* the points' first feature; the next is `stride` further */
    const double *weights; /* of Minkowski's terms, or NULL */
    size_t stride;
    uint32_t n_features, n;
    double p;
} tile;

/* Adds term(x, y) to each point's sum, feature after feature; x is the row's value, y the point's.
 * A sum is loaded and stored once for four features. */
#define SUM_TERMS(term)                                                                        \
    uint32_t j = 0;                                                                            \
    for (; j + 4 <= t->n_features; j += 4) {                                                   \
        const double *x = t->row + j, *y = t->points + j * t->stride;                          \
        const double *y1 = y + t->stride, *y2 = y1 + t->stride, *y3 = y2 + t->stride;          \
        const double x0 = x[0], x1 = x[1], x2 = x[2], x3 = x[3];                               \
        for (uint32_t k = 0; k < t->n; k++)                                                    \
            sum[k] =                                                                           \
                sum[k] + term(x0, y[k]) + term(x1, y1[k]) + term(x2, y2[k]) + term(x3, y3[k]); \
    }                                                                                          \
    for (; j < t->n_features; j++) {                                                           \
        const double x0 = t->row[j], *y = t->points + j * t->stride;                           \
        for (uint32_t k = 0; k < t->n; k++) sum[k] += term(x0, y[k]);                          \
    }

static inline double square(double x, double y) { return (x - y) * (x - y); }
static inline double size(double x, double y) { return fabs(x - y); }
static inline double chi(double x, double y) {
    return x + y != 0.0 ? (x - y) * (x - y) / (x + y) : 0.0;
}

static void add_squares(const tile *t, double *restrict sum) { SUM_TERMS(square) }
static void add_sizes(const tile *t, double *restrict sum) { SUM_TERMS(size) }
static void add_chis(const tile *t, double *restrict sum) { SUM_TERMS(chi) }

static void add_minkowski(const tile *t, double *restrict sum) {
    for (uint32_t j = 0; j < t->n_features; j++) {
        const double x = t->row[j], *column = t->points + j * t->stride;
        const double weight = t->weights ? t->weights[j] : 1.0;
        for (uint32_t k = 0; k < t->n; k++) {
            const double size = fabs(x - column[k]);
            const double power = t->p == 2.0   ? size * size
                                 : t->p == 1.0 ? size
                                               : poner_pow(size, t->p);
            sum[k] += weight * power;
        }
    }
}

static void find_chebyshev(const tile *t, double *restrict most) {
    for (uint32_t j = 0; j < t->n_features; j++) {
        const double x = t->row[j], *column = t->points + j * t->stride;
        for (uint32_t k = 0; k < t->n; k++) {
            const double size = fabs(x - column[k]);
            most[k] = size > most[k] ? size : most[k];
        }
    }
}

static void find_cosine(const tile *t, double *restrict sum) {
    double squares[TILE] = {0.0}, own = 0.0;
    for (uint32_t j = 0; j < t->n_features; j++) {
        const double x = t->row[j], *column = t->points + j * t->stride;
        own += x * x;
        for (uint32_t k = 0; k < t->n; k++) {
            sum[k] += x * column[k];
            squares[k] += column[k] * column[k];
        }
    }
    for (uint32_t k = 0; k < t->n; k++) {
        /* Normalizing leaves a vector of zeros as it is. */
        const double lengths = sqrt(own) * sqrt(squares[k]);
        const double distance = 1.0 - (lengths == 0.0 ? 0.0 : sum[k] / lengths);
        sum[k] = distance < 0.0 ? 0.0 : distance > 2.0 ? 2.0 : distance;
    }
}

static void find_nan_euclidean(const tile *t, double *restrict sum) {
    double present[TILE] = {0.0};
    for (uint32_t j = 0; j < t->n_features; j++) {
        const double x = t->row[j], *column = t->points + j * t->stride;
        for (uint32_t k = 0; k < t->n; k++) {
            const double difference = x - column[k];
            sum[k] += isnan(difference) ? 0.0 : difference * difference;
            present[k] += isnan(difference) ? 0.0 : 1.0;
        }
    }
    for (uint32_t k = 0; k < t->n; k++)
        sum[k] = present[k] > 0.0 ? sum[k] / present[k] * t->n_features : NAN;
}

static void measure(uint32_t metric, const tile *t, double *sum) {
    memset(sum, 0, t->n * sizeof *sum);
    switch (metric) {
    case SQUARED_EUCLIDEAN: add_squares(t, sum); break;
    case MANHATTAN: add_sizes(t, sum); break;
    case CHEBYSHEV: find_chebyshev(t, sum); break;
    case MINKOWSKI: add_minkowski(t, sum); break;
    case COSINE: find_cosine(t, sum); break;
    case NAN_EUCLIDEAN: find_nan_euclidean(t, sum); break;
    default: add_chis(t, sum);
    }
}

static poner_status refuse_negative(const poner_call *call) {
    const uint32_t n = call->in_width[0];
    for (size_t i = 0; i < call->n_rows * n; i++)
        if (call->in[0][i] < 0.0) return poner_refuse(call, i / n, (uint32_t)(i % n), PONER_BEYOND);
    return PONER_OK;
}

/* out[k] = the row's distance from point k. Option: the metric. Arrays: 0 points (in x width, so
 * feature after feature), 1 the exponent of Minkowski, 2 its weights or none. */
poner_status poner_distances(const poner_call *call) {
    const double *points = poner_given(call, 0);
    const uint32_t width = call->step->width, metric = call->step->option;
    const double *exponent = poner_given(call, 1);
    tile t = {.stride = width, .n_features = call->in_width[0], .p = *exponent};
    if (poner_count_given(call, 2)) t.weights = poner_given(call, 2);
    if (metric == ADDITIVE_CHI2 && refuse_negative(call) != PONER_OK) return PONER_REFUSED;
    for (uint32_t first = 0; first < width; first += TILE) {
        t.points = points + first;
        t.n = width - first < TILE ? width - first : TILE;
        for (size_t row = 0; row < call->n_rows; row++) {
            t.row = call->in[0] + row * t.n_features;
            measure(metric, &t, call->out + row * width + first);
        }
    }
    return PONER_OK;
}
