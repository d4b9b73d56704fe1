"""Rows that say what their values are without being dicts: named tuples, Series, records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from poner.errors import InputError
from poner.signature import Signature


def is_named_row(row: Any) -> bool:
    """Whether a row is a named tuple, a Series by name, or a record of numpy's or sqlite3's."""
    if isinstance(row, tuple):
        return hasattr(row, "_fields")
    if isinstance(row, np.void):
        return row.dtype.names is not None
    if hasattr(row, "keys") and hasattr(row, "__getitem__"):
        return any(isinstance(name, str) for name in row.keys())  # noqa: SIM118  # no mapping
    return False


def read_named_row(row: Any, signature: Signature | None) -> Any:
    """Such a row as a dict, or as a tuple in the model's order.

    Raises:
        InputError: a named tuple has some names, which stand elsewhere than in the model.
    """
    if isinstance(row, np.void):
        assert row.dtype.names is not None, "is_named_row"
        return {name: row[name] for name in row.dtype.names}
    if isinstance(row, tuple):
        return _read_named_tuple(row._fields, tuple(row), signature)  # type: ignore[attr-defined]
    return {name: row[name] for name in row.keys()}  # noqa: SIM118  # no mapping


def _read_named_tuple(
    names: Sequence[str], values: tuple[Any, ...], signature: Signature | None
) -> Any:
    """The values by name, or by place where `DataFrame.itertuples` replaced a name.

    pandas puts the index first, as `Index`, and gives columns whose names are no identifiers the
    names `_1`, `_2` and so on.
    """
    features = () if signature is None else signature.features
    own = {name for feature in features for name in (feature.wire_name, feature.column)}
    if names[:1] == ("Index",) and "Index" not in own:
        names, values = names[1:], values[1:]
    replaced = [name[:1] == "_" and name[1:].isdecimal() and name not in own for name in names]
    if not any(replaced):
        return dict(zip(names, values, strict=True))
    for name, feature, is_replaced in zip(names, features, replaced, strict=False):
        if not is_replaced and name not in (feature.wire_name, feature.column):
            raise InputError(
                f"The named tuples have {name!r} where the model has {feature.wire_name!r}.",
                "Give the DataFrame itself, or dicts: itertuples does not keep all names.",
            )
    return values
