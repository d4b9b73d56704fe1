/* Sums over decision trees, in the order in which scikit-learn adds them. */
#include <string.h>

#include "operations.h"

/* A tree in the array of slot 0: three numbers each. */
enum { ROOT, DEPTH, COLUMN, TREE_NUMBERS };

/* One level down; a leaf leads to itself. Without branches: children are side by side. */
static inline uint32_t descend(const poner_node *nodes, uint32_t index, const double *row) {
    const poner_node node = nodes[index];
    const double value = row[node.feature & PONER_FEATURE];
    const uint32_t internal = ~(node.feature >> 31) & 1u;
    const uint32_t missing_left = (node.feature >> 30) & 1u;
    const uint32_t right = (uint32_t) !(value <= node.threshold) &
                           ~((uint32_t)(value != value) & missing_left);
    return node.child + (right & internal);
}

/* Several trees of one row, or several rows of one tree, go down side by side: a level is a chain
 * of loads that wait for each other, and eight chains wait together. */
#define LANES 8u

static inline void find_leaves(const poner_node *nodes, uint32_t levels, const double *const *rows,
                               uint32_t *index, uint32_t lanes) {
    if (lanes == LANES)
        for (; levels > 0; levels--)
            for (uint32_t k = 0; k < LANES; k++) index[k] = descend(nodes, index[k], rows[k]);
    /* For trees deeper than `levels`; ends because a child stands after its parent. */
    for (uint32_t k = 0; k < lanes; k++)
        while (!(nodes[index[k]].feature & PONER_LEAF)) index[k] = descend(nodes, index[k], rows[k]);
}

/* Levels that are gone down blindly: beyond them a deep tree's short branches cost more. */
#define MAX_DEPTH 8u

static const char *check_nodes(const poner_model *model, const poner_step *step, uint32_t in_width,
                               uint64_t n_leaf_rows) {
    const uint64_t n_nodes = poner_count_of(model, step, 1);
    const poner_node *nodes = poner_expect_array(model, step, 1, PONER_NODE, n_nodes);
    if (!nodes || n_nodes > UINT32_MAX) return "the trees have no array of nodes";
    for (uint64_t i = 0; i < n_nodes; i++) {
        const poner_node node = nodes[i];
        if (node.feature & PONER_LEAF) {
            if (node.feature != PONER_LEAF || node.child != i) return "a leaf is not a leaf";
            if (n_leaf_rows && node.position >= n_leaf_rows) return "a leaf's values are missing";
        } else {
            if ((node.feature & PONER_FEATURE) >= in_width) return "a node asks for no feature";
            if (node.child <= i || (uint64_t)node.child + 1 >= n_nodes)
                return "a node's children are not after it";
        }
    }
    return NULL;
}

static const char *check_trees(const poner_model *model, const poner_step *step) {
    const uint64_t numbers = poner_count_of(model, step, 0);
    const uint32_t *trees = poner_expect_array(model, step, 0, PONER_UINT32, numbers);
    if (!trees || numbers % TREE_NUMBERS) return "the trees have no array of roots";
    for (const uint32_t *tree = trees; tree < trees + numbers; tree += TREE_NUMBERS) {
        if (tree[ROOT] >= poner_count_of(model, step, 1)) return "a tree has no root";
        if (tree[DEPTH] > MAX_DEPTH) return "a tree's blind depth is over 8";
        if (tree[COLUMN] >= step->width) return "a tree adds to no column";
    }
    return NULL;
}

const char *poner_check_sum_trees(const poner_model *model, const poner_step *step,
                                  uint32_t in_width) {
    if (!poner_expect_array(model, step, 2, PONER_FLOAT64, step->width))
        return "the sum over trees has no start values";
    const char *problem = check_nodes(model, step, in_width, 0);
    return problem ? problem : check_trees(model, step);
}

/* The leaves of up to LANES trees for one row. */
static void find_tree_leaves(const poner_node *nodes, const uint32_t *trees, uint32_t lanes,
                             const double *row, uint32_t *index) {
    const double *rows[LANES];
    uint32_t levels = 0;
    for (uint32_t k = 0; k < lanes; k++) {
        const uint32_t *tree = trees + k * TREE_NUMBERS;
        rows[k] = row, index[k] = tree[ROOT];
        if (tree[DEPTH] > levels) levels = tree[DEPTH];
    }
    find_leaves(nodes, levels, rows, index, lanes);
}

/* The leaves of one tree for up to LANES rows. */
static void find_row_leaves(const poner_node *nodes, const uint32_t *tree, uint32_t lanes,
                            const double *first, uint32_t width, uint32_t *index) {
    const double *rows[LANES];
    for (uint32_t k = 0; k < lanes; k++) rows[k] = first + k * width, index[k] = tree[ROOT];
    find_leaves(nodes, tree[DEPTH], rows, index, lanes);
}

static inline uint32_t lanes_of(size_t left) { return left < LANES ? (uint32_t)left : LANES; }

/* out[column] = start[column] + the leaf of each tree of that column, one after the other.
 * Arrays: 0 trees (root, depth, column), 1 nodes, 2 start values. */
poner_status poner_sum_trees(const poner_model *model, const poner_step *step, const double *in,
                             uint32_t in_width, double *out, size_t n_rows, poner_fault *fault) {
    (void)fault;
    const uint32_t *trees = poner_array_of(model, step, 0);
    const size_t n_trees = poner_count_of(model, step, 0) / TREE_NUMBERS;
    const poner_node *nodes = poner_array_of(model, step, 1);
    const double *start = poner_array_of(model, step, 2);
    uint32_t index[LANES];
    for (size_t row = 0; row < n_rows; row++)
        memcpy(out + row * step->width, start, step->width * sizeof *out);
    if (n_rows < LANES) {
        for (size_t row = 0; row < n_rows; row++, in += in_width, out += step->width)
            for (size_t i = 0; i < n_trees; i += LANES) {
                const uint32_t *tree = trees + i * TREE_NUMBERS, lanes = lanes_of(n_trees - i);
                find_tree_leaves(nodes, tree, lanes, in, index);
                for (uint32_t k = 0; k < lanes; k++)
                    out[tree[k * TREE_NUMBERS + COLUMN]] += nodes[index[k]].value;
            }
        return PONER_OK;
    }
    for (const uint32_t *tree = trees; tree < trees + n_trees * TREE_NUMBERS; tree += TREE_NUMBERS)
        for (size_t row = 0; row < n_rows; row += LANES) {
            const uint32_t lanes = lanes_of(n_rows - row);
            find_row_leaves(nodes, tree, lanes, in + row * in_width, in_width, index);
            for (uint32_t k = 0; k < lanes; k++)
                out[(row + k) * step->width + tree[COLUMN]] += nodes[index[k]].value;
        }
    return PONER_OK;
}

const char *poner_check_sum_leaf_rows(const poner_model *model, const poner_step *step,
                                      uint32_t in_width) {
    const uint64_t count = poner_count_of(model, step, 2);
    if (!poner_expect_array(model, step, 2, PONER_FLOAT64, count) || count == 0 ||
        count % step->width)
        return "the leaves have no table of values";
    const char *problem = check_nodes(model, step, in_width, count / step->width);
    return problem ? problem : check_trees(model, step);
}

static inline void add_row(double *out, const double *values, uint32_t width) {
    for (uint32_t column = 0; column < width; column++) out[column] += values[column];
}

/* out = the leaf rows of all trees, added one after the other to 0.
 * Arrays: 0 trees (root, depth, 0), 1 nodes, 2 leaf rows of step->width values. */
poner_status poner_sum_leaf_rows(const poner_model *model, const poner_step *step,
                                 const double *in, uint32_t in_width, double *out, size_t n_rows,
                                 poner_fault *fault) {
    (void)fault;
    const uint32_t *trees = poner_array_of(model, step, 0);
    const size_t n_trees = poner_count_of(model, step, 0) / TREE_NUMBERS;
    const poner_node *nodes = poner_array_of(model, step, 1);
    const double *leaf_rows = poner_array_of(model, step, 2);
    const uint32_t width = step->width;
    uint32_t index[LANES];
    memset(out, 0, n_rows * width * sizeof *out);
    if (n_rows < LANES) {
        for (size_t row = 0; row < n_rows; row++, in += in_width, out += width)
            for (size_t i = 0; i < n_trees; i += LANES) {
                const uint32_t lanes = lanes_of(n_trees - i);
                find_tree_leaves(nodes, trees + i * TREE_NUMBERS, lanes, in, index);
                for (uint32_t k = 0; k < lanes; k++)
                    add_row(out, leaf_rows + nodes[index[k]].position * width, width);
            }
        return PONER_OK;
    }
    for (const uint32_t *tree = trees; tree < trees + n_trees * TREE_NUMBERS; tree += TREE_NUMBERS)
        for (size_t row = 0; row < n_rows; row += LANES) {
            const uint32_t lanes = lanes_of(n_rows - row);
            find_row_leaves(nodes, tree, lanes, in + row * in_width, in_width, index);
            for (uint32_t k = 0; k < lanes; k++)
                add_row(out + (row + k) * width, leaf_rows + nodes[index[k]].position * width,
                        width);
        }
    return PONER_OK;
}
