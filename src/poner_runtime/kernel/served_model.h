/* The facts that a service needs about its model: names, kinds, categories, classes, limits.
 *
 * They are a section of model.poner (docs/model_format.md, "The served model"), which is read in
 * place. poner_open_served checks every count, end and text in it once; the functions below then
 * read it without checks. C11, no allocation.
 */
#ifndef PONER_SERVED_MODEL_H
#define PONER_SERVED_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PONER_SERVED_VERSION 3u

/* UTF-8, without a zero byte at its end. */
typedef struct {
    const char *bytes;
    size_t size;
} poner_text;

typedef enum { PONER_NUMBER = 0, PONER_CATEGORY = 1 } poner_kind;

typedef enum { PONER_SERVES_FLOAT64 = 1, PONER_SERVES_FLOAT32 = 2 } poner_number_type;

#define PONER_TAKES_NULL 1u /* null is an answerable value */
#define PONER_HAS_MINIMUM 2u
#define PONER_HAS_MAXIMUM 4u
#define PONER_IGNORED 8u /* no step reads it: a request may leave it out, or hold any value */

/* One feature. Its quantiles and categories run from the previous feature's end to its own. */
typedef struct {
    uint32_t kind; /* poner_kind */
    uint32_t flags; /* the bits above */
    double minimum, maximum; /* of training; 0 where unknown */
    uint32_t quantiles_end; /* into poner_served.quantiles */
    uint32_t categories_end; /* into poner_served.categories */
} poner_feature;

/* The lists of strings, in the order of the section. */
typedef enum {
    PONER_WIRE_NAMES, /* one a feature, all different */
    PONER_COLUMNS, /* one a feature: its name in training */
    PONER_VOCABULARY, /* all different; the index of each is its code */
    PONER_OTHER_TEXTS, /* texts of categories that have no code */
    PONER_CLASSES, /* JSON, ASCII alone; output after output */
    PONER_LABELS, /* one a class, or none */
    PONER_TARGET, /* one or none */
    PONER_PROVENANCE, /* one: JSON, for people */
    PONER_N_LISTS,
} poner_list;

typedef struct {
    uint32_t version; /* PONER_SERVED_VERSION */
    uint32_t number_type; /* poner_number_type */
    uint32_t counts[PONER_N_LISTS]; /* strings in each list */
    uint32_t n_quantiles, n_categories;
    uint32_t n_outputs; /* of a classifier; 0 for a regressor */
    uint32_t body_limit_bytes; /* longest request body that is read; above 0 */
} poner_served_header;

/* A view of the section; `header` is NULL if the file has no section. */
typedef struct {
    const poner_served_header *header;
    const poner_feature *features;
    const double *quantiles;
    const uint32_t *categories; /* indices into the vocabulary followed by the other texts */
    const uint32_t *class_ends; /* of each output, into the classes */
    const uint32_t *name_order; /* indices of the wire names, sorted by their bytes */
    const uint32_t *text_order; /* indices of the vocabulary, sorted by their bytes */
    const uint32_t *string_ends;
    const char *strings;
    uint32_t first[PONER_N_LISTS]; /* number of the first string of each list */
} poner_served;

/* Check the section of a file with n_features features and make `served` a view of it; `bytes` is
 * 8-byte aligned. Returns NULL, or a sentence that states the problem. */
const char *poner_open_served(const uint8_t *bytes, uint64_t size, uint32_t n_features,
                              poner_served *served);

/* The end of a JSON number (RFC 8259) that begins at `at`, or NULL; reads only before `end`. */
const char *poner_number_end(const char *at, const char *end);

/* String `index` of a list; `index` is below the list's count. */
static inline poner_text poner_string(const poner_served *served, poner_list list, uint32_t index) {
    const uint32_t number = served->first[list] + index;
    const uint32_t start = number ? served->string_ends[number - 1] : 0;
    return (poner_text){served->strings + start, served->string_ends[number] - start};
}

/* Index of a text in the wire names or the vocabulary; the list's count if it is absent. */
uint32_t poner_find_string(const poner_served *served, poner_list list, poner_text text);

#endif
