"""The answers of an ensemble's members, for the converters of ensembles.

Source: scikit-learn 1.1 to 1.9, sklearn/multiclass.py, ensemble/_base.py, read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FittedObject, FloatArray
from poner.compiler.converters.scope import Classes, Prediction, Scope
from poner.compiler.fitted import get_objects
from poner.compiler.operations.lookup import Recode
from poner.compiler.operations.rowwise import Reduction
from poner.compiler.program import ProgramBuilder


def inner_scope(scope: Scope, attribute: str, index: int) -> Scope:
    """The scope of the estimator at an index of a list."""
    return scope.inside(f"{attribute}[{index}]", attribute, index)


def convert_members(
    estimator: FittedObject, scope: Scope, source: int, attribute: str = "estimators_"
) -> list[Prediction]:
    """The prediction of each estimator of a list, all from the same register."""
    members = get_objects(estimator, attribute)
    if not members:
        raise scope.damaged(f"it has no {attribute}")
    return [
        inner_scope(scope, attribute, index).predict(member, source)
        for index, member in enumerate(members)
    ]


def label_values(prediction: Prediction, scope: Scope) -> int:
    """What `predict` returns, as numbers: labels instead of class indices."""
    if prediction.classes is None:
        return prediction.predict
    if any(isinstance(name, str) for names in prediction.classes for name in names):
        raise scope.unsupported("the native engine does not compute with labels that are texts")
    tables = [np.array(names, dtype=np.float64) for names in prediction.classes]
    if all(np.array_equal(table, np.arange(len(table))) for table in tables):
        return prediction.predict
    return scope.builder.look_up(prediction.predict, *tables)


def vote(builder: ProgramBuilder, labels: int, votes: FloatArray, otherwise: FloatArray) -> int:
    """The sum of the members' votes for each class, added member after member.

    Args:
        builder: takes the steps.
        labels: register of the members' labels, as indices of classes.
        votes: (n_members, n_classes) what a member adds to the class that it predicts.
        otherwise: (n_members, n_classes) what it adds to the other classes.

    Returns:
        The register of the sums, one column per class.
    """
    n_members, n_classes = votes.shape
    repeated = builder.select(labels, np.tile(np.arange(n_members), n_classes))
    count = n_members * n_classes
    recode = Recode(
        ends=np.arange(1, count + 1, dtype="<u4"),
        keys=np.repeat(np.arange(n_classes, dtype=np.float64), n_members),
        values=np.ascontiguousarray(votes.T, dtype=np.float64).ravel(),
        default=np.ascontiguousarray(otherwise.T, dtype=np.float64).ravel(),
    )
    given = builder.add(recode, repeated)
    return builder.reduce(
        Reduction.SUM_IN_ORDER, given, [n_members * (i + 1) for i in range(n_classes)]
    )


def place_labels(prediction: Prediction, classes: Classes, scope: Scope) -> int:
    """A member's label as an index of the ensemble's classes."""
    own = prediction.only_classes
    if own == classes:
        return prediction.predict
    return scope.builder.look_up(prediction.predict, class_places(own, classes, scope))


def class_places(own: Classes, classes: Classes, scope: Scope) -> NDArray[np.int64]:
    """The indices of a member's classes among the ensemble's classes."""
    try:
        return np.array([classes.index(name) for name in own], dtype=np.int64)
    except ValueError:
        raise scope.damaged(
            "an estimator inside it has classes that it does not have itself"
        ) from None


def present(registers: Sequence[int | None]) -> list[int]:
    """The registers if every member has one, else an empty list."""
    found = [register for register in registers if register is not None]
    return found if len(found) == len(registers) else []


def spread(builder: ProgramBuilder, source: int, places: Sequence[int], width: int) -> int:
    """A wider register with the columns at these positions and zeros elsewhere."""
    columns = np.full(width, builder.width(source))
    columns[list(places)] = np.arange(builder.width(source))
    if builder.width(source) == width:
        return builder.select(source, columns)
    return builder.select(builder.join([source, builder.constant([0.0])]), columns)


def binary_score(prediction: Prediction, scope: Scope) -> int:
    """The score of the second of two classes, as sklearn.multiclass._predict_binary takes it."""
    builder = scope.builder
    score = prediction.decision_function
    if prediction.classes is None:
        score = prediction.predict
    elif score is None and prediction.predict_proba is not None:
        score = builder.select(prediction.predict_proba, [1])
    if score is None or builder.width(score) != 1:
        raise scope.unsupported("an estimator inside it has no score for two classes")
    return score
