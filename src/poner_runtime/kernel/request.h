/* Reads the plain request: one flat JSON object with a number for each name, and nothing else. */
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

/* True if `body`, which ends with a zero byte, is a JSON object (RFC 8259) that gives each of the
 * names exactly one number of at most `largest`, in any order; values are then in the order of the
 * names. False for everything else, and for names written with escapes: a reader that can say what
 * is wrong then takes over. `seen` is scratch memory of n_names bytes. */
bool poner_read_request(const char *body, const poner_name *names, size_t n_names, double largest,
                        double *values, uint8_t *seen);

#endif
