/* Reads the plain request: one flat JSON object with a value for each feature, and nothing else. */
#ifndef PONER_REQUEST_H
#define PONER_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A name as UTF-8. */
typedef struct {
    const char *text;
    size_t size;
} poner_name;

/* What a feature's value may be: bits of poner_fields.kinds. A number, unless it is a text. */
#define PONER_IS_TEXT 1u
#define PONER_TAKES_NULL 2u

/* The features, in the model's order. */
typedef struct {
    size_t count;
    const poner_name *names;
    const uint8_t *kinds;
    const uint8_t *texts; /* the known texts: of each its size, 4 bytes little-endian, and UTF-8 */
    size_t texts_size;
} poner_fields;

/* True if `body`, which ends with a zero byte, is a JSON object (RFC 8259) that gives each of the
 * fields exactly one value, in any order: a finite number, a known text, or null where that is
 * taken. `values` are then in the order of the fields: a text as its place among the known ones,
 * null as NaN. False for everything else, and for names and texts written with escapes: a reader
 * that can say what is wrong then takes over. `seen` is scratch memory of a byte a field. */
bool poner_read_request(const char *body, const poner_fields *fields, double *values,
                        uint8_t *seen);

#endif
