"""Isotonic regression: linear interpolation between points of one feature.

Source: scikit-learn 1.1 to 1.9, sklearn/isotonic.py; scipy 1.9 to 1.17,
scipy/interpolate/_interpolate.py (interp1d), read 2026-11-22.
"""

from __future__ import annotations

import numpy as np

from poner.artifacts import FittedObject, FloatArray
from poner.compiler.converters.scope import (
    Prediction,
    PredictorConverter,
    Scope,
    TransformerConverter,
)
from poner.compiler.fitted import check_shape, get_array, get_number, get_text
from poner.compiler.operations.elementwise import Pairing
from poner.compiler.operations.lookup import Digitize, Interpolate, Recode
from poner.compiler.operations.plumbing import CastFloat32
from poner.compiler.program import ProgramBuilder


def convert_isotonic(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The value on the line; outside the line NaN, the end's value, or a refusal."""
    return Prediction(add_isotonic(estimator, scope, source))


def add_isotonic(estimator: FittedObject, scope: Scope, source: int) -> int:
    """The value on the line, in the precision of the points it was fitted on."""
    builder = scope.builder
    check_shape(estimator, "X_thresholds_", (builder.width(source),), (1,))
    xs, ys = (get_array(estimator, f"{axis}_thresholds_", 1) for axis in "Xy")
    check_shape(estimator, "X_thresholds_", xs.shape, (max(1, len(ys)),))
    check_shape(estimator, "y_thresholds_", ys.shape, xs.shape)
    kinds = (xs.dtype.kind, ys.dtype.kind)
    check_shape(estimator, "y_thresholds_", kinds, ("f", "f"))
    single = xs.dtype == np.float32
    x = builder.add(CastFloat32(False), source) if single else builder.require(source)
    if len(xs) == 1:
        nothing = builder.combine(Pairing.MULTIPLY, x, 0.0)
        return builder.combine(Pairing.ADD, nothing, ys)
    outside = get_text(estimator, "out_of_bounds")
    low, high = float(xs[0]), float(xs[-1])
    if outside == "clip":
        low, high = get_number(estimator, "X_min_"), get_number(estimator, "X_max_")
    inside = builder.clip(x, low, high)
    on_line = _add_single if single else _add_double
    y = on_line(xs, ys, builder, inside)
    if outside == "clip":
        return y
    return _mark_outside(y, builder, x, inside, refused=outside == "raise")


def _mark_outside(y: int, builder: ProgramBuilder, x: int, inside: int, *, refused: bool) -> int:
    """The values, with NaN for rows outside of the line, or those rows refused."""
    moved = builder.pair(Pairing.NOT_EQUAL, inside, x)
    marks = Recode(
        ends=np.array([1], dtype="<u4"),
        keys=np.zeros(1),
        values=np.zeros(1),
        default=np.array([np.inf if refused else np.nan]),
    )
    marked = builder.add(marks, moved)
    if refused:
        marked = builder.require(marked)
    return builder.pair(Pairing.ADD, y, marked)


def _add_double(xs: FloatArray, ys: FloatArray, builder: ProgramBuilder, x: int) -> int:
    """For float64, interp1d calls numpy.interp."""
    ends = np.array([len(xs)], dtype="<u4")
    return builder.add(
        Interpolate(ends, xs.astype(np.float64), ys.astype(np.float64)),
        x,
    )


def _add_single(xs: FloatArray, ys: FloatArray, builder: ProgramBuilder, x: int) -> int:
    """For float32, interp1d computes itself and rounds each operation to float32.

    Doubles hold more than twice the digits, so rounding twice equals rounding once.
    """
    n = len(xs)
    edges = Digitize(np.array([n], dtype="<u4"), xs.astype(np.float64), below=True)
    passed = builder.add(edges, x)
    upper = np.clip(np.arange(n + 1), 1, n - 1)
    with np.errstate(all="ignore"):
        slopes = (ys[upper] - ys[upper - 1]) / (xs[upper] - xs[upper - 1])
    thrice = builder.select(passed, [0, 0, 0])
    found = builder.look_up(thrice, xs[upper - 1], slopes, ys[upper - 1])
    start, slope, base = (builder.select(found, [column]) for column in range(3))
    cast = CastFloat32(False)
    y = builder.add(cast, builder.pair(Pairing.SUBTRACT, x, start))
    y = builder.add(cast, builder.pair(Pairing.MULTIPLY, y, slope))
    return builder.add(cast, builder.pair(Pairing.ADD, y, base))


_ISOTONIC = "sklearn.isotonic.IsotonicRegression"

TRANSFORMERS: dict[str, TransformerConverter] = {_ISOTONIC: add_isotonic}
PREDICTORS: dict[str, PredictorConverter] = {_ISOTONIC: convert_isotonic}
