/* Sorts that move a place with each value; equal values get the order that scikit-learn gives them. */
#ifndef PONER_SORTING_H
#define PONER_SORTING_H

#include <stdbool.h>
#include <stdint.h>

#define PONER_MOST_PARTITIONED 4096u /* longer lists are sorted as since scikit-learn 1.9 */

/* Smallest value first. Equal values are in the order of scikit-learn 1.9, or of 0.19 to 1.8. */
void poner_sort(double *values, double *places, uint32_t n, bool before_1_9);

#endif
