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

/* Skips a string without escapes, a number, true, false or null; NULL for anything else. */
static const char *skip_scalar(const char *at, const char *body_end) {
    static const char *const words[] = {"true", "false", "null"};
    if (*at == '"') {
        const char *end = text_end(at + 1);
        return end ? end + 1 : NULL;
    }
    for (int i = 0; i < 3; i++)
        if (strncmp(at, words[i], strlen(words[i])) == 0) return at + strlen(words[i]);
    return poner_number_end(at, body_end);
}

/* Reads the value of a feature; returns what follows it, or NULL. */
static const char *read_value(const char *at, const char *body_end, const poner_served *served,
                              const poner_feature *feature, double *value) {
    *value = NAN;
    if (feature->flags & PONER_IGNORED) return skip_scalar(at, body_end);
    if (feature->flags & PONER_TAKES_NULL && strncmp(at, "null", 4) == 0) return at + 4;
    return feature->kind == PONER_CATEGORY ? read_text(at, served, value)
                                           : read_number(at, body_end, value);
}

/* Whether only features that the model ignores are missing from a request; they become NaN. */
static bool fill_missing(const poner_served *served, const uint8_t *seen, double *values) {
    for (uint32_t k = 0; k < served->header->counts[PONER_WIRE_NAMES]; k++) {
        if (seen[k]) continue;
        if (!(served->features[k].flags & PONER_IGNORED)) return false;
        values[k] = NAN;
    }
    return true;
}

bool poner_read_request(poner_text body, const poner_served *served, double *values,
                        uint8_t *seen) {
    const uint32_t n_features = served->header->counts[PONER_WIRE_NAMES];
    const char *at = skip_space(body.bytes), *body_end = body.bytes + body.size;
    if (*at++ != '{') return false;
    memset(seen, 0, n_features);
    at = skip_space(at);
    bool more = *at != '}';
    if (!more) at++;
    for (uint32_t guess = 0; more; at = skip_space(at)) {
        if (*at++ != '"') return false;
        const char *end = text_end(at);
        if (!end) return false;
        const poner_text name = {at, (size_t)(end - at)};
        const uint32_t k = match_name(name, served, guess);
        if (k == n_features || seen[k]) return false;
        seen[k] = 1;
        guess = k + 1 < n_features ? k + 1 : 0;
        at = skip_space(end + 1);
        if (*at++ != ':') return false;
        at = read_value(skip_space(at), body_end, served, served->features + k, values + k);
        if (!at) return false;
        at = skip_space(at);
        if (*at != ',' && *at != '}') return false;
        more = *at++ == ',';
    }
    return skip_space(at) == body_end && fill_missing(served, seen, values);
}
