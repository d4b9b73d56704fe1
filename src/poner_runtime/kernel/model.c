/* Opens a model: checks every rule of the file format, once. */
#include <string.h>

#include "operations.h"

static const uint8_t MAGIC[8] = {0x89, 'P', 'O', 'N', 'E', 'R', '\r', '\n'};

#define MAX_STEPS 65536u
#define MAX_ROW_WIDTH (1u << 24)

_Static_assert(sizeof(poner_header) == 56, "the header has no padding");
_Static_assert(sizeof(poner_array) == 24, "an array record has no padding");
_Static_assert(sizeof(poner_step) == 64, "a step record has no padding");
_Static_assert(sizeof(poner_node) == 16, "a node has no padding");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "tables are read as they lie in the file");

/* Bytes of an item, by type; type 0 does not exist. */
static const uint8_t ITEM_BYTES[] = {
    [PONER_FLOAT64] = 8, [PONER_UINT32] = 4, [PONER_NODE] = 16, [PONER_UINT16] = 2};

static int lies_within(uint64_t offset, uint64_t bytes, uint64_t size) {
    return offset <= size && bytes <= size - offset;
}

static const char *check_arrays(const poner_model *model, uint64_t size) {
    for (uint32_t i = 0; i < model->n_arrays; i++) {
        const poner_array array = model->arrays[i];
        const uint64_t bytes = array.type < sizeof ITEM_BYTES ? ITEM_BYTES[array.type] : 0;
        if (bytes == 0 || array.reserved != 0) return "an array is of no known type";
        if (array.offset % 8 || array.count > size / bytes ||
            !lies_within(array.offset, array.count * bytes, size))
            return "an array lies outside the file";
    }
    return NULL;
}

static const char *check_step(const poner_model *model, uint32_t index) {
    const poner_step *step = model->steps + index;
    if (step->operation >= PONER_N_OPERATIONS || !poner_operations[step->operation].check)
        return "a step's operation is unknown; a newer poner wrote this file";
    if (step->width == 0 || step->width > MAX_ROW_WIDTH) return "a register has no valid width";
    const poner_operation *operation = poner_operations + step->operation;
    uint32_t n_inputs = 0, widths[PONER_MAX_INPUTS] = {0};
    for (uint32_t i = 0; i < PONER_MAX_INPUTS; i++) {
        if (step->inputs[i] == PONER_NONE) continue;
        if (i != n_inputs++) return "a step has the wrong number of inputs";
        if (step->inputs[i] > index) return "a step reads a register before it is written";
        widths[i] = poner_register_width(model, step->inputs[i]);
    }
    if (n_inputs < 1 || n_inputs > operation->most_inputs)
        return "a step has the wrong number of inputs";
    if (operation->keeps_columns && step->width != widths[0])
        return "a step must be as wide as its input";
    for (int i = 0; i < PONER_MAX_ARRAYS; i++)
        if (step->arrays[i] != PONER_NONE && step->arrays[i] >= model->n_arrays)
            return "a step's array does not exist";
    return operation->check(model, step, widths);
}

static const char *check_steps(poner_model *model) {
    uint64_t row_width = 0;
    for (uint32_t i = 0; i < model->n_steps; i++) {
        if (model->steps[i].offset != row_width) return "a register has the wrong offset";
        const char *problem = check_step(model, i);
        if (problem) return problem;
        row_width += model->steps[i].width;
        if (row_width > MAX_ROW_WIDTH) return "the registers are too wide";
    }
    model->row_width = (uint32_t)row_width;
    return NULL;
}

static const char *check_outputs(const poner_model *model) {
    for (uint32_t i = 0; i < model->n_outputs; i++) {
        const poner_output output = model->outputs[i];
        if (output.reg == 0 || output.reg > model->n_steps) return "an output is not computed";
        if (poner_find_output(model, output.name) != i) return "an output is listed twice";
    }
    return NULL;
}

/* The section that describes the model, if the file has one. */
static const char *check_served(poner_model *model, const poner_header *header) {
    if (header->served_size == 0) return NULL;
    const char *problem = poner_open_served(model->bytes + header->served_offset,
                                            header->served_size, model->n_features, &model->served);
    if (problem) return problem;
    const uint32_t predict = poner_find_output(model, PONER_PREDICT);
    const uint32_t n_outputs = model->served.header->n_outputs;
    if (predict != PONER_NONE && n_outputs && poner_output_width(model, predict) != n_outputs)
        return "its description has the wrong number of outputs";
    return NULL;
}

const char *poner_open(const uint8_t *bytes, size_t size, poner_model *model) {
    if ((uintptr_t)bytes % 8) return "the file is not aligned to 8 bytes in memory";
    if (size < sizeof(poner_header)) return "it is too short";
    poner_header header;
    memcpy(&header, bytes, sizeof header);
    if (memcmp(header.magic, MAGIC, sizeof MAGIC) != 0) return "it is not a compiled model";
    if (header.format_version < PONER_FORMAT_VERSION)
        return "it was compiled by an older version of poner; compile it again";
    if (header.format_version > PONER_FORMAT_VERSION)
        return "it was compiled by a newer version of poner";
    if (header.file_size != size || header.reserved != 0) return "it is cut off or damaged";
    if (header.n_features == 0 || header.n_features > MAX_ROW_WIDTH || header.n_steps == 0 ||
        header.n_steps > MAX_STEPS)
        return "it has no features or no steps, or too many";
    const uint64_t arrays = sizeof header;
    const uint64_t steps = arrays + (uint64_t)header.n_arrays * sizeof(poner_array);
    const uint64_t outputs = steps + (uint64_t)header.n_steps * sizeof(poner_step);
    const uint64_t end = outputs + (uint64_t)header.n_outputs * sizeof(poner_output);
    if (end > size || header.served_offset % 8 ||
        !lies_within(header.served_offset, header.served_size, size))
        return "it is cut off or damaged";
    *model = (poner_model){
        .bytes = bytes,
        .arrays = (const void *)(bytes + arrays),
        .steps = (const void *)(bytes + steps),
        .outputs = (const void *)(bytes + outputs),
        .n_features = header.n_features,
        .n_arrays = header.n_arrays,
        .n_steps = header.n_steps,
        .n_outputs = header.n_outputs,
    };
    const char *problem = check_arrays(model, size);
    if (!problem) problem = check_steps(model);
    if (!problem) problem = check_outputs(model);
    return problem ? problem : check_served(model, &header);
}

uint32_t poner_find_output(const poner_model *model, uint32_t name) {
    for (uint32_t i = 0; i < model->n_outputs; i++)
        if (model->outputs[i].name == name) return i;
    return PONER_NONE;
}

uint32_t poner_output_width(const poner_model *model, uint32_t output) {
    return poner_register_width(model, model->outputs[output].reg);
}
