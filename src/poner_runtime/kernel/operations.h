/* One operation: how its step is checked when a file is opened, and how it is computed. */
#ifndef PONER_OPERATIONS_H
#define PONER_OPERATIONS_H

#include <stdbool.h>

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
    uint32_t most_inputs; /* at least one is there */
    bool keeps_columns; /* column i of the result comes from column i of the first input alone */
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

/* Refuse a row, because of what stands in a column of the first input. */
static inline poner_status poner_refuse(const poner_call *call, size_t row, uint32_t column,
                                        poner_reason reason) {
    call->fault->row = row, call->fault->column = column, call->fault->reason = reason;
    return PONER_REFUSED;
}

#define PONER_OPERATION(name)                                                                 \
    const char *poner_check_##name(const poner_model *, const poner_step *, const uint32_t *); \
    poner_status poner_##name(const poner_call *)

/* plumbing.c */
PONER_OPERATION(select);
PONER_OPERATION(join);
PONER_OPERATION(constant);
PONER_OPERATION(require);
PONER_OPERATION(cast_float32);
/* elementwise.c */
PONER_OPERATION(map);
PONER_OPERATION(combine);
PONER_OPERATION(replace);
PONER_OPERATION(power_transform);
PONER_OPERATION(above);
/* rowwise.c */
PONER_OPERATION(reduce);
PONER_OPERATION(linear);
PONER_OPERATION(products);
PONER_OPERATION(logistic);
PONER_OPERATION(softmax);
/* distances.c */
PONER_OPERATION(distances);
/* neighbours.c */
PONER_OPERATION(neighbours);
PONER_OPERATION(votes);
PONER_OPERATION(means);
/* couple.c */
PONER_OPERATION(couple);
/* triangle.c */
PONER_OPERATION(solve_triangle);
/* lookup.c */
PONER_OPERATION(recode);
PONER_OPERATION(one_hot);
PONER_OPERATION(digitize);
PONER_OPERATION(interpolate);
/* splines.c */
PONER_OPERATION(splines);
/* imputation.c */
PONER_OPERATION(impute);
/* trees.c */
PONER_OPERATION(sum_trees);
PONER_OPERATION(sum_leaf_rows);
/* shallow_trees.c */
PONER_OPERATION(sum_shallow_trees);

/* medians.c */
PONER_OPERATION(weighted_median);
/* category_trees.c */
PONER_OPERATION(sum_category_trees);

/* coded_trees.c */
PONER_OPERATION(sum_coded_trees);

#endif
