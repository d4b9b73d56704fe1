#include "request.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *skip_space(const char *at) {
    while (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r') at++;
    return at;
}

static const char *skip_digits(const char *at) {
    while (*at >= '0' && *at <= '9') at++;
    return at;
}

/* The end of a JSON number, or NULL: strtod alone would take hexadecimal, "inf" and "+1" too. */
static const char *number_end(const char *at) {
    if (*at == '-') at++;
    const char *whole = at;
    at = skip_digits(at);
    if (at == whole || (*whole == '0' && at != whole + 1)) return NULL;
    if (*at == '.') {
        const char *fraction = ++at;
        at = skip_digits(at);
        if (at == fraction) return NULL;
    }
    if (*at == 'e' || *at == 'E') {
        at++;
        if (*at == '+' || *at == '-') at++;
        const char *exponent = at;
        at = skip_digits(at);
        if (at == exponent) return NULL;
    }
    return at;
}

/* The closing quote of a JSON string without escapes that begins at `at`, or NULL. */
static const char *text_end(const char *at) {
    while ((unsigned char)*at >= 0x20 && *at != '"' && *at != '\\') at++;
    return *at == '"' ? at : NULL;
}

/* Which name stands at `at`; names mostly come in order, so `guess` first. */
static size_t match_name(const char *at, const poner_fields *fields, size_t guess) {
    const char *end = text_end(at);
    if (!end) return fields->count;
    const size_t size = (size_t)(end - at);
    for (size_t i = 0; i < fields->count; i++) {
        const size_t k = (guess + i) % fields->count;
        const poner_name *name = fields->names + k;
        if (name->size == size && memcmp(name->text, at, size) == 0) return k;
    }
    return fields->count;
}

/* Reads a known text, whose place is its value; returns what follows it, or NULL. */
static const char *read_text(const char *at, const poner_fields *fields, double *value) {
    if (*at++ != '"') return NULL;
    const char *end = text_end(at);
    if (!end) return NULL;
    const size_t size = (size_t)(end - at);
    const uint8_t *known = fields->texts, *last = known + fields->texts_size;
    for (double place = 0.0; last - known >= 4; place++) {
        const size_t own = known[0] | (size_t)known[1] << 8 | (size_t)known[2] << 16 |
                           (size_t)known[3] << 24;
        known += 4;
        if (own > (size_t)(last - known)) return NULL;
        if (own == size && memcmp(known, at, size) == 0) {
            *value = place;
            return end + 1;
        }
        known += own;
    }
    return NULL;
}

/* Reads a finite number; returns what follows it, or NULL. */
static const char *read_number(const char *at, double *value) {
    const char *end = number_end(at);
    if (!end) return NULL;
    char *read;
    *value = strtod(at, &read); /* stops early under a locale without decimal points */
    return read == end && isfinite(*value) ? end : NULL;
}

bool poner_read_request(const char *body, const poner_fields *fields, double *values,
                        uint8_t *seen) {
    const char *at = skip_space(body);
    if (*at++ != '{') return false;
    memset(seen, 0, fields->count);
    for (size_t count = 0; count < fields->count; count++) {
        at = skip_space(at);
        if (*at++ != '"') return false;
        const size_t k = match_name(at, fields, count);
        if (k == fields->count || seen[k]) return false;
        seen[k] = 1;
        at = skip_space(at + fields->names[k].size + 1);
        if (*at++ != ':') return false;
        at = skip_space(at);
        if (fields->kinds[k] & PONER_TAKES_NULL && strncmp(at, "null", 4) == 0) {
            values[k] = NAN;
            at += 4;
        } else {
            at = fields->kinds[k] & PONER_IS_TEXT ? read_text(at, fields, values + k)
                                                  : read_number(at, values + k);
            if (!at) return false;
        }
        at = skip_space(at);
        if (*at++ != (count + 1 < fields->count ? ',' : '}')) return false;
    }
    return *skip_space(at) == '\0';
}
