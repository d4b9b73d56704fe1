/* Sums over many shallow trees that share their questions: boosting with few levels.
 *
 * A few hundred different questions (feature, threshold) make up thousands of trees. Each is
 * answered once a row; a tree is then small numbers, and the whole model is a third of the memory.
 * On Lambda that is most of the time: between two requests the processor's caches are lost.
 */
#include <string.h>

#include "operations.h"

#define MAX_DEPTH 4u
#define MAX_SPLITS 8192u /* their answers lie on the stack */

/* Nodes and leaves of a complete tree of so many levels. */
static inline uint32_t nodes_of(uint32_t depth) { return (1u << depth) - 1; }
static inline uint32_t leaves_of(uint32_t depth) { return 1u << depth; }

const char *poner_check_sum_shallow_trees(const poner_model *model, const poner_step *step,
                                          const uint32_t *widths) {
    const uint32_t depth = step->option;
    if (depth < 1 || depth > MAX_DEPTH) return "shallow trees are not 1 to 4 levels deep";
    const uint64_t n_splits = poner_count_of(model, step, 0);
    const poner_node *splits = poner_expect_array(model, step, 0, PONER_NODE, n_splits);
    if (!splits || n_splits > MAX_SPLITS) return "shallow trees have no splits, or too many";
    for (uint64_t i = 0; i < n_splits; i++)
        if (splits[i].feature & PONER_LEAF || (splits[i].feature & PONER_FEATURE) >= widths[0] ||
            splits[i].child != 0)
            return "a split asks for no feature";
    const uint64_t n_leaves = poner_count_of(model, step, 2);
    const uint64_t n_trees = n_leaves / leaves_of(depth), n_nodes = n_trees * nodes_of(depth);
    const uint16_t *nodes = poner_expect_array(model, step, 1, PONER_UINT16, n_nodes);
    if (!nodes || n_leaves % leaves_of(depth) ||
        !poner_expect_array(model, step, 2, PONER_FLOAT64, n_leaves))
        return "shallow trees have nodes or leaves missing";
    for (uint64_t i = 0; i < n_nodes; i++)
        if (nodes[i] >= n_splits) return "a tree asks for no split";
    return poner_expect_array(model, step, 3, PONER_FLOAT64, step->width)
               ? NULL
               : "the sum over shallow trees has no start values";
}

static void answer_splits(const poner_node *splits, size_t count, const double *row,
                          uint8_t *right) {
    for (size_t i = 0; i < count; i++) {
        const double value = row[splits[i].feature & PONER_FEATURE];
        const uint32_t missing_left = (splits[i].feature >> 30) & (uint32_t)(value != value);
        right[i] = (uint8_t)(!(value <= splits[i].threshold) & !(missing_left & 1u));
    }
}

static inline double leaf_of(const uint16_t *nodes, const double *leaves, const uint8_t *right,
                             uint32_t depth) {
    uint32_t at = 0; /* children of node i of a complete tree are 2 i + 1 and 2 i + 2 */
    for (uint32_t level = 0; level < depth; level++) at = 2 * at + 1 + right[nodes[at]];
    return leaves[at - nodes_of(depth)];
}

/* Inlined with a constant depth, so that the levels are written out. */
static inline void add_trees(const uint16_t *nodes, const double *leaves, uint64_t n_trees,
                             const uint8_t *right, uint32_t depth, double *sums, uint32_t width) {
    if (width == 1) { /* the sum stays in a register */
        double sum = *sums;
        for (uint64_t i = 0; i < n_trees; i++)
            sum += leaf_of(nodes + i * nodes_of(depth), leaves + i * leaves_of(depth), right, depth);
        *sums = sum;
        return;
    }
    for (uint64_t i = 0, column = 0; i < n_trees; i++) {
        sums[column] +=
            leaf_of(nodes + i * nodes_of(depth), leaves + i * leaves_of(depth), right, depth);
        column = column + 1 == width ? 0 : column + 1;
    }
}

/* out[i % width] = start[i % width] + the leaf of tree i, for each tree in order.
 * Option: levels. Arrays: 0 splits, 1 a complete tree's splits for each tree, 2 its leaves,
 * 3 start values. */
poner_status poner_sum_shallow_trees(const poner_call *call) {
    const poner_model *model = call->model;
    const poner_step *step = call->step;
    const double *in = call->in[0];
    double *out = call->out;
    const poner_node *splits = poner_array_of(model, step, 0);
    const uint64_t n_splits = poner_count_of(model, step, 0);
    const uint16_t *nodes = poner_array_of(model, step, 1);
    const double *leaves = poner_array_of(model, step, 2), *start = poner_array_of(model, step, 3);
    const uint64_t n_trees = poner_count_of(model, step, 2) / leaves_of(step->option);
    const uint32_t width = step->width;
    uint8_t right[MAX_SPLITS];
    for (size_t row = 0; row < call->n_rows; row++, in += call->in_width[0], out += width) {
        memcpy(out, start, width * sizeof *out);
        answer_splits(splits, n_splits, in, right);
        switch (step->option) {
        case 1: add_trees(nodes, leaves, n_trees, right, 1, out, width); break;
        case 2: add_trees(nodes, leaves, n_trees, right, 2, out, width); break;
        case 3: add_trees(nodes, leaves, n_trees, right, 3, out, width); break;
        default: add_trees(nodes, leaves, n_trees, right, 4, out, width);
        }
    }
    return PONER_OK;
}
