"""FunctionTransformer: functions of one value that numpy or scipy.special has.

Source: scikit-learn 1.1 to 1.9, sklearn/preprocessing/_function_transformer.py; numpy 2.4,
numpy/_core/src/npymath; both read 2026-11-22.
"""

from __future__ import annotations

import math

from poner.artifacts import FittedObject
from poner.compiler.converters.scope import Scope, TransformerConverter
from poner.compiler.fitted import get_value
from poner.compiler.operations.elementwise import Function, Pairing

_OF_NUMPY = [function for function in Function if function <= Function.ISFINITE]
_OF_SPECIAL = "cbrt", "exp2", "expm1", "log1p", "expit", "erf"
FUNCTIONS = {
    **{f"numpy.{function.name.lower()}": function for function in _OF_NUMPY},
    "numpy.fabs": Function.ABSOLUTE,
    **{f"scipy.special.{name}": Function[name.upper()] for name in _OF_SPECIAL},
    "scipy.special.ndtr": Function.NORMAL_CDF,
    "scipy.special.ndtri": Function.NORMAL_QUANTILE,
}
"""Functions of one value by module and name. The kernel uses numpy's and scipy's names."""

FACTORS = {
    "numpy.degrees": 180.0 / math.pi,
    "numpy.rad2deg": 180.0 / math.pi,
    "numpy.radians": math.pi / 180.0,
    "numpy.deg2rad": math.pi / 180.0,
}
"""Functions that multiply."""

UNCHANGED = {
    "numpy.positive",
    "numpy.conjugate",
    "sklearn.preprocessing._function_transformer._identity",
}

_HINT = "Give FunctionTransformer a function of numpy, such as numpy.log1p."


def convert_function_transformer(estimator: FittedObject, scope: Scope, source: int) -> int:
    """A named function of every value; without a function, the row unchanged."""
    builder = scope.builder
    register = builder.require(source) if get_value(estimator, "validate") else source
    function = get_value(estimator, "func")
    if estimator.attributes.get("kw_args"):
        raise scope.unsupported("it passes further arguments to its function (kw_args)", _HINT)
    if function is None:
        return register
    name = function.attributes.get("name") if isinstance(function, FittedObject) else None
    if not isinstance(name, str):
        raise scope.unsupported("its function has no importable name", _HINT)
    if name in UNCHANGED:
        return register
    if name in FACTORS:
        return builder.combine(Pairing.MULTIPLY, register, FACTORS[name])
    if name not in FUNCTIONS:
        raise scope.unsupported(f"the native engine does not compute {name}", _HINT)
    return builder.map(FUNCTIONS[name], register)


TRANSFORMERS: dict[str, TransformerConverter] = {
    "sklearn.preprocessing._function_transformer.FunctionTransformer": convert_function_transformer
}
