"""Finds a model's features among the names that a user gives the columns."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from poner.errors import InputError
from poner.signature import Signature
from poner.table.values import listed


def order_columns(names: Sequence[Hashable], signature: Signature, source: str) -> list[int | None]:
    """For each feature, the index of its name among `names`: its wire name or training column.

    None for a feature that is not among them, which only one that the model ignores may be. Names
    that hold no text go by position, as in scikit-learn.

    Args:
        names: the user's names of the columns.
        signature: the features.
        source: the origin of the columns, such as `Row 3`, for messages.

    Raises:
        InputError: a name is missing, unknown, ambiguous or given twice; the message says which.
    """
    columns = [feature.column for feature in signature.features]
    if list(names) == columns and len(set(columns)) < len(columns):
        return list(range(len(columns)))  # names that come twice, in the order of training
    known = known_names(names, signature, source)
    own: list[str] = []
    for name in map(str, names):
        if name not in known:
            raise InputError(
                f"{source} has {name!r}, which is not a feature of the model.",
                f"Remove it; the model's features are {listed(signature.wire_names)}.",
            )
        own.append(known[name])
    check_unique(own, source)
    places = {name: place for place, name in enumerate(own)}
    missing = [
        repr(feature.wire_name)
        for feature in signature.features
        if feature.wire_name not in places and not feature.ignored
    ]
    if missing:
        raise InputError(
            f"{source} has no feature {listed(missing)}.",
            "Add it under its wire name or its name in training.",
        )
    return [places.get(name) for name in signature.wire_names]


def check_numbered(names: Sequence[Hashable], source: str) -> None:
    """Check that the keys 0, 1, ... of a dict come in this order: they go by position.

    Raises:
        InputError: they come in another order, so that position and number disagree.
    """
    if list(names) != list(range(len(names))) and set(names) == set(range(len(names))):
        raise InputError(
            f"{source} has the keys 0 to {len(names) - 1} in another order.",
            "Give the values as a list, in the model's order.",
        )


def check_unique(wire_names: Sequence[str], source: str) -> None:
    """Check that each feature is there once, and not by both of its names.

    Raises:
        InputError: a feature is there twice.
    """
    seen: set[str] = set()
    for name in wire_names:
        if name in seen:
            raise InputError(f"{source} has the feature {name!r} twice.", "Keep one of the two.")
        seen.add(name)


def known_names(names: Sequence[Hashable], signature: Signature, source: str) -> Mapping[str, str]:
    """The wire name behind each name that may stand for a feature.

    One name can be the training column of a feature and the wire name of another. It stands for
    the column where every name is a training column, and for the wire name otherwise. The numbers
    0, 1, ... as texts are names, too, as pandas writes them for columns without names.

    Raises:
        InputError: the names are training columns, and wire names of other features; or none of
            them is a text, and there are more or fewer names than features.
    """
    if names and not any(isinstance(name, str) for name in names):
        if len(names) != len(signature.features):
            raise InputError(
                f"{source} has {len(names)} columns, not {len(signature.features)}.",
                f"Give the features {listed(signature.wire_names)}.",
            )
        return dict(zip(map(str, names), signature.wire_names, strict=True))
    given = set(map(str, names))
    by_column = {feature.column: feature.wire_name for feature in signature.features}
    by_wire_name = {name: name for name in signature.wire_names}
    if given <= by_column.keys():
        swapped = [name for name in given & by_wire_name.keys() if by_column[name] != name]
        if swapped and given <= by_wire_name.keys():
            raise InputError(
                f"{source} has {min(swapped)!r}, the training column of one feature and the wire "
                "name of another.",
                "Give lists in the model's order, or correct the wire names in signature.json.",
            )
        return by_column
    numbers = {str(place): name for place, name in enumerate(signature.wire_names)}
    if list(names) == list(numbers) and given.isdisjoint(by_column.keys() | by_wire_name.keys()):
        return numbers
    return by_column | by_wire_name
