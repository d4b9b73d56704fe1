/* Checks the section of the served model: all of it, once, when a file is opened. */
#include "served_model.h"

#include <string.h>

_Static_assert(sizeof(poner_served_header) == 56, "the section's header has no padding");
_Static_assert(sizeof(poner_feature) == 32, "a feature's record has no padding");

/* Whether a text is UTF-8; with `surrogates` it may hold lone surrogates, of three bytes each. */
static bool is_utf8(poner_text text, bool surrogates) {
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    const uint8_t *at = (const uint8_t *)text.bytes, *end = at + text.size;
    while (at < end) {
        const uint8_t lead = *at++;
        if (lead < 0x80) continue;
        const int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
        if (lead < 0xc2 || lead > 0xf4 || end - at < more) return false;
        uint32_t code = lead & (0x3fu >> more);
        for (int i = 0; i < more; i++, at++) {
            if ((*at & 0xc0) != 0x80) return false;
            code = code << 6 | (*at & 0x3fu);
        }
        if (code < least[more] || code > 0x10ffff) return false;
        if (code >= 0xd800 && code <= 0xdfff && !surrogates) return false;
    }
    return true;
}

/* The place after one or more digits; NULL if there is no digit. */
static const char *skip_digits(const char *at, const char *end) {
    const char *first = at;
    while (at < end && *at >= '0' && *at <= '9') at++;
    return at > first ? at : NULL;
}

const char *poner_number_end(const char *at, const char *end) {
    if (at < end && *at == '-') at++;
    const char *whole = at;
    at = skip_digits(at, end);
    if (!at || (*whole == '0' && at != whole + 1)) return NULL;
    if (at < end && *at == '.') at = skip_digits(at + 1, end);
    if (at && at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-')) at++;
        at = skip_digits(at, end);
    }
    return at;
}

/* Whether the rest of a JSON string, pure ASCII, follows the opening quote. */
static bool is_json_string(const char *at, const char *end) {
    while (at < end && *at >= 0x20 && *at != '"') {
        if (*at++ != '\\') continue;
        if (at == end || *at == '\0' || !strchr("\"\\/bfnrtu", *at)) return false;
        if (*at++ != 'u') continue;
        if (end - at < 4) return false;
        for (int i = 0; i < 4; i++, at++)
            if (*at == '\0' || !strchr("0123456789abcdefABCDEF", *at)) return false;
    }
    return end - at == 1 && *at == '"';
}

/* Whether a class can be sent as it is: a JSON string, number, true or false. */
static bool is_json_scalar(poner_text text) {
    const char *at = text.bytes, *end = at + text.size;
    if (text.size && *at == '"') return is_json_string(at + 1, end);
    if (text.size == 4 && memcmp(at, "true", 4) == 0) return true;
    if (text.size == 5 && memcmp(at, "false", 5) == 0) return true;
    return poner_number_end(at, end) == end;
}

static int compare(poner_text a, poner_text b) {
    const int order = memcmp(a.bytes, b.bytes, a.size < b.size ? a.size : b.size);
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

static const char *check_counts(const poner_served_header *header, uint32_t n_features) {
    const uint32_t *counts = header->counts;
    if (header->version != PONER_SERVED_VERSION) return "its description has an unknown version";
    if (header->body_limit_bytes == 0) return "its description has no limit for request bodies";
    if (header->number_type != PONER_SERVES_FLOAT64 && header->number_type != PONER_SERVES_FLOAT32)
        return "its description has an unknown type of numbers";
    if (counts[PONER_WIRE_NAMES] != n_features || counts[PONER_COLUMNS] != n_features)
        return "its description has the wrong number of features";
    if (counts[PONER_LABELS] != 0 && counts[PONER_LABELS] != counts[PONER_CLASSES])
        return "its description does not have one label for each class";
    if (counts[PONER_TARGET] > 1 || counts[PONER_PROVENANCE] != 1)
        return "its description has the wrong number of names";
    return NULL;
}

/* Makes the view of the section; false if its header states another size than it has. */
static bool lay_out(const uint8_t *bytes, uint64_t size, poner_served *served) {
    const poner_served_header *header = (const void *)bytes;
    uint64_t n_strings = 0;
    for (int list = 0; list < PONER_N_LISTS; list++) {
        served->first[list] = (uint32_t)n_strings;
        n_strings += header->counts[list];
    }
    const uint64_t n_features = header->counts[PONER_WIRE_NAMES];
    const uint64_t features = sizeof *header;
    const uint64_t quantiles = features + n_features * sizeof(poner_feature);
    const uint64_t categories = quantiles + (uint64_t)header->n_quantiles * sizeof(double);
    const uint64_t class_ends = categories + (uint64_t)header->n_categories * 4;
    const uint64_t name_order = class_ends + (uint64_t)header->n_outputs * 4;
    const uint64_t text_order = name_order + n_features * 4;
    const uint64_t string_ends = text_order + (uint64_t)header->counts[PONER_VOCABULARY] * 4;
    const uint64_t strings = string_ends + n_strings * 4;
    if (n_strings > UINT32_MAX || strings > size) return false;
    served->header = header;
    served->features = (const void *)(bytes + features);
    served->quantiles = (const void *)(bytes + quantiles);
    served->categories = (const void *)(bytes + categories);
    served->class_ends = (const void *)(bytes + class_ends);
    served->name_order = (const void *)(bytes + name_order);
    served->text_order = (const void *)(bytes + text_order);
    served->string_ends = (const void *)(bytes + string_ends);
    served->strings = (const char *)bytes + strings;
    uint32_t end = 0; /* there is at least one string, a wire name */
    for (uint64_t i = 0; i < n_strings; end = served->string_ends[i++])
        if (served->string_ends[i] < end) return false;
    return end == size - strings;
}

static const char *check_features(const poner_served *served) {
    const poner_served_header *header = served->header;
    uint32_t quantiles = 0, categories = 0;
    for (uint32_t i = 0; i < header->counts[PONER_WIRE_NAMES]; i++) {
        const poner_feature *feature = served->features + i;
        if (feature->kind > PONER_CATEGORY || feature->flags > 15)
            return "a feature is of no known kind";
        if (feature->quantiles_end < quantiles || feature->categories_end < categories)
            return "a feature's quantiles or categories are out of order";
        quantiles = feature->quantiles_end, categories = feature->categories_end;
    }
    if (quantiles != header->n_quantiles || categories != header->n_categories)
        return "a feature's quantiles or categories are out of order";
    const uint64_t n_texts =
        (uint64_t)header->counts[PONER_VOCABULARY] + header->counts[PONER_OTHER_TEXTS];
    for (uint32_t i = 0; i < categories; i++)
        if (served->categories[i] >= n_texts) return "a category's text does not exist";
    return NULL;
}

static const char *check_classes(const poner_served *served) {
    uint32_t end = 0;
    for (uint32_t i = 0; i < served->header->n_outputs; end = served->class_ends[i++])
        if (served->class_ends[i] <= end) return "an output has no classes";
    return end == served->header->counts[PONER_CLASSES] ? NULL : "a class belongs to no output";
}

static const char *check_strings(const poner_served *served) {
    for (int list = 0; list < PONER_N_LISTS; list++) {
        const bool is_text = list == PONER_VOCABULARY || list == PONER_OTHER_TEXTS;
        for (uint32_t i = 0; i < served->header->counts[list]; i++) {
            const poner_text text = poner_string(served, (poner_list)list, i);
            if (!is_utf8(text, is_text)) return "a name or a text is not UTF-8";
            if (list == PONER_CLASSES && !is_json_scalar(text)) return "a class is not JSON";
        }
    }
    return NULL;
}

/* Whether `order` sorts the strings strictly; if so, all strings and all indices are different. */
static bool is_sorted(const poner_served *served, poner_list list, const uint32_t *order) {
    const uint32_t count = served->header->counts[list];
    for (uint32_t i = 0; i < count; i++) {
        if (order[i] >= count) return false;
        if (i && compare(poner_string(served, list, order[i - 1]),
                         poner_string(served, list, order[i])) >= 0)
            return false;
    }
    return true;
}

const char *poner_open_served(const uint8_t *bytes, uint64_t size, uint32_t n_features,
                              poner_served *served) {
    if ((uintptr_t)bytes % 8 || size < sizeof(poner_served_header))
        return "its description is cut off or damaged";
    const char *problem = check_counts((const void *)bytes, n_features);
    if (problem) return problem;
    if (!lay_out(bytes, size, served)) return "its description is cut off or damaged";
    problem = check_features(served);
    if (!problem) problem = check_classes(served);
    if (!problem) problem = check_strings(served);
    if (problem) return problem;
    if (!is_sorted(served, PONER_WIRE_NAMES, served->name_order))
        return "two features have the same name, or names are out of order";
    if (!is_sorted(served, PONER_VOCABULARY, served->text_order))
        return "two texts are the same, or texts are out of order";
    return NULL;
}

uint32_t poner_find_string(const poner_served *served, poner_list list, poner_text text) {
    const uint32_t *order = list == PONER_WIRE_NAMES ? served->name_order : served->text_order;
    const uint32_t count = served->header->counts[list];
    uint32_t low = 0, high = count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const int found = compare(poner_string(served, list, order[middle]), text);
        if (found == 0) return order[middle];
        if (found < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return count;
}
