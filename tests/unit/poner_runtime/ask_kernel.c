/* Asks a model outside of Python: ask_kernel MODEL OUTPUT_NAME < rows > results (float64). */
#include <stdio.h>
#include <stdlib.h>

#include "kernel.h"

static uint8_t *read_all(FILE *file, size_t *size) {
    size_t room = 1 << 16;
    uint8_t *bytes = malloc(room);
    for (*size = 0;;) {
        *size += fread(bytes + *size, 1, room - *size, file);
        if (*size < room) return bytes;
        bytes = realloc(bytes, room *= 2);
    }
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    size_t size, rows_size;
    FILE *file = fopen(argv[1], "rb");
    if (!file) return 2;
    uint8_t *bytes = read_all(file, &size);
    fclose(file);
    double *rows = (double *)(void *)read_all(stdin, &rows_size);
    poner_model model;
    poner_fault fault;
    if (poner_open(bytes, size, &model, &fault) != PONER_OK) return 3;
    const uint32_t output = poner_find_output(&model, (uint32_t)atoi(argv[2]));
    if (output == PONER_NONE) return 4;
    const size_t n_rows = rows_size / sizeof(double) / model.n_features;
    const size_t n_results = n_rows * poner_output_width(&model, output);
    double *results = malloc(n_results * sizeof *results);
    void *scratch = malloc(poner_scratch_bytes(&model, n_rows));
    if (poner_evaluate(&model, output, rows, n_rows, results, scratch, &fault) != PONER_OK) return 5;
    fwrite(results, sizeof *results, n_results, stdout);
    free(scratch);
    free(results);
    free(rows);
    free(bytes);
    return 0;
}
