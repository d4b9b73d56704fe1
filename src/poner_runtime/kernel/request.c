#include "request.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *skip_space(const char *at) {
    while (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r') at++;
    return at;
}

/* The closing quote of a JSON string without escapes that begins at `at`, or NULL. */
static const char *text_end(const char *at) {
    while ((unsigned char)*at >= 0x20 && *at != '"' && *at != '\\') at++;
    return *at == '"' ? at : NULL;
}

/* The feature whose name begins at `at`. Names mostly come in order, so `guess` is tried first. */
static uint32_t match_name(poner_text name, const poner_served *served, uint32_t guess) {
    const poner_text guessed = poner_string(served, PONER_WIRE_NAMES, guess);
    if (guessed.size == name.size && memcmp(guessed.bytes, name.bytes, name.size) == 0)
        return guess;
    return poner_find_string(served, PONER_WIRE_NAMES, name);
}

/* Reads a known text; returns the place after it, or NULL. */
static const char *read_text(const char *at, const poner_served *served, double *value) {
    if (*at++ != '"') return NULL;
    const char *end = text_end(at);
    if (!end) return NULL;
    const poner_text text = {at, (size_t)(end - at)};
    const uint32_t code = poner_find_string(served, PONER_VOCABULARY, text);
    *value = code;
    return code < served->header->counts[PONER_VOCABULARY] ? end + 1 : NULL;
}

/* Reads a finite number; returns the place after it, or NULL. JSON's form is checked first, since
 * strtod takes hexadecimal, "inf" and "+1" too, and stops early in a locale with decimal commas. */
static const char *read_number(const char *at, const char *body_end, double *value) {
    const char *end = poner_number_end(at, body_end);
    if (!end) return NULL;
    char *read;
    *value = strtod(at, &read);
    return read == end && isfinite(*value) ? end : NULL;
}

bool poner_read_request(poner_text body, const poner_served *served, double *values,
                        uint8_t *seen) {
    const uint32_t n_features = served->header->counts[PONER_WIRE_NAMES];
    const char *at = skip_space(body.bytes), *body_end = body.bytes + body.size;
    if (*at++ != '{') return false;
    memset(seen, 0, n_features);
    for (uint32_t count = 0; count < n_features; count++) {
        at = skip_space(at);
        if (*at++ != '"') return false;
        const char *end = text_end(at);
        if (!end) return false;
        const poner_text name = {at, (size_t)(end - at)};
        const uint32_t k = match_name(name, served, count);
        if (k == n_features || seen[k]) return false;
        seen[k] = 1;
        at = skip_space(end + 1);
        if (*at++ != ':') return false;
        at = skip_space(at);
        const poner_feature *feature = served->features + k;
        if (feature->flags & PONER_TAKES_NULL && strncmp(at, "null", 4) == 0) {
            values[k] = NAN;
            at += 4;
        } else {
            at = feature->kind == PONER_CATEGORY ? read_text(at, served, values + k)
                                                 : read_number(at, body_end, values + k);
            if (!at) return false;
        }
        at = skip_space(at);
        if (*at++ != (count + 1 < n_features ? ',' : '}')) return false;
    }
    return skip_space(at) == body_end;
}
