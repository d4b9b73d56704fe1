"""VotingClassifier and VotingRegressor.

Source: scikit-learn 1.1 to 1.9, sklearn/ensemble/_voting.py, and numpy.average; read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from poner.artifacts import FittedObject
from poner.compiler.converters.members import (
    convert_members,
    label_values,
    place_labels,
    vote,
)
from poner.compiler.converters.scope import (
    Classes,
    Prediction,
    PredictorConverter,
    Scope,
    TransformerConverter,
)
from poner.compiler.fitted import get_classes, get_list, get_value, get_vector


def convert_voting_classifier(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The mean of the members' probabilities (soft), or the most frequent label (hard)."""
    builder = scope.builder
    classes = get_classes(estimator)
    members = convert_members(estimator, scope, source)
    weights = _read_weights(estimator, scope, len(members))
    if get_value(estimator, "voting") == "soft":
        probabilities = builder.mean(_probabilities(members, classes, scope), weights)
        return Prediction(builder.argmax(probabilities), (classes,), probabilities)
    labels = _labels(members, classes, scope)
    shape = (len(members), len(classes))
    each = np.ones(len(members)) if weights is None else np.array(weights)
    votes = vote(builder, labels, np.broadcast_to(each[:, None], shape), np.zeros(shape))
    return Prediction(builder.argmax(votes), (classes,))


def convert_voting_regressor(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The mean of the members' values."""
    members = convert_members(estimator, scope, source)
    weights = _read_weights(estimator, scope, len(members))
    return Prediction(scope.builder.mean([member.predict for member in members], weights))


def convert_voting_features(estimator: FittedObject, scope: Scope, source: int) -> int:
    """All members' answers side by side."""
    builder = scope.builder
    members = convert_members(estimator, scope, source)
    if "classes_" not in estimator.attributes:
        return builder.join([member.predict for member in members])
    classes = get_classes(estimator)
    if get_value(estimator, "voting") == "hard":
        return builder.join([label_values(member, scope) for member in members])
    if not get_value(estimator, "flatten_transform"):
        raise scope.unsupported("it returns a matrix for each row (flatten_transform=False)")
    return builder.join(_probabilities(members, classes, scope))


def _probabilities(members: Sequence[Prediction], classes: Classes, scope: Scope) -> list[int]:
    """The registers of the members' probabilities; members' classes are class indices."""
    found = []
    for member in members:
        register = member.predict_proba
        if register is None or scope.builder.width(register) != len(classes):
            raise scope.damaged("an estimator inside it has no probabilities of its classes")
        found.append(register)
    return found


def _labels(members: Sequence[Prediction], classes: Classes, scope: Scope) -> int:
    """The members' labels side by side, as indices of classes."""
    places = tuple(range(len(classes)))
    if any(member.classes is None for member in members):
        raise scope.damaged("an estimator inside it is not a classifier")
    return scope.builder.join([place_labels(member, places, scope) for member in members])


def _read_weights(estimator: FittedObject, scope: Scope, n_members: int) -> list[float] | None:
    """The weights of the members that were kept."""
    if get_value(estimator, "weights") is None:
        return None
    names = get_list(estimator, "estimators")
    if isinstance(get_value(estimator, "weights"), list):
        listed = np.array(get_list(estimator, "weights"), dtype=np.float64)
    else:
        listed = get_vector(estimator, "weights")
    kept = [
        weight
        for entry, weight in zip(names, listed.tolist(), strict=False)
        if isinstance(entry, list) and len(entry) == 2 and entry[1] != "drop"
    ]
    if len(kept) != n_members:
        raise scope.damaged("it needs a weight for each estimator inside it")
    return kept


_VOTING = "sklearn.ensemble._voting"

TRANSFORMERS: dict[str, TransformerConverter] = {
    f"{_VOTING}.VotingClassifier": convert_voting_features,
    f"{_VOTING}.VotingRegressor": convert_voting_features,
}
PREDICTORS: dict[str, PredictorConverter] = {
    f"{_VOTING}.VotingClassifier": convert_voting_classifier,
    f"{_VOTING}.VotingRegressor": convert_voting_regressor,
}
