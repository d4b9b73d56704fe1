/* Reads a plain request: one flat JSON object with a value for each feature. */
#ifndef PONER_REQUEST_H
#define PONER_REQUEST_H

#include "served_model.h"

/* True if `body`, which a zero byte follows, is a JSON object (RFC 8259) that gives each feature
 * exactly one value, in any order: a finite number, a known text, or null where the model takes it.
 * `values` are then in the order of the features: a text as its code, null as NaN. False for
 * every other body, and for names and texts with escapes: the caller then uses a reader that can
 * explain the problem. `seen` is scratch memory, one byte a feature. */
bool poner_read_request(poner_text body, const poner_served *served, double *values, uint8_t *seen);

#endif
