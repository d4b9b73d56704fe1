/* Coded trees over many rows: every node of a small tree is compared, without descending it.
 *
 * For 64 rows at once every node of a tree is compared, from the last to the first. A row's answer
 * at a node is the answer at one of its children, chosen with a mask. So there is no branch and no
 * load that depends on another, and any compiler turns the loops into vector instructions.
 */
#include <string.h>

#include "coded_trees.h"

#define MOST_NODES 255u /* of a tree: a node's index in it is a byte */

/* One side of a node: the answers of an inner child, or a leaf's index. */
typedef struct {
    const uint8_t *answers;
    uint8_t leaf;
} choice;

WRITTEN_OUT void choose(const uint8_t *passed, choice left, choice right, bool left_is_leaf,
                        bool right_is_leaf, uint8_t *restrict answers) {
    for (uint32_t r = 0; r < TILE; r++) {
        const uint8_t one = left_is_leaf ? left.leaf : left.answers[r];
        const uint8_t other = right_is_leaf ? right.leaf : right.answers[r];
        answers[r] = one ^ (passed[r] & (one ^ other));
    }
}

/* One loop for each combination of leaves and inner children, so that no loop has a branch. */
static inline void choose_any(const uint8_t *passed, choice left, choice right, uint8_t *answers) {
    if (left.answers && right.answers)
        choose(passed, left, right, false, false, answers);
    else if (left.answers)
        choose(passed, left, right, false, true, answers);
    else if (right.answers)
        choose(passed, left, right, true, false, answers);
    else
        choose(passed, left, right, true, true, answers);
}

WRITTEN_OUT void compare_wide(const int32_t *codes, int32_t largest, uint8_t *restrict passed) {
    for (uint32_t r = 0; r < TILE; r++) passed[r] = codes[r] > largest ? 0xff : 0;
}

WRITTEN_OUT void compare_narrow(const int8_t *codes, int8_t largest, uint8_t *restrict passed) {
    for (uint32_t r = 0; r < TILE; r++) passed[r] = codes[r] > largest ? 0xff : 0;
}

/* answers[i] = the leaf that each row reaches below node i. */
static void answer_tree(const uint64_t *nodes, uint32_t n_nodes, const void *codes, bool narrow,
                        uint8_t answers[][TILE]) {
    uint8_t passed[TILE];
    for (uint32_t i = n_nodes; i-- > 0;) {
        const uint64_t node = nodes[i];
        if (!CHILD_OF(node)) continue;
        const size_t place = (size_t)ASKED_OF(node) * TILE;
        if (narrow)
            compare_narrow((const int8_t *)codes + place, (int8_t)(CODE_OF(node) ^ 0x80u), passed);
        else
            compare_wide((const int32_t *)codes + place, (int32_t)(CODE_OF(node) ^ 0x80000000u),
                         passed);
        const uint32_t left = i + CHILD_OF(node), right = left + 1;
        const choice one = {CHILD_OF(nodes[left]) ? answers[left] : NULL, (uint8_t)left};
        const choice other = {CHILD_OF(nodes[right]) ? answers[right] : NULL, (uint8_t)right};
        choose_any(passed, one, other, answers[i]);
    }
    if (!CHILD_OF(nodes[0])) memset(answers[0], 0, TILE);
}

/* Number of nodes of a tree; 0 if it is large, or if a node's children lie in another tree. */
static uint32_t nodes_of(const coded_trees *all, const uint32_t *tree) {
    const uint64_t next = tree + TREE_NUMBERS < all->end ? tree[TREE_NUMBERS + ROOT] : all->n_nodes;
    const uint64_t count = next - tree[ROOT];
    if (next <= tree[ROOT] || count > MOST_NODES) return 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t child = CHILD_OF(all->nodes[tree[ROOT] + i]);
        if (child && i + child + 1 >= count) return 0;
    }
    return (uint32_t)count;
}

bool poner_suits_tiles(const coded_trees *all) {
    const uint64_t n_trees = (uint64_t)(all->end - all->trees) / TREE_NUMBERS;
    if (all->n_codes * TILE > MOST_CODED || all->n_nodes > n_trees * (all->narrow ? 255 : 127))
        return false;
    for (const uint32_t *tree = all->trees; tree < all->end; tree += TREE_NUMBERS)
        if (!nodes_of(all, tree)) return false;
    return true;
}

#define GROUP 4u /* trees whose leaves are added together, so that sums are read and written less */

/* A tree over a tile: the index of each row's leaf, and the value of each index. */
typedef struct {
    const uint64_t *nodes;
    uint32_t n_nodes, column;
    double values[MOST_NODES + 1];
    uint8_t answers[TILE];
} tiled_tree;

static void prepare(const coded_trees *all, const uint32_t *tree, tiled_tree *own) {
    own->nodes = all->nodes + tree[ROOT];
    own->n_nodes = nodes_of(all, tree);
    own->column = tree[COLUMN];
    for (uint32_t i = 0; i < own->n_nodes && !all->leaf_rows; i++)
        if (!CHILD_OF(own->nodes[i])) own->values[i] = all->leaves[CODE_OF(own->nodes[i])];
}

/* Adds the leaves of one tree, or of a group of trees if there is only one column. */
static void add_answers(const coded_trees *all, const tiled_tree *trees, uint32_t count,
                        size_t n_rows, double *sums) {
    const size_t width = all->width;
    if (all->leaf_rows)
        for (size_t r = 0; r < n_rows; r++)
            add_leaf(all, CODE_OF(trees->nodes[trees->answers[r]]), 0, sums + r * width);
    else if (count == GROUP)
        for (size_t r = 0; r < n_rows; r++) {
            double sum = sums[r];
            for (uint32_t k = 0; k < GROUP; k++) sum += trees[k].values[trees[k].answers[r]];
            sums[r] = sum;
        }
    else
        for (size_t r = 0; r < n_rows; r++)
            sums[r * width + trees->column] += trees->values[trees->answers[r]];
}

void poner_sum_tiles(const coded_trees *all, const void *codes, size_t n_rows, double *sums) {
    const size_t n_tiles = (n_rows + TILE - 1) / TILE;
    const size_t tile_bytes = (size_t)all->n_codes * TILE * (all->narrow ? 1 : 4);
    const bool grouped = all->width == 1 && !all->leaf_rows;
    uint8_t answers[MOST_NODES][TILE];
    tiled_tree trees[GROUP];
    for (const uint32_t *tree = all->trees; tree < all->end;) {
        const bool whole = grouped && all->end - tree >= (int)(GROUP * TREE_NUMBERS);
        const uint32_t count = whole ? GROUP : 1;
        for (uint32_t k = 0; k < count; k++, tree += TREE_NUMBERS) prepare(all, tree, trees + k);
        for (size_t tile = 0; tile < n_tiles; tile++) {
            const size_t first = tile * TILE, rest = n_rows - first;
            for (uint32_t k = 0; k < count; k++) {
                answer_tree(trees[k].nodes, trees[k].n_nodes,
                            (const char *)codes + tile * tile_bytes, all->narrow, answers);
                /* NOLINTNEXTLINE(clang-analyzer-unix.cstring.UninitializedRead): node 0 is answered */
                memcpy(trees[k].answers, answers[0], TILE);
            }
            add_answers(all, trees, count, rest < TILE ? rest : TILE, sums + first * all->width);
        }
    }
}
