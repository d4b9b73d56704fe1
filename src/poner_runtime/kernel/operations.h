/* One operation: how its step is checked when a file is opened, and how it is computed. */
#ifndef PONER_OPERATIONS_H
#define PONER_OPERATIONS_H

#include <stdbool.h>
#include <string.h>

#include "kernel.h"

/* What an operation is run on: registers of n_rows rows, each row after row. */
typedef struct {
    const poner_model *model;
    const poner_step *step;
    const double *in[PONER_MAX_INPUTS]; /* NULL where there is none */
    uint32_t in_width[PONER_MAX_INPUTS];
    double *out; /* n_rows x step->width */
    size_t n_rows;
    poner_fault *fault;
} poner_call;

typedef struct {
    const char *name;
    uint32_t most_inputs; /* there is at least one */
    bool keeps_columns; /* column i comes from column i of the first input alone */
    /* NULL if the step holds together, else what is wrong. Every array number is known to exist or
     * to be PONER_NONE; a missing input has width 0. */
    const char *(*check)(const poner_model *model, const poner_step *step, const uint32_t *widths);
    poner_status (*run)(const poner_call *call);
} poner_operation;

#define PONER_N_OPERATIONS 60u
#define PONER_SELECT 1u
#define PONER_JOIN 2u

extern const poner_operation poner_operations[PONER_N_OPERATIONS];

static inline uint32_t poner_register_width(const poner_model *model, uint32_t reg) {
    return reg == 0 ? model->n_features : model->steps[reg - 1].width;
}

/* Array `slot` of a step if it has the type and count, else NULL. For use in check functions. */
const void *poner_expect_array(const poner_model *model, const poner_step *step, int slot,
                               poner_array_type type, uint64_t count);

/* Array `slot` of n_groups ends, ascending; the last of them is in *total. NULL if it is not. */
const uint32_t *poner_expect_ends(const poner_model *model, const poner_step *step, int slot,
                                  uint64_t n_groups, uint32_t *total);

/* Array `slot` of a step that has been checked. */
static inline const void *poner_array_of(const poner_model *model, const poner_step *step,
                                         int slot) {
    return model->bytes + model->arrays[step->arrays[slot]].offset;
}

static inline uint64_t poner_count_of(const poner_model *model, const poner_step *step, int slot) {
    return step->arrays[slot] == PONER_NONE ? 0 : model->arrays[step->arrays[slot]].count;
}

/* The same for a call: the array, and how many items it has. */
static inline const void *poner_given(const poner_call *call, int slot) {
    return poner_array_of(call->model, call->step, slot);
}

static inline uint64_t poner_count_given(const poner_call *call, int slot) {
    return poner_count_of(call->model, call->step, slot);
}

/* Whether a is sorted before b; NaN comes last, as in numpy.argsort. */
static inline bool poner_comes_before(double a, double b) { return a < b || (b != b && a == a); }

/* Set every row of the result to `values`, of which there are step->width. */
static inline void poner_fill_rows(const poner_call *call, const double *values) {
    const size_t width = call->step->width;
    for (size_t row = 0; row < call->n_rows; row++)
        memcpy(call->out + row * width, values, width * sizeof *values);
}

/* Refuse a row, because of what stands in a column of the first input. */
static inline poner_status poner_refuse(const poner_call *call, size_t row, uint32_t column,
                                        poner_reason reason) {
    call->fault->row = row, call->fault->column = column, call->fault->reason = reason;
    return PONER_REFUSED;
}

/* The table of operations: the number in files, the name, the most inputs, and whether column i of
 * the result comes from column i of the first input alone. Each row needs the functions
 * poner_check_<name> and poner_<name>. */
#define PONER_OPERATIONS(X)             \
    X(1, select, 1, false)              \
    X(2, join, PONER_MAX_INPUTS, false) \
    X(3, constant, 1, false)            \
    X(4, require, 1, true)              \
    X(5, cast_float32, 1, true)         \
    X(6, map, 1, true)                  \
    X(7, combine, 2, true)              \
    X(8, reduce, 1, false)              \
    X(9, linear, 1, false)              \
    X(10, distances, 1, false)          \
    X(11, sum_trees, 1, false)          \
    X(12, sum_leaf_rows, 1, false)      \
    X(13, sum_shallow_trees, 1, false)  \
    X(14, logistic, 1, false)           \
    X(15, softmax, 1, false)            \
    X(16, recode, 1, true)              \
    X(17, one_hot, 1, false)            \
    X(18, replace, 1, true)             \
    X(19, digitize, 1, true)            \
    X(20, interpolate, 1, true)         \
    X(21, power_transform, 1, true)     \
    X(22, products, 1, false)           \
    X(23, neighbours, 1, false)         \
    X(24, above, 1, true)               \
    X(25, splines, 1, false)            \
    X(26, impute, 2, true)              \
    X(38, votes, 1, false)              \
    X(39, means, 1, false)              \
    X(40, couple, 1, false)             \
    X(41, solve_triangle, 1, false)     \
    X(46, weighted_median, 1, false)    \
    X(52, sum_category_trees, 1, false) \
    X(53, sum_coded_trees, 1, false)

#define PONER_DECLARE(number, name, most_inputs, keeps_columns)                                \
    const char *poner_check_##name(const poner_model *, const poner_step *, const uint32_t *); \
    poner_status poner_##name(const poner_call *);
PONER_OPERATIONS(PONER_DECLARE)

#endif
