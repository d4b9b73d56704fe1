/* The table of operations, and functions that their checks share. */
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

#define ROW(number, name, most_inputs, keeps_columns) \
    [number] = {most_inputs, keeps_columns, poner_check_##name, poner_##name},

/* Rows of unused numbers, such as 0, are zeros: a step with such a number is refused. */
const poner_operation poner_operations[PONER_N_OPERATIONS] = {PONER_OPERATIONS(ROW)};
