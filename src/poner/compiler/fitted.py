"""Typed access to the state of a fitted estimator, which comes from an untrusted file."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FittedObject, FittedValue, FloatArray
from poner.errors import ModelUnreadableError
from poner.signature import JsonScalar

_Value = TypeVar("_Value")


def get_value(fitted: FittedObject, name: str) -> FittedValue:
    """An attribute that every fitted estimator of this class has."""
    try:
        return fitted.attributes[name]
    except KeyError:
        raise _unlike(fitted, name) from None


def _get(fitted: FittedObject, name: str, kind: type[_Value]) -> _Value:
    """An attribute of one type."""
    value = get_value(fitted, name)
    if not isinstance(value, kind):
        raise _unlike(fitted, name)
    return value


def get_object(fitted: FittedObject, name: str) -> FittedObject:
    """An attribute that is an object of its own."""
    return _get(fitted, name, FittedObject)


def get_number(fitted: FittedObject, name: str) -> float:
    """An attribute that is one number."""
    value = get_value(fitted, name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _unlike(fitted, name)
    return float(value)


def get_array(fitted: FittedObject, name: str, dimensions: int) -> NDArray[Any]:
    """An attribute that is an array of numbers or records with a given number of dimensions."""
    value = _get(fitted, name, np.ndarray)
    check_shape(fitted, name, value.ndim, dimensions)
    return value


def get_numbers(fitted: FittedObject, name: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """An attribute that is an array of numbers of this shape, in its own precision."""
    values = get_array(fitted, name, len(shape))
    check_shape(fitted, name, values.shape if values.dtype.kind in "iuf" else (), shape)
    return values


def get_arrays(fitted: FittedObject, name: str, dimensions: int) -> list[NDArray[Any]]:
    """An attribute that is a list of number arrays, each with a given number of dimensions."""
    value = get_value(fitted, name)
    arrays = list(value) if isinstance(value, np.ndarray) and value.ndim else value
    if not isinstance(arrays, list):
        raise _unlike(fitted, name)
    found = [item for item in arrays if isinstance(item, np.ndarray)]
    kinds = all(item.ndim == dimensions and item.dtype.kind in "biuf" for item in found)
    if not kinds or len(found) != len(arrays):
        raise _unlike(fitted, name)
    return found


def get_text(fitted: FittedObject, name: str) -> str:
    """An attribute that is a text."""
    return _get(fitted, name, str)


def get_flag(fitted: FittedObject, name: str) -> bool:
    """An attribute that is true or false, or a number that stands for it."""
    return bool(_get(fitted, name, int))


def check_shape(fitted: FittedObject, name: str, found: object, wanted: object) -> None:
    """Check that an attribute has the shape, or another property, that the rest of the model needs.

    Raises:
        ModelUnreadableError: the attribute does not.
    """
    if found != wanted:
        raise _unlike(fitted, name)


def get_objects(fitted: FittedObject, name: str) -> list[FittedObject]:
    """An attribute that is a list of objects, or a list of such lists: row after row."""
    return _flatten(fitted, name, get_value(fitted, name))


def get_matrix(fitted: FittedObject, name: str) -> FloatArray:
    """An attribute that is numbers, (n, m) float64; a vector is one row, a sparse matrix dense."""
    value = get_value(fitted, name)
    if isinstance(value, FittedObject) and "indptr" in value.attributes:
        value = _dense(value)
    if isinstance(value, int | float):
        value = np.array([value])
    if not isinstance(value, np.ndarray) or value.ndim > 2 or value.dtype.kind not in "biuf":
        raise _unlike(fitted, name)
    return np.atleast_2d(value.astype(np.float64))


def get_columns(fitted: FittedObject, name: str) -> FloatArray:
    """An attribute that is numbers, (n, m) float64; a vector is one column."""
    value, matrix = get_value(fitted, name), get_matrix(fitted, name)
    return matrix.T if isinstance(value, np.ndarray) and value.ndim < 2 else matrix


def get_vector(fitted: FittedObject, name: str) -> FloatArray:
    """An attribute that is numbers, (n,) float64; a single number is a vector of one."""
    return get_matrix(fitted, name).ravel()


def get_diagonal(fitted: FittedObject, name: str) -> FloatArray:
    """The diagonal of an attribute that is a square compressed sparse matrix, (n,) float64."""
    sparse = get_value(fitted, name)
    if not isinstance(sparse, FittedObject) or "indptr" not in sparse.attributes:
        raise _unlike(fitted, name)
    values, indices, counts = _entries(sparse, len(get_array(sparse, "indptr", 1)) - 1)
    rows = np.repeat(np.arange(len(counts)), counts)
    diagonal = np.zeros(len(counts))
    diagonal[rows[rows == indices]] = values[rows == indices]
    return diagonal


_MOST_VALUES = 1 << 27
"""The most values of a sparse matrix that is made dense: one gigabyte."""


def _dense(sparse: FittedObject) -> FloatArray:
    """The dense rows of a compressed sparse matrix."""
    shape = [n for n in get_list(sparse, "shape") if isinstance(n, int) and n >= 0]
    if len(shape) not in (1, 2):
        raise _unlike(sparse, "shape")
    rows, columns = (1, *shape)[-2:]  # a sparse vector becomes one row
    if rows * columns > _MOST_VALUES:
        raise _unlike(sparse, "shape")
    values, indices, counts = _entries(sparse, columns)
    if len(counts) != rows:
        raise _unlike(sparse, "indptr")
    matrix = np.zeros((rows, columns))
    matrix[np.repeat(np.arange(rows), counts), indices] = values
    return matrix


def _entries(sparse: FittedObject, columns: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """The values of a compressed sparse matrix, their columns, and their number in each row."""
    values, indices = get_array(sparse, "data", 1), get_array(sparse, "indices", 1)
    counts = np.diff(get_array(sparse, "indptr", 1))
    if np.any(counts < 0) or counts.sum() != len(values):
        raise _unlike(sparse, "indptr")
    if len(indices) != len(values) or np.any((indices < 0) | (indices >= columns)):
        raise _unlike(sparse, "indices")
    return values, indices, counts


def get_list(fitted: FittedObject, name: str) -> list[FittedValue]:
    """An attribute that is a list or an array of anything."""
    value = get_value(fitted, name)
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, list):
        raise _unlike(fitted, name)
    return value


def get_classes(fitted: FittedObject) -> tuple[JsonScalar, ...]:
    """`classes_` of a classifier of one output."""
    classes = get_list(fitted, "classes_")
    if not classes or not all(isinstance(name, bool | int | float | str) for name in classes):
        raise _unlike(fitted, "classes_")
    return tuple(classes)  # type: ignore[arg-type]  # the line above checked each


def get_outputs_classes(fitted: FittedObject) -> tuple[tuple[JsonScalar, ...], ...]:
    """`classes_` of each output: a list of them where there are several."""
    value = get_value(fitted, "classes_")
    if isinstance(value, list) and value and isinstance(value[0], list | np.ndarray):
        return tuple(get_classes(FittedObject(fitted.type_name, {"classes_": v})) for v in value)
    return (get_classes(fitted),)


def _flatten(fitted: FittedObject, name: str, value: FittedValue) -> list[FittedObject]:
    if isinstance(value, FittedObject):
        return [value]
    if not isinstance(value, list):
        raise _unlike(fitted, name)
    return [item for part in value for item in _flatten(fitted, name, part)]


def _unlike(fitted: FittedObject, name: str) -> ModelUnreadableError:
    return ModelUnreadableError(
        f"The model's {fitted.type_name} has no usable `{name}`, which every fitted one has.",
        "Fit and save the model again; a file that was edited by hand is not read.",
    )
