/* Tables of published algorithms; tests/unit/poner_runtime/test_math_tables.py computes them anew.
 *
 * Szabolcs Nagy's are in Arm Optimized Routines (math/exp_data.c, log_data.c, logf_data.c and
 * pow_log_data.c, as of 2026-06-29) and in glibc since 2.28. */
#ifndef PONER_MATH_TABLES_H
#define PONER_MATH_TABLES_H

#include <stdint.h>

/* 2^(i/128) for exp, exp2, expf and pow: `bits` are those of the nearest double, less i << 45, so
 * that adding k << 45 gives 2^(k/128); the power is that double times 1 + tail. */
typedef struct {
    double tail;
    uint64_t bits;
} exp_row;

extern const exp_row EXP_TABLE[128];

/* A number near the middle of the i-th interval: its inverse and its logarithm. Its inverse is
 * chosen so that the logarithm is nearly a multiple of 2^-43. */
typedef struct {
    double inverse, log;
} log_row;

extern const log_row LOG_TABLE[128];

extern const log_row LOGF_TABLE[16];

/* The same for pow: the inverse has nine bits, the logarithm two parts. */
typedef struct {
    double inverse, log, log_tail;
} power_row;

extern const power_row POWER_TABLE[128];

/* The first 1,280 fraction bits of 2/pi, after 64 zeros. */
extern const uint64_t TWO_OVER_PI[20];

#endif
