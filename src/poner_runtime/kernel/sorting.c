/* Sorts of values with their places.
 *
 * Source: simultaneous_sort of sklearn/utils/_sorting.pyx, scikit-learn 1.9.1 and 1.8.0, read
 * 2026-12-01. Neither is stable, and the order of equal distances shows in sums of targets. */
#include "sorting.h"

#define FEW 15u /* values that are sorted by insertion */

static inline void swap(double *values, double *places, uint32_t i, uint32_t j) {
    const double value = values[i], place = places[i];
    values[i] = values[j], places[i] = places[j];
    values[j] = value, places[j] = place;
}

/* Move the smallest of three values to the front, the middle one to the end. */
static double take_median(double *values, double *places, uint32_t n) {
    const uint32_t middle = n / 2, last = n - 1;
    if (values[0] > values[last]) swap(values, places, 0, last);
    if (values[last] > values[middle]) {
        swap(values, places, last, middle);
        if (values[0] > values[last]) swap(values, places, 0, last);
    }
    return values[last];
}

static void sort_few(double *values, double *places, uint32_t n) {
    for (uint32_t i = 1; i < n; i++) {
        const double value = values[i], place = places[i];
        uint32_t j = i;
        for (; j > 0 && values[j - 1] > value; j--)
            values[j] = values[j - 1], places[j] = places[j - 1];
        values[j] = value, places[j] = place;
    }
}

/* Restore the order of a heap, largest first, below `root`. */
static void sift_down(double *values, double *places, uint32_t root, uint32_t n) {
    for (;;) {
        const uint64_t child = 2 * (uint64_t)root + 1;
        uint32_t largest = root;
        if (child < n && values[largest] < values[child]) largest = (uint32_t)child;
        if (child + 1 < n && values[largest] < values[child + 1]) largest = (uint32_t)child + 1;
        if (largest == root) return;
        swap(values, places, root, largest);
        root = largest;
    }
}

static void sort_as_heap(double *values, double *places, uint32_t n) {
    for (uint32_t start = n / 2; start-- > 0;) sift_down(values, places, start, n);
    for (uint32_t end = n; end-- > 1;) {
        swap(values, places, 0, end);
        sift_down(values, places, 0, end);
    }
}

/* Parts the values around a median; those equal to it may be on both sides. */
static uint32_t part(double *values, double *places, uint32_t n) {
    const double median = take_median(values, places, n);
    uint32_t i = 1, j = n - 2;
    for (;; i++, j--) {
        while (i <= j && values[i] < median) i++;
        while (i <= j && values[j] > median) j--;
        if (i >= j) break;
        swap(values, places, i, j);
    }
    swap(values, places, i, n - 1);
    return i;
}

/* NOLINTNEXTLINE(misc-no-recursion): at most `most_deep` deep */
static void sort_by_parts(double *values, double *places, uint32_t n, uint32_t most_deep) {
    while (n > FEW) {
        if (most_deep == 0) {
            sort_as_heap(values, places, n);
            return;
        }
        most_deep--;
        const uint32_t middle = part(values, places, n);
        sort_by_parts(values, places, middle, most_deep);
        values += middle + 1, places += middle + 1, n -= middle + 1;
    }
    sort_few(values, places, n);
}

/* The same before scikit-learn 1.9: of values equal to the median all are on its right. The shorter
 * side goes first, so that the recursion is as deep as the logarithm of n. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static void sort_by_smaller(double *values, double *places, uint32_t n) {
    while (n > 3) {
        const double median = take_median(values, places, n);
        uint32_t middle = 0;
        for (uint32_t i = 0; i + 1 < n; i++)
            if (values[i] < median) swap(values, places, i, middle++);
        swap(values, places, middle, n - 1);
        const uint32_t after = n - middle - 1;
        if (middle < after) {
            sort_by_smaller(values, places, middle);
            values += middle + 1, places += middle + 1, n = after;
        } else {
            sort_by_smaller(values + middle + 1, places + middle + 1, after);
            n = middle;
        }
    }
    sort_few(values, places, n);
}

void poner_sort(double *values, double *places, uint32_t n, bool before_1_9) {
    uint32_t levels = 0;
    while (n >> levels > 1) levels++;
    if (before_1_9 && n <= PONER_MOST_PARTITIONED)
        sort_by_smaller(values, places, n);
    else
        sort_by_parts(values, places, n, 2 * levels);
}
