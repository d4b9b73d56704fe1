/* Running a program: block after block of rows, through the steps that the output needs. */
#include <string.h>

#include "operations.h"

/* Rows of a block: few where rows are wide, so that scratch memory stays within some megabytes. */
static size_t block_rows(const poner_model *model, size_t n_rows) {
    const size_t most = (1u << 20) / model->row_width;
    const size_t block = most < 1 ? 1 : most > PONER_BLOCK_ROWS ? PONER_BLOCK_ROWS : most;
    return n_rows < block ? (n_rows ? n_rows : 1) : block;
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

static poner_status run_block(const poner_model *model, uint32_t reg, const double *rows,
                              size_t n_rows, double *registers, const uint8_t *needed,
                              poner_fault *fault) {
    for (uint32_t i = 0; i < reg; i++) {
        if (!needed[i]) continue;
        const poner_step *step = model->steps + i;
        const uint32_t input = step->inputs[0];
        const double *in = input ? registers + model->steps[input - 1].offset * n_rows : rows;
        const uint32_t in_width = input ? model->steps[input - 1].width : model->n_features;
        const poner_status status = poner_operations[step->operation].run(
            model, step, in, in_width, registers + step->offset * n_rows, n_rows, fault);
        if (status != PONER_OK) return status;
    }
    return PONER_OK;
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
        const poner_status status = run_block(model, reg, rows + first * model->n_features, count,
                                              registers, needed, fault);
        if (status != PONER_OK) {
            fault->row += first;
            return status;
        }
        memcpy(results + first * last->width, registers + last->offset * count,
               count * last->width * sizeof *results);
    }
    return PONER_OK;
}
