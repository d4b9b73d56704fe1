/* Sums over decision trees, in the order in which scikit-learn adds them.
 *
 * These operations take trees of any size; coded_trees.c is faster where values fit codes.
 */
#include "trees.h"

/* One level down; a leaf leads to itself. Without branches: children are side by side. */
static inline uint32_t descend(const poner_node *nodes, uint32_t index, const double *row) {
    const poner_node node = nodes[index];
    const double value = row[node.feature & PONER_FEATURE];
    const uint32_t internal = ~(node.feature >> 31) & 1u;
    const uint32_t missing_left = (node.feature >> 30) & 1u;
    const uint32_t right =
        (uint32_t)!(value <= node.threshold) & ~((uint32_t)(value != value) & missing_left);
    return node.child + (right & internal);
}

/* Not inlined: a larger kernel lengthens cold starts. */
#define ONCE static __attribute__((noinline))

/* The leaf below a node, for trees deeper than their blind levels. The loop ends, because each child
 * comes after its parent. */
ONCE const poner_node *finish(const poner_node *nodes, uint32_t index, const double *row) {
    while (!(nodes[index].feature & PONER_LEAF)) index = descend(nodes, index, row);
    return nodes + index;
}

/* The leaves of LANES trees for one row; unrolled so that the indices stay in registers. */
ONCE void find_tree_leaves(const poner_node *nodes, const uint32_t *trees, const double *row,
                           const poner_node **leaves) {
    uint32_t index[LANES], levels = 0;
    EACH_LANE(k) {
        index[k] = trees[k * TREE_NUMBERS + ROOT];
        const uint32_t depth = trees[k * TREE_NUMBERS + LEVELS];
        levels = depth > levels ? depth : levels;
    }
    for (; levels > 0; levels--) EACH_LANE(k) index[k] = descend(nodes, index[k], row);
    EACH_LANE(k) leaves[k] = finish(nodes, index[k], row);
}

/* The leaves of one tree for LANES rows. */
ONCE void find_row_leaves(const poner_node *nodes, const uint32_t *tree, const double *rows,
                          size_t width, const poner_node **leaves) {
    uint32_t index[LANES];
    EACH_LANE(k) index[k] = tree[ROOT];
    for (uint32_t levels = tree[LEVELS]; levels > 0; levels--)
        EACH_LANE(k) index[k] = descend(nodes, index[k], rows + k * width);
    EACH_LANE(k) leaves[k] = finish(nodes, index[k], rows + k * width);
}

/* Levels that are descended without a test for leaves. More such levels would cost deep trees with
 * short branches more than the tests do. */
#define MAX_DEPTH 8u

const char *poner_check_trees(const poner_model *model, const poner_step *step, uint64_t n_nodes,
                              uint32_t most_levels) {
    const uint64_t numbers = poner_count_of(model, step, 0);
    const uint32_t *trees = poner_expect_array(model, step, 0, PONER_UINT32, numbers);
    if (!trees || numbers % TREE_NUMBERS) return "the trees have no array of roots";
    for (const uint32_t *tree = trees; tree < trees + numbers; tree += TREE_NUMBERS) {
        if (tree[ROOT] >= n_nodes) return "a tree has no root";
        if (tree[LEVELS] > most_levels) return "a tree has too many levels";
        if (tree[COLUMN] >= step->width) return "a tree's column does not exist";
    }
    return NULL;
}

const char *poner_check_node(const poner_node *node, uint64_t index, uint64_t n_nodes,
                             uint32_t feature_bits, uint32_t in_width) {
    if (node->feature & PONER_LEAF)
        return node->feature == PONER_LEAF && node->child == index ? NULL : "a leaf is invalid";
    if ((node->feature & feature_bits) >= in_width) return "a node's feature does not exist";
    if (node->child <= index || (uint64_t)node->child + 1 >= n_nodes)
        return "a node's children are not after it";
    return NULL;
}

/* `n_leaf_rows` is 0 if the leaves hold their values. */
static const char *check_plain_trees(const poner_model *model, const poner_step *step,
                                     uint32_t in_width, uint64_t n_leaf_rows) {
    const uint64_t n_nodes = poner_count_of(model, step, 1);
    const poner_node *nodes = poner_expect_array(model, step, 1, PONER_NODE, n_nodes);
    if (!nodes || n_nodes > UINT32_MAX) return "the trees have no array of nodes";
    for (uint64_t i = 0; i < n_nodes; i++) {
        const char *problem = poner_check_node(nodes + i, i, n_nodes, PONER_FEATURE, in_width);
        if (problem) return problem;
        if (n_leaf_rows && nodes[i].feature & PONER_LEAF && nodes[i].position >= n_leaf_rows)
            return "a leaf's values are missing";
    }
    return poner_check_trees(model, step, n_nodes, MAX_DEPTH);
}

const char *poner_check_sum_trees(const poner_model *model, const poner_step *step,
                                  const uint32_t *widths) {
    if (!poner_expect_array(model, step, 2, PONER_FLOAT64, step->width))
        return "the sum over trees has no start values";
    return check_plain_trees(model, step, widths[0], 0);
}

/* The arrays of both operations; `table` has a row of values for each leaf, or is NULL. */
typedef struct {
    const uint32_t *trees, *end; /* TREE_NUMBERS each */
    const poner_node *nodes;
    const double *table;
    size_t width; /* of the sums */
} forest;

static inline void add_leaf(const forest *all, const poner_node *leaf, uint32_t column,
                            double *sums) {
    if (!all->table) {
        sums[column] += leaf->value;
        return;
    }
    const double *values = all->table + leaf->position * all->width;
    for (size_t i = 0; i < all->width; i++) sums[i] += values[i];
}

/* The leaves of all trees for one row. With `single` there is one sum, which stays in a register:
 * in memory, each addition would wait twice as long for the previous one. */
static inline void sum_row(const forest *all, const double *row, double *sums, bool single) {
    const poner_node *leaves[LANES];
    const uint32_t *tree = all->trees;
    double sum = *sums;
    for (; all->end - tree >= LANES_NUMBERS; tree += LANES_NUMBERS) {
        find_tree_leaves(all->nodes, tree, row, leaves);
        if (single)
            EACH_LANE(k) sum += leaves[k]->value;
        else
            EACH_LANE(k) add_leaf(all, leaves[k], tree[k * TREE_NUMBERS + COLUMN], sums);
    }
    if (single) *sums = sum;
    for (; tree < all->end; tree += TREE_NUMBERS)
        add_leaf(all, finish(all->nodes, tree[ROOT], row), tree[COLUMN], sums);
}

/* Add the leaves of all trees, tree after tree, to the sums in call->out. */
static void add_trees(const poner_call *call, const double *table) {
    const size_t in_width = call->in_width[0], grouped = call->n_rows - call->n_rows % LANES;
    const uint32_t *trees = poner_given(call, 0);
    const forest all = {trees, trees + poner_count_given(call, 0), poner_given(call, 1), table,
                        call->step->width};
    const poner_node *leaves[LANES];
    for (const uint32_t *tree = trees; grouped && tree < all.end; tree += TREE_NUMBERS)
        for (size_t row = 0; row < grouped; row += LANES) {
            find_row_leaves(all.nodes, tree, call->in[0] + row * in_width, in_width, leaves);
            EACH_LANE(k)
            add_leaf(&all, leaves[k], tree[COLUMN], call->out + (row + k) * all.width);
        }
    for (size_t row = grouped; row < call->n_rows; row++) {
        const double *values = call->in[0] + row * in_width;
        if (all.width == 1 && !table)
            sum_row(&all, values, call->out + row, true);
        else
            sum_row(&all, values, call->out + row * all.width, false);
    }
}

/* out[column] = start[column] + the leaf of each tree of that column, one after the other.
 * Arrays: 0 trees (root, depth, column), 1 nodes, 2 start values. */
poner_status poner_sum_trees(const poner_call *call) {
    poner_fill_rows(call, poner_given(call, 2));
    add_trees(call, NULL);
    return PONER_OK;
}

const char *poner_check_sum_leaf_rows(const poner_model *model, const poner_step *step,
                                      const uint32_t *widths) {
    const uint64_t count = poner_count_of(model, step, 2);
    if (!poner_expect_array(model, step, 2, PONER_FLOAT64, count) || count == 0 ||
        count % step->width)
        return "the leaves have no table of values";
    return check_plain_trees(model, step, widths[0], count / step->width);
}

/* out = 0 plus the leaf rows of all trees, added one after the other.
 * Arrays: 0 trees (root, depth, 0), 1 nodes, 2 leaf rows of step->width values. */
poner_status poner_sum_leaf_rows(const poner_call *call) {
    memset(call->out, 0, call->n_rows * call->step->width * sizeof *call->out);
    add_trees(call, poner_given(call, 2));
    return PONER_OK;
}
