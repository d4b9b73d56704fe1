/* One operation: how its step is checked when a file is opened, and how it is computed. */
#ifndef PONER_OPERATIONS_H
#define PONER_OPERATIONS_H

#include "kernel.h"

typedef struct {
    const char *name;
    uint32_t n_inputs;
    /* NULL if the step holds together, else what is wrong. `in_width` is that of inputs[0];
     * every array number is known to exist or to be PONER_NONE. */
    const char *(*check)(const poner_model *model, const poner_step *step, uint32_t in_width);
    /* in: n_rows x in_width, out: n_rows x step->width, both row after row. */
    poner_status (*run)(const poner_model *model, const poner_step *step, const double *in,
                        uint32_t in_width, double *out, size_t n_rows, poner_fault *fault);
} poner_operation;

#define PONER_N_OPERATIONS 12u

extern const poner_operation poner_operations[PONER_N_OPERATIONS];

/* Array `slot` of a step if it has the type and count, else NULL. For use in check functions. */
const void *poner_expect_array(const poner_model *model, const poner_step *step, int slot,
                               poner_array_type type, uint64_t count);

/* Array `slot` of a step that has been checked. */
static inline const void *poner_array_of(const poner_model *model, const poner_step *step,
                                         int slot) {
    return model->bytes + model->arrays[step->arrays[slot]].offset;
}

static inline uint64_t poner_count_of(const poner_model *model, const poner_step *step, int slot) {
    return step->arrays[slot] == PONER_NONE ? 0 : model->arrays[step->arrays[slot]].count;
}

/* trees.c */
const char *poner_check_sum_trees(const poner_model *, const poner_step *, uint32_t);
poner_status poner_sum_trees(const poner_model *, const poner_step *, const double *, uint32_t,
                             double *, size_t, poner_fault *);
const char *poner_check_sum_leaf_rows(const poner_model *, const poner_step *, uint32_t);
poner_status poner_sum_leaf_rows(const poner_model *, const poner_step *, const double *, uint32_t,
                                 double *, size_t, poner_fault *);

/* shallow_trees.c */
const char *poner_check_sum_shallow_trees(const poner_model *, const poner_step *, uint32_t);
poner_status poner_sum_shallow_trees(const poner_model *, const poner_step *, const double *,
                                     uint32_t, double *, size_t, poner_fault *);

#endif
