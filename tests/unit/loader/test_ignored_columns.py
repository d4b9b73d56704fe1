"""Columns that a model takes and never reads: found in what was fitted, and optional everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import poner
from poner import loader
from poner.compiled_model import CompiledModel
from poner.loader.child.ignored_columns import ignored_columns
from tests.support.compiling import compile_fitted
from tests.support.saving import kept_rows, signature_in

NEEDED = ["age", "city", "income"]
GONE = {"when", "note", "mixed"}


def make() -> tuple[pandas.DataFrame, Any]:
    """Numbers and texts that models read; a date, texts and a mixture that they drop."""
    random = np.random.default_rng(0)
    frame = pandas.DataFrame(
        {
            "when": pandas.date_range("2026-01-01", periods=80),
            "age": random.integers(20, 80, 80),
            "note": random.choice(["short", "a long one"], 80),
            "city": random.choice(["Lima", "Oslo", "Rome"], 80),
            "mixed": [1, "one"] * 40,
            "income": random.normal(0, 1, 80),
        }
    )
    return frame, ((frame["age"] + 10 * frame["income"] > 50) ^ (frame["city"] == "Oslo")).astype(
        int
    )


def dropping(model: Any = None, columns: Any = ("age", "income")) -> Any:
    """A Pipeline that reads three of the columns."""
    encode = ColumnTransformer(
        [
            ("numbers", StandardScaler(), list(columns)),
            ("city", OneHotEncoder(handle_unknown="ignore"), ["city"]),
            ("note", "drop", ["note"]),
        ]
    )
    return make_pipeline(encode, LogisticRegression() if model is None else model)


UNION = FeatureUnion(
    [
        ("all", ColumnTransformer([("age", "passthrough", ["age"])])),
        ("more", dropping().steps[0][1]),
        ("nothing", "drop"),
    ]
)
MODELS = {
    "pipeline": dropping(),
    "positions": ColumnTransformer(
        [("numbers", StandardScaler(), [1, -1]), ("city", OneHotEncoder(), slice(3, 4))]
    ),
    "mask": ColumnTransformer(
        [("all", OneHotEncoder(handle_unknown="ignore"), [False, True, False, True, False, True])]
    ),
    "search": GridSearchCV(dropping(), {"logisticregression__C": [0.1, 1.0]}, cv=2),
    "vote": VotingClassifier([("a", dropping()), ("b", dropping(LogisticRegression(C=0.1)))]),
    "stack": StackingClassifier([("a", dropping())], cv=2),
    "calibrated": CalibratedClassifierCV(dropping(), cv=2),
    "union": make_pipeline(UNION, LogisticRegression()),
    "begins with nothing": Pipeline([("nothing", "passthrough"), ("model", dropping())]),
    "inside": ColumnTransformer([("half", dropping().steps[0][1], [1, 2, 3, 5])]),
}
for _name in ("positions", "mask", "inside"):
    MODELS[_name] = make_pipeline(MODELS[_name], LogisticRegression())


def names_of_ignored(compiled: CompiledModel) -> set[str]:
    """The wire names of the features that a compiled model ignores."""
    return {each.wire_name for each in compiled.signature.features if each.ignored}


@pytest.mark.parametrize("name", MODELS)
def test_what_no_step_reads_is_ignored(name: str) -> None:
    """A date, a text and a mixture that are dropped: rows with and without them are answered."""
    frame, y = make()
    model = MODELS[name].fit(frame, y)
    compiled = compile_fitted(model, frame)
    assert names_of_ignored(compiled) == GONE
    assert compiled.parity is not None
    assert compiled.parity.rows_equal == compiled.parity.rows_tried
    own = model.predict(frame)
    np.testing.assert_array_equal(compiled.predict(frame), own)
    np.testing.assert_array_equal(compiled.predict(frame[NEEDED]), own)
    np.testing.assert_array_equal(compiled.predict(frame[NEEDED].to_dict("records")), own)
    np.testing.assert_array_equal(compiled.predict(frame.to_dict("records")), own)
    np.testing.assert_array_equal(compiled.predict(frame.to_numpy(dtype=object)), own)
    for other in ({}, {"note": 7, "when": object()}):
        row = {**frame[NEEDED].iloc[0].to_dict(), **other}
        assert compiled.predict(row).tolist() == own[:1].tolist()


def test_a_target_may_be_transformed() -> None:
    """The regressor within gets the rows as they are."""
    frame, _ = make()
    model = TransformedTargetRegressor(dropping(Ridge()), func=np.exp, inverse_func=np.log)
    model.fit(frame, frame["income"])
    assert {frame.columns[place] for place in ignored_columns(model)} == GONE


ONE = ColumnTransformer([("first", "passthrough", [0])])
READING: dict[str, Any] = {
    "selector": make_pipeline(SelectKBest(k=2), LogisticRegression()),
    "bagging": BaggingClassifier(LogisticRegression(), 3, max_features=0.5, random_state=0),
    "stack": StackingClassifier(
        [("one", make_pipeline(ONE, LogisticRegression()))], cv=2, passthrough=True
    ),
    "remainder": make_pipeline(
        ColumnTransformer(ONE.transformers, remainder="passthrough"), LogisticRegression()
    ),
    "second step": make_pipeline(StandardScaler(), ONE, LogisticRegression()),
}


@pytest.mark.parametrize("name", READING)
def test_what_a_model_refuses_to_be_without_is_not_ignored(name: str) -> None:
    """An estimator that looks at its whole row reads it, whatever it then does with it."""
    X = np.random.default_rng(0).normal(size=(60, 3))
    assert ignored_columns(READING[name].fit(X, X[:, 0] > 0)) == frozenset()


def test_a_saved_model_says_which_columns_it_ignores(tmp_path: Path) -> None:
    """In signature.json; what they held in training is kept nowhere."""
    frame, y = make()
    model = dropping().fit(frame, y)
    poner.save(model, frame, y, tmp_path)
    signature = signature_in(tmp_path)
    assert {each.wire_name for each in signature.features if each.ignored} == GONE
    assert [row[0] for row in kept_rows(tmp_path)["rows"]] == [None] * 80
    assert "a long one" not in (tmp_path / "training_rows.json").read_text()
    with loader.open_model(tmp_path / "clf.sav") as trained:
        assert trained.signature.ignored == signature.ignored
        assert np.isnan(trained.training_rows.numbers[:, [0, 2, 4]]).all()


def test_the_model_decides_what_is_ignored_not_the_signature(tmp_path: Path) -> None:
    """A signature of before, or one that was edited, has no say."""
    frame, y = make()
    poner.save(dropping().fit(frame, y), frame, y, tmp_path)
    text = (tmp_path / "signature.json").read_text()
    swapped = text.replace('"ignored": true', '"ignored": 0').replace(": false", ": true")
    (tmp_path / "signature.json").write_text(swapped.replace('"ignored": 0', '"ignored": false'))
    with loader.open_model(tmp_path / "clf.sav") as trained:
        wire_names = trained.signature.wire_names
        assert {wire_names[place] for place in trained.signature.ignored} == GONE
