/* Shared by both ways of summing coded trees: the layout of nodes and of a row's codes. */
#ifndef PONER_CODED_TREES_H
#define PONER_CODED_TREES_H

#include "trees.h"

/* For functions that are compiled once for each set of constant arguments. */
#define WRITTEN_OUT static inline __attribute__((always_inline))

/* A node, from its lowest bit: 32 bits the largest code that goes left, or a leaf's index among the
 * leaves; 16 bits the number of the code compared; 16 bits the distance to the left child, 0 for a leaf. The
 * right child stands after the left one. */
#define CODE_OF(node) ((uint32_t)(node))
#define ASKED_OF(node) ((uint32_t)((node) >> 32) & 0xffffu)
#define CHILD_OF(node) ((uint32_t)((node) >> 48))

typedef struct {
    const uint32_t *trees, *end; /* TREE_NUMBERS each */
    const uint64_t *nodes;
    uint64_t n_nodes;
    const double *leaves; /* one each, or `width` of them */
    uint32_t width; /* of the sums */
    uint32_t n_codes; /* of a row, with code 0 */
    bool leaf_rows; /* a leaf adds to all columns */
    bool narrow; /* codes are at most 255 */
} coded_trees;

/* Rows of a tile. The tiled way is the faster one from a quarter of a tile on. */
#define TILE 64u

#define MOST_CODED 16384u /* codes of a block of rows, which lie on the stack */

/* Add all trees to the sums of n_rows rows. `codes` lie tile after tile, in a tile code after code,
 * each for TILE rows: int32_t, less 2^31, or where they are narrow int8_t, less 128. */
void poner_sum_tiles(const coded_trees *all, const void *codes, size_t n_rows, double *sums);

/* Whether the tiled way can be taken, and is the faster one. */
bool poner_suits_tiles(const coded_trees *all);

/* Add a leaf to the sums of a row. */
static inline void add_leaf(const coded_trees *all, uint32_t leaf, uint32_t column, double *sums) {
    const double *values = all->leaves + (all->leaf_rows ? (size_t)leaf * all->width : leaf);
    if (!all->leaf_rows) {
        sums[column] += *values;
    } else if (all->width == 2) {
        sums[0] += values[0];
        sums[1] += values[1];
    } else {
        for (uint32_t i = 0; i < all->width; i++) sums[i] += values[i];
    }
}

#endif
