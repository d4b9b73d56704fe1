/* Distances of one row from a run of points. */
#ifndef PONER_DISTANCES_H
#define PONER_DISTANCES_H

#include <stddef.h>
#include <stdint.h>

enum {
    SQUARED_EUCLIDEAN,
    MANHATTAN,
    CHEBYSHEV,
    MINKOWSKI,
    COSINE,
    NAN_EUCLIDEAN,
    ADDITIVE_CHI2,
    N_METRICS
};

/* A tile is a group of points that are handled together, feature after feature: each point's sum is
 * in the order of the features, and neighbouring points fill a vector unit. */
enum { PONER_TILE = 128 };

typedef struct {
    const double *row, *points; /* the points' first feature; the next is `stride` further */
    const double *weights; /* of Minkowski's terms, or NULL */
    size_t stride;
    uint32_t n_features, n; /* n is at most PONER_TILE */
    double p;
} poner_tile;

/* sum[k] = the row's distance from point k of the tile. */
void poner_measure(uint32_t metric, const poner_tile *tile, double *sum);

#endif
