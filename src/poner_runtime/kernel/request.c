#include "request.h"

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

/* Which name stands at `at`, with its closing quote; names mostly come in order, so `guess` first. */
static size_t match_name(const char *at, const poner_name *names, size_t n_names, size_t guess) {
    const char *end = at + strcspn(at, "\"\\");
    if (*end != '"') return n_names;
    const size_t size = (size_t)(end - at);
    for (size_t i = 0; i < n_names; i++) {
        const size_t k = (guess + i) % n_names;
        if (names[k].size == size && memcmp(names[k].text, at, size) == 0) return k;
    }
    return n_names;
}

bool poner_read_request(const char *body, const poner_name *names, size_t n_names, double largest,
                        double *values, uint8_t *seen) {
    const char *at = skip_space(body);
    if (*at++ != '{') return false;
    memset(seen, 0, n_names);
    for (size_t count = 0; count < n_names; count++) {
        at = skip_space(at);
        if (*at++ != '"') return false;
        const size_t k = match_name(at, names, n_names, count);
        if (k == n_names || seen[k]) return false;
        seen[k] = 1;
        at = skip_space(at + names[k].size + 1);
        if (*at++ != ':') return false;
        at = skip_space(at);
        const char *end = number_end(at);
        if (!end) return false;
        char *read;
        values[k] = strtod(at, &read); /* stops early under a locale without decimal points */
        if (read != end || !(values[k] >= -largest && values[k] <= largest)) return false;
        at = skip_space(end);
        if (*at++ != (count + 1 < n_names ? ',' : '}')) return false;
    }
    return *skip_space(at) == '\0';
}
