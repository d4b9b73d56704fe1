/* What the operations that sum over trees share: the array of trees, and lanes. */
#ifndef PONER_TREES_H
#define PONER_TREES_H

#include "operations.h"

/* A tree in the array of slot 0: the index of its root, its blind levels (descended without a test
 * for leaves), and the column that its leaves add to. */
enum { ROOT, LEVELS, COLUMN, TREE_NUMBERS };

/* Number of trees of one row, or rows of one tree, that are descended side by side: the loads of a
 * level wait for each other, and eight such chains of loads wait in parallel. */
#define LANES 8u
#define LANES_NUMBERS ((ptrdiff_t)(LANES * TREE_NUMBERS)) /* items of LANES trees */
#define EACH_LANE(k) _Pragma("GCC unroll 8") for (uint32_t k = 0; k < LANES; k++)

/* NULL if each tree has a root among n_nodes nodes, at most most_levels levels and a column. */
const char *poner_check_trees(const poner_model *model, const poner_step *step, uint64_t n_nodes,
                              uint32_t most_levels);

/* NULL if node `index` of n_nodes is a leaf, or has children after it and a feature; the bits
 * outside `feature_bits` are flags. */
const char *poner_check_node(const poner_node *node, uint64_t index, uint64_t n_nodes,
                             uint32_t feature_bits, uint32_t in_width);

#endif
