"""Polynomials and splines of the columns.

Source: scikit-learn 1.1 to 1.9, sklearn/preprocessing/_polynomial.py, read 2026-11-22.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import chain, combinations, combinations_with_replacement

import numpy as np

from poner.artifacts import FittedObject, FittedValue, FloatArray
from poner.compiler.converters.scope import Scope, TransformerConverter
from poner.compiler.fitted import get_array, get_number, get_objects, get_value
from poner.compiler.operations.lookup import Extrapolation, Splines
from poner.compiler.operations.rowwise import Products

_MISFIT = "its terms or splines do not fit its columns"

MOST_TERMS = 1_000_000
"""The most terms of a polynomial; the file of a larger model could not be served."""


def convert_polynomial_features(estimator: FittedObject, scope: Scope, source: int) -> int:
    """All products of up to `degree` columns, multiplied from the last factor on."""
    builder = scope.builder
    finite = builder.require(source)
    width = builder.width(source)
    low, high = (int(get_number(estimator, name)) for name in ("_min_degree", "_max_degree"))
    if not 0 <= low <= high:
        raise scope.damaged(_MISFIT)
    if math.comb(width + min(high, 1000), min(high, 1000)) > MOST_TERMS:
        raise scope.unsupported(f"it has more than {MOST_TERMS} terms")
    ends, factors = [], list[int]()
    for term in _terms(estimator, width, low, high):
        factors += reversed(term)
        ends.append(len(factors))
    if not ends:
        raise scope.unsupported("no column is left")
    return builder.add(
        Products(np.array(ends, dtype="<u4"), np.array(factors, dtype="<u4")), finite
    )


def _terms(estimator: FittedObject, width: int, low: int, high: int) -> Iterator[tuple[int, ...]]:
    """The columns of each term, in scikit-learn's order."""
    only = get_value(estimator, "interaction_only")
    choose = combinations if only else combinations_with_replacement
    degrees = range(max(1, low), high + 1)
    terms = chain.from_iterable(choose(range(width), degree) for degree in degrees)
    return chain([()], terms) if get_value(estimator, "include_bias") else terms


def convert_spline_transformer(estimator: FittedObject, scope: Scope, source: int) -> int:
    """The B-splines of each column; without the bias, the last spline of each is left out."""
    builder = scope.builder
    splines = get_objects(estimator, "bsplines_")
    if len(splines) != builder.width(source):
        raise scope.damaged(_MISFIT)
    extrapolation = _extrapolation(get_value(estimator, "extrapolation"), scope)
    degree = int(get_number(splines[0], "k"))
    knots = [_knots(spline, degree, extrapolation, scope) for spline in splines]
    _check_boundaries(scope, extrapolation, degree, knots)
    zeros = estimator.attributes.get("handle_missing") == "zeros"
    filled = extrapolation not in (Extrapolation.CONSTANT, Extrapolation.LINEAR)
    if zeros and filled and len(knots) > 1 and estimator.attributes.get("sparse_output"):
        raise scope.unsupported(
            "scikit-learn fills missing values of a sparse result with another row's",
            "Use sparse_output=False.",
        )
    finite = builder.require(source, allow_missing=zeros, allow_infinite=zeros)
    operation = Splines(
        extrapolation=extrapolation,
        ends=np.cumsum([len(part) for part in knots]).astype("<u4"),
        knots=np.concatenate(knots),
        degree=np.array([degree], dtype="<u4"),
        missing_as_zeros=zeros,
    )
    register = builder.add(operation, finite)
    if get_value(estimator, "include_bias"):
        return register
    count = builder.width(register) // len(knots)
    if count < 2:
        raise scope.unsupported("no column is left")
    columns = np.arange(builder.width(register))
    return builder.select(register, columns[(columns + 1) % count != 0])


def _extrapolation(name: FittedValue, scope: Scope) -> Extrapolation:
    names = {each.name.lower(): each for each in Extrapolation}
    if name not in names:
        raise scope.unsupported(f"the extrapolation {name!r} is not known")
    return names[str(name)]


HIGHEST_DEGREE = 31
"""The highest degree that the kernel has room for (kernel/splines.c)."""


def _knots(
    spline: FittedObject, degree: int, extrapolation: Extrapolation, scope: Scope
) -> FloatArray:
    """A column's knots; its splines must be those of scikit-learn, each with the coefficient 1."""
    knots = get_array(spline, "t", 1).astype(np.float64)
    coefficients = get_array(spline, "c", 2)
    if not 0 <= degree <= HIGHEST_DEGREE or get_number(spline, "k") != degree:
        raise scope.unsupported(f"its degree is above {HIGHEST_DEGREE}")
    count = len(knots) - degree - 1
    periodic = degree if extrapolation is Extrapolation.PERIODIC else 0
    if len(knots) < 2 * degree + 2 or count - periodic < max(2, degree):
        raise scope.unsupported("it has too few knots")
    basis = np.eye(count - periodic)
    if not np.array_equal(coefficients, np.concatenate([basis, basis[:periodic]])):
        raise scope.damaged(_MISFIT)
    if not np.all(np.isfinite(knots)) or np.any(np.diff(knots) < 0):
        raise scope.damaged(_MISFIT)
    return knots


def _check_boundaries(
    scope: Scope, extrapolation: Extrapolation, degree: int, knots: list[FloatArray]
) -> None:
    """Refuse settings for which scikit-learn's results differ from its documentation."""
    hint = "Use another degree or another extrapolation."
    if extrapolation is Extrapolation.CONSTANT and degree == 0:
        raise scope.unsupported(
            "scikit-learn raises an error outside the range of splines of degree 0", hint
        )
    if extrapolation is Extrapolation.LINEAR and degree < 2 and len(knots) > 1:
        raise scope.unsupported(
            "scikit-learn shifts the boundaries of splines of degree 0 and 1 between columns",
            hint,
        )
    if len({len(part) for part in knots}) > 1:
        raise scope.damaged(_MISFIT)
    flat = any(part[degree] == part[len(part) - degree - 1] for part in knots)
    if flat and extrapolation is Extrapolation.PERIODIC:
        raise scope.unsupported("a periodic spline has a period of 0", hint)


TRANSFORMERS: dict[str, TransformerConverter] = {
    "sklearn.preprocessing._polynomial.PolynomialFeatures": convert_polynomial_features,
    "sklearn.preprocessing._polynomial.SplineTransformer": convert_spline_transformer,
}
