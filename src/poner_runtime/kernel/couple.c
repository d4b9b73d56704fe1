/* Probabilities of many classes from the probabilities of each pair of classes. */
#include <math.h>

#include "operations.h"

#define MAX_CLASSES 1024u /* the stack holds a value for each */

const char *poner_check_couple(const poner_model *model, const poner_step *step,
                               const uint32_t *widths) {
    (void)model;
    const uint64_t n = step->width;
    if (n < 2 || n > MAX_CLASSES) return "there are too few or too many classes to couple";
    return widths[0] == n * (n - 1) / 2 ? NULL : "there is not one probability for each pair";
}

/* Probability of a, given that the class is a or b; `pairs` are of (0, 1), (0, 2) ... (1, 2) ... */
static inline double pair_probability(const double *pairs, uint32_t n, uint32_t a, uint32_t b) {
    const uint32_t low = a < b ? a : b, high = a < b ? b : a;
    const double first = pairs[low * n - low * (low + 1) / 2 + high - low - 1];
    return a < b ? first : 1.0 - first;
}

/* An off-diagonal entry of libsvm's matrix Q. */
static inline double coupling(const double *pairs, uint32_t n, uint32_t t, uint32_t j) {
    return -pair_probability(pairs, n, j, t) * pair_probability(pairs, n, t, j);
}

static double own_coupling(const double *pairs, uint32_t n, uint32_t t) {
    double sum = 0.0;
    for (uint32_t j = 0; j < n; j++)
        if (j != t) sum += pair_probability(pairs, n, j, t) * pair_probability(pairs, n, j, t);
    return sum;
}

/* Method 2 of Wu, Lin and Weng (2004), step for step as libsvm's multiclass_probability
 * (scikit-learn 1.1 to 1.9, sklearn/svm/src/libsvm/svm.cpp): the result depends on where it stops. */
static void couple(const double *pairs, double *p, uint32_t n) {
    const uint32_t most_rounds = n > 100 ? n : 100;
    const double enough = 0.005 / n;
    double qp[MAX_CLASSES];
    for (uint32_t t = 0; t < n; t++) p[t] = 1.0 / n;
    for (uint32_t round = 0; round < most_rounds; round++) {
        double pqp = 0.0, worst = 0.0;
        for (uint32_t t = 0; t < n; pqp += p[t] * qp[t], t++) {
            qp[t] = 0.0;
            for (uint32_t j = 0; j < n; j++)
                qp[t] += (j == t ? own_coupling(pairs, n, t) : coupling(pairs, n, t, j)) * p[j];
        }
        for (uint32_t t = 0; t < n; t++)
            if (fabs(qp[t] - pqp) > worst) worst = fabs(qp[t] - pqp);
        if (worst < enough) break;
        for (uint32_t t = 0; t < n; t++) {
            const double own = own_coupling(pairs, n, t), step = (-qp[t] + pqp) / own;
            p[t] += step;
            pqp = (pqp + step * (step * own + 2.0 * qp[t])) / (1.0 + step) / (1.0 + step);
            for (uint32_t j = 0; j < n; j++) {
                const double q = j == t ? own : coupling(pairs, n, t, j);
                qp[j] = (qp[j] + step * q) / (1.0 + step);
                p[j] /= 1.0 + step;
            }
        }
    }
}

/* out = the probability of each class, from that of the first of each pair. */
poner_status poner_couple(const poner_call *call) {
    const uint32_t n = call->step->width;
    for (size_t row = 0; row < call->n_rows; row++)
        couple(call->in[0] + row * call->in_width[0], call->out + row * n, n);
    return PONER_OK;
}
