"""Encoders of categories, as indices or as one-hot columns.

Source: scikit-learn 1.1 to 1.9, sklearn/preprocessing/_encoders.py and sklearn/utils/_encode.py,
read 2026-11-22. NaN and None are categories, too; None stands before NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from poner.artifacts import FittedObject, FittedValue
from poner.compiler.converters.scope import Scope, TransformerConverter
from poner.compiler.fitted import get_list, get_number, get_value
from poner.compiler.operations.lookup import OneHot, Recode
from poner.errors import ModelUnreadableError

_MISFIT = "its categories are malformed"

Categories = list[float | None]
"""A column's categories as the kernel sees them: numbers (codes for texts), NaN or None."""


@dataclass
class CategoryTable:
    """The value for each category of each column, as it is filled column by column."""

    keys: list[list[float]] = field(default_factory=list)
    values: list[list[float]] = field(default_factory=list)
    default: list[float] = field(default_factory=list)

    def add_column(
        self, categories: Sequence[float | None], values: Sequence[float], default: float
    ) -> None:
        """Add a column; a row's missing value is None where None is a category, and else NaN."""
        table: dict[float, float] = {}
        missing: list[float] = []
        for category, value in zip(categories, values, strict=True):
            if category is None or category != category:
                missing.append(float(value))
            else:
                table.setdefault(category, float(value))
        self.keys.append([*sorted(table), *[np.nan] * bool(missing)])
        self.values.append([*(table[key] for key in sorted(table)), *missing[:1]])
        self.default.append(float(default))

    def recode(self, *, refuse_unknown: bool) -> Recode:
        """The operation."""
        return Recode(
            ends=np.cumsum([len(keys) for keys in self.keys]).astype("<u4"),
            keys=np.array([key for keys in self.keys for key in keys], dtype=np.float64),
            values=np.array([value for part in self.values for value in part], dtype=np.float64),
            default=np.array(self.default, dtype=np.float64),
            refuse_unknown=refuse_unknown,
        )


def convert_one_hot_encoder(estimator: FittedObject, scope: Scope, source: int) -> int:
    """One column per category; dropped and unknown categories are all zeros."""
    categories, finite = read_categories(estimator, scope, source)
    unknown = get_value(estimator, "handle_unknown")
    dropped = _dropped(estimator, len(categories), scope)
    table, widths = CategoryTable(), []
    for column, names in enumerate(categories):
        places, n_places, infrequent = _places(estimator, column, names)
        default = -1
        if infrequent is not None and unknown in ("infrequent_if_exist", "warn"):
            default = infrequent
        drop = dropped[column]
        if drop is not None:
            places = [_without(place, drop) for place in places]
            default, n_places = _without(default, drop), n_places - 1
        table.add_column(names, places, default)
        widths.append(n_places)
    places_register = scope.builder.add(table.recode(refuse_unknown=unknown == "error"), finite)
    if not sum(widths):
        raise scope.unsupported("every category was dropped")
    return scope.builder.add(OneHot(np.cumsum(widths).astype("<u4")), places_register)


def _without(place: int, dropped: int) -> int:
    """The index after the dropped category is removed; -1 for that category."""
    return -1 if place in (dropped, -1) else place - (place > dropped)


def convert_ordinal_encoder(estimator: FittedObject, scope: Scope, source: int) -> int:
    """The index of a category among those of its column."""
    categories, finite = read_categories(estimator, scope, source)
    by_value = get_value(estimator, "handle_unknown") == "use_encoded_value"
    default = get_number(estimator, "unknown_value") if by_value else np.nan
    table = CategoryTable()
    for column, names in enumerate(categories):
        places, _, _ = _places(estimator, column, names)
        values = [float(place) for place in places]
        if names and _is_nan(names[-1]):
            values[-1] = get_number(estimator, "encoded_missing_value")
        table.add_column(names, values, default)
    return scope.builder.add(table.recode(refuse_unknown=not by_value), finite)


def read_categories(
    estimator: FittedObject, scope: Scope, source: int
) -> tuple[list[Categories], int]:
    """`categories_`, and the register of the rows that the encoder accepts.

    scikit-learn refuses infinities in tables of numbers; in tables of objects, which texts and
    None need, they are unknown.
    """
    columns = get_list(estimator, "categories_")
    if len(columns) != scope.builder.width(source):
        raise scope.damaged(_MISFIT)
    found, objects = [], False
    for column, names in enumerate(columns):
        listed = names.tolist() if isinstance(names, np.ndarray) else names
        if not isinstance(listed, list) or not listed:
            raise scope.damaged(_MISFIT)
        objects |= scope.builder.origin(source, column) in scope.with_none
        objects |= any(name is None or isinstance(name, str) for name in listed)
        keys = [category_key(name, scope, source, column) for name in listed]
        found.append(keys)
    finite = scope.builder.require(source, allow_missing=True, allow_infinite=objects)
    return found, finite


def category_key(name: FittedValue, scope: Scope, source: int, column: int) -> float | None:
    """A category as the kernel sees it; a text marks its feature as a feature of texts."""
    builder = scope.builder
    match name:
        case str():
            feature = builder.origin(source, column)
            if feature is None:
                raise scope.unsupported(
                    "its categories are texts, but its input is computed by earlier steps"
                )
            builder.categories.add(feature)
            return builder.codes[name]
        case None:
            return None
        case bool() | int() | float():
            return float(name)
        case _:
            raise scope.damaged(_MISFIT)


def _places(
    estimator: FittedObject, column: int, names: Categories
) -> tuple[list[int], int, int | None]:
    """Each category's index, the number of indices, and the infrequent categories' index if any."""
    mappings = estimator.attributes.get("_default_to_infrequent_mappings")
    mapping = None
    if estimator.attributes.get("_infrequent_enabled") and isinstance(mappings, list):
        mapping = mappings[column] if column < len(mappings) else None
    places = list(range(len(names)))
    if not isinstance(mapping, np.ndarray):
        return places, len(places), None
    grouped = [int(place) for place in mapping.ravel().tolist()]
    if len(grouped) not in (len(names), len(names) - 1) or not grouped:
        raise ModelUnreadableError(
            "An encoder's infrequent categories do not fit its categories.",
            "Fit and save the model again.",
        )
    infrequent = max(grouped)
    if min(grouped) < 0 or infrequent >= len(names):
        raise ModelUnreadableError(
            "An encoder's infrequent categories do not fit its categories.",
            "Fit and save the model again.",
        )
    # OrdinalEncoder does not group the missing category: it comes last, with its own index.
    return grouped + places[len(grouped) :], infrequent + 1, infrequent


def _dropped(estimator: FittedObject, n_columns: int, scope: Scope) -> list[int | None]:
    """The index dropped from each column, after grouping; scikit-learn 1.1 names it otherwise."""
    name = "_drop_idx_after_grouping"
    if name not in estimator.attributes:
        name = "drop_idx_"
    value = get_value(estimator, name)
    if value is None:
        return [None] * n_columns
    places = get_list(estimator, name)
    if len(places) != n_columns:
        raise scope.damaged(_MISFIT)
    found: list[int | None] = []
    for place in places:
        if place is not None and not isinstance(place, int | float):
            raise scope.damaged(_MISFIT)
        found.append(None if place is None else int(place))
    return found


def _is_nan(category: float | None) -> bool:
    return category is not None and category != category


_ENCODERS = "sklearn.preprocessing._encoders"

TRANSFORMERS: dict[str, TransformerConverter] = {
    f"{_ENCODERS}.OneHotEncoder": convert_one_hot_encoder,
    f"{_ENCODERS}.OrdinalEncoder": convert_ordinal_encoder,
}
