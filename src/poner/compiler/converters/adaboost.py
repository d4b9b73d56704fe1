"""AdaBoostClassifier and AdaBoostRegressor.

Source: scikit-learn 1.1 to 1.9, sklearn/ensemble/_weight_boosting.py, read 2026-11-22. The default
members, trees, become one sum over trees: each leaf's score is known when the model is compiled.
"""

from __future__ import annotations

import numpy as np

from poner.artifacts import FittedObject, FloatArray
from poner.compiler.converters.forest import SINGLE_TREES, node_rows, side_by_side, sum_leaf_rows
from poner.compiler.converters.members import (
    convert_members,
    inner_scope,
    place_labels,
    vote,
)
from poner.compiler.converters.scope import Classes, Prediction, PredictorConverter, Scope
from poner.compiler.converters.sklearn_trees import ReadTrees, read_trees
from poner.compiler.fitted import get_classes, get_objects, get_vector
from poner.compiler.operations.elementwise import Function, Pairing
from poner.compiler.operations.rowwise import Reduction, Softmax, WeightedMedian

_SMALLEST_PROBABILITY = float(np.finfo(np.float64).eps)
MOST_MEMBERS = 4096
"""The most values that the kernel takes a median of (kernel/medians.c)."""


def convert_adaboost_regressor(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The weighted median of the members' values."""
    builder = scope.builder
    finite = builder.require(source)
    members = get_objects(estimator, "estimators_")
    if len(members) > MOST_MEMBERS:
        raise scope.unsupported(f"it has more than {MOST_MEMBERS} estimators")
    if _are_trees(members):
        read = read_trees(members)
        if read.values.shape[1:] != (1, 1):
            raise scope.damaged("it has a tree of several outputs")
        cast = builder.cast_float32(finite, allow_missing=False)
        values = builder.add(side_by_side(read.trees, read.values[:, 0, 0]), cast)
    else:
        values = builder.join([m.predict for m in convert_members(estimator, scope, finite)])
    if builder.width(values) == 1:
        return Prediction(values)
    weights = _read_weights(estimator, len(members), scope)
    return Prediction(builder.add(WeightedMedian(weights), values))


def convert_adaboost_classifier(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The weighted sum of the members' scores for each class, then a softmax."""
    builder = scope.builder
    classes = get_classes(estimator)
    finite = builder.require(source)
    if len(classes) == 1:
        nothing, certain = builder.constant([0.0]), builder.constant([1.0])
        return Prediction(nothing, (classes,), certain, decision_function=nothing)
    members = get_objects(estimator, "estimators_")
    total = _add_opinions(estimator, members, classes, scope, finite)
    divisor = float(get_vector(estimator, "estimator_weights_").sum())
    decision = builder.combine(Pairing.DIVIDE, total, divisor)
    if len(classes) > 2:
        scores = builder.combine(Pairing.DIVIDE, decision, float(len(classes) - 1))
        label = builder.argmax(decision)
    else:
        signed = builder.combine(Pairing.MULTIPLY, decision, [-1.0, 1.0])
        decision = builder.reduce(Reduction.SUM_IN_ORDER, signed)
        both = builder.select(decision, [0, 0])
        scores = builder.combine(Pairing.MULTIPLY, both, [-0.5, 0.5])
        label = builder.combine(Pairing.GREATER, decision, 0.0)
    return Prediction(label, (classes,), builder.add(Softmax(), scores), decision)


def _are_trees(members: list[FittedObject]) -> bool:
    kinds = {member.type_name for member in members}
    return len(kinds) == 1 and kinds <= SINGLE_TREES


def _read_weights(estimator: FittedObject, n_members: int, scope: Scope) -> FloatArray:
    """One weight for each member; the fitted array is longer where boosting stopped early."""
    weights = get_vector(estimator, "estimator_weights_")
    if not 1 <= n_members <= len(weights):
        raise scope.damaged("it needs a weight for each estimator inside it")
    return np.ascontiguousarray(weights[:n_members])


def _add_opinions(
    estimator: FittedObject,
    members: list[FittedObject],
    classes: Classes,
    scope: Scope,
    finite: int,
) -> int:
    """The sum of the members' scores for each class."""
    weights = _read_weights(estimator, len(members), scope)
    by_probability = estimator.attributes.get("algorithm") == "SAMME.R"  # removed in 1.6
    if _are_trees(members) and all(get_classes(member) == classes for member in members):
        found = read_trees(members)
        cast = scope.builder.cast_float32(finite, allow_missing=False)
        if by_probability:
            rows = _opinions(node_rows(found, [classes]))
        else:
            rows = _votes_of_nodes(found, weights, len(classes), scope)
        ensemble = sum_leaf_rows(found.trees, rows, rounded=by_probability)
        return scope.builder.add(ensemble, cast)
    if by_probability:
        return _add_probable_opinions(estimator, classes, scope, finite)
    read = convert_members(estimator, scope, finite)
    labels = scope.builder.join([place_labels(member, classes, scope) for member in read])
    votes = np.repeat(weights[:, None], len(classes), axis=1)
    return vote(scope.builder, labels, votes, _otherwise(votes, scope))


def _otherwise(votes: FloatArray, scope: Scope) -> FloatArray:
    """A member's score for each class that it does not predict: 0 before scikit-learn 1.3."""
    if scope.version < (1, 3):
        return np.zeros(votes.shape)
    return np.asarray(-1 / (votes.shape[1] - 1) * votes)


def _votes_of_nodes(
    read: ReadTrees, weights: FloatArray, n_classes: int, scope: Scope
) -> FloatArray:
    """(n_nodes, n_classes): the score that each node, as a leaf, gives each class."""
    if read.values.shape[1:] != (1, n_classes):
        raise scope.damaged("it has a tree that does not fit its classes")
    labels = read.values[:, 0, :].argmax(axis=1)
    each = np.repeat(weights, read.trees.sizes)
    votes = np.repeat(each[:, None], n_classes, axis=1)
    rows = _otherwise(votes, scope).copy()
    rows[np.arange(len(labels)), labels] = each
    return rows


def _opinions(probabilities: FloatArray) -> FloatArray:
    """Logarithms of the probabilities minus their mean, as scikit-learn's _samme_proba."""
    n_classes = probabilities.shape[1]
    logarithms = np.log(np.clip(probabilities, _SMALLEST_PROBABILITY, None))
    total = logarithms.sum(axis=1, keepdims=True)
    return np.asarray((n_classes - 1) * (logarithms - (1.0 / n_classes) * total))


def _add_probable_opinions(
    estimator: FittedObject, classes: Classes, scope: Scope, finite: int
) -> int:
    """The same sum for members of any kind that have probabilities."""
    builder = scope.builder
    total = None
    for index, member in enumerate(get_objects(estimator, "estimators_")):
        read = inner_scope(scope, "estimators_", index).predict(member, finite)
        if read.predict_proba is None or read.classes != (classes,):
            raise scope.damaged("an estimator inside it has no probabilities of its classes")
        raised = builder.combine(Pairing.MAXIMUM, read.predict_proba, _SMALLEST_PROBABILITY)
        logarithms = builder.map(Function.LOG, raised)
        summed = builder.reduce(Reduction.SUM, logarithms)
        mean = builder.combine(Pairing.MULTIPLY, summed, 1.0 / len(classes))
        centered = builder.pair(Pairing.SUBTRACT, logarithms, mean)
        opinion = builder.combine(Pairing.MULTIPLY, centered, float(len(classes) - 1))
        total = opinion if total is None else builder.pair(Pairing.ADD, total, opinion)
    if total is None:
        raise scope.damaged("it has no estimators")
    return total


_BOOSTING = "sklearn.ensemble._weight_boosting"

PREDICTORS: dict[str, PredictorConverter] = {
    f"{_BOOSTING}.AdaBoostClassifier": convert_adaboost_classifier,
    f"{_BOOSTING}.AdaBoostRegressor": convert_adaboost_regressor,
}
