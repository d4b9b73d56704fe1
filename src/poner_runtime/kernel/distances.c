/* Distances from many points, and what the nearest of them weigh. */
#include <math.h>
#include <string.h>

#include "operations.h"

enum { SQUARED_EUCLIDEAN, MANHATTAN, CHEBYSHEV, MINKOWSKI, COSINE, NAN_EUCLIDEAN, N_METRICS };

const char *poner_check_distances(const poner_model *model, const poner_step *step,
                                  const uint32_t *widths) {
    const uint64_t count = (uint64_t)step->width * widths[0];
    if (step->option >= N_METRICS) return "a distance is unknown";
    if (!poner_expect_array(model, step, 0, PONER_FLOAT64, count) ||
        !poner_expect_array(model, step, 1, PONER_FLOAT64, 1))
        return "a distance has no points";
    return NULL;
}

static double cosine(const double *a, const double *b, uint32_t n) {
    double product = 0.0, a_squared = 0.0, b_squared = 0.0;
    for (uint32_t i = 0; i < n; i++) {
        product += a[i] * b[i];
        a_squared += a[i] * a[i];
        b_squared += b[i] * b[i];
    }
    /* A vector of zeros stays one when it is normalized. */
    const double lengths = sqrt(a_squared) * sqrt(b_squared);
    const double distance = 1.0 - (lengths == 0.0 ? 0.0 : product / lengths);
    return distance < 0.0 ? 0.0 : distance > 2.0 ? 2.0 : distance;
}

static double nan_euclidean(const double *a, const double *b, uint32_t n) {
    double sum = 0.0;
    uint32_t present = 0;
    for (uint32_t i = 0; i < n; i++) {
        const double difference = a[i] - b[i];
        if (isnan(difference)) continue;
        sum += difference * difference;
        present++;
    }
    return present ? sum / present * n : NAN;
}

static double distance(uint32_t metric, const double *a, const double *b, uint32_t n, double p) {
    double result = 0.0;
    switch (metric) {
    case SQUARED_EUCLIDEAN:
        for (uint32_t i = 0; i < n; i++) result += (a[i] - b[i]) * (a[i] - b[i]);
        return result;
    case MANHATTAN:
        for (uint32_t i = 0; i < n; i++) result += fabs(a[i] - b[i]);
        return result;
    case CHEBYSHEV:
        for (uint32_t i = 0; i < n; i++) result = fmax(result, fabs(a[i] - b[i]));
        return result;
    case MINKOWSKI:
        for (uint32_t i = 0; i < n; i++) result += pow(fabs(a[i] - b[i]), p);
        return result;
    case COSINE: return cosine(a, b, n);
    default: return nan_euclidean(a, b, n);
    }
}

/* out[k] = the row's distance from point k. Option: the metric. Arrays: 0 points (width x in),
 * 1 the exponent of Minkowski. */
poner_status poner_distances(const poner_call *call) {
    const double *points = poner_array_of(call->model, call->step, 0);
    const double p = *(const double *)poner_array_of(call->model, call->step, 1);
    const uint32_t width = call->step->width, n = call->in_width[0];
    for (uint32_t k = 0; k < width; k++, points += n)
        for (size_t row = 0; row < call->n_rows; row++)
            call->out[row * width + k] =
                distance(call->step->option, call->in[0] + row * n, points, n, p);
    return PONER_OK;
}

enum { UNIFORM, INVERSE_DISTANCE, N_WEIGHTS };
enum { COUNT, RADIUS, N_LIMITS };

#define MAX_NEIGHBOURS 1024u /* they lie on the stack */

const char *poner_check_neighbours(const poner_model *model, const poner_step *step,
                                   const uint32_t *widths) {
    const double *limit = poner_expect_array(model, step, 0, PONER_FLOAT64, N_LIMITS);
    if (step->option >= N_WEIGHTS || !limit) return "neighbours have no limit";
    if (!(limit[COUNT] >= 0.0 && limit[COUNT] <= MAX_NEIGHBOURS && limit[COUNT] <= widths[0]))
        return "there are too many neighbours";
    return step->width == widths[0] ? NULL : "a distance has no weight";
}

/* Places of the `count` smallest distances, nearest first; of equals the first in order. */
static void find_nearest(const double *distances, uint32_t n, uint32_t *nearest, uint32_t count) {
    uint32_t found = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (found == count && !(distances[i] < distances[nearest[count - 1]])) continue;
        uint32_t place = found < count ? found++ : count - 1;
        for (; place > 0 && distances[i] < distances[nearest[place - 1]]; place--)
            nearest[place] = nearest[place - 1];
        nearest[place] = i;
    }
}

static void weigh(const double *distances, uint32_t n, double *weights, uint32_t inverse) {
    int touching = 0;
    for (uint32_t i = 0; i < n; i++) touching |= weights[i] != 0.0 && distances[i] == 0.0;
    for (uint32_t i = 0; inverse && i < n; i++)
        if (weights[i] != 0.0)
            weights[i] = touching ? (distances[i] == 0.0 ? 1.0 : 0.0) : 1.0 / distances[i];
}

/* out[i] = what point i weighs, 0 if it is no neighbour. Option: the weights. Arrays: 0 how many
 * neighbours there are, or 0, and then how far away they may be. */
poner_status poner_neighbours(const poner_call *call) {
    const double *limit = poner_array_of(call->model, call->step, 0), *in = call->in[0];
    const uint32_t n = call->in_width[0], count = (uint32_t)limit[COUNT];
    uint32_t nearest[MAX_NEIGHBOURS];
    double *out = call->out;
    for (size_t row = 0; row < call->n_rows; row++, in += n, out += n) {
        if (count) {
            memset(out, 0, n * sizeof *out);
            find_nearest(in, n, nearest, count);
            for (uint32_t k = 0; k < count; k++) out[nearest[k]] = 1.0;
        } else {
            for (uint32_t i = 0; i < n; i++) out[i] = in[i] <= limit[RADIUS] ? 1.0 : 0.0;
        }
        weigh(in, n, out, call->step->option == INVERSE_DISTANCE);
    }
    return PONER_OK;
}
