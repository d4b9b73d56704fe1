"""Compiled multi-layer perceptrons answer as scikit-learn does."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import (
    make_classification,
    make_multilabel_classification,
    make_regression,
)
from sklearn.neural_network import MLPClassifier, MLPRegressor

from poner.errors import ModelUnreadableError, NotSupportedError
from poner.loader import open_estimator
from poner.pipeline import compile_trained
from tests.support.compiling import assert_agrees

pytestmark = pytest.mark.filterwarnings("ignore")

ACTIVATIONS = ("identity", "logistic", "tanh", "relu")
FEW = {"max_iter": 15, "random_state": 0}


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_classifier(activation: str, n_classes: int) -> None:
    """Labels and probabilities agree, with every activation."""
    X, y = make_classification(200, 8, n_informative=6, n_classes=n_classes, random_state=0)
    model = MLPClassifier((11, 5), activation=activation, **FEW)
    assert_agrees(model.fit(X, y), X, np.concatenate([X, X * 1e3]))


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_regressor(activation: str, n_outputs: int) -> None:
    """One value and several values agree."""
    X, y = make_regression(100, 5, n_targets=n_outputs, random_state=0)
    model = MLPRegressor(hidden_layer_sizes=(9,), activation=activation, **FEW)
    assert_agrees(model.fit(X, y), X)


def test_no_hidden_layer_and_many() -> None:
    """Networks without a hidden layer and with five layers agree."""
    X, y = make_regression(100, 5, random_state=0)
    for layers in ((), (8, 8, 8, 8, 8)):
        assert_agrees(MLPRegressor(hidden_layer_sizes=layers, **FEW).fit(X, y), X)


def test_exponential_output() -> None:
    """The loss poisson predicts exponentials."""
    X, y = make_regression(100, 5, random_state=0)
    model = MLPRegressor(loss="poisson", **FEW)
    assert_agrees(model.fit(X, np.exp(y / 200)), X)


def test_several_labels_a_row() -> None:
    """Probabilities are (n_rows, n_labels), as scikit-learn's own."""
    X, y = make_multilabel_classification(100, 6, n_classes=3, random_state=0)
    model = MLPClassifier(**FEW).fit(X, y)
    compiled = assert_agrees(model, X)
    assert isinstance(compiled.predict_proba(X), np.ndarray)
    assert compiled.predict_proba(X).shape == model.predict_proba(X).shape


def test_text_classes_in_single_precision() -> None:
    """Float32 weights with texts as classes agree."""
    X, y = make_classification(200, 8, random_state=0)
    names = np.array(["no", "yes"])[y]
    model = MLPClassifier(**FEW).fit(X.astype(np.float32), names)
    assert_agrees(model, X.astype(np.float32), rows=X)


def test_unknown_activation_is_not_supported() -> None:
    """An activation that is unknown to scikit-learn is refused."""
    X, y = make_regression(50, 3, random_state=0)
    model = MLPRegressor(**FEW).fit(X, y)
    with open_estimator(model, X=X) as trained:
        trained.estimator.attributes["activation"] = "swish"  # type: ignore[index]  # a file could
        with pytest.raises(NotSupportedError, match="swish"):
            compile_trained(trained)


def test_layers_that_do_not_fit_are_refused() -> None:
    """A layer that does not fit the previous layer's output is refused."""
    X, y = make_regression(50, 3, random_state=0)
    model = MLPRegressor(**FEW).fit(X, y)
    model.coefs_[1] = model.coefs_[1][:-1]
    with (
        pytest.raises(ModelUnreadableError, match="coefs_"),
        open_estimator(model, X=X) as trained,
    ):
        compile_trained(trained)
