/* Sums over many shallow trees that share their splits: boosting with few levels.
 *
 * A few hundred different splits (feature, threshold) make up thousands of trees. Each split is
 * answered once a row, and a tree is a list of 16-bit split numbers: a third of the memory. On Lambda
 * reading memory takes most of the time, because the caches are cold between two requests.
 */
#include <string.h>

#include "operations.h"

#define MAX_DEPTH 4u
#define MAX_SPLITS 8192u /* the stack holds their answers */

#define TILE 64u /* rows that are answered together, if as many are left */
#define TILED_SPLITS 1024u /* splits whose answers for a tile fit on the stack */
#define TILED_COLUMNS 128u

/* Numbers of nodes and leaves of a complete tree with `depth` levels. */
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
            return "a split's feature does not exist";
    const uint64_t n_leaves = poner_count_of(model, step, 2);
    const uint64_t n_trees = n_leaves / leaves_of(depth), n_nodes = n_trees * nodes_of(depth);
    const uint16_t *nodes = poner_expect_array(model, step, 1, PONER_UINT16, n_nodes);
    if (!nodes || n_leaves % leaves_of(depth) ||
        !poner_expect_array(model, step, 2, PONER_FLOAT64, n_leaves))
        return "shallow trees have nodes or leaves missing";
    for (uint64_t i = 0; i < n_nodes; i++)
        if (nodes[i] >= n_splits) return "a tree's split does not exist";
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

/* Inlined with a constant depth, so that the compiler unrolls the levels. */
static inline void add_trees(const uint16_t *nodes, const double *leaves, uint64_t n_trees,
                             const uint8_t *right, uint32_t depth, double *sums, uint32_t width) {
    if (width == 1) { /* the sum stays in a register */
        double sum = *sums;
        for (uint64_t i = 0; i < n_trees; i++)
            sum +=
                leaf_of(nodes + i * nodes_of(depth), leaves + i * leaves_of(depth), right, depth);
        *sums = sum;
        return;
    }
    for (uint64_t i = 0, column = 0; i < n_trees; i++) {
        sums[column] +=
            leaf_of(nodes + i * nodes_of(depth), leaves + i * leaves_of(depth), right, depth);
        column = column + 1 == width ? 0 : column + 1;
    }
}

/* Many rows. ----------------------------------------------------------------------------------- */

/* right[i] = for each row of a tile 1 where it goes right at split i, else 0. */
static void answer_tile(const poner_node *splits, size_t count, const double *rows, size_t width,
                        uint8_t right[][TILE]) {
    double columns[TILED_COLUMNS][TILE];
    for (size_t column = 0; column < width; column++)
        for (uint32_t r = 0; r < TILE; r++) columns[column][r] = rows[r * width + column];
    for (size_t i = 0; i < count; i++) {
        const double *values = columns[splits[i].feature & PONER_FEATURE];
        const double threshold = splits[i].threshold;
        uint8_t *restrict own = right[i];
        for (uint32_t r = 0; r < TILE; r++) own[r] = values[r] <= threshold ? 0 : 1;
        if (splits[i].feature & PONER_MISSING_LEFT)
            for (uint32_t r = 0; r < TILE; r++) own[r] &= values[r] == values[r] ? 1 : 0;
    }
}

/* For each row: the right leaf, `span` further on, if the row goes right, else the left leaf. */
static void choose(const uint8_t *right, const uint8_t *one, const uint8_t *other, uint8_t span,
                   uint8_t *restrict chosen) {
    for (uint32_t r = 0; r < TILE; r++) {
        const uint8_t mask = (uint8_t)(0u - right[r]);
        chosen[r] = (uint8_t)((one[r] & ~mask) | ((other[r] + span) & mask));
    }
}

typedef uint8_t answers[1u << (MAX_DEPTH - 1)][TILE];

/* The leaf of each row of a tile: from the last level up, a node's answer is that of the child
 * chosen. */
static const uint8_t *find_leaves(const uint16_t *nodes, uint8_t right[][TILE], uint32_t depth,
                                  answers room) {
    const uint8_t *found[1u << (MAX_DEPTH - 1)];
    uint32_t count = 1u << (depth - 1);
    for (uint32_t i = 0; i < count; i++) found[i] = right[nodes[count - 1 + i]];
    for (uint8_t span = 2; (count /= 2) > 0; span *= 2)
        for (size_t i = 0; i < count; i++) {
            uint8_t *own = room[span == 2 ? i : 4 + (span == 4 ? i : 2)];
            choose(right[nodes[count - 1 + i]], found[2 * i], found[2 * i + 1], span, own);
            found[i] = own;
        }
    return *found; /* NOLINT(clang-analyzer-core.uninitialized.UndefReturn): depth is at least 1 */
}

#define GROUP 4u /* trees whose leaves are added together, so that sums are read and written less */

/* All trees for the rows of a tile. */
static void add_tile(const uint16_t *nodes, const double *leaves, uint64_t n_trees, uint32_t depth,
                     uint8_t right[][TILE], double *sums, uint32_t width) {
    const uint32_t n_leaves = leaves_of(depth);
    const uint8_t *found[GROUP];
    answers room[GROUP];
    uint64_t i = 0;
    for (; width == 1 && i + GROUP <= n_trees; i += GROUP) {
        const double *own = leaves + i * n_leaves;
        for (uint32_t k = 0; k < GROUP; k++)
            found[k] = find_leaves(nodes + (i + k) * nodes_of(depth), right, depth, room[k]);
        for (uint32_t r = 0; r < TILE; r++) {
            double sum = sums[r];
            for (uint32_t k = 0; k < GROUP; k++) sum += own[k * n_leaves + found[k][r]];
            sums[r] = sum;
        }
    }
    for (; i < n_trees; i++) {
        const double *own = leaves + i * n_leaves;
        *found = find_leaves(nodes + i * nodes_of(depth), right, depth, *room);
        for (uint32_t r = 0; r < TILE; r++) sums[(size_t)r * width + i % width] += own[found[0][r]];
    }
}

/* Adds the trees to the sums of all rows that fill whole tiles; returns the number of rows. */
static size_t sum_tiles(const poner_call *call) {
    const poner_step *step = call->step;
    const uint64_t n_splits = poner_count_given(call, 0);
    const size_t in_width = call->in_width[0];
    if (n_splits > TILED_SPLITS || in_width > TILED_COLUMNS) return 0;
    const double *leaves = poner_given(call, 2);
    const uint64_t n_trees = poner_count_given(call, 2) / leaves_of(step->option);
    uint8_t right[TILED_SPLITS][TILE];
    size_t row = 0;
    for (; row + TILE <= call->n_rows; row += TILE) {
        answer_tile(poner_given(call, 0), n_splits, call->in[0] + row * in_width, in_width, right);
        add_tile(poner_given(call, 1), leaves, n_trees, step->option, right,
                 call->out + row * step->width, step->width);
    }
    return row;
}

/* out[i % width] = start[i % width] + the leaf of tree i, for each tree in order.
 * Option: levels. Arrays: 0 splits, 1 a complete tree's splits for each tree, 2 its leaves,
 * 3 start values. */
poner_status poner_sum_shallow_trees(const poner_call *call) {
    const poner_node *splits = poner_given(call, 0);
    const uint64_t n_splits = poner_count_given(call, 0);
    const uint16_t *nodes = poner_given(call, 1);
    const double *leaves = poner_given(call, 2);
    const uint32_t width = call->step->width, depth = call->step->option;
    const uint64_t n_trees = poner_count_given(call, 2) / leaves_of(depth);
    uint8_t right[MAX_SPLITS];
    poner_fill_rows(call, poner_given(call, 3));
    const size_t done = call->n_rows < TILE ? 0 : sum_tiles(call);
    const double *in = call->in[0] + done * call->in_width[0];
    double *out = call->out + done * width;
    for (size_t row = done; row < call->n_rows; row++, in += call->in_width[0], out += width) {
        answer_splits(splits, n_splits, in, right);
        switch (depth) {
        case 1: add_trees(nodes, leaves, n_trees, right, 1, out, width); break;
        case 2: add_trees(nodes, leaves, n_trees, right, 2, out, width); break;
        case 3: add_trees(nodes, leaves, n_trees, right, 3, out, width); break;
        default: add_trees(nodes, leaves, n_trees, right, 4, out, width);
        }
    }
    return PONER_OK;
}
