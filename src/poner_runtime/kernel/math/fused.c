/* The functions with the processor's own fused multiply-add; on x86_64 with AVX2, so that loops
 * handle four doubles an instruction. */
#if defined(__x86_64__) && defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#elif defined(__x86_64__)
#pragma GCC target("avx2,fma")
#endif

#define fused __builtin_fma
#define FUNCTIONS poner_math_fused
#include "functions.h"

#if defined(__x86_64__) && defined(__clang__)
#pragma clang attribute pop
#endif
