/* The nearest points, searched in a tree in the order in which scikit-learn's KDTree and BallTree
 * search theirs: of equally far points it must take the same.
 *
 * Source: sklearn/neighbors/_binary_tree.pxi.tp (_query_single_depthfirst), _kd_tree.pyx.tp,
 * _ball_tree.pyx.tp (min_rdist) and utils/_heap.pyx, scikit-learn 0.19 to 1.9, read 2026-12-01. */
#include <math.h>
#include <stdbool.h>

#include "distances.h"
#include "math/math.h"
#include "operations.h"
#include "sorting.h"

enum { POINTS, BOUNDS, EXPONENT, WEIGHTS, UNFILLED, RADII };

#define MOST_POINTS 0x7fffffffu
#define MOST_PENDING 64u /* nodes that wait: one on each of at most 32 levels, and one more */
#define BEFORE_1_9 8u /* in the option: equally far points are listed as scikit-learn did then */

/* A complete tree: the children of node i are 2 i + 1 and 2 i + 2, and halve its points. A node has
 * the lowest and highest values of its points, or with radii a centre and a radius around it. */
typedef struct {
    const double *points, *bounds, *radii, *weights;
    uint64_t n_nodes;
    uint32_t n_points, n_features, metric;
    double p;
} point_tree;

typedef struct {
    uint64_t node;
    uint32_t begin, end; /* its points */
    double least; /* no point of it is nearer */
    bool is_exact; /* or `least` is about that, but for rounding */
} visit;

/* The nearest points so far, the farthest of them on top. */
typedef struct {
    double *places, *distances;
    uint32_t count;
} nearest_heap;

static uint64_t nodes_of(const poner_model *model, const poner_step *step, uint64_t n_features) {
    if (step->arrays[RADII] != PONER_NONE) return poner_count_of(model, step, RADII);
    return poner_count_of(model, step, BOUNDS) / n_features / 2;
}

const char *poner_check_nearest(const poner_model *model, const poner_step *step,
                                const uint32_t *widths) {
    const uint64_t n_features = widths[0], n = poner_count_of(model, step, POINTS) / n_features;
    const uint64_t n_nodes = nodes_of(model, step, n_features);
    const int is_ball_tree = step->arrays[RADII] != PONER_NONE;
    const uint64_t n_bounds = n_nodes * n_features * (is_ball_tree ? 1 : 2);
    if ((step->option & ~BEFORE_1_9) > MINKOWSKI) return "a tree's distance is unknown";
    if (n == 0 || n > MOST_POINTS ||
        !poner_expect_array(model, step, POINTS, PONER_FLOAT64, n * n_features))
        return "a tree has no points";
    if (n_nodes == 0 || (n_nodes & (n_nodes + 1)) || n_nodes / 2 >= n ||
        !poner_expect_array(model, step, BOUNDS, PONER_FLOAT64, n_bounds) ||
        (is_ball_tree && !poner_expect_array(model, step, RADII, PONER_FLOAT64, n_nodes)))
        return "a tree has the wrong number of nodes";
    if (!poner_expect_array(model, step, EXPONENT, PONER_FLOAT64, 1) ||
        !poner_expect_array(model, step, WEIGHTS, PONER_FLOAT64, n_features))
        return "a tree's distance has no exponent or no weights";
    const uint32_t *unfilled = poner_expect_array(model, step, UNFILLED, PONER_UINT32, 1);
    if (!unfilled || *unfilled >= n) return "a tree has the index of a point that does not exist";
    return step->width % 2 || step->width / 2 > n ? "there are too many neighbours" : NULL;
}

/* The power that the distance adds up; of 0 it is 0, as it is for most columns of most nodes. */
static inline double power(const point_tree *tree, double size) {
    return size == 0.0 || tree->p == 1.0 ? size : poner_pow(size, tree->p);
}

/* How far a row is outside of a node's box in one column. */
static inline double outside(double low, double high, double value) {
    const double below = low - value, above = value - high;
    return 0.5 * ((below + fabs(below)) + (above + fabs(above)));
}

/* The least distance of a row from the box around a node's points. */
static double least_from_box(const point_tree *tree, uint64_t node, const double *row) {
    const double *low = tree->bounds + node * tree->n_features;
    const double *high = low + tree->n_nodes * tree->n_features;
    double least = 0.0;
    for (uint32_t j = 0; j < tree->n_features; j++) {
        const double size = outside(low[j], high[j], row[j]);
        if (tree->metric == CHEBYSHEV)
            least = size > least ? size : least;
        else
            least += power(tree, size);
    }
    return least;
}

/* The same of Euclid's distance, quickly: products for powers, and four sums for one. */
static double about_from_box(const point_tree *tree, uint64_t node, const double *row) {
    const double *low = tree->bounds + node * tree->n_features;
    const double *high = low + tree->n_nodes * tree->n_features;
    double sums[4] = {0.0};
    uint32_t j = 0;
    for (; j + 4 <= tree->n_features; j += 4)
        for (uint32_t k = 0; k < 4; k++) {
            const double size = outside(low[j + k], high[j + k], row[j + k]);
            sums[k] += size * size;
        }
    for (; j < tree->n_features; j++) {
        const double size = outside(low[j], high[j], row[j]);
        sums[0] += size * size;
    }
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/* The same from the ball around them. */
static double least_from_ball(const point_tree *tree, uint64_t node, const double *row) {
    const double *centre = tree->bounds + node * tree->n_features;
    double distance = 0.0;
    if (tree->metric == SQUARED_EUCLIDEAN) {
        for (uint32_t j = 0; j < tree->n_features; j++)
            distance += (row[j] - centre[j]) * (row[j] - centre[j]);
        distance = sqrt(distance);
    } else {
        const poner_tile alone = {row, centre, tree->weights, 1, tree->n_features, 1, tree->p};
        poner_measure(tree->metric, &alone, &distance);
        if (tree->metric == MINKOWSKI) distance = poner_pow(distance, 1.0 / tree->p);
    }
    const double beyond = distance - tree->radii[node], least = beyond > 0.0 ? beyond : 0.0;
    if (tree->metric == SQUARED_EUCLIDEAN) return least * least;
    return tree->metric == MINKOWSKI ? power(tree, least) : least;
}

static visit visit_to(const point_tree *tree, const double *row, uint64_t node, uint32_t begin,
                      uint32_t end) {
    visit made = {node, begin, end, 0.0, true};
    if (tree->radii) {
        made.least = least_from_ball(tree, node, row);
    } else if (tree->metric == SQUARED_EUCLIDEAN) {
        made.least = about_from_box(tree, node, row);
        made.is_exact = made.least == 0.0;
    } else {
        made.least = least_from_box(tree, node, row);
    }
    return made;
}

/* Make `least` exact where that may decide how it compares with another distance: both are sums of
 * as many terms as there are features, each rounded a few times. */
static void settle(const point_tree *tree, const double *row, visit *now, double other) {
    const double rounding = (tree->n_features + 2.0) * 0x1p-50;
    if (now->is_exact || fabs(now->least - other) > rounding * now->least) return;
    now->least = least_from_box(tree, now->node, row);
    now->is_exact = true;
}

/* Replace the farthest by a point that is nearer; equally far points stay where they are. */
static void replace_farthest(nearest_heap *heap, double place, double distance) {
    double *distances = heap->distances, *places = heap->places;
    uint32_t i = 0;
    for (uint64_t child; (child = 2 * (uint64_t)i + 1) < heap->count; i = (uint32_t)child) {
        if (child + 1 < heap->count && !(distances[child] >= distances[child + 1])) child++;
        if (!(distances[child] > distance)) break;
        distances[i] = distances[child];
        places[i] = places[child];
    }
    distances[i] = distance;
    places[i] = place;
}

static void search_leaf(const point_tree *tree, const visit *leaf, const double *row,
                        nearest_heap *heap) {
    double distances[PONER_TILE];
    const uint32_t n = leaf->end - leaf->begin;
    const double *points = tree->points + (size_t)leaf->begin * tree->n_features;
    poner_tile tile = {row, NULL, tree->weights, n, tree->n_features, 0, tree->p};
    for (uint32_t first = 0; first < n; first += tile.n) {
        tile.points = points + first;
        tile.n = n - first < PONER_TILE ? n - first : PONER_TILE;
        poner_measure(tree->metric, &tile, distances);
        for (uint32_t i = 0; i < tile.n; i++)
            if (!(distances[i] >= heap->distances[0]))
                replace_farthest(heap, (double)(leaf->begin + first + i), distances[i]);
    }
}

/* Depth first, the nearer child before the other. */
static void search(const point_tree *tree, const double *row, nearest_heap *heap) {
    visit pending[MOST_PENDING];
    uint32_t n_pending = 0;
    pending[n_pending++] = visit_to(tree, row, 0, 0, tree->n_points);
    while (n_pending) {
        visit now = pending[--n_pending];
        settle(tree, row, &now, heap->distances[0]);
        if (now.least > heap->distances[0]) continue;
        const uint64_t child = 2 * now.node + 1;
        if (child >= tree->n_nodes) {
            search_leaf(tree, &now, row, heap);
            continue;
        }
        const uint32_t middle = now.begin + (now.end - now.begin) / 2;
        visit left = visit_to(tree, row, child, now.begin, middle);
        visit right = visit_to(tree, row, child + 1, middle, now.end);
        settle(tree, row, &left, right.least);
        settle(tree, row, &right, left.least);
        const int left_first = left.least <= right.least;
        pending[n_pending++] = left_first ? right : left;
        pending[n_pending++] = left_first ? left : right;
    }
}

/* out = the indices of the nearest points, nearest first, and then their distances. Option: the
 * metric, and how equally far points are listed. Arrays: 0 points (leaf after leaf, in each feature after
 * feature), 1 bounds of the nodes (the lowest values, the
 * highest; or centres), 2 the exponent of Minkowski, 3 its weights, 4 the index that stands where no
 * distance is finite, 5 the radii around the centres, or none. */
poner_status poner_nearest(const poner_call *call) {
    const poner_step *step = call->step;
    const uint32_t n_features = call->in_width[0], count = step->width / 2;
    const uint32_t metric = step->option & ~BEFORE_1_9;
    const double unfilled = *(const uint32_t *)poner_given(call, UNFILLED);
    const point_tree tree = {
        .points = poner_given(call, POINTS),
        .bounds = poner_given(call, BOUNDS),
        .weights = poner_given(call, WEIGHTS),
        .radii = step->arrays[RADII] == PONER_NONE ? NULL : poner_given(call, RADII),
        .n_nodes = nodes_of(call->model, step, n_features),
        .n_points = (uint32_t)(poner_count_given(call, POINTS) / n_features),
        .n_features = n_features,
        .metric = metric,
        .p = metric == SQUARED_EUCLIDEAN ? 2.0
             : metric == MANHATTAN       ? 1.0
                                         : *(const double *)poner_given(call, EXPONENT),
    };
    for (size_t row = 0; row < call->n_rows; row++) {
        double *out = call->out + row * step->width;
        nearest_heap heap = {out, out + count, count};
        for (uint32_t i = 0; i < count; i++) out[i] = unfilled, out[count + i] = INFINITY;
        search(&tree, call->in[0] + row * n_features, &heap);
        poner_sort(heap.distances, heap.places, count, step->option & BEFORE_1_9);
    }
    return PONER_OK;
}
