/* Fuzzes the kernel: damaged model files are opened and, where they open, asked, and everything
 * that they say of their model is read; and damaged request bodies are read. The first MODEL is
 * tests/support/mixing.py's, whose features the bodies name.
 *
 *     fuzz_kernel ITERATIONS RANDOM_SEED MODEL...
 *
 * Built with ASan and UBSan, every buffer exactly as long as it is said to be, so that one byte
 * too many is caught. Prints how many files were tried and how many opened.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "request.h"

static uint64_t state;

static uint64_t draw(void) { /* xorshift64* */
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 2685821657736338717ull;
}

static size_t below(size_t limit) { return limit ? (size_t)(draw() % limit) : 0; }

static const uint64_t EDGES[] = {
    0, 1, 2, 3, 8, 63, 64, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe,
    0xffffffff, 0x100000000, 0x7ff0000000000000, 0x7ff8000000000000, 0xffffffffffffffff,
};

static void damage(uint8_t *bytes, size_t size) {
    const size_t header = 56, tables = size < 400 ? size : 400;
    uint64_t served = size; /* where the section begins */
    if (size >= header) memcpy(&served, bytes + 40, sizeof served);
    for (size_t edits = 1 + below(3); edits > 0 && size > 8; edits--) {
        const size_t width = (size_t)1 << below(4); /* 1, 2, 4 or 8 bytes */
        size_t place = below(3) == 0 ? header + below(tables - header) : below(size);
        if (served < size && below(3) == 0) place = (size_t)served + below(size - (size_t)served);
        if (place + width > size) place = size - width;
        uint64_t value = below(2) ? EDGES[below(sizeof EDGES / sizeof *EDGES)] : draw();
        if (below(3) == 0) { /* a little more or less than what is there */
            value = 0;
            memcpy(&value, bytes + place, width);
            value += below(5) - 2;
        }
        memcpy(bytes + place, &value, width);
    }
}

static double draw_value(void) {
    switch (below(8)) {
    case 0: return NAN;
    case 1: return INFINITY;
    case 2: return -1e300;
    default: return (double)(int64_t)draw() / 1e17;
    }
}

static void ask(const poner_model *model, size_t n_rows) {
    if ((uint64_t)model->row_width + model->n_features > 1u << 16) return; /* legal, but slow */
    const size_t n_values = n_rows * model->n_features;
    double *rows = malloc(n_values * sizeof *rows);
    for (size_t i = 0; i < n_values; i++) rows[i] = draw_value();
    void *scratch = malloc(poner_scratch_bytes(model, n_rows));
    for (uint32_t output = 0; output < model->n_outputs && output < 8; output++) {
        double *results = malloc(n_rows * poner_output_width(model, output) * sizeof *results);
        poner_fault fault;
        poner_evaluate(model, output, rows, n_rows, results, scratch, &fault);
        free(results);
    }
    free(scratch);
    free(rows);
}

static volatile size_t sum; /* keeps the compiler from leaving out what is read */

/* Reads every string, finds those that can be looked up, and reads every number. */
static void read_served(const poner_served *served) {
    const poner_served_header *header = served->header;
    for (int list = 0; list < PONER_N_LISTS; list++)
        for (uint32_t i = 0; i < header->counts[list]; i++) {
            const poner_text text = poner_string(served, (poner_list)list, i);
            for (size_t k = 0; k < text.size; k++) sum += (uint8_t)text.bytes[k];
            if (list != PONER_WIRE_NAMES && list != PONER_VOCABULARY) continue;
            if (poner_find_string(served, (poner_list)list, text) != i) abort();
        }
    for (uint32_t i = 0; i < header->counts[PONER_WIRE_NAMES]; i++)
        sum += served->features[i].kind + (served->features[i].minimum > 0);
    for (uint32_t i = 0; i < header->n_quantiles; i++) sum += served->quantiles[i] > 0;
    for (uint32_t i = 0; i < header->n_categories; i++)
        sum += poner_string(served, PONER_VOCABULARY, served->categories[i]).size;
    for (uint32_t i = 0, start = 0; i < header->n_outputs; start = served->class_ends[i++])
        for (uint32_t k = start; k < served->class_ends[i]; k++)
            sum += poner_string(served, PONER_CLASSES, k).size;
}

/* Opens a section as it is, cut after each byte, and with each byte changed, in memory that ends
 * where the section does. */
static void damage_section(const poner_model *model) {
    static const uint8_t ODD[] = {0, 1, 0x22, 0x5c, 0x75, 0x80, 0xc3, 0xed, 0xf4, 0xff};
    const uint8_t *own = (const uint8_t *)model->served.header;
    uint64_t size;
    memcpy(&size, model->bytes + 48, sizeof size);
    for (size_t n_bytes = 0; n_bytes <= size; n_bytes++)
        for (size_t i = 0; i < (n_bytes == size ? size * sizeof ODD : 1); i++) {
            uint8_t *bytes = malloc(n_bytes ? n_bytes : 1);
            memcpy(bytes, own, n_bytes);
            if (n_bytes == size) bytes[i / sizeof ODD] = ODD[i % sizeof ODD];
            poner_served served;
            if (!poner_open_served(bytes, n_bytes, model->n_features, &served))
                read_served(&served);
            free(bytes);
        }
}

/* Reads a body with some bytes changed, in memory that ends where the body does. */
static long read_damaged_body(const poner_served *served) {
    static const char *BODIES[] = {
        "{\"size\":1,\"color\":\"a\xc3\xb1il\",\"shape\":\"round\",\"age\":-2.5e-3}",
        " { \"age\" : 1e308 ,\t\"size\" : 0 ,\n\"color\":\"red\",\"shape\" : \"\" } ",
        "{\"size\":12345678901,\"color\":\"red\",\"shape\":null,\"age\":null}",
    };
    static const char ODD[] = "{}[]\",:.-+eE0129\\ntx \t";
    const char *own = BODIES[below(3)];
    const size_t size = below(4) ? strlen(own) : below(strlen(own));
    char *copy = malloc(size + 1);
    memcpy(copy, own, size);
    copy[size] = '\0';
    for (size_t edits = below(4); edits > 0 && size > 0; edits--)
        copy[below(size)] = below(3) ? ODD[below(sizeof ODD - 1)] : (char)(1 + below(255));
    const uint32_t n_features = served->header->counts[PONER_WIRE_NAMES];
    double *values = malloc(n_features * sizeof *values);
    uint8_t *seen = malloc(n_features);
    const long plain = poner_read_request((poner_text){copy, size}, served, values, seen);
    free(seen);
    free(values);
    free(copy);
    return plain;
}

static uint8_t *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (!file) exit(2);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*size);
    if (fread(bytes, 1, *size, file) != *size) exit(2);
    fclose(file);
    return bytes;
}

int main(int argc, char **argv) {
    const int n_seeds = argc - 3;
    if (n_seeds < 1) return 2;
    const long iterations = atol(argv[1]);
    state = strtoull(argv[2], NULL, 10) | 1;
    uint8_t **seeds = malloc((size_t)n_seeds * sizeof *seeds);
    size_t *sizes = malloc((size_t)n_seeds * sizeof *sizes);
    for (int i = 0; i < n_seeds; i++) seeds[i] = read_file(argv[3 + i], sizes + i);
    poner_model whole;
    if (poner_open(seeds[0], sizes[0], &whole) || !whole.served.header) return 2;
    damage_section(&whole);
    long opened = 0, described = 0, plain = 0;
    for (long i = 0; i < iterations; i++) {
        const size_t seed = below((size_t)n_seeds);
        size_t size = below(50) ? sizes[seed] : below(sizes[seed]);
        uint8_t *bytes = malloc(size ? size : 1);
        memcpy(bytes, seeds[seed], size);
        damage(bytes, size);
        if (size >= 40 && below(4)) memcpy(bytes + 32, &(uint64_t){size}, 8); /* file_size */
        poner_model model;
        if (!poner_open(bytes, size, &model)) {
            opened++;
            ask(&model, 1 + (below(8) ? below(12) : 15 + below(120)));
            if (model.served.header) {
                described++;
                read_served(&model.served);
                read_damaged_body(&model.served);
            }
        }
        free(bytes);
        plain += read_damaged_body(&whole.served);
    }
    for (int i = 0; i < n_seeds; i++) free(seeds[i]);
    free(seeds);
    free(sizes);
    printf("%ld tried, %ld opened, %ld described, %ld plain bodies\n", iterations, opened,
           described, plain);
    return 0;
}
