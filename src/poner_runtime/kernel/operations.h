/* The operations: each has a function that checks a step and a function that computes it. */
#ifndef PONER_OPERATIONS_H
#define PONER_OPERATIONS_H

#include <stdbool.h>
#include <string.h>

#include "kernel.h"

/* The arguments of an operation: registers of n_rows rows, each row after row. */
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
    uint32_t most_inputs; /* there is at least one */
    bool keeps_columns; /* column i comes from column i of the first input alone */
    /* NULL if the step is valid, else the problem. Every array number exists or is PONER_NONE; the
     * width of a missing input is 0. */
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

/* Array `slot` if it holds n_groups ascending ends, else NULL; *total becomes the last end. */
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

/* Refuse a row because of its value in a column of the first input. */
static inline poner_status poner_refuse(const poner_call *call, size_t row, uint32_t column,
                                        poner_reason reason) {
    call->fault->row = row, call->fault->column = column, call->fault->reason = reason;
    return PONER_REFUSED;
}

/* The table of operations. X(number in files, name, most inputs, whether column i of the result
 * comes from column i of the first input alone), then its arrays in order | a row of the result.
 * Each operation has two functions: poner_check_<name> and poner_<name>. */
/* clang-format off */
#define PONER_OPERATIONS(X) \
    X(1, select, 1, false)              /* columns                      | columns[i] of the row                            */ \
    X(2, join, PONER_MAX_INPUTS, false) /* -                            | the inputs side by side                          */ \
    X(3, constant, 1, false)            /* values                       | the values, for any input                        */ \
    X(4, require, 1, true)              /* -                            | in; refuses NaN, infinity. Option: exceptions    */ \
    X(5, cast_float32, 1, true)         /* -                            | in as float32; refuses as require does           */ \
    X(6, map, 1, true)                  /* -                            | function(in[i]). Option: the function            */ \
    X(7, combine, 2, true)              /* partners                     | pairing(in[i], partner). Option: the pairing     */ \
    X(8, reduce, 1, false)              /* ends                         | one value a group. Option: the reduction         */ \
    X(9, linear, 1, false)              /* weights, bias                | weights times the row, plus bias                 */ \
    X(10, distances, 1, false)          /* points, exponent, weights    | distances from points. Option: the metric        */ \
    X(11, sum_trees, 1, false)          /* trees, nodes, start          | start plus one leaf of each tree                 */ \
    X(12, sum_leaf_rows, 1, false)      /* trees, nodes, leaf rows      | sum of one leaf row of each tree                 */ \
    X(13, sum_shallow_trees, 1, false)  /* splits, nodes, leaves, start | as sum_trees, complete trees. Option: levels     */ \
    X(14, logistic, 1, false)           /* scale                        | 1 - p and p = 1 / (1 + exp(-scale * in))         */ \
    X(15, softmax, 1, false)            /* -                            | exp(in[i]) divided by their sum                  */ \
    X(16, recode, 1, true)              /* ends, keys, values, others   | value of key in[i]. Option: refuse others        */ \
    X(17, one_hot, 1, false)            /* ends                         | 1 in column in[i] of group i, else 0             */ \
    X(18, replace, 1, true)             /* wanted, substitutes          | in[i], or substitutes[i] where in[i] is wanted   */ \
    X(19, digitize, 1, true)            /* ends, edges                  | number of edges at or below in[i]                */ \
    X(20, interpolate, 1, true)         /* ends, xs, ys                 | numpy.interp of in[i]                            */ \
    X(21, power_transform, 1, true)     /* lambdas, complements         | Yeo-Johnson or Box-Cox. Option: the method       */ \
    X(22, products, 1, false)           /* ends, factors                | product of the columns of each group             */ \
    X(23, neighbours, 1, false)         /* limit                        | weight of each point. Option: kind of weight     */ \
    X(24, above, 1, true)               /* bounds                       | in; refuses values not above their bound         */ \
    X(25, splines, 1, false)            /* ends, knots, degree          | B-splines of each column. Option: extrapolation  */ \
    X(26, impute, 2, true)              /* donors, means, count         | in; NaN becomes the mean of nearest donors       */ \
    X(38, votes, 1, false)              /* columns                      | sum of the weights of the voters for each column */ \
    X(39, means, 1, false)              /* values                       | weighted mean of the values                      */ \
    X(40, couple, 1, false)             /* -                            | class probabilities from those of pairs          */ \
    X(41, solve_triangle, 1, false)     /* triangle                     | solution of triangle x out = in                  */ \
    X(46, weighted_median, 1, false)    /* weights                      | weighted median of the row                       */ \
    X(52, sum_category_trees, 1, false) /* trees, nodes, start, sets    | sum_trees with sets of categories                */ \
    X(53, sum_coded_trees, 1, false)    /* 7, see coded_trees.c         | sum_trees or sum_leaf_rows over codes            */
/* clang-format on */

#define PONER_DECLARE(number, name, most_inputs, keeps_columns)                                \
    const char *poner_check_##name(const poner_model *, const poner_step *, const uint32_t *); \
    poner_status poner_##name(const poner_call *);
PONER_OPERATIONS(PONER_DECLARE)

#endif
