"""BaggingClassifier and BaggingRegressor.

Source: scikit-learn 1.1 to 1.9, sklearn/ensemble/_bagging.py, read 2026-11-22. The default
members, trees, become one sum over trees, as in a forest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FittedObject, FloatArray
from poner.compiler.converters.forest import SINGLE_TREES, node_rows, sum_leaf_rows
from poner.compiler.converters.members import (
    class_places,
    inner_scope,
    place_labels,
    present,
    spread,
)
from poner.compiler.converters.scope import Classes, Prediction, PredictorConverter, Scope
from poner.compiler.converters.sklearn_trees import ReadTrees, read_trees
from poner.compiler.fitted import get_classes, get_list, get_objects, get_outputs_classes
from poner.compiler.operations.elementwise import Pairing
from poner.compiler.operations.lookup import OneHot
from poner.compiler.operations.trees import Trees


@dataclass(frozen=True)
class Bag:
    """Estimators with the columns that each of them reads."""

    members: list[FittedObject]
    """The fitted estimators."""
    columns: list[NDArray[np.int64]]
    """For each estimator, the columns of the row that it reads."""

    @property
    def only_trees(self) -> bool:
        """Whether all members are single decision trees of one kind."""
        kinds = {member.type_name for member in self.members}
        return len(kinds) == 1 and kinds <= SINGLE_TREES


def read_bag(estimator: FittedObject, scope: Scope, width: int) -> Bag:
    """The members and their columns.

    Raises:
        ModelUnreadableError: a member reads a column that does not exist.
    """
    members = get_objects(estimator, "estimators_")
    listed = get_list(estimator, "estimators_features_")
    if not members or len(listed) != len(members):
        raise scope.damaged("it needs a list of columns for each estimator")
    return Bag(members, [scope.check_columns(columns, width) for columns in listed])


def bagged_trees(trees: Trees, columns: Sequence[NDArray[np.int64]], scope: Scope) -> Trees:
    """The trees, with each feature given as a column of the whole row."""
    widths = np.repeat([len(part) for part in columns], trees.sizes)
    starts = np.repeat(np.cumsum([0, *map(len, columns)])[:-1], trees.sizes)
    if np.any(~trees.leaf & ((trees.feature < 0) | (trees.feature >= widths))):
        raise scope.damaged("a tree looks at a feature that does not exist")
    places = np.where(trees.leaf, 0, trees.feature) + starts
    return replace(trees, feature=np.concatenate(columns)[places])


def convert_bagging_regressor(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The mean of the members' values."""
    builder = scope.builder
    bag = read_bag(estimator, scope, builder.width(source))
    if bag.only_trees:
        total = _sum_trees(bag, None, scope, source)
        return Prediction(builder.combine(Pairing.DIVIDE, total, float(len(bag.members))))
    members = _convert_each(bag, scope, source)
    return Prediction(builder.mean([member.predict for member in members]))


def convert_bagging_classifier(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The mean of the members' probabilities, or of their votes where they have none."""
    builder = scope.builder
    bag = read_bag(estimator, scope, builder.width(source))
    classes = get_classes(estimator)
    places = tuple(range(len(classes)))
    decision = None
    if bag.only_trees:
        total = _sum_trees(bag, places, scope, source)
        mean = builder.combine(Pairing.DIVIDE, total, float(len(bag.members)))
    else:
        members = _convert_each(bag, scope, source)
        mean = builder.mean([_probabilities(member, places, scope) for member in members])
        decision = _mean_decision(members, scope)
    return Prediction(builder.argmax(mean), (classes,), mean, decision)


def _sum_trees(bag: Bag, places: Classes | None, scope: Scope, source: int) -> int:
    """The sum of all trees' leaves; columns that no tree reads are not checked."""
    builder = scope.builder
    read = read_trees(bag.members)
    used = np.unique(np.concatenate(bag.columns))
    columns = [np.searchsorted(used, part) for part in bag.columns]
    trees = bagged_trees(read.trees, columns, scope)
    first = inner_scope(scope, "estimators_", 0)
    allow_missing = first.takes_missing(len(bag.columns[0]))
    cast = builder.cast_float32(builder.select(source, used), allow_missing=allow_missing)
    rows = node_rows(read, None) if places is None else _all_class_rows(bag, read, places, scope)
    return builder.add(sum_leaf_rows(trees, rows), cast)


def _all_class_rows(bag: Bag, read: ReadTrees, places: Classes, scope: Scope) -> FloatArray:
    """(n_nodes, n_classes) probabilities; 0 for classes missing from a tree's sample."""
    known = [get_outputs_classes(member) for member in bag.members]
    if all(classes == (places,) for classes in known):
        return node_rows(read, [places])
    parts = []
    for member, classes in zip(bag.members, known, strict=True):
        own = node_rows(read_trees([member]), classes)
        rows = np.zeros((len(own), len(places)))
        rows[:, class_places(classes[0], places, scope)] = own
        parts.append(rows)
    return np.concatenate(parts)


def _convert_each(bag: Bag, scope: Scope, source: int) -> list[Prediction]:
    """Each member on its own columns."""
    builder = scope.builder
    return [
        inner_scope(scope, "estimators_", index).predict(member, builder.select(source, columns))
        for index, (member, columns) in enumerate(zip(bag.members, bag.columns, strict=True))
    ]


def _probabilities(member: Prediction, places: Classes, scope: Scope) -> int:
    """A member's probabilities of all classes, or 1 for the class that it predicts."""
    if member.classes is None:
        raise scope.damaged("an estimator inside it is not a classifier")
    if member.predict_proba is None:
        ends = np.array([len(places)], dtype="<u4")
        return scope.builder.add(OneHot(ends), place_labels(member, places, scope))
    columns = class_places(member.only_classes, places, scope).tolist()
    return spread(scope.builder, member.predict_proba, columns, len(places))


def _mean_decision(members: Sequence[Prediction], scope: Scope) -> int | None:
    """The mean of the decision functions; None unless all members have one of the same width."""
    registers = present([member.decision_function for member in members])
    if len({scope.builder.width(register) for register in registers}) != 1:
        return None
    return scope.builder.mean(registers)


_BAGGING = "sklearn.ensemble._bagging"

PREDICTORS: dict[str, PredictorConverter] = {
    f"{_BAGGING}.BaggingClassifier": convert_bagging_classifier,
    f"{_BAGGING}.BaggingRegressor": convert_bagging_regressor,
}
