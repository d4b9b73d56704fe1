/* The evaluator of compiled models: plain C11 that knows nothing of Python or of AWS.
 *
 * A model is one block of bytes (docs/model_format.md). poner_open checks every count, offset and
 * index in it once. Afterwards poner_evaluate reads the block without checks, allocates nothing,
 * stays inside the block and always ends, whatever the block holds.
 */
#ifndef PONER_KERNEL_H
#define PONER_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "served_model.h"

#define PONER_FORMAT_VERSION 3u
#define PONER_NONE 0xffffffffu /* no input or array */
#define PONER_MAX_INPUTS 4
#define PONER_MAX_ARRAYS 8
#define PONER_LEAST_ROWS 64u /* fewest rows of a block, unless rows are very wide */
#define PONER_MOST_ROWS 1024u /* most rows of a block; a step computes a block at once */

/* The file, little-endian, in the order of the bytes. ------------------------------------------ */

typedef struct {
    uint8_t magic[8]; /* \x89 P O N E R \r \n */
    uint32_t format_version;
    uint32_t n_features; /* width of register 0, the row */
    uint32_t n_arrays;
    uint32_t n_steps;
    uint32_t n_outputs;
    uint32_t reserved; /* 0 */
    uint64_t file_size;
    uint64_t served_offset; /* of the section of served_model.h, a multiple of 8 */
    uint64_t served_size; /* 0 for tables that are only evaluated */
} poner_header;

typedef enum {
    PONER_FLOAT64 = 1, /* 8 bytes an item */
    PONER_UINT32 = 2, /* 4 bytes an item */
    PONER_NODE = 3, /* poner_node, 16 bytes an item */
    PONER_UINT16 = 4, /* 2 bytes an item */
} poner_array_type;

typedef struct {
    uint32_t type; /* poner_array_type */
    uint32_t reserved; /* 0 */
    uint64_t offset; /* from the start of the file, a multiple of 8 */
    uint64_t count; /* items, not bytes */
} poner_array;

/* Step i computes register i + 1 from registers 0 ... i; a register is written once. */
typedef struct {
    uint32_t operation; /* index into poner_operations */
    uint32_t option; /* meaning depends on the operation */
    uint32_t width; /* values a row of the register it computes */
    uint32_t offset; /* sum of the widths of all earlier steps */
    uint32_t inputs[PONER_MAX_INPUTS]; /* registers, PONER_NONE where there is none */
    uint32_t arrays[PONER_MAX_ARRAYS]; /* array numbers, PONER_NONE where there is none */
} poner_step;

typedef struct {
    uint32_t name; /* poner_output_name */
    uint32_t reg; /* the register that holds it */
} poner_output;

typedef enum {
    PONER_PREDICT = 1, /* index of the class, or a regressor's value */
    PONER_DECISION_FUNCTION = 2,
    PONER_PREDICT_PROBA = 3,
    PONER_RAW = 4, /* a regressor's score before its link function */
} poner_output_name;

/* A tree's node. The two children stand side by side, after their parent: `child` is the left one.
 * A leaf is its own child; its first eight bytes hold its value, or the index of its values. */
typedef struct {
    union {
        double threshold; /* left if value <= threshold */
        double value; /* leaf of poner_sum_trees */
        uint64_t position; /* leaf of poner_sum_leaf_rows: row of the leaf table */
    };
    uint32_t feature; /* register column, with the two bits below */
    uint32_t child;
} poner_node;

#define PONER_LEAF 0x80000000u
#define PONER_MISSING_LEFT 0x40000000u /* NaN goes left, not right */
#define PONER_FEATURE 0x3fffffffu

/* The program in memory. ----------------------------------------------------------------------- */

typedef struct {
    const uint8_t *bytes;
    const poner_array *arrays;
    const poner_step *steps;
    const poner_output *outputs;
    uint32_t n_features, n_arrays, n_steps, n_outputs;
    uint32_t row_width; /* values in a row of all registers but the first */
    poner_served served;
} poner_model;

typedef enum { PONER_OK = 0, PONER_REFUSED } poner_status;

/* Why a row is refused, as scikit-learn would refuse it. */
typedef enum {
    PONER_MISSING = 1, /* NaN where the model takes none */
    PONER_BEYOND = 2, /* infinite, maybe only after rounding to float32 */
    PONER_UNKNOWN = 3, /* a category that is absent from the training data */
} poner_reason;

/* The value of a row that PONER_REFUSED refuses. The column is a feature, or PONER_NONE for a value
 * that is computed from several features. */
typedef struct {
    poner_reason reason;
    size_t row;
    uint32_t column;
} poner_fault;

/* Check `size` bytes and make `model` a view of them; the bytes must stay, 8-byte aligned. Returns
 * NULL, or a sentence that says what is wrong with them:
 *
 *     const char *problem = poner_open(bytes, size, &model);
 *     if (problem) fprintf(stderr, "model.poner: %s\n", problem);
 */
const char *poner_open(const uint8_t *bytes, size_t size, poner_model *model);

/* Index of an output among model->outputs; PONER_NONE if the model has none of that name. */
uint32_t poner_find_output(const poner_model *model, uint32_t name);

/* Number of values that an output has for each row. */
uint32_t poner_output_width(const poner_model *model, uint32_t output);

/* Bytes of scratch memory that poner_evaluate needs for n_rows rows. */
size_t poner_scratch_bytes(const poner_model *model, size_t n_rows);

/* Compute one output: rows is n_rows x n_features, results n_rows x poner_output_width; `fault` is
 * set where a row is refused:
 *
 *     const uint32_t output = poner_find_output(&model, PONER_PREDICT);
 *     void *scratch = malloc(poner_scratch_bytes(&model, n_rows));
 *     if (poner_evaluate(&model, output, rows, n_rows, results, scratch, &fault) == PONER_REFUSED)
 *         printf("row %zu, feature %u\n", fault.row, fault.column);
 */
poner_status poner_evaluate(const poner_model *model, uint32_t output, const double *rows,
                            size_t n_rows, double *results, void *scratch, poner_fault *fault);

#endif
