"""Rows with the model's own answers, for the engines that ship the model itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.decomposition import NMF
from sklearn.ensemble import GradientBoostingClassifier, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Perceptron
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from poner import compiler, loader
from poner.artifacts import Examples
from poner.errors import ParityError
from poner.table import as_lists
from tests.conftest import Cancer


def examples_of(model: Any, X: Any = None) -> Examples:
    """Examples of a fitted estimator; X is its training data."""
    with loader.open_estimator(model, X=X) as trained:
        return compiler.collect_examples(trained)


def test_answers_are_the_models_own(cancer: Cancer) -> None:
    """Of every output: labels arrive as indices of the classes, scores as the model gives them."""
    model = GradientBoostingClassifier(n_estimators=20).fit(
        cancer.X, np.where(cancer.y, "yes", "no")
    )
    examples = examples_of(model, cancer.X)
    np.testing.assert_array_equal(examples.rows.numbers[:569], cancer.X)
    assert list(examples.answers) == ["decision_function", "predict_proba", "predict"]
    own = model.decision_function(examples.rows.numbers)
    np.testing.assert_array_equal(examples.answers["decision_function"][:, 0], own)
    own = model.predict_proba(examples.rows.numbers)
    np.testing.assert_array_equal(examples.answers["predict_proba"], own)
    answered = model.classes_[examples.predictions[:, 0].astype(int)]
    np.testing.assert_array_equal(answered, model.predict(examples.rows.numbers))
    assert sum(examples.rows_by_kind.values()) == len(examples.rows)


def test_a_model_that_casts_to_float32_says_so(cancer: Cancer) -> None:
    """Trees refuse numbers beyond float32; a linear model answers for them."""
    trees = RandomForestRegressor(n_estimators=5).fit(cancer.X, cancer.X[:, 0])
    assert examples_of(trees, cancer.X).number_type == "float32"
    linear = LinearRegression().fit(cancer.X, cancer.X[:, 0])
    assert examples_of(linear, cancer.X).number_type == "float64"


def test_the_typical_row_is_made_of_medians(cancer: Cancer) -> None:
    """No patient's row goes along: a median is nobody's value together with the others."""
    model = LogisticRegression(max_iter=5000).fit(cancer.X, cancer.y)
    assert examples_of(model, cancer.X).typical == tuple(np.median(cancer.X, axis=0).tolist())


def test_the_typical_row_is_asked_last(cancer: Cancer) -> None:
    """Its answer is the model's own, as all others; it is a kind of one row."""
    model = LogisticRegression(max_iter=5000).fit(cancer.X, cancer.y)
    examples = examples_of(model, cancer.X)
    assert examples.typical is not None
    assert examples.rows_by_kind["typical"] == 1
    assert examples.typical_place == len(examples.rows) - 1
    np.testing.assert_array_equal(examples.rows.numbers[-1], examples.typical)
    own = model.predict_proba([examples.typical])
    np.testing.assert_array_equal(examples.answers["predict_proba"][-1:], own)


def test_a_typical_row_that_is_refused_is_not_asked(cancer: Cancer) -> None:
    """A model may refuse medians though it answers what it was trained on."""
    model = make_pipeline(FunctionTransformer(_refuse_medians), LinearRegression())
    model.fit(cancer.X, cancer.y)
    examples = examples_of(model, cancer.X)
    assert (examples.typical, examples.typical_place) == (None, None)
    assert "typical" not in examples.rows_by_kind


def _refuse_medians(X: Any) -> Any:
    if np.any((X[:, 3] == 686.5) & (X[:, 1] == 14.97)):
        raise ValueError("no")
    return X


def test_what_the_compiler_cannot_read_is_drawn_from_training(cancer: Cancer) -> None:
    """NMF refuses negative numbers; rows drawn beyond zero are tried without their signs."""
    model = make_pipeline(NMF(2, max_iter=300), LogisticRegression()).fit(cancer.X, cancer.y)
    examples = examples_of(model, cancer.X)
    assert examples.rows_by_kind["training"] >= 95
    assert examples.rows_by_kind["drawn"] == 100 if examples.asked_alone else 200
    assert examples.rows.numbers.min() >= 0.0


def test_without_training_data_rows_are_found_still(cancer: Cancer) -> None:
    """A bare file says nothing of its features; enough of what is tried is answered."""
    model = make_pipeline(NMF(2, max_iter=300), LogisticRegression()).fit(cancer.X, cancer.y)
    examples = examples_of(model)
    assert len(examples.rows) > 50
    assert examples.rows_by_kind.keys() <= {"thresholds", "drawn", "typical"}


def test_rows_that_depend_on_each_other_are_asked_alone(cancer: Cancer) -> None:
    """A step that looks at all rows together; a request brings one row only."""
    model = make_pipeline(FunctionTransformer(_centred), LogisticRegression())
    model.fit(cancer.X, cancer.y)
    examples = examples_of(model, cancer.X)
    assert examples.asked_alone
    answers = examples.answers["predict_proba"]
    for row, scores in zip(examples.rows.numbers[:30], answers, strict=False):
        np.testing.assert_array_equal(model.predict_proba(row[None])[0], scores)


def _centred(X: Any) -> Any:
    return X - X.mean(axis=0)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Numbers with a gap, and texts."""
    return pd.DataFrame({"age": [61, 48, np.nan, 55] * 5, "sex": ["f", "m", "f", "m"] * 5})


@pytest.mark.parametrize("own_step", [False, True], ids=["read", "not read"])
def test_texts_and_gaps(table: pd.DataFrame, own_step: bool) -> None:
    """Null is taken where the model answers for it, and unknown texts where it ignores them."""
    encode = make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), ["age"]),
        (OneHotEncoder(handle_unknown="ignore"), ["sex"]),
    )
    steps = [encode, FunctionTransformer(_doubled)] if own_step else [encode]
    model = make_pipeline(*steps, LogisticRegression()).fit(table, [1, 0, 0, 1] * 5)
    examples = examples_of(model, table)
    assert [feature.kind for feature in examples.signature.features] == ["number", "category"]
    assert [feature.missing for feature in examples.signature.features] == [True, True]
    assert examples.rows_by_kind["unknown"] > 50
    assert examples.rows_by_kind["missing"] > 50
    assert examples.typical == (55.0, "f")
    assert {sex for _, sex in as_lists(examples.rows)[:20]} == {"f", "m"}


def _doubled(X: Any) -> Any:
    return X * 2.0


def test_texts_that_the_model_refuses(table: pd.DataFrame) -> None:
    """One row for each feature in which an unknown text is refused; the others are typical."""
    encode = make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), ["age"]), (OneHotEncoder(), ["sex"])
    )
    model = make_pipeline(encode, LogisticRegression()).fit(table, [1, 0, 0, 1] * 5)
    examples = examples_of(model, table)
    ((age, sex),) = examples.refused
    assert age == 55.0
    assert sex not in ("f", "m")
    assert "unknown" not in examples.rows_by_kind


def test_scores_of_a_model_without_probabilities(cancer: Cancer) -> None:
    """The decision function is taken, one column for two classes."""
    model = Perceptron().fit(cancer.X, cancer.y)
    examples = examples_of(model, cancer.X)
    assert examples.scores_method == "decision_function"
    assert examples.answers["decision_function"].shape == (len(examples.rows), 1)


def test_several_outputs(cancer: Cancer) -> None:
    """A column an output."""
    model = LinearRegression().fit(cancer.X, cancer.X[:, :3])
    examples = examples_of(model, cancer.X)
    assert examples.predictions.shape == (len(examples.rows), 3)
    assert examples.scores_method is None


def test_a_model_that_answers_nothing_is_an_error(cancer: Cancer) -> None:
    """Nothing can be proved of it."""
    model = make_pipeline(FunctionTransformer(_refuse, validate=True), LinearRegression())
    model.fit(cancer.X, cancer.y)
    with pytest.raises(ParityError, match="No row was found"):
        examples_of(model)


def _refuse(X: Any) -> Any:
    if len(X) != 569:  # what it was fitted on
        raise ValueError("no")
    return X


def test_a_model_that_answers_none_of_its_training_rows_is_an_error(table: pd.DataFrame) -> None:
    """Fitted on dtype category it takes no texts; rows of gaps, which it takes, say little."""
    lightgbm = pytest.importorskip("lightgbm")
    X = table.astype({"sex": "category"})
    model = lightgbm.LGBMClassifier(n_estimators=2, verbose=-1).fit(X, np.arange(len(X)) % 2)
    with pytest.raises(ParityError, match="none of the rows it was trained on"):
        examples_of(model, X)


def test_gaps_of_a_wide_model_are_found_feature_by_feature_where_few_differ() -> None:
    """Two imputed columns among 2,500 others: the groups are halved until each stands alone."""
    X = np.random.default_rng(0).normal(size=(30, 2_500))
    imputed = make_column_transformer((SimpleImputer(), slice(0, 2_498)), remainder="passthrough")
    model = make_pipeline(imputed, LogisticRegression(max_iter=5)).fit(X, X[:, 0] > 0)
    missing = [feature.missing for feature in examples_of(model, X).signature.features]
    assert missing == [True] * 2_498 + [False] * 2
