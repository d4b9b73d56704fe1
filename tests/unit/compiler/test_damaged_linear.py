"""Fitted states that were tampered with are refused with a reason, without a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.covariance import EllipticEnvelope
from sklearn.datasets import make_classification
from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import (
    LogisticRegression,
    PoissonRegressor,
    RANSACRegressor,
    RidgeClassifier,
    SGDClassifier,
    SGDOneClassSVM,
)
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB
from sklearn.neural_network import MLPClassifier, MLPRegressor

from poner import loader
from poner.artifacts import FittedObject
from poner.compiled_model import open_tables
from poner.compiler.converters import convert_model
from poner.compiler.tables import write_tables
from poner.errors import PonerError

pytestmark = pytest.mark.filterwarnings("ignore")

X, Y = make_classification(80, 4, n_informative=4, n_redundant=0, n_classes=3, random_state=0)
COUNTS = np.abs(X).astype(int).astype(float)
LABELS = np.stack([Y > 0, X[:, 0] > 0], axis=1).astype(int)
MODELS = [
    LogisticRegression().fit(X, Y),
    SGDClassifier(loss="modified_huber").fit(X, Y),
    RidgeClassifier().fit(X, LABELS),
    PoissonRegressor().fit(X, Y),
    RANSACRegressor().fit(X, Y),
    SGDOneClassSVM().fit(X),
    LinearDiscriminantAnalysis().fit(X, Y),
    QuadraticDiscriminantAnalysis().fit(X, Y),
    GaussianNB().fit(X, Y),
    BernoulliNB().fit(X, Y),
    ComplementNB().fit(COUNTS, Y),
    CategoricalNB().fit(COUNTS, Y),
    MLPClassifier(max_iter=3).fit(X, Y > 0),
    MLPClassifier(max_iter=3).fit(X, LABELS),
    MLPRegressor(max_iter=3).fit(X, Y),
    DummyClassifier(strategy="constant", constant=[1, 0]).fit(X, LABELS),
    DummyRegressor().fit(X, Y),
    IsotonicRegression().fit(X[:, :1], Y),
    IsotonicRegression().fit(X[:, :1].astype(np.float32), Y),
    EllipticEnvelope(store_precision=False).fit(X),
]
JUNK = [
    None,
    "a",
    -1,
    np.nan,
    [],
    [1, "a"],
    np.array([]),
    np.array(5.0),
    np.ones(7),
    np.ones((2, 3)),
    np.array(["a", "b"]),
    [np.ones((2, 2))],
    FittedObject("x.Y", {}),
]


def variants(value: Any) -> Iterator[Any]:
    """The values that replace a value."""
    yield from JUNK
    if isinstance(value, np.ndarray) and value.ndim:
        yield from (value[:-1], value[..., :-1], value.T, value[None], value.astype(str))
    if isinstance(value, list):
        yield from (value[:-1], value + value, value[::-1])


def tampered(state: FittedObject) -> Iterator[FittedObject]:
    """The state with one attribute replaced, its own or one of an object in it."""
    for name, value in state.attributes.items():
        inside = tampered(value) if isinstance(value, FittedObject) else ()
        for other in (*variants(value), *inside):
            yield FittedObject(state.type_name, {**state.attributes, name: other})


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_tampered_states(model: Any) -> None:
    """With any attribute replaced, the model still compiles, or is refused."""
    rows = X[:, :1] if isinstance(model, IsotonicRegression) else X
    with loader.open_estimator(model, X=rows) as trained:
        for state in tampered(trained.estimator):
            with suppress(PonerError):
                program, _ = convert_model(replace(trained, estimator=state))
                open_tables(write_tables(program))
