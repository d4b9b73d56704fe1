"""The parts of pandas that a model may hold as data: DataFrames, Series and their indexes.

Encoders of other packages keep their mappings in such objects, and classes of the user's own keep
medians. A file may name these globals only if the user has allowed a module besides scikit-learn.

Sources: pickles of pandas 1.5 to 3.1, read 2026-12-01.
"""

from __future__ import annotations

import types
from typing import Any

from .faults import FileRefusedError

_CALL, _NEW, _NAME = frozenset({"call"}), frozenset({"new", "name"}), frozenset({"name"})

ROLES: dict[tuple[str, str], frozenset[str]] = {
    ("pandas.core.internals.managers", "BlockManager"): frozenset({"call", "new"}),
    ("pandas.core.internals.managers", "SingleBlockManager"): _NEW,
    ("pandas._libs.internals", "_unpickle_block"): _CALL,
    ("pandas._libs.arrays", "__pyx_unpickle_NDArrayBacked"): _CALL,
    ("pandas.core.indexes.base", "_new_Index"): _CALL,
    **dict.fromkeys(
        [
            *((module, "DataFrame") for module in ("pandas", "pandas.core.frame")),
            *((module, "Series") for module in ("pandas", "pandas.core.series")),
        ],
        _NEW,
    ),
    **dict.fromkeys(
        [("pandas", "StringDtype"), ("pandas.core.arrays.string_", "StringDtype")], _CALL
    ),
    **dict.fromkeys(
        [
            ("pandas", "Index"),
            ("pandas", "RangeIndex"),
            ("pandas.core.indexes.base", "Index"),
            ("pandas.core.indexes.range", "RangeIndex"),
            ("pandas.core.indexes.numeric", "Int64Index"),
            ("pandas.core.indexes.numeric", "Float64Index"),
            ("pandas.arrays", "StringArray"),
            ("pandas.core.arrays.string_", "StringArray"),
            ("pandas.core.arrays.numpy_", "PandasArray"),
        ],
        _NAME,
    ),
}
"""By global: its roles, as in `allowed`."""


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
