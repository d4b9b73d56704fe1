"""The parts of pandas that a model may hold as data: DataFrames, Series and their indexes.

Encoders of other packages keep their mappings in such objects, and classes of the user's own keep
medians. A file may name these globals only if the user has allowed a module besides scikit-learn.

Sources: pickles of pandas 1.5 to 3.1, read 2026-12-01.
"""

from __future__ import annotations

import importlib.util
import types
from typing import Any

from .faults import FileRefusedError

_CALLED = {
    "pandas.core.internals.managers": "BlockManager",
    "pandas._libs.internals": "_unpickle_block",
    "pandas._libs.arrays": "__pyx_unpickle_NDArrayBacked",
    "pandas._libs.tslibs.timestamps": "_unpickle_timestamp",
    "pandas.core.indexes.base": "_new_Index",
    "pandas.core.indexes.datetimes": "_new_DatetimeIndex",
    "pandas": "StringDtype",
    "pandas.core.arrays.string_": "StringDtype",
}
"""By module: what a file may call, with data alone."""

_MADE = {
    "pandas": "DataFrame Series CategoricalDtype Int64Dtype Float64Dtype BooleanDtype",
    "pandas.core.frame": "DataFrame",
    "pandas.core.series": "Series",
    "pandas.core.internals.managers": "SingleBlockManager",
    "pandas.core.dtypes.dtypes": "CategoricalDtype",
    "pandas.arrays": "IntegerArray FloatingArray BooleanArray",
    "pandas.core.arrays.integer": "IntegerArray Int64Dtype",
    "pandas.core.arrays.floating": "FloatingArray Float64Dtype",
    "pandas.core.arrays.boolean": "BooleanArray BooleanDtype",
}
"""By module: the classes that a file may make instances of."""

_NAMED = {
    "pandas": "Index RangeIndex MultiIndex DatetimeIndex CategoricalIndex Categorical",
    "pandas.core.indexes.base": "Index",
    "pandas.core.indexes.range": "RangeIndex",
    "pandas.core.indexes.multi": "MultiIndex",
    "pandas.core.indexes.category": "CategoricalIndex",
    "pandas.core.indexes.datetimes": "DatetimeIndex",
    "pandas.core.indexes.numeric": "Int64Index Float64Index",
    "pandas.arrays": "StringArray DatetimeArray",
    "pandas.core.arrays.string_": "StringArray",
    "pandas.core.arrays.numpy_": "PandasArray NumpyExtensionArray",
    "pandas.core.arrays.categorical": "Categorical",
    "pandas.core.arrays.datetimes": "DatetimeArray",
}
"""By module: the classes that a file may name as arguments of these calls."""

ROLES: dict[tuple[str, str], frozenset[str]] = {
    (module, name): frozenset(roles)
    for table, roles in ((_NAMED, ["name"]), (_MADE, ["name", "new"]), (_CALLED, ["call"]))
    for module, names in table.items()
    for name in names.split()
}
"""By global: its roles, as in `allowed`."""


def is_data(module: str, name: str) -> bool:
    """Whether a global is one of these, and pandas is installed.

    Without pandas, the names of columns become lists all the same (`pandas_columns`).
    """
    return (module, name) in ROLES and importlib.util.find_spec("pandas") is not None


def call(module: str, name: str, function: Any) -> Any:
    """A function that calls one of these globals, as `constructors` does, with data alone."""

    def make(objects: Any, arguments: tuple[Any, ...]) -> Any:
        if not all(map(_is_data, arguments)):
            raise FileRefusedError(
                f"The model file calls {module}.{name} with arguments no fitted model has.",
                [f"{module}.{name}"],
            )
        return function(*arguments)

    return make


def _is_data(value: Any) -> bool:
    """Whether a value is plain, an array, data of pandas, or a class of this table."""
    kind = value if isinstance(value, type) else type(value)
    if isinstance(value, type) and (kind.__module__, kind.__name__) not in ROLES:
        return False
    package = kind.__module__.partition(".")[0]
    return package in ("builtins", "numpy", "pandas") and not isinstance(value, _FUNCTIONS)


_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType)
