"""Multi-layer perceptrons: linear layers with an activation function between them.

Source: scikit-learn 1.1 to 1.9, sklearn/neural_network/_multilayer_perceptron.py and _base.py,
sklearn/preprocessing/_label.py, read 2026-11-22.
"""

from __future__ import annotations

import numpy as np

from poner.artifacts import FittedObject
from poner.compiler.converters.linear_classifiers import labels_of
from poner.compiler.converters.scope import Prediction, PredictorConverter, Scope
from poner.compiler.fitted import check_shape, get_arrays, get_classes, get_object, get_text
from poner.compiler.operations.elementwise import Function, Pairing
from poner.compiler.operations.rowwise import Logistic, Softmax
from poner.errors import NotSupportedError

_FUNCTIONS = {
    "logistic": Function.EXPIT,
    "tanh": Function.TANH,
    "relu": Function.RELU,
    "exp": Function.EXP,
}


def convert_mlp_regressor(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The last layer's values; since scikit-learn 1.7 their exponentials for Poisson loss."""
    scores = _add_layers(estimator, scope, source)
    return Prediction(_activate(get_text(estimator, "out_activation_"), scope, scores))


def convert_mlp_classifier(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """Probabilities by softmax, or by logistic for two classes or several labels per row."""
    builder = scope.builder
    scores = _add_layers(estimator, scope, source)
    binarizer, width = get_object(estimator, "_label_binarizer"), builder.width(scores)
    kind = get_text(binarizer, "y_type_")
    if kind.startswith("multilabel"):
        each = _activate(get_text(estimator, "out_activation_"), scope, scores)
        return Prediction(builder.combine(Pairing.GREATER, each, 0.5), labels_of(each, scope), each)
    classes = get_classes(binarizer)
    if kind == "binary" and len(classes) == 1:
        raise scope.unsupported("it was fitted on a single class")
    if len(classes) != max(width, 2) or (kind == "binary") != (width == 1):
        raise scope.damaged(f"the model has {len(classes)} classes and scores for {width}")
    if width == 1:
        probabilities = builder.add(Logistic(np.ones(1)), scores)
        second = builder.select(probabilities, [1])
        return Prediction(builder.combine(Pairing.GREATER, second, 0.5), (classes,), probabilities)
    probabilities = builder.add(Softmax(), scores)
    return Prediction(builder.argmax(probabilities), (classes,), probabilities)


def _add_layers(estimator: FittedObject, scope: Scope, source: int) -> int:
    """All layers without the output activation."""
    weights = get_arrays(estimator, "coefs_", 2)
    biases = get_arrays(estimator, "intercepts_", 1)
    check_shape(estimator, "intercepts_", (len(biases),), (max(1, len(weights)),))
    register = scope.builder.require(source)
    for place, (layer, bias) in enumerate(zip(weights, biases, strict=True)):
        if place:
            register = _activate(get_text(estimator, "activation"), scope, register)
        check_shape(estimator, "coefs_", layer.shape, (scope.builder.width(register), len(bias)))
        register = scope.builder.linear(register, layer.T, bias)
    return register


def _activate(name: str, scope: Scope, register: int) -> int:
    if name == "identity":
        return register
    if name not in _FUNCTIONS:
        raise _unknown(name, scope)
    return scope.builder.map(_FUNCTIONS[name], register)


def _unknown(name: str, scope: Scope) -> NotSupportedError:
    return scope.unsupported(f"the native engine does not know the activation {name!r}")


_NETWORK = "sklearn.neural_network._multilayer_perceptron"

PREDICTORS: dict[str, PredictorConverter] = {
    f"{_NETWORK}.MLPClassifier": convert_mlp_classifier,
    f"{_NETWORK}.MLPRegressor": convert_mlp_regressor,
}
