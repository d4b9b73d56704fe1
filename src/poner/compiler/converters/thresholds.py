"""FixedThresholdClassifier and TunedThresholdClassifierCV: two classes and a threshold.

Source: scikit-learn 1.5 to 1.9, sklearn/model_selection/_classification_threshold.py and
sklearn/utils/_response.py, read 2026-11-22.
"""

from __future__ import annotations

from dataclasses import replace

from poner.artifacts import FittedObject
from poner.compiler.converters.scope import Prediction, PredictorConverter, Scope
from poner.compiler.fitted import get_number, get_object, get_value
from poner.compiler.operations.elementwise import Pairing

_POSITIVE_IS_ONE = {
    f"sklearn.metrics._{module}.{name}"
    for module, names in {
        "classification": (
            "f1_score",
            "fbeta_score",
            "jaccard_score",
            "precision_score",
            "recall_score",
            "precision_recall_fscore_support",
        ),
        "ranking": ("average_precision_score",),
    }.items()
    for name in names
}
"""Score functions whose default pos_label is 1; scikit-learn's others default to None."""


def convert_fixed_threshold(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The given threshold; by default 0.5 for a probability, 0 for a score."""
    name = "estimator_" if "estimator_" in estimator.attributes else "estimator"
    inside = scope.inside(name, name).predict(get_object(estimator, name), source)
    score, usual = _read_score(estimator, inside, scope)
    given = get_value(estimator, "threshold")
    threshold = usual if given == "auto" else get_number(estimator, "threshold")
    return _cut(inside, score, threshold, estimator.attributes.get("pos_label"), scope)


def convert_tuned_threshold(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The threshold that scored best."""
    inside = scope.inside("estimator_", "estimator_").predict(
        get_object(estimator, "estimator_"), source
    )
    score, _ = _read_score(estimator, inside, scope)
    threshold = get_number(estimator, "best_threshold_")
    return _cut(inside, score, threshold, _positive_label(estimator, scope), scope)


def _positive_label(estimator: FittedObject, scope: Scope) -> object:
    """The scorer's pos_label: its own argument, or its function's default."""
    scorer = get_object(estimator, "_curve_scorer")
    arguments = get_value(scorer, "_kwargs")
    if isinstance(arguments, dict) and "pos_label" in arguments:
        return arguments["pos_label"]
    name = get_object(scorer, "_score_func").attributes.get("name")
    if not str(name).startswith("sklearn.metrics."):
        raise scope.unsupported(
            "it was tuned with a function of your own, whose pos_label is not known",
            "Give make_scorer the pos_label as an argument.",
        )
    return 1 if name in _POSITIVE_IS_ONE else None


def _read_score(estimator: FittedObject, inside: Prediction, scope: Scope) -> tuple[int, float]:
    """The second class's probability or score, and the default threshold."""
    if inside.classes is None or len(inside.only_classes) != 2:
        raise scope.damaged("its estimator does not have exactly two classes")
    method = get_value(estimator, "response_method")
    if method != "decision_function" and inside.predict_proba is not None:
        return scope.builder.select(inside.predict_proba, [0, 1]), 0.5
    if method != "predict_proba" and inside.decision_function is not None:
        return scope.builder.both_signs(inside.decision_function), 0.0
    raise scope.damaged(f"its estimator has no {method}")


def _cut(
    inside: Prediction, scores: int, threshold: float, positive: object, scope: Scope
) -> Prediction:
    """The positive class where the value reaches the threshold."""
    builder = scope.builder
    classes = inside.only_classes
    if positive is not None and positive not in classes:
        raise scope.damaged("its pos_label is not one of its classes")
    place = 1 if positive is None else classes.index(positive)
    label = builder.combine(Pairing.GREATER_EQUAL, builder.select(scores, [place]), threshold)
    if place == 0:
        label = builder.look_up(label, [1.0, 0.0])
    return replace(inside, predict=label, raw=None)


_THRESHOLD = "sklearn.model_selection._classification_threshold"

PREDICTORS: dict[str, PredictorConverter] = {
    f"{_THRESHOLD}.FixedThresholdClassifier": convert_fixed_threshold,
    f"{_THRESHOLD}.TunedThresholdClassifierCV": convert_tuned_threshold,
}
