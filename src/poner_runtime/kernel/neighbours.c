/* Weights of the nearest points; votes and means with these weights. */
#include <math.h>
#include <string.h>

#include "operations.h"

enum { UNIFORM, INVERSE_DISTANCE, INVERSE_ROOT, N_WEIGHTS };
enum { COUNT, RADIUS, N_LIMITS };

const char *poner_check_neighbours(const poner_model *model, const poner_step *step,
                                   const uint32_t *widths) {
    const double *limit = poner_expect_array(model, step, 0, PONER_FLOAT64, N_LIMITS);
    if (step->option >= N_WEIGHTS || !limit) return "neighbours have no limit";
    if (!(limit[COUNT] >= 0.0 && limit[COUNT] <= widths[0])) return "there are too many neighbours";
    return step->width == widths[0] ? NULL : "there is not one weight for each distance";
}

static inline double nan_last(double distance) { return isnan(distance) ? INFINITY : distance; }

/* Store `value` at `place` of a heap (largest first), and restore the order below it. */
static void sink(double *heap, uint32_t count, uint32_t place, double value) {
    for (uint32_t child; (child = 2 * place + 1) < count; place = child) {
        if (child + 1 < count && heap[child + 1] > heap[child]) child++;
        if (!(heap[child] > value)) break;
        heap[place] = heap[child];
    }
    heap[place] = value;
}

/* The count-th smallest distance; `heap` has room for `count`. */
static double find_last(const double *distances, uint32_t n, uint32_t count, double *heap) {
    for (uint32_t i = 0; i < count; i++) heap[i] = nan_last(distances[i]);
    for (uint32_t i = count / 2; i-- > 0;) sink(heap, count, i, heap[i]);
    for (uint32_t i = count; i < n; i++)
        if (distances[i] < heap[0]) sink(heap, count, 0, distances[i]);
    return heap[0];
}

/* 1 for the `count` nearest points, else 0; the first of equally near points count. */
static void mark_nearest(const double *distances, uint32_t n, uint32_t count, double *out) {
    const double last = find_last(distances, n, count, out);
    for (uint32_t i = 0; i < n; i++) {
        const int nearer = distances[i] < last;
        out[i] = nearer ? 1.0 : 0.0;
        count -= (uint32_t)nearer;
    }
    for (uint32_t i = 0; count && i < n; i++)
        if (nan_last(distances[i]) == last) out[i] = 1.0, count--;
}

static void weigh(const double *distances, uint32_t n, double *weights, uint32_t option) {
    int touching = 0;
    for (uint32_t i = 0; i < n; i++) touching |= weights[i] != 0.0 && distances[i] == 0.0;
    for (uint32_t i = 0; i < n; i++) {
        if (weights[i] == 0.0) continue;
        const double distance = option == INVERSE_ROOT ? sqrt(distances[i]) : distances[i];
        weights[i] = touching ? (distance == 0.0 ? 1.0 : 0.0) : 1.0 / distance;
    }
}

/* out[i] = the weight of point i, 0 if it is no neighbour. Option: the weights. Arrays: 0 the number
 * of neighbours (0 if the radius decides) and the radius. */
poner_status poner_neighbours(const poner_call *call) {
    const double *limit = poner_given(call, 0), *in = call->in[0];
    const uint32_t n = call->in_width[0], count = (uint32_t)limit[COUNT];
    double *out = call->out;
    for (size_t row = 0; row < call->n_rows; row++, in += n, out += n) {
        if (count)
            mark_nearest(in, n, count, out);
        else
            for (uint32_t i = 0; i < n; i++) out[i] = in[i] <= limit[RADIUS] ? 1.0 : 0.0;
        if (call->step->option != UNIFORM) weigh(in, n, out, call->step->option);
    }
    return PONER_OK;
}

/* Votes and means. ------------------------------------------------------------------------------- */

const char *poner_check_votes(const poner_model *model, const poner_step *step,
                              const uint32_t *widths) {
    const uint64_t count = poner_count_of(model, step, 0);
    const uint32_t *columns = poner_expect_array(model, step, 0, PONER_UINT32, count);
    if (!columns || count == 0 || count % widths[0]) return "the votes of some voters are missing";
    for (uint64_t i = 0; i < count; i++)
        if (columns[i] >= step->width) return "a vote's column does not exist";
    return NULL;
}

/* out[columns[i][j]] += in[i], for each vote j of voter i. Option: 1 to refuse a row whose weights
 * are all 0. Arrays: 0 columns (in x votes). */
poner_status poner_votes(const poner_call *call) {
    const uint32_t *columns = poner_given(call, 0), n = call->in_width[0];
    const uint32_t width = call->step->width;
    const uint64_t votes = poner_count_given(call, 0) / n;
    const double *in = call->in[0];
    double *out = call->out;
    memset(out, 0, call->n_rows * width * sizeof *out);
    for (size_t row = 0; row < call->n_rows; row++, in += n, out += width) {
        int any = 0;
        for (uint32_t i = 0; i < n; i++) {
            if (in[i] == 0.0) continue;
            any = 1;
            for (uint64_t j = 0; j < votes; j++) out[columns[i * votes + j]] += in[i];
        }
        if (!any && call->step->option) return poner_refuse(call, row, 0, PONER_BEYOND);
    }
    return PONER_OK;
}

const char *poner_check_means(const poner_model *model, const poner_step *step,
                              const uint32_t *widths) {
    const uint64_t count = (uint64_t)step->width * widths[0];
    return poner_expect_array(model, step, 0, PONER_FLOAT64, count) ? NULL : "a mean lacks values";
}

/* out[j] = the mean of values[i][j], weighted by in[i]. Arrays: 0 values (in x width). */
poner_status poner_means(const poner_call *call) {
    const double *values = poner_given(call, 0), *in = call->in[0];
    const uint32_t n = call->in_width[0], width = call->step->width;
    double *out = call->out;
    memset(out, 0, call->n_rows * width * sizeof *out);
    for (size_t row = 0; row < call->n_rows; row++, in += n, out += width) {
        double sum = 0.0;
        for (uint32_t i = 0; i < n; i++) {
            if (in[i] == 0.0) continue;
            sum += in[i];
            for (uint32_t j = 0; j < width; j++) out[j] += in[i] * values[(size_t)i * width + j];
        }
        for (uint32_t j = 0; j < width; j++) out[j] /= sum;
    }
    return PONER_OK;
}
