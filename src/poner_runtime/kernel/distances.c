/* Distances from many points. */
#include <math.h>
#include <string.h>

#include "operations.h"

enum {
    SQUARED_EUCLIDEAN, MANHATTAN, CHEBYSHEV, MINKOWSKI, COSINE, NAN_EUCLIDEAN, ADDITIVE_CHI2,
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

/* Points go together in tiles, feature after feature: the sum for each point is in the order of
 * the features, and neighbouring points fill a vector unit. */
enum { TILE = 128 };

typedef struct {
    const double *row, *points; /* the points' first feature; the next is `stride` further */
    const double *weights; /* of Minkowski's terms, or NULL */
    size_t stride;
    uint32_t n_features, n;
    double p;
} tile;

/* Adds `term` to each point's sum, feature after feature; x is the row's value, y the point's. */
#define SUM_TERMS(term)                                               \
    for (uint32_t j = 0; j < t->n_features; j++) {                    \
        const double x = t->row[j], *column = t->points + j * t->stride; \
        for (uint32_t k = 0; k < t->n; k++) {                         \
            const double y = column[k];                               \
            sum[k] += (term);                                         \
        }                                                             \
    }

static void add_minkowski(const tile *t, double *sum) {
    for (uint32_t j = 0; j < t->n_features; j++) {
        const double x = t->row[j], *column = t->points + j * t->stride;
        const double weight = t->weights ? t->weights[j] : 1.0;
        for (uint32_t k = 0; k < t->n; k++) {
            const double size = fabs(x - column[k]);
            const double power = t->p == 2.0 ? size * size : t->p == 1.0 ? size : pow(size, t->p);
            sum[k] += weight * power;
        }
    }
}

static void find_chebyshev(const tile *t, double *most) {
    for (uint32_t j = 0; j < t->n_features; j++) {
        const double x = t->row[j], *column = t->points + j * t->stride;
        for (uint32_t k = 0; k < t->n; k++) {
            const double size = fabs(x - column[k]);
            most[k] = size > most[k] ? size : most[k];
        }
    }
}

static void find_cosine(const tile *t, double *sum) {
    double squares[TILE] = {0.0}, square = 0.0;
    for (uint32_t j = 0; j < t->n_features; j++) {
        const double x = t->row[j], *column = t->points + j * t->stride;
        square += x * x;
        for (uint32_t k = 0; k < t->n; k++) {
            sum[k] += x * column[k];
            squares[k] += column[k] * column[k];
        }
    }
    for (uint32_t k = 0; k < t->n; k++) {
        /* A vector of zeros stays one when it is normalized. */
        const double lengths = sqrt(square) * sqrt(squares[k]);
        const double distance = 1.0 - (lengths == 0.0 ? 0.0 : sum[k] / lengths);
        sum[k] = distance < 0.0 ? 0.0 : distance > 2.0 ? 2.0 : distance;
    }
}

static void find_nan_euclidean(const tile *t, double *sum) {
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
    case SQUARED_EUCLIDEAN: SUM_TERMS((x - y) * (x - y)) break;
    case MANHATTAN: SUM_TERMS(fabs(x - y)) break;
    case CHEBYSHEV: find_chebyshev(t, sum); break;
    case MINKOWSKI: add_minkowski(t, sum); break;
    case COSINE: find_cosine(t, sum); break;
    case NAN_EUCLIDEAN: find_nan_euclidean(t, sum); break;
    default: SUM_TERMS(x + y != 0.0 ? (x - y) * (x - y) / (x + y) : 0.0)
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
    const double *points = poner_array_of(call->model, call->step, 0);
    const uint32_t width = call->step->width, metric = call->step->option;
    tile t = {.stride = width, .n_features = call->in_width[0]};
    t.p = *(const double *)poner_array_of(call->model, call->step, 1);
    if (poner_count_of(call->model, call->step, 2))
        t.weights = poner_array_of(call->model, call->step, 2);
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
