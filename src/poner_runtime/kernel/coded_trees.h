/* The layout of nodes and codes, shared by the two algorithms that sum coded trees. */
#ifndef PONER_CODED_TREES_H
#define PONER_CODED_TREES_H

#include "trees.h"

/* Marks functions that are compiled once for each set of constant arguments. */
#define WRITTEN_OUT static inline __attribute__((always_inline))

/* A node, from its lowest bit: 32 bits the largest code that goes left, or a leaf's index among the
 * leaves; 16 bits the number of the code compared; 16 bits the distance to the left child, 0 for a leaf. The
 * right child follows the left one. */
#define CODE_OF(node) ((uint32_t)(node))
#define ASKED_OF(node) ((uint32_t)((node) >> 32) & 0xffffu)
#define CHILD_OF(node) ((uint32_t)((node) >> 48))

typedef struct {
    const uint32_t *trees, *end; /* TREE_NUMBERS each */
    const uint64_t *nodes;
    uint64_t n_nodes;
    const double *leaves; /* one value a leaf, or `width` values */
    uint32_t width; /* of the sums */
    uint32_t n_codes; /* of a row, including code 0 */
    bool leaf_rows; /* a leaf adds to all columns */
    bool narrow; /* codes are at most 255 */
} coded_trees;

/* Rows of a tile. Tiles are faster from a quarter of a tile on. */
#define TILE 64u

#define MOST_CODED 16384u /* codes of a block of rows, which the stack holds */

/* Add all trees to the sums of n_rows rows. `codes` are tile after tile, code after code within a
 * tile, each for TILE rows: int32_t, less 2^31, or if they are narrow int8_t, less 128. */
void poner_sum_tiles(const coded_trees *all, const void *codes, size_t n_rows, double *sums);

/* Whether tiles are possible, and faster. */
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
