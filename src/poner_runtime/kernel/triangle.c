/* Solving a triangular system. */
#include "operations.h"

const char *poner_check_solve_triangle(const poner_model *model, const poner_step *step,
                                       const uint32_t *widths) {
    const uint64_t n = widths[0];
    if (!poner_expect_array(model, step, 0, PONER_FLOAT64, n * (n + 1) / 2))
        return "a triangular system has the wrong number of coefficients";
    return step->width == widths[0] ? NULL : "a system's solution has the wrong width";
}

static double dot(const double *a, const double *b, uint32_t n) {
    double lane[4] = {0.0, 0.0, 0.0, 0.0};
    uint32_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (uint32_t k = 0; k < 4; k++) lane[k] += a[i + k] * b[i + k];
    double sum = (lane[0] + lane[1]) + (lane[2] + lane[3]);
    for (; i < n; i++) sum += a[i] * b[i];
    return sum;
}

/* out such that triangle x out = in. Arrays: 0 the lower triangle, row after row. */
poner_status poner_solve_triangle(const poner_call *call) {
    const double *row_of = poner_given(call, 0);
    const uint32_t n = call->in_width[0];
    for (uint32_t i = 0; i < n; row_of += ++i)
        for (size_t row = 0; row < call->n_rows; row++) {
            double *out = call->out + row * n;
            out[i] = (call->in[0][row * n + i] - dot(row_of, out, i)) / row_of[i];
        }
    return PONER_OK;
}
