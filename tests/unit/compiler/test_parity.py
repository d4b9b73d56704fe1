"""Every family of trees, compiled, answers as scikit-learn does."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import make_classification, make_regression
from sklearn.decomposition import NMF
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, PowerTransformer
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

from poner import loader, pipeline
from poner.artifacts import Oracle, Table
from poner.errors import InputError, NotSupportedError, ParityError
from tests.support.compiling import compile_fitted

FEW = {"random_state": 0}
CLASSIFIERS = [
    GradientBoostingClassifier(n_estimators=20, **FEW),
    GradientBoostingClassifier(n_estimators=20, init="zero", subsample=0.5, max_depth=9, **FEW),
    RandomForestClassifier(n_estimators=11, **FEW),
    RandomForestClassifier(n_estimators=7, class_weight="balanced", n_jobs=2, **FEW),
    ExtraTreesClassifier(n_estimators=7, max_depth=6, **FEW),
    DecisionTreeClassifier(**FEW),
    DecisionTreeClassifier(max_depth=1, **FEW),
    ExtraTreeClassifier(**FEW),
    HistGradientBoostingClassifier(max_iter=15, **FEW),
]
REGRESSORS = [
    GradientBoostingRegressor(n_estimators=20, **FEW),
    GradientBoostingRegressor(n_estimators=20, loss="huber", **FEW),
    GradientBoostingRegressor(n_estimators=20, loss="quantile", **FEW),
    GradientBoostingRegressor(n_estimators=20, loss="absolute_error", **FEW),
    RandomForestRegressor(n_estimators=9, **FEW),
    ExtraTreesRegressor(n_estimators=5, **FEW),
    DecisionTreeRegressor(**FEW),
    DecisionTreeRegressor(criterion="poisson", **FEW),
    ExtraTreeRegressor(**FEW),
    HistGradientBoostingRegressor(max_iter=15, **FEW),
    HistGradientBoostingRegressor(max_iter=15, loss="poisson", **FEW),
    HistGradientBoostingRegressor(max_iter=15, loss="gamma", **FEW),
    HistGradientBoostingRegressor(max_iter=15, loss="quantile", quantile=0.3, **FEW),
]


def with_missing(X: np.ndarray) -> np.ndarray:
    """X with a tenth of its values missing."""
    holes = np.random.default_rng(0).random(X.shape) < 0.1
    return np.where(holes, np.nan, X)


@pytest.mark.parametrize("n_classes", [2, 3, 10])
@pytest.mark.parametrize("model", CLASSIFIERS, ids=str)
def test_classifier_answers_to_the_bit(model: Any, n_classes: int) -> None:
    """Labels and raw scores are equal on every row; so are probabilities of two classes.

    Of more classes they are equal but for three roundings (numpy's exp is not libm's).
    """
    X, y = make_classification(300, 8, n_informative=6, n_classes=n_classes, random_state=0)
    model.fit(X, y * 3 - 1)
    compiled = compile_fitted(model, X)
    assert compiled.parity is not None
    assert compiled.parity.rows_equal == compiled.parity.rows_tried
    fresh = np.random.default_rng(1).normal(size=(500, 8)) * 2
    np.testing.assert_array_equal(compiled.predict(fresh), model.predict(fresh))
    roundings = 0.0 if n_classes == 2 else 3 * np.finfo(float).eps
    np.testing.assert_allclose(
        compiled.predict_proba(fresh), model.predict_proba(fresh), rtol=roundings
    )
    if hasattr(model, "decision_function"):
        np.testing.assert_array_equal(
            compiled.decision_function(fresh), model.decision_function(fresh)
        )


@pytest.mark.parametrize("model", REGRESSORS, ids=str)
def test_regressor_answers_to_the_bit(model: Any) -> None:
    """Values are equal on every row; after a log link within two ulp."""
    X, y = make_regression(300, 8, random_state=0)
    model.fit(X, np.abs(y) / 100 + 0.1)
    compiled = compile_fitted(model, X)
    fresh = np.random.default_rng(1).normal(size=(500, 8)) * 2
    linked = getattr(model, "loss", "") in ("poisson", "gamma")
    np.testing.assert_array_max_ulp(
        compiled.predict(fresh), model.predict(fresh), maxulp=2 if linked else 0
    )


TAKE_MISSING = [
    model
    for model in [*CLASSIFIERS, *REGRESSORS]
    if not isinstance(model, GradientBoostingClassifier | GradientBoostingRegressor)
]


@pytest.mark.parametrize("model", TAKE_MISSING, ids=str)
def test_missing_values_go_where_scikit_learn_sends_them(model: Any) -> None:
    """A model fitted with NaN answers as the original, on rows with NaN."""
    X, y = make_classification(300, 8, n_informative=6, random_state=0)
    X = with_missing(X)
    model.fit(X, y + 1)
    compiled = compile_fitted(model, X)
    assert compiled.parity is not None
    assert compiled.parity.rows_by_kind["missing"] > 100
    np.testing.assert_allclose(compiled.predict(X), model.predict(X), rtol=1e-15)


def test_exponential_loss_has_its_own_link() -> None:
    """GradientBoosting with the exponential loss: probabilities are expit of twice the score."""
    X, y = make_classification(200, 5, random_state=0)
    model = GradientBoostingClassifier(loss="exponential", n_estimators=10).fit(X, y)
    compiled = compile_fitted(model, X)
    np.testing.assert_array_equal(compiled.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize("labels", [["no", "yes"], [True, False], [1.0, 2.0]], ids=str)
def test_classes_keep_their_kind(labels: list[Any]) -> None:
    """Strings, booleans and floats come back as the classes they are."""
    X, y = make_classification(100, 5, random_state=0)
    model = DecisionTreeClassifier(random_state=0).fit(X, np.array(labels)[y])
    answers = compile_fitted(model, X).predict(X)
    assert answers.dtype.kind == model.classes_.dtype.kind
    np.testing.assert_array_equal(answers, model.predict(X))


def test_values_beyond_float32_are_refused_as_by_scikit_learn() -> None:
    """Infinity, and numbers beyond float32, give an error that names the feature, not the value."""
    X, y = make_classification(100, 5, random_state=0)
    compiled = compile_fitted(DecisionTreeClassifier().fit(X, y), X)
    for value in (np.inf, -np.inf, 3.4028235677973366e38):
        row = X[:1].copy()
        row[0, 3] = value
        with pytest.raises(InputError, match="'x3'"):
            compiled.predict(row)
    row[0, 3] = 3.4028235677973362e38
    compiled.predict(row)


def test_histogram_boosting_takes_infinities() -> None:
    """HistGradientBoosting stays float64 and answers for infinite values."""
    X, y = make_classification(200, 5, random_state=0)
    model = HistGradientBoostingClassifier(max_iter=5).fit(X, y)
    compiled = compile_fitted(model, X)
    X[:, 0], X[:, 1] = np.inf, -np.inf
    np.testing.assert_array_equal(compiled.decision_function(X), model.decision_function(X))


@pytest.mark.parametrize(
    ("model", "step"),
    [
        (make_pipeline(MinMaxScaler(), NMF(), LinearRegression()), "Pipeline/nmf"),
        (
            GradientBoostingClassifier(init=DummyClassifier(strategy="stratified")),
            "GradientBoostingClassifier/init",
        ),
    ],
    ids=["class", "init"],
)
def test_what_is_not_computed_is_named(model: Any, step: str) -> None:
    """An estimator or setting outside the engine is refused with the path of the step."""
    X, y = make_classification(200, 5, random_state=0)
    X[:, 0] = np.arange(200) % 4
    with pytest.raises(NotSupportedError) as caught:
        compile_fitted(model.fit(X, y), X)
    assert caught.value.step == step


def test_a_subclass_is_not_taken_for_its_base() -> None:
    """A subclass may compute something else, so it is not supported."""

    class Mine(DecisionTreeClassifier):
        """A subclass of the user's."""

    X, y = make_classification(100, 5, random_state=0)
    with pytest.raises(NotSupportedError, match="Mine"):
        compile_fitted(Mine().fit(X, y), X)


def test_a_wrong_answer_stops_the_build() -> None:
    """A model whose answers differ from its tables ends the build."""

    class Liar:
        """An oracle whose probabilities are an ulp too large."""

        def __init__(self, honest: Oracle) -> None:
            self.honest = honest

        def answer(self, method: str, rows: Table, place: Sequence[str | int] = ()) -> np.ndarray:
            answers = self.honest.answer(method, rows, place)
            return np.nextafter(answers, 2) if method == "predict_proba" else answers

    X, y = make_classification(100, 5, random_state=0)
    model = DecisionTreeClassifier().fit(X, y)
    with (
        loader.open_estimator(model, X=X) as trained,
        pytest.raises(ParityError, match="predict_proba"),
    ):
        pipeline.compile_trained(replace(trained, oracle=Liar(trained.oracle)))


def test_every_threshold_is_tried_with_its_neighbours() -> None:
    """The threshold rows hold each threshold, and the next float64 and float32 on both sides."""
    from poner.compiler.boundary_values import boundary_values
    from poner.compiler.converters import convert_model
    from poner.proof.questions import Answerable, make_rows

    X, y = make_classification(200, 5, random_state=0)
    model = RandomForestClassifier(n_estimators=5, random_state=0).fit(X, y)
    with loader.open_estimator(model, X=X) as trained:
        program, _ = convert_model(trained)
    nothing = Answerable((False,) * 5, (False,) * 5, (False,) * 5)
    rows = make_rows(np.empty((0, 5)), boundary_values(program), nothing, 200_000)["thresholds"]
    for tree in model.estimators_:
        inner = tree.tree_.feature >= 0
        for feature, threshold in zip(
            tree.tree_.feature[inner], tree.tree_.threshold[inner], strict=True
        ):
            single = np.float32(threshold)
            wanted = [threshold, np.nextafter(threshold, 9e9), np.nextafter(threshold, -9e9)]
            wanted += [
                np.nextafter(single, np.float32(9e9)),
                np.nextafter(single, np.float32(-9e9)),
            ]
            assert np.isin(np.array(wanted, float), rows[:, feature]).all()


def test_compiling_gives_no_warning(cancer: Any) -> None:
    """Compiling prints no warning."""
    model = RandomForestClassifier(n_estimators=3).fit(cancer.X, cancer.y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compile_fitted(model, cancer.X)


def test_a_tie_may_be_broken_otherwise() -> None:
    """If the model's own scores of two labels are equal, either label is accepted."""
    X = np.array([[-1.0], [1.0]] * 20)
    model = LogisticRegression().fit(X, [0, 1] * 20)
    model.intercept_[:] = 0.0
    rows = np.concatenate([X, np.zeros((1, 1)), np.full((1, 1), 5e-324)])
    compiled = compile_fitted(model, rows)
    assert compiled.parity is not None
    assert compiled.parity.rows_equal == compiled.parity.rows_tried


def test_what_a_model_amplifies_itself_is_allowed() -> None:
    """Coefficients that cancel out: scikit-learn's own last digits are noise there."""
    random = np.random.default_rng(0)
    X = random.normal(size=(100, 3))
    X[:, 0] *= 1e6
    X[:, 2] += X[:, 0]
    model = LinearRegression().fit(X, X[:, 1])
    model.coef_ = np.array([1e2, 1.0, -1e2])
    compiled = compile_fitted(model, X)
    np.testing.assert_allclose(compiled.predict(X), model.predict(X), rtol=1e-5)


def test_refusals_are_compared_too() -> None:
    """A model that answers for NaN, unlike its compiled form, is refused."""

    class Lenient:
        """An oracle that reads NaN as 0."""

        def __init__(self, honest: Oracle) -> None:
            self.honest = honest

        def answer(self, method: str, rows: Table, place: Sequence[str | int] = ()) -> np.ndarray:
            return self.honest.answer(method, Table.of_numbers(np.nan_to_num(rows.numbers)), place)

    X, y = make_classification(100, 5, random_state=0)
    model = LogisticRegression().fit(X, y)
    with (
        loader.open_estimator(model, X=X) as trained,
        pytest.raises(ParityError, match="refuses"),
    ):
        pipeline.compile_trained(replace(trained, oracle=Lenient(trained.oracle)))


def test_rows_that_both_refuse_are_counted() -> None:
    """Rows that the kernel refuses are not compared; the model is asked some of them."""
    X = np.random.default_rng(0).uniform(0.1, 2.0, size=(60, 3))
    model = make_pipeline(PowerTransformer("box-cox"), LinearRegression()).fit(X, X[:, 0])
    rows = np.concatenate([X, -X])
    parity = compile_fitted(model, rows).parity
    assert parity is not None
    assert parity.rows_by_kind["training"] == 60
    assert parity.rows_refused >= 60
    assert 20 <= parity.refusals_compared <= parity.rows_refused
