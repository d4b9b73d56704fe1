"""Typed access to the state of a fitted estimator, which comes from an untrusted file."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FittedObject, FittedValue
from poner.errors import ModelUnreadableError


def get_value(fitted: FittedObject, name: str) -> FittedValue:
    """An attribute; a model without it is not what its class says."""
    try:
        return fitted.attributes[name]
    except KeyError:
        raise _unlike(fitted, name) from None


def get_object(fitted: FittedObject, name: str) -> FittedObject:
    """An attribute that is an object of its own."""
    value = get_value(fitted, name)
    if not isinstance(value, FittedObject):
        raise _unlike(fitted, name)
    return value


def get_number(fitted: FittedObject, name: str) -> float:
    """An attribute that is one number."""
    value = get_value(fitted, name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _unlike(fitted, name)
    return float(value)


def get_array(fitted: FittedObject, name: str, dimensions: int) -> NDArray[Any]:
    """An attribute that is an array of numbers or records, of so many dimensions."""
    value = get_value(fitted, name)
    if not isinstance(value, np.ndarray) or value.ndim != dimensions:
        raise _unlike(fitted, name)
    return value


def get_objects(fitted: FittedObject, name: str) -> list[FittedObject]:
    """An attribute that is a list of objects, or a list of such lists: row after row."""
    return _flatten(fitted, name, get_value(fitted, name))


def _flatten(fitted: FittedObject, name: str, value: FittedValue) -> list[FittedObject]:
    if isinstance(value, FittedObject):
        return [value]
    if not isinstance(value, list):
        raise _unlike(fitted, name)
    return [item for part in value for item in _flatten(fitted, name, part)]


def _unlike(fitted: FittedObject, name: str) -> ModelUnreadableError:
    return ModelUnreadableError(
        f"The model's {fitted.type_name} has no usable `{name}`, which a fitted one has.",
        "Fit and save the model again; a file that was edited by hand is not read.",
    )
