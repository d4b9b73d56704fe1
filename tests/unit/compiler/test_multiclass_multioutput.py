"""Many classes from classifiers of two, and one estimator an output: compiled, they agree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier
from sklearn.multioutput import (
    ClassifierChain,
    MultiOutputClassifier,
    MultiOutputRegressor,
    RegressorChain,
)
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from poner.errors import NotSupportedError
from tests.support.compiling import assert_agrees, compile_fitted
from tests.support.ensembles import (
    LABELS,
    hard_rows,
    make_classes,
    make_labels,
    make_values,
    with_missing,
)

TREE = DecisionTreeClassifier(max_depth=4, random_state=0)
FOREST = RandomForestClassifier(5, max_depth=3, random_state=0)
VALUE_TREE = DecisionTreeRegressor(max_depth=4, random_state=0)
LOGISTIC = LogisticRegression()

OF_PAIRS = [
    OneVsRestClassifier(LOGISTIC),
    OneVsRestClassifier(TREE),
    OneVsRestClassifier(VALUE_TREE),
    OneVsOneClassifier(LOGISTIC),
    OneVsOneClassifier(FOREST),
    OneVsOneClassifier(VALUE_TREE),
    OutputCodeClassifier(LOGISTIC, random_state=0),
    OutputCodeClassifier(FOREST, code_size=3, random_state=0),
]


@pytest.mark.parametrize("n_classes", [2, 3, 10])
@pytest.mark.parametrize("model", OF_PAIRS, ids=str)
def test_many_classes_agree(model: Any, n_classes: int) -> None:
    """Labels, and scores or probabilities; classifiers or regressors inside."""
    X, y = make_classes(n_classes)
    assert_agrees(model.fit(X, y), X, hard_rows())


def test_missing_values_pass_to_the_members() -> None:
    """The members impute them."""
    X, y = make_classes(3)
    X = with_missing(X)
    imputed = make_pipeline(SimpleImputer(), LOGISTIC)
    for model in (OneVsRestClassifier(imputed), OneVsOneClassifier(imputed)):
        compiled = assert_agrees(model.fit(X, y), X)
        assert compiled.parity is not None
        assert compiled.parity.rows_by_kind["missing"] > 100


@pytest.mark.parametrize("member", [LOGISTIC, TREE], ids=str)
def test_several_labels_a_row(member: Any) -> None:
    """Each label has a classifier; their probabilities need not add up to 1."""
    X, Y = make_labels()
    assert_agrees(OneVsRestClassifier(member).fit(X, Y), X, hard_rows())


@pytest.mark.filterwarnings("ignore:Label")
@pytest.mark.parametrize("member", [LOGISTIC, TREE], ids=str)
@pytest.mark.parametrize("place", [0, 2])
def test_a_label_that_all_rows_have(member: Any, place: int) -> None:
    """In its place stands a constant; if it is the first, it decides on all thresholds."""
    X, Y = make_labels()
    Y[:, place] = 1
    model = OneVsRestClassifier(member).fit(X, Y)
    compiled = compile_fitted(model, X)
    np.testing.assert_array_equal(compiled.predict(hard_rows()), model.predict(hard_rows()))
    np.testing.assert_allclose(
        compiled.predict_proba(X), model.predict_proba(X), rtol=1e-12, atol=1e-12
    )


OUTPUTS = [
    MultiOutputClassifier(LOGISTIC),
    MultiOutputClassifier(FOREST),
    ClassifierChain(LOGISTIC, order=[2, 0, 1]),
    ClassifierChain(FOREST, order="random", random_state=1, chain_method="predict_proba"),
    ClassifierChain(LOGISTIC, chain_method="decision_function", cv=3),
    TREE,
    FOREST,
    ExtraTreesClassifier(5, random_state=0),
]


@pytest.mark.parametrize("model", OUTPUTS, ids=str)
def test_several_outputs_agree(model: Any) -> None:
    """Labels and probabilities of each output."""
    X, Y = make_labels()
    assert_agrees(model.fit(X, Y), X, hard_rows())


@pytest.mark.parametrize("model", [MultiOutputClassifier(TREE), FOREST, TREE], ids=str)
def test_outputs_of_different_classes(model: Any) -> None:
    """Two, three and ten classes; the probabilities are a list of arrays."""
    X, _ = make_values()
    names = [np.array([f"{place:02}" for place in range(count)]) for count in LABELS]
    draw = np.random.default_rng(0)
    Y = np.stack([own[draw.integers(0, len(own), len(X))] for own in names], axis=1)
    compiled = assert_agrees(model.fit(X, Y), X, hard_rows(), tolerance=0.0)
    assert [part.shape[1] for part in compiled.predict_proba(X)] == [2, 3, 10]


VALUES = [
    MultiOutputRegressor(VALUE_TREE),
    MultiOutputRegressor(LinearRegression()),
    RegressorChain(LinearRegression(), order=[1, 2, 0]),
    RegressorChain(VALUE_TREE, cv=3),
    VALUE_TREE,
    RandomForestRegressor(7, random_state=0),
    ExtraTreesRegressor(7, random_state=0),
]


@pytest.mark.parametrize("model", VALUES, ids=str)
def test_several_values_agree(model: Any) -> None:
    """Three outputs at once."""
    X, Y = make_values(n_outputs=3)
    assert_agrees(model.fit(X, Y), X, hard_rows())


def test_a_chain_of_many_classes() -> None:
    """Outputs of three classes: labels are numbers to the members after them."""
    X, y = make_classes(3, as_integers=True)
    Y = np.stack([y, np.roll(y, 1), y * (X[:, 0] > 0)], axis=1)
    model = ClassifierChain(TREE).fit(X, Y)
    compiled = compile_fitted(model, X)
    np.testing.assert_array_equal(compiled.predict(hard_rows()), model.predict(hard_rows()))
    with pytest.raises(NotSupportedError):  # scikit-learn has the method, and fails in it
        compiled.predict_proba(X)


def test_a_chain_of_logarithms() -> None:
    """What a member passes on may be the logarithm of its probability."""
    X, Y = make_labels()
    chain = ClassifierChain(LOGISTIC, chain_method="predict_log_proba").fit(X, Y)
    assert_agrees(chain, X)
