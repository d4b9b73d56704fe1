/* Runs a program: each block of rows passes through the steps that the output needs. */
#include <string.h>

#include "operations.h"

#define NEAR_VALUES (1u << 15) /* doubles that fit well into a second-level cache */
#define MOST_VALUES (1u << 20) /* doubles of scratch memory, unless one row has more */
#define LARGE_TABLES 2048u /* items */

static size_t clamp(size_t value, size_t least, size_t most) {
    return value < least ? least : value > most ? most : value;
}

static uint64_t table_items(const poner_model *model) {
    uint64_t items = 0;
    for (uint32_t i = 0; i < model->n_arrays; i++) items += model->arrays[i].count;
    return items;
}

/* Rows of a block: few, so that all registers stay in the nearest cache; many if tables are large,
 * so that one reading of a table serves many rows. Very wide rows make blocks still smaller, so
 * that scratch memory stays within some megabytes. */
static size_t block_rows(const poner_model *model, size_t n_rows) {
    const size_t most = table_items(model) < LARGE_TABLES ? PONER_LEAST_ROWS : PONER_MOST_ROWS;
    const size_t near = clamp(NEAR_VALUES / model->row_width, PONER_LEAST_ROWS, most);
    return clamp(n_rows, 1, clamp(MOST_VALUES / model->row_width, 1, near / 64 * 64));
}

size_t poner_scratch_bytes(const poner_model *model, size_t n_rows) {
    return block_rows(model, n_rows) * model->row_width * sizeof(double) + model->n_steps;
}

/* needed[i] = 1 for the steps from which register `reg` is computed. */
static void mark_needed(const poner_model *model, uint32_t reg, uint8_t *needed) {
    memset(needed, 0, model->n_steps);
    needed[reg - 1] = 1;
    for (uint32_t i = reg; i-- > 0;) {
        if (!needed[i]) continue;
        for (int k = 0; k < PONER_MAX_INPUTS; k++) {
            const uint32_t input = model->steps[i].inputs[k];
            if (input != PONER_NONE && input != 0) needed[input - 1] = 1;
        }
    }
}

/* Index of the only feature that determines a column of register `reg`, or PONER_NONE. */
static uint32_t trace_back(const poner_model *model, uint32_t reg, uint32_t column) {
    while (reg != 0) {
        const poner_step *step = model->steps + reg - 1;
        reg = step->inputs[0];
        if (step->operation == PONER_JOIN) {
            for (int k = 0; column >= poner_register_width(model, reg); reg = step->inputs[++k])
                column -= poner_register_width(model, reg);
        } else if (step->operation == PONER_SELECT) {
            column = ((const uint32_t *)poner_array_of(model, step, 0))[column];
        } else if (!poner_operations[step->operation].keeps_columns) {
            return PONER_NONE;
        }
    }
    return column;
}

static poner_status run_step(const poner_model *model, uint32_t index, const double *rows,
                             size_t n_rows, double *registers, poner_fault *fault) {
    const poner_step *step = model->steps + index;
    poner_call call = {
        .model = model,
        .step = step,
        .out = registers + step->offset * n_rows,
        .n_rows = n_rows,
        .fault = fault,
    };
    for (int k = 0; k < PONER_MAX_INPUTS && step->inputs[k] != PONER_NONE; k++) {
        const uint32_t input = step->inputs[k];
        call.in[k] = input ? registers + model->steps[input - 1].offset * n_rows : rows;
        call.in_width[k] = poner_register_width(model, input);
    }
    const poner_status status = poner_operations[step->operation].run(&call);
    if (status == PONER_REFUSED) fault->column = trace_back(model, step->inputs[0], fault->column);
    return status;
}

poner_status poner_evaluate(const poner_model *model, uint32_t output, const double *rows,
                            size_t n_rows, double *results, void *scratch, poner_fault *fault) {
    const uint32_t reg = model->outputs[output].reg;
    const poner_step *last = model->steps + reg - 1;
    const size_t block = block_rows(model, n_rows);
    double *registers = scratch;
    uint8_t *needed = (uint8_t *)(registers + block * model->row_width);
    mark_needed(model, reg, needed);
    for (size_t first = 0; first < n_rows; first += block) {
        const size_t count = n_rows - first < block ? n_rows - first : block;
        for (uint32_t i = 0; i < reg; i++) {
            if (!needed[i]) continue;
            const poner_status status =
                run_step(model, i, rows + first * model->n_features, count, registers, fault);
            if (status == PONER_OK) continue;
            fault->row += first;
            return status;
        }
        memcpy(results + first * last->width, registers + last->offset * count,
               count * last->width * sizeof *results);
    }
    return PONER_OK;
}
