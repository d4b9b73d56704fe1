/* Sums over trees with splits on categories: HistGradientBoosting with categorical features.
 *
 * Source: scikit-learn 1.1 to 1.9, sklearn/ensemble/_hist_gradient_boosting/_predictor.pyx and
 * _bitset.pyx, read 2026-11-22.
 */
#include "trees.h"

/* A flag beside those of kernel.h: the node compares a category. The low half of its position is the
 * set of categories that go left, the high half the set of all known ones. */
#define CATEGORICAL 0x20000000u
#define FEATURE 0x1fffffffu
#define SET_WORDS 8u /* 256 categories */

enum { NEGATIVE_WRAPS = 1 }; /* option: -1 is category 255, as in scikit-learn 1.1 */

static inline uint32_t holds(const uint32_t *sets, uint32_t set, uint32_t category) {
    return (sets[(size_t)set * SET_WORDS + category / 32] >> (category % 32)) & 1u;
}

/* scikit-learn casts to uint8_t, which C leaves undefined beyond 255. This is what x86-64 does: it
 * rounds toward zero to 32 bits and keeps the lowest 8; larger values give 0. */
static inline uint32_t category_of(double value) {
    if (!(value > -2147483649.0 && value < 2147483648.0)) return 0;
    return (uint32_t)(int32_t)value & 0xffu;
}

/* Whether a value goes right. */
static inline uint32_t goes_right(const poner_node *node, const uint32_t *sets, uint32_t option,
                                  double value) {
    const uint32_t missing = !(node->feature & PONER_MISSING_LEFT);
    if (value != value) return missing;
    if (!(node->feature & CATEGORICAL)) return !(value <= node->threshold);
    if (value < 0.0 && !(option & NEGATIVE_WRAPS)) return missing;
    const uint32_t category = category_of(value);
    if (holds(sets, (uint32_t)node->position, category)) return 0;
    return holds(sets, (uint32_t)(node->position >> 32), category) ? 1 : missing;
}

const char *poner_check_sum_category_trees(const poner_model *model, const poner_step *step,
                                           const uint32_t *widths) {
    const uint64_t n_nodes = poner_count_of(model, step, 1), words = poner_count_of(model, step, 3);
    const uint64_t n_sets = words / SET_WORDS;
    const poner_node *nodes = poner_expect_array(model, step, 1, PONER_NODE, n_nodes);
    if (!nodes || n_nodes > UINT32_MAX) return "the trees have no array of nodes";
    if (!poner_expect_array(model, step, 2, PONER_FLOAT64, step->width))
        return "the sum over trees has no start values";
    if (!poner_expect_array(model, step, 3, PONER_UINT32, words) || words % SET_WORDS)
        return "the trees have no sets of categories";
    for (uint64_t i = 0; i < n_nodes; i++) {
        const char *problem = poner_check_node(nodes + i, i, n_nodes, FEATURE, widths[0]);
        if (problem) return problem;
        if (!(nodes[i].feature & PONER_LEAF) && nodes[i].feature & CATEGORICAL &&
            ((uint32_t)nodes[i].position >= n_sets || nodes[i].position >> 32 >= n_sets))
            return "a node's set of categories does not exist";
    }
    return poner_check_trees(model, step, n_nodes, UINT32_MAX);
}

/* out[column] = start[column] + the leaf of each tree of that column, one after the other.
 * Option: NEGATIVE_WRAPS. Arrays: 0 trees (root, unused, column), 1 nodes, 2 start values, 3 sets. */
poner_status poner_sum_category_trees(const poner_call *call) {
    const uint32_t *trees = poner_given(call, 0), width = call->step->width;
    const uint32_t *end = trees + poner_count_given(call, 0), *sets = poner_given(call, 3);
    const poner_node *nodes = poner_given(call, 1);
    poner_fill_rows(call, poner_given(call, 2));
    for (const uint32_t *tree = trees; tree < end; tree += TREE_NUMBERS)
        for (size_t row = 0; row < call->n_rows; row++) {
            const double *values = call->in[0] + row * call->in_width[0];
            const poner_node *node = nodes + tree[ROOT];
            while (!(node->feature & PONER_LEAF))
                node = nodes + node->child +
                       goes_right(node, sets, call->step->option, values[node->feature & FEATURE]);
            call->out[row * width + tree[COLUMN]] += node->value;
        }
    return PONER_OK;
}
