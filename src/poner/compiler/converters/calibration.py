"""CalibratedClassifierCV: probabilities from the scores of classifiers, by fitted curves.

Source: scikit-learn 1.1 to 1.9, sklearn/calibration.py, read 2026-11-22.
"""

from __future__ import annotations

import numpy as np

from poner.artifacts import FittedObject
from poner.compiler.converters.linear_classifiers import divide_by_sum
from poner.compiler.converters.members import class_places, spread
from poner.compiler.converters.scope import Classes, Prediction, PredictorConverter, Scope
from poner.compiler.fitted import (
    get_classes,
    get_list,
    get_number,
    get_object,
    get_objects,
    get_value,
    get_vector,
)
from poner.compiler.operations.elementwise import Function, Pairing
from poner.compiler.operations.plumbing import CastFloat32
from poner.compiler.operations.rowwise import Softmax

_ALMOST_ZERO = 1e-12
"""Added to probabilities before their logarithm is taken."""


def convert_calibrated(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The mean of the calibrated classifiers' probabilities."""
    builder = scope.builder
    classes = get_classes(estimator)
    pairs = get_objects(estimator, "calibrated_classifiers_")
    if not pairs:
        raise scope.damaged("it has no calibrated classifiers")
    registers = []
    for index, pair in enumerate(pairs):
        inside = scope.inside(f"calibrated_classifiers_[{index}]", "calibrated_classifiers_", index)
        registers.append(_convert_pair(pair, classes, inside, source))
    probabilities = builder.mean(registers)
    return Prediction(builder.argmax(probabilities), (classes,), probabilities)


def _convert_pair(pair: FittedObject, classes: Classes, scope: Scope, source: int) -> int:
    """The probabilities of one classifier, as its calibrators correct them."""
    builder = scope.builder
    name = "estimator" if "estimator" in pair.attributes else "base_estimator"  # in 1.1
    inside = scope.inside(name, name)
    prediction = inside.predict(get_object(pair, name), source)
    if prediction.classes is None:
        raise scope.damaged("the estimator that it calibrates is not a classifier")
    own = prediction.only_classes
    scores = prediction.decision_function
    if scores is None:
        scores = prediction.predict_proba
        if scores is None:
            raise scope.damaged("the classifier that it calibrates has no scores")
        if get_value(pair, "method") != "temperature" and len(own) == 2:
            scores = builder.select(scores, [1])
    if get_value(pair, "method") == "temperature":
        probabilities = _temper(pair, prediction, scope)
    else:
        probabilities = _calibrate_each(pair, own, classes, scope, scores)
    return builder.combine(Pairing.MINIMUM, probabilities, 1.0)


def _temper(pair: FittedObject, prediction: Prediction, scope: Scope) -> int:
    """Temperature scaling: a softmax of the scores, or log probabilities, times one number."""
    builder = scope.builder
    if prediction.decision_function is not None:
        logits = prediction.decision_function
        if builder.width(logits) == 1:
            logits = builder.both_signs(logits)
    else:
        assert prediction.predict_proba is not None
        raised = builder.combine(Pairing.ADD, prediction.predict_proba, _ALMOST_ZERO)
        logits = builder.map(Function.LOG, raised)
    finite = builder.require(logits)
    beta = get_vector(get_objects(pair, "calibrators")[0], "beta_")
    return builder.add(Softmax(), builder.combine(Pairing.MULTIPLY, finite, beta[:1]))


def _calibrate_each(
    pair: FittedObject, own: Classes, classes: Classes, scope: Scope, scores: int
) -> int:
    """One curve per class; with two classes a single curve, for the second."""
    builder = scope.builder
    calibrators = get_objects(pair, "calibrators")
    places = class_places(own, classes, scope).tolist()
    count = min(len(calibrators), builder.width(scores), len(places))
    if count == 0 or len(calibrators) != len(get_list(pair, "calibrators")):
        raise scope.damaged("it has no calibrators")
    each = builder.join(
        [
            _convert_curve(calibrators[k], k, scope, builder.select(scores, [k]))
            for k in range(count)
        ]
    )
    if len(classes) == 2:
        return builder.combine(Pairing.ADD, builder.both_signs(each), [1.0, 0.0])
    return divide_by_sum(spread(builder, each, places[:count], len(classes)), builder)


def _convert_curve(calibrator: FittedObject, index: int, scope: Scope, score: int) -> int:
    """The calibrated value of one score."""
    builder = scope.builder
    if calibrator.type_name == "sklearn.calibration._SigmoidCalibration":
        scaled = builder.combine(Pairing.MULTIPLY, score, get_number(calibrator, "a_"))
        moved = builder.combine(Pairing.ADD, scaled, get_number(calibrator, "b_"))
        return builder.map(Function.EXPIT, builder.map(Function.NEGATIVE, moved))
    inside = scope.inside(f"calibrators[{index}]", "calibrators", index)
    points = calibrator.attributes.get("X_thresholds_")
    single = isinstance(points, np.ndarray) and points.dtype == np.float32
    if single:  # fitted on float32 scores, so it computes in float32
        score = builder.add(CastFloat32(allow_missing=False), score)
    value = inside.predict(calibrator, score).predict
    return builder.add(CastFloat32(allow_missing=False), value) if single else value


PREDICTORS: dict[str, PredictorConverter] = {
    "sklearn.calibration.CalibratedClassifierCV": convert_calibrated
}
