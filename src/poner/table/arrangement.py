"""Rows in any form that users hold, in one of three arrangements: columns, rows, or one array.

    DataFrame, structured array, {"age": [1, 2]}, to_json() of pandas      Columns
    dicts, lists, named tuples, Series, any iterator of them               Rows
    array, masked array, sparse matrix                                     an array (n_rows, n)

The reader of an arrangement looks at the values. DataFrames are known by their `columns` and
`to_numpy`, so that neither pandas nor polars is imported.
"""

from __future__ import annotations

import csv
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poner.errors import InputError
from poner.signature import Signature
from poner.table.named_rows import is_named_row, read_named_row
from poner.table.values import NUMERIC_DTYPES, unmasked


@dataclass(frozen=True, eq=False)
class Columns:
    """Columns with their names."""

    names: Sequence[Hashable]
    """The name of each column; columns are known by their place where no name is a text."""
    values: Sequence[NDArray[Any]] | NDArray[Any]
    """The values of each column, (n_rows,); one array (n_columns, n_rows) if all are numbers."""
    source: str
    """What has these columns, such as `The DataFrame`, for messages."""
    decimal: str | None = None
    """The decimal mark, if the values are cells of a text file; None if they are values."""

    @property
    def are_named(self) -> bool:
        """Whether a name is a text, as scikit-learn takes names; other columns go by place."""
        return any(isinstance(name, str) for name in self.names)

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.values[0]) if len(self.values) else 0


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows one by one."""

    rows: Sequence[Any]
    """Each a mapping from names to values, or a sequence in the model's order."""

    @property
    def are_named(self) -> bool:
        """Whether each row is a mapping."""
        return all(isinstance(row, Mapping) for row in self.rows)


Arrangement = Columns | Rows | NDArray[Any]


def arrange(rows: Any, signature: Signature | None = None) -> Arrangement:
    """Arrange rows of any form; an iterator is read to its end, once.

    Args:
        rows: a DataFrame of pandas or polars; dicts, lists, tuples or Series, in any iterable; an
            array, a masked or structured array, a sparse matrix; one dict; a dict of columns; or
            what `DataFrame.to_dict` and `to_json` of pandas write.
        signature: the features, by whose names dicts of columns are told from dicts of rows.

    Raises:
        InputError: the rows are no table.
    """
    if isinstance(rows, Columns | Rows):
        return rows
    if hasattr(rows, "columns") and hasattr(rows, "to_numpy"):
        return _of_frame(rows)
    if hasattr(rows, "to_pylist") and hasattr(rows, "schema"):  # a table of pyarrow
        values = [as_objects(column.to_pylist()) for column in rows.columns]
        return Columns(rows.schema.names, values, "The table")
    if hasattr(rows, "toarray"):  # scipy's sparse matrices and arrays
        rows = rows.toarray()
    if isinstance(rows, csv.DictReader):
        return _of_reader(rows)
    if isinstance(rows, Mapping):
        return _of_mapping(rows, signature)
    if is_named_row(rows):
        return Rows([read_named_row(rows, signature)])
    if isinstance(rows, str | bytes) or not hasattr(rows, "__iter__") or not _ndim(rows):
        raise InputError(
            "The rows are not a table.", "Give a list of rows, an array or a DataFrame."
        )
    if isinstance(rows, np.ndarray):
        if rows.dtype.names is not None:
            return _of_structured(np.atleast_1d(rows), names_of(signature))
        if rows.ndim != 1 or rows.dtype != object:
            return np.asarray(unmasked(rows))
    return _of_rows(list(rows), signature)


def as_columns(rows: Any) -> list[NDArray[Any]]:
    """Rows that have no signature yet, such as training data, as their columns by place.

    Raises:
        InputError: the rows are dicts, or no table.
    """
    arranged = arrange(rows)
    if isinstance(arranged, Columns):
        return list(arranged.values)
    if isinstance(arranged, Rows):
        if arranged.rows and arranged.are_named:
            raise InputError("The rows are dicts.", "Give a DataFrame, an array or lists.")
        arranged = _side_by_side(arranged.rows)
    if arranged.ndim != 2 or not arranged.size:
        raise InputError(
            f"The rows have the shape {arranged.shape}, not (n_rows, n_columns).",
            "Give at least one row and one column.",
        )
    return list(arranged.T)


def _side_by_side(rows: Sequence[Any]) -> NDArray[Any]:
    """Rows as one array, of numbers if all values are numbers, else of objects."""
    try:
        array = np.asarray(rows)
        return array if array.dtype.kind in NUMERIC_DTYPES else np.asarray(rows, dtype=object)
    except ValueError as error:
        raise InputError(
            "The rows differ in length.", "Give each row one value for each column."
        ) from error


def names_of(signature: Signature | None) -> frozenset[str]:
    """The names that features go by: wire names and training columns; none without a signature."""
    features = () if signature is None else signature.features
    return frozenset(name for each in features for name in (each.wire_name, each.column))


def _ndim(rows: Any) -> Any:
    return getattr(rows, "ndim", 1)


def _of_frame(frame: Any) -> Columns:
    names = list(frame.columns)
    if not hasattr(frame, "iloc"):  # polars'
        values = [_of_series(frame[name]) for name in names]
    # A column of another dtype is taken alone: beside integers pandas would give a categorical's
    # gap as the smallest integer.
    elif all(isinstance(d, np.dtype) and d.kind in NUMERIC_DTYPES for d in frame.dtypes):
        return Columns(names, np.asarray(frame.to_numpy()).T, "The DataFrame")
    else:
        values = [frame.iloc[:, place].to_numpy() for place in range(len(names))]
    return Columns(names, values, "The DataFrame")


def _of_structured(array: NDArray[Any], known: frozenset[str]) -> Columns:
    names = array.dtype.names or ()
    if names[:1] == ("index",) and isinstance(array, np.recarray) and "index" not in known:
        names = names[1:]  # DataFrame.to_records
    return Columns(names, [unmasked(array[name]) for name in names], "The array")


def _of_reader(reader: csv.DictReader[str]) -> Columns:
    """The cells of a CSV that is being read."""
    try:
        rows, names = list(reader), list(reader.fieldnames or ())
    except csv.Error as error:
        raise InputError(f"The CSV cannot be read: {error}.", "Correct the CSV.") from error
    for number, row in enumerate(rows, start=1):
        if reader.restkey in row or reader.restval in row.values():
            raise InputError(
                f"Row {number} of the CSV has more or fewer cells than its header.",
                "Give each row one cell for each column; an empty one means a missing value.",
            )
    columns = [as_objects([str(row[name]) for row in rows]) for name in names]
    return Columns(names, columns, "The header of the CSV", decimal=".")


def _of_mapping(rows: Mapping[Any, Any], signature: Signature | None) -> Arrangement:
    """One row, or a table that pandas, polars or a user wrote as a mapping."""
    known = names_of(signature)
    names = set(map(str, rows))
    held = list(rows.values())
    if not names <= known and _is_listed(rows.get("data")):
        if _is_listed(rows.get("columns")):
            return _of_split(rows["columns"], rows["data"])  # orient="split" of pandas
        if isinstance(rows.get("schema"), Mapping):
            return _of_schema(rows["schema"], rows["data"])  # orient="table" of pandas
    if held and all(isinstance(value, Mapping) for value in held):
        if _is_by_index(rows, signature):
            return _of_rows(held)
        held = [_in_order_of(value, held[0], name) for name, value in rows.items()]
    if held and all(map(_is_listed, held)):
        if len(set(map(len, held))) > 1:
            raise InputError(
                "The columns have different numbers of values.",
                "Give each column one value for each row.",
            )
        return Columns(list(rows), [_as_array(values) for values in held], "The dict of columns")
    return Rows([rows])


def _is_by_index(rows: Mapping[Any, Any], signature: Signature | None) -> bool:
    """Whether a mapping of mappings is rows by their index, not columns by their name."""
    (inner, *_) = rows.values()
    if signature is not None:
        known = names_of(signature)
        if known.issuperset(map(str, rows)):
            return False
        width = len(signature.features)
        return known.issuperset(map(str, inner)) or (
            _are_places(inner, width) and not _are_places(rows, width)
        )
    return all(str(name).isdecimal() for name in rows) and not all(
        str(name).isdecimal() for name in inner
    )


def _are_places(keys: Mapping[Any, Any], width: int) -> bool:
    """Whether keys are whole numbers, one for each feature: names of columns without names."""
    return len(keys) == width and all(str(key).isdecimal() for key in keys)


def _in_order_of(column: Mapping[Any, Any], first: Mapping[Any, Any], name: Any) -> list[Any]:
    if column.keys() != first.keys():
        raise InputError(
            f"The column {str(name)!r} has other rows than the first column.",
            "Give each column a value for the same rows.",
        )
    return [column[index] for index in first]


def _of_split(names: Sequence[Hashable], data: Sequence[Any]) -> Columns:
    for number, row in enumerate(data, start=1):
        if not _is_listed(row) or len(row) != len(names):
            raise InputError(
                f"Row {number} of 'data' does not have {len(names)} values.",
                "Give one value for each of 'columns'.",
            )
    columns = zip(*data, strict=True) if len(data) else [()] * len(names)
    return Columns(names, list(map(as_objects, columns)), "'columns'")


def _of_schema(schema: Mapping[str, Any], data: Sequence[Any]) -> Rows:
    """The rows of a JSON table schema without their index, which is its primary key."""
    index = schema.get("primaryKey", ())
    named = [row for row in data if isinstance(row, Mapping)]
    if len(named) < len(data) or not isinstance(index, list | tuple):
        raise InputError(
            "The rows of 'data' are not objects, or 'primaryKey' is not a list.",
            'Write the table with DataFrame.to_json(orient="table").',
        )
    return _of_rows([{key: row[key] for key in row if key not in index} for row in named])


def _is_listed(value: Any) -> bool:
    """Whether a value holds several: a list, a tuple, a Series or an array."""
    return (
        hasattr(value, "__len__")
        and hasattr(value, "__getitem__")
        and not isinstance(value, str | bytes | Mapping)
        and _ndim(value) == 1
    )


def _as_array(values: Iterable[Any]) -> NDArray[Any]:
    """A column as an array: its own, or one of the objects that it holds."""
    if hasattr(values, "to_numpy"):
        return _of_series(values)
    if isinstance(values, np.ndarray):
        return np.asarray(unmasked(values))
    return as_objects(list(values))


def _of_series(series: Any) -> NDArray[Any]:
    """A Series as an array; numpy has no integers of 128 bits, which polars has."""
    if str(getattr(series, "dtype", "")).endswith("Int128"):
        return as_objects(series.to_list())
    array = np.asarray(series.to_numpy())
    is_nested = array.ndim != 1 or array.dtype.names is not None  # polars' Array and Struct
    return as_objects(series.to_list()) if is_nested else array


def as_objects(values: Sequence[Any]) -> NDArray[Any]:
    """Values as an array of objects, (n,), whatever they are."""
    return np.fromiter(values, object, len(values))


def _of_rows(rows: list[Any], signature: Signature | None = None) -> Rows:
    if {list, tuple, dict}.issuperset(map(type, rows)):
        return Rows(rows)
    return Rows([_as_row(row, signature) for row in rows])


def _as_row(row: Any, signature: Signature | None) -> Any:
    if isinstance(row, Mapping):
        return row
    return read_named_row(row, signature) if is_named_row(row) else unmasked(row)
