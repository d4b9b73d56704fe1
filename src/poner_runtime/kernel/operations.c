/* The table of operations, and what their checks share. */
#include "operations.h"

#include <float.h>

#if FLT_EVAL_METHOD != 0
#error "doubles must be computed as doubles, or answers differ in the last bit"
#endif

const void *poner_expect_array(const poner_model *model, const poner_step *step, int slot,
                               poner_array_type type, uint64_t count) {
    if (step->arrays[slot] == PONER_NONE) return NULL;
    const poner_array *array = model->arrays + step->arrays[slot];
    if (array->type != (uint32_t)type || array->count != count) return NULL;
    return model->bytes + array->offset;
}

const uint32_t *poner_expect_ends(const poner_model *model, const poner_step *step, int slot,
                                  uint64_t n_groups, uint32_t *total) {
    const uint32_t *ends = poner_expect_array(model, step, slot, PONER_UINT32, n_groups);
    if (!ends) return NULL;
    uint32_t end = 0;
    for (uint64_t i = 0; i < n_groups; end = ends[i++])
        if (ends[i] < end) return NULL;
    *total = end;
    return ends;
}

#define OPERATION(name, most_inputs, keeps_columns) \
    {#name, most_inputs, keeps_columns, poner_check_##name, poner_##name}

const poner_operation poner_operations[PONER_N_OPERATIONS] = {
    [0] = {NULL, 0, false, NULL, NULL}, /* no operation: a file of zeros is not a program */
    [1] = OPERATION(select, 1, false),
    [2] = OPERATION(join, PONER_MAX_INPUTS, false),
    [3] = OPERATION(constant, 1, false),
    [4] = OPERATION(require, 1, true),
    [5] = OPERATION(cast_float32, 1, true),
    [6] = OPERATION(map, 1, true),
    [7] = OPERATION(combine, 2, true),
    [8] = OPERATION(reduce, 1, false),
    [9] = OPERATION(linear, 1, false),
    [10] = OPERATION(distances, 1, false),
    [11] = OPERATION(sum_trees, 1, false),
    [12] = OPERATION(sum_leaf_rows, 1, false),
    [13] = OPERATION(sum_shallow_trees, 1, false),
    [14] = OPERATION(logistic, 1, false),
    [15] = OPERATION(softmax, 1, false),
    [16] = OPERATION(recode, 1, true),
    [17] = OPERATION(one_hot, 1, false),
    [18] = OPERATION(replace, 1, true),
    [19] = OPERATION(digitize, 1, true),
    [20] = OPERATION(interpolate, 1, true),
    [21] = OPERATION(power_transform, 1, true),
    [22] = OPERATION(products, 1, false),
    [23] = OPERATION(neighbours, 1, false),
    [24] = OPERATION(above, 1, true),
    [25] = OPERATION(splines, 1, false),
    [26] = OPERATION(impute, 2, true),
    [38] = OPERATION(votes, 1, false),
    [39] = OPERATION(means, 1, false),
    [40] = OPERATION(couple, 1, false),
    [41] = OPERATION(solve_triangle, 1, false),
    [46] = OPERATION(weighted_median, 1, false),
    [52] = OPERATION(sum_category_trees, 1, false),
    [53] = OPERATION(sum_coded_trees, 1, false),
};
