/* Sums over trees whose nodes compare whole numbers: the way large ensembles are computed.
 *
 * A row's values first become codes: unsigned numbers in the same order. So a node takes eight
 * bytes, and a level three loads and a subtraction with borrow. NaN is the largest code; a second
 * code, in which NaN is the smallest, serves nodes that send NaN left. Code 0 belongs to no feature
 * and is always 0: leaves compare it, so that a leaf leads to itself without a test.
 */
#include <string.h>

#include "coded_trees.h"

/* Options, bits: codes are ranks among thresholds instead of float32 numbers; a leaf has a row of
 * values instead of one value. */
enum { RANKED = 1, LEAF_ROWS = 2, OPTIONS = 3 };

/* The input column of a code, whether NaN is its smallest code, and whether it equals the previous
 * code for all other values. */
#define NAN_IS_LEAST 0x80000000u
#define AS_BEFORE 0x40000000u
#define SOURCE 0x3fffffffu

#define MOST_CODES (MOST_CODED / LANES)
#define MOST_LEVELS 64u /* that are descended before the first test for leaves */

/* The form of codes in memory: unsigned; signed, for vector units; signed bytes. */
typedef enum { UNSIGNED, SIGNED, BYTES } form;

/* From values to codes. ---------------------------------------------------------------------- */

/* A float32 as a whole number in the same order; both zeros have one number. */
static inline uint32_t order_of(double value) {
    const float rounded = (float)value + 0.0f;
    uint32_t bits;
    memcpy(&bits, &rounded, sizeof bits);
    return bits ^ ((0u - (bits >> 31)) | 0x80000000u);
}

#if defined(__clang__)
#define EVEN_CHANCES(condition) __builtin_unpredictable(condition) /* else it would be a branch */
#else
#define EVEN_CHANCES(condition) (condition)
#endif

/* How many of n ascending thresholds are below each value. There are no branches, since half of
 * them would be mispredicted; LANES searches run together, since the loads of one wait for each
 * other. */
WRITTEN_OUT void rank(const double *thresholds, uint32_t n, const double *values, uint32_t lanes,
                      uint32_t *ranks) {
    for (uint32_t k = 0; k < lanes; k++) ranks[k] = 0;
    for (; n > 1; n -= n / 2)
        for (uint32_t k = 0; k < lanes; k++)
            ranks[k] += EVEN_CHANCES(thresholds[ranks[k] + n / 2 - 1] < values[k]) ? n / 2 : 0;
    for (uint32_t k = 0; k < lanes; k++) ranks[k] += n && thresholds[ranks[k]] < values[k];
}

/* How the values of one column become codes. */
typedef struct {
    const double *thresholds; /* NULL for float32 */
    uint32_t n_thresholds;
    uint32_t nan; /* its code, here and in the next code */
    uint32_t next_nan;
    bool pair; /* the next code differs for NaN only */
    form form;
} coding;

WRITTEN_OUT void store(form form, void *codes, size_t place, uint32_t code) {
    if (form == BYTES)
        ((int8_t *)codes)[place] = (int8_t)(code ^ 0x80u);
    else
        ((uint32_t *)codes)[place] = code ^ (form == SIGNED ? 0x80000000u : 0);
}

/* The codes of `lanes` rows, stored from `place` on; the second codes of a pair from `next` on. */
WRITTEN_OUT void code_lanes(const coding *how, const double *values, size_t stride, uint32_t lanes,
                            void *codes, size_t place, size_t next) {
    double own[LANES];
    uint32_t code[LANES];
    for (uint32_t k = 0; k < lanes; k++) own[k] = values[k * stride];
    if (how->thresholds)
        rank(how->thresholds, how->n_thresholds, own, lanes, code);
    else
        for (uint32_t k = 0; k < lanes; k++) code[k] = order_of(own[k]);
    for (uint32_t k = 0; k < lanes; k++)
        store(how->form, codes, place + k, own[k] != own[k] ? how->nan : code[k]);
    for (uint32_t k = 0; how->pair && k < lanes; k++)
        store(how->form, codes, next + k, own[k] != own[k] ? how->next_nan : code[k]);
}

static inline uint32_t code_of_nan(uint32_t source, form form) {
    return source & NAN_IS_LEAST ? 0 : form == BYTES ? 255 : UINT32_MAX;
}

/* The codes of some rows, in groups of `together` rows: code after code within a group, row after
 * row within a code. Code 0 is set already. Arrays: 3 sources of codes 1, 2, ...; 4 ends of their
 * thresholds, 5 thresholds. */
static void code_rows(const poner_call *call, size_t first, size_t n_rows, form form,
                      size_t together, void *codes) {
    const uint32_t *sources = poner_given(call, 3);
    const size_t n_sources = poner_count_given(call, 3), width = call->in_width[0];
    const uint32_t *ends = call->step->option & RANKED ? poner_given(call, 4) : NULL;
    const double *thresholds = ends ? poner_given(call, 5) : NULL;
    for (size_t i = 0, start = 0; i < n_sources; i++) {
        const bool pair = i + 1 < n_sources && sources[i + 1] & AS_BEFORE;
        const coding how = {
            .thresholds = ends ? thresholds + start : NULL,
            .n_thresholds = ends ? (uint32_t)(ends[i] - start) : 0,
            .nan = code_of_nan(sources[i], form),
            .next_nan = code_of_nan(pair ? sources[i + 1] : 0, form),
            .pair = pair,
            .form = form,
        };
        start = ends ? ends[i] : 0;
        const double *in = call->in[0] + first * width + (sources[i] & SOURCE);
        for (size_t row = 0; row < n_rows; row += LANES, in += LANES * width) {
            const size_t group = row / together * (n_sources + 1);
            const size_t place = (group + i + 1) * together + row % together;
            if (n_rows - row >= LANES)
                code_lanes(&how, in, width, LANES, codes, place, place + together);
            else
                for (size_t k = 0; k < n_rows - row; k++)
                    code_lanes(&how, in + k * width, width, 1, codes, place + k,
                               place + together + k);
        }
        i += pair;
    }
}

/* Set code 0 of the first n_rows rows to the smallest code. */
static void set_code_0(form form, size_t n_codes, size_t together, size_t n_rows, void *codes) {
    for (size_t row = 0; row < n_rows; row++)
        store(form, codes, row / together * n_codes * together + row % together, 0);
}

/* Down the trees. ---------------------------------------------------------------------------- */

/* Index of the code that a node compares, among the codes of LANES rows. */
#define PLACE_OF(node) ((uint32_t)((node) >> 29) & 0x7fff8u)

/* One level down; a leaf leads to itself. */
WRITTEN_OUT uint32_t descend(const uint64_t *nodes, uint32_t index, const uint32_t *codes) {
    const uint64_t node = nodes[index];
    return index + CHILD_OF(node) + (CODE_OF(node) < codes[PLACE_OF(node)]);
}

static inline uint32_t finish(const uint64_t *nodes, uint32_t index, const uint32_t *codes) {
    while (CHILD_OF(nodes[index])) index = descend(nodes, index, codes);
    return CODE_OF(nodes[index]);
}

/* Descends `levels` without a test for leaves, then until each lane is at a leaf. The loop ends,
 * because a child comes after its parent. Lane k reads the codes of row k, or with `same` all read
 * row 0. */
WRITTEN_OUT void go_down(const uint64_t *nodes, uint32_t *index, uint32_t levels,
                         const uint32_t *codes, bool same) {
    for (; levels > 0; levels--)
        EACH_LANE(k) index[k] = descend(nodes, index[k], codes + (same ? 0 : k));
    for (;;) {
        uint32_t moving = 0;
        EACH_LANE(k) moving |= CHILD_OF(nodes[index[k]]);
        if (!moving) break;
        EACH_LANE(k) index[k] = descend(nodes, index[k], codes + (same ? 0 : k));
    }
    EACH_LANE(k) index[k] = CODE_OF(nodes[index[k]]);
}

/* All trees for one row, LANES of them side by side; with `single` there is one sum, which stays in
 * a register: in memory, each addition would wait twice as long for the previous one. */
WRITTEN_OUT void sum_row(const coded_trees *all, const uint32_t *codes, double *sums, bool single) {
    const uint32_t *tree = all->trees;
    double sum = *sums;
    for (; all->end - tree >= LANES_NUMBERS; tree += LANES_NUMBERS) {
        uint32_t index[LANES], levels = UINT32_MAX;
        EACH_LANE(k) {
            index[k] = tree[k * TREE_NUMBERS + ROOT];
            const uint32_t own = tree[k * TREE_NUMBERS + LEVELS];
            levels = own < levels ? own : levels;
        }
        go_down(all->nodes, index, levels, codes, true);
        if (single)
            EACH_LANE(k) sum += all->leaves[index[k]];
        else
            EACH_LANE(k) add_leaf(all, index[k], tree[k * TREE_NUMBERS + COLUMN], sums);
    }
    if (single) *sums = sum;
    for (; tree < all->end; tree += TREE_NUMBERS)
        add_leaf(all, finish(all->nodes, tree[ROOT], codes), tree[COLUMN], sums);
}

/* All trees for some rows, tree after tree, so that a tree stays in the cache. */
static void walk(const coded_trees *all, const uint32_t *codes, size_t n_rows, double *sums) {
    const size_t grouped = n_rows - n_rows % LANES, width = all->width;
    for (const uint32_t *tree = all->trees; grouped && tree < all->end; tree += TREE_NUMBERS)
        for (size_t row = 0; row < grouped; row += LANES) {
            uint32_t index[LANES];
            EACH_LANE(k) index[k] = tree[ROOT];
            go_down(all->nodes, index, tree[LEVELS], codes + row * all->n_codes, false);
            EACH_LANE(k) add_leaf(all, index[k], tree[COLUMN], sums + (row + k) * width);
        }
    for (size_t row = grouped; row < n_rows; row++) {
        const uint32_t *own = codes + grouped * all->n_codes + row % LANES;
        if (width == 1 && !all->leaf_rows)
            sum_row(all, own, sums + row, true);
        else
            sum_row(all, own, sums + row * width, false);
    }
}

/* Whether all codes are ranks among fewer than 255 thresholds; NaN is 255. */
static bool are_narrow(const poner_call *call) {
    if (!(call->step->option & RANKED)) return false;
    const uint32_t *ends = poner_given(call, 4);
    uint32_t most = 0;
    for (uint64_t i = 0, start = 0; i < poner_count_given(call, 3); start = ends[i++])
        most = ends[i] - start > most ? (uint32_t)(ends[i] - start) : most;
    return most < 255;
}

/* out[column] = start[column] + the leaf of each tree of that column, one after the other; with
 * LEAF_ROWS, out = start + the leaf row of each tree.
 * Arrays: 0 trees (root, levels without a leaf, column), 1 nodes, two numbers each, 2 leaves,
 * 3 sources of the codes, 4 ends of their thresholds, 5 thresholds, 6 start values. */
poner_status poner_sum_coded_trees(const poner_call *call) {
    const uint32_t *trees = poner_given(call, 0);
    const coded_trees all = {
        .trees = trees,
        .end = trees + poner_count_given(call, 0),
        .nodes = poner_given(call, 1),
        .n_nodes = poner_count_given(call, 1) / 2,
        .leaves = poner_given(call, 2),
        .width = call->step->width,
        .n_codes = 1 + (uint32_t)poner_count_given(call, 3),
        .leaf_rows = call->step->option & LEAF_ROWS,
        .narrow = call->n_rows >= TILE / 4 && are_narrow(call),
    };
    const bool tiled = call->n_rows >= TILE / 4 && poner_suits_tiles(&all);
    const form form = !tiled ? UNSIGNED : all.narrow ? BYTES : SIGNED;
    const size_t together = tiled ? TILE : LANES;
    const size_t room = form == BYTES ? 4 * MOST_CODED : MOST_CODED;
    const size_t most = room / (all.n_codes * together) * together;
    uint32_t codes[MOST_CODED];
    if (tiled) memset(codes, 0, sizeof codes); /* the last tile may have fewer rows */
    poner_fill_rows(call, poner_given(call, 6));
    set_code_0(form, all.n_codes, together, call->n_rows < most ? call->n_rows : most, codes);
    for (size_t first = 0; first < call->n_rows; first += most) {
        const size_t n_rows = call->n_rows - first < most ? call->n_rows - first : most;
        double *sums = call->out + first * all.width;
        code_rows(call, first, n_rows, form, together, codes);
        if (tiled)
            poner_sum_tiles(&all, codes, n_rows, sums);
        else
            walk(&all, codes, n_rows, sums);
    }
    return PONER_OK;
}

/* Opening. ----------------------------------------------------------------------------------- */

static const char *check_codes(const poner_model *model, const poner_step *step,
                               uint32_t in_width) {
    const uint64_t n_sources = poner_count_of(model, step, 3);
    const uint32_t *sources = poner_expect_array(model, step, 3, PONER_UINT32, n_sources);
    if (!sources || n_sources + 1 > MOST_CODES) return "coded trees have no sources, or too many";
    for (uint64_t i = 0; i < n_sources; i++)
        if ((sources[i] & SOURCE) >= in_width || (i == 0 && sources[i] & AS_BEFORE))
            return "a code's source does not exist";
    uint32_t total;
    if (step->option & RANKED && (!poner_expect_ends(model, step, 4, n_sources, &total) ||
                                  !poner_expect_array(model, step, 5, PONER_FLOAT64, total)))
        return "coded trees have no thresholds";
    return NULL;
}

static const char *check_nodes(const poner_model *model, const poner_step *step,
                               uint64_t n_leaves) {
    const uint64_t numbers = poner_count_of(model, step, 1), n_nodes = numbers / 2;
    const uint32_t *halves = poner_expect_array(model, step, 1, PONER_UINT32, numbers);
    if (!halves || numbers % 2 || n_nodes > UINT32_MAX) return "coded trees have no nodes";
    const uint64_t *nodes = poner_array_of(model, step, 1);
    const uint64_t n_codes = 1 + poner_count_of(model, step, 3);
    for (uint64_t i = 0; i < n_nodes; i++) {
        const uint64_t node = nodes[i];
        if (ASKED_OF(node) >= n_codes) return "a node's code does not exist";
        if (CHILD_OF(node) == 0) {
            if (ASKED_OF(node) != 0 || CODE_OF(node) >= n_leaves) return "a leaf is invalid";
        } else if (i + CHILD_OF(node) + 1 >= n_nodes) {
            return "a node's children are not after it";
        }
    }
    return NULL;
}

const char *poner_check_sum_coded_trees(const poner_model *model, const poner_step *step,
                                        const uint32_t *widths) {
    const uint64_t n_values = poner_count_of(model, step, 2);
    const uint64_t leaf_width = step->option & LEAF_ROWS ? step->width : 1;
    if (step->option > OPTIONS) return "coded trees have an unknown option";
    if (!poner_expect_array(model, step, 2, PONER_FLOAT64, n_values) || n_values % leaf_width ||
        !poner_expect_array(model, step, 6, PONER_FLOAT64, step->width))
        return "coded trees have no leaves or start values";
    const char *problem =
        poner_check_trees(model, step, poner_count_of(model, step, 1) / 2, MOST_LEVELS);
    if (!problem) problem = check_codes(model, step, widths[0]);
    return problem ? problem : check_nodes(model, step, n_values / leaf_width);
}
