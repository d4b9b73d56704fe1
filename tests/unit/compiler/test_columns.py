"""ColumnTransformer, FeatureUnion and encoders, on tables of numbers and texts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
    TargetEncoder,
)
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from poner.errors import InputError, NotSupportedError
from tests.support.compiling import assert_agrees, compile_fitted

RANDOM = np.random.default_rng(5)
N_ROWS = 150


def make_table() -> pd.DataFrame:
    """Numbers, whole numbers, and two columns of texts."""
    return pd.DataFrame(
        {
            "income": RANDOM.exponential(size=N_ROWS),
            "rooms": RANDOM.integers(0, 4, N_ROWS),
            "city": RANDOM.choice(["Bern", "Rome", "Oslo"], N_ROWS),
            "kind": RANDOM.choice(["flat", "house"], N_ROWS),
            "age": RANDOM.normal(size=N_ROWS),
        }
    )


TABLE = make_table()
Y = TABLE["income"] + (TABLE["city"] == "Rome") + RANDOM.normal(size=N_ROWS) * 0.1
NUMBERS = TABLE[["income", "rooms", "age"]].to_numpy(float)


def with_gaps(column: str, missing: Any, dtype: Any = None) -> pd.DataFrame:
    """The table with a third of a column missing."""
    table = TABLE.copy()
    if dtype is not None:
        table[column] = table[column].astype(dtype)
    table.loc[::3, column] = missing
    return table


TABLES = {
    "str": TABLE,
    "object": TABLE.astype({"city": object, "kind": object}),
    "category": TABLE.astype({"city": "category", "kind": "category"}),
    "NaN": with_gaps("city", np.nan),
    "None": with_gaps("city", None, object),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_numbers_and_texts(name: str) -> None:
    """Columns chosen by name pass through the steps of their kind; texts may have any dtype."""
    columns = ColumnTransformer(
        [
            ("log", FunctionTransformer(np.log1p), ["income"]),
            ("scaled", make_pipeline(SimpleImputer(), StandardScaler()), ["age", "rooms"]),
            ("texts", OneHotEncoder(handle_unknown="ignore"), ["city", "kind"]),
        ],
        transformer_weights={"log": 0.5},
    )
    model = make_pipeline(columns, LinearRegression()).fit(TABLES[name], Y)
    compiled = assert_agrees(model, TABLES[name])
    assert [feature.kind for feature in compiled.signature.features] == [
        *("number", "number", "category", "category", "number")
    ]


@pytest.mark.parametrize("name", TABLES)
def test_encoders_before_a_tree_are_exact(name: str) -> None:
    """Codes, ones and zeros have equal bits, and unknown texts give equal answers."""
    columns = ColumnTransformer(
        [
            ("places", OrdinalEncoder(
                handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2
            ), ["rooms", "city"]),
            ("ones", OneHotEncoder(drop="if_binary"), ["kind", "rooms"]),
        ],
        remainder=MinMaxScaler(),
    )  # fmt: skip
    model = make_pipeline(columns, DecisionTreeRegressor(random_state=0)).fit(TABLES[name], Y)
    compiled = assert_agrees(model, TABLES[name], tolerance=0.0)
    assert compiled.parity is not None
    assert compiled.parity.rows_by_kind["unknown"] > 0
    row = TABLES[name].iloc[:1].assign(city="Lima")
    assert compiled.predict(row)[0] == model.predict(row)[0]


@pytest.mark.parametrize(
    "encoder",
    [
        OneHotEncoder(handle_unknown="ignore", drop="first"),
        OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=60),
        OneHotEncoder(handle_unknown="ignore", max_categories=2),
        OneHotEncoder(handle_unknown="warn", max_categories=3, drop="first"),
        OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=0.4, drop="if_binary"),
        OneHotEncoder(drop=["Rome", "flat", 2]),
        OneHotEncoder(categories=[["Rome", "Bern", "Oslo"], ["house", "flat"], [0, 1, 2, 3]]),
        OneHotEncoder(sparse_output=False, dtype=int),
        OrdinalEncoder(),
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan),
        OrdinalEncoder(
            handle_unknown="use_encoded_value", unknown_value=99, max_categories=2
        ),
        OrdinalEncoder(min_frequency=50),
        TargetEncoder(),
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("name", ["str", "NaN"])
def test_settings_of_encoders(encoder: Any, name: str) -> None:
    """Dropped, grouped, unknown and missing categories get scikit-learn's columns."""
    if name == "NaN" and isinstance(encoder.get_params()["categories"], list):
        pytest.skip("the given categories have no NaN")
    rows = TABLES[name][["city", "kind", "rooms"]]
    model = make_pipeline(encoder, DecisionTreeRegressor(random_state=0)).fit(rows, Y)
    assert_agrees(model, rows, tolerance=0.0)


@pytest.mark.parametrize("classes", [2, 3])
def test_target_encoder_of_classes(classes: int) -> None:
    """With more than two classes, each category gets one column for each class."""
    labels = np.digitize(Y, [1.0, 2.0][: classes - 1])
    rows = TABLES["NaN"][["city", "rooms"]]
    assert_agrees(make_pipeline(TargetEncoder(), LogisticRegression()).fit(rows, labels), rows)


def test_encoders_of_numbers() -> None:
    """Categories can be numbers, with NaN among them; infinities are refused."""
    rows = np.round(RANDOM.normal(size=(N_ROWS, 2)))
    rows[::9, 0] = np.nan
    rows[rows == 0.0] = -0.0
    model = make_pipeline(
        OneHotEncoder(handle_unknown="ignore"), DecisionTreeRegressor(random_state=0)
    )
    compiled = assert_agrees(model.fit(rows, Y), rows, tolerance=0.0)
    assert compiled.refusals(np.array([[np.inf, 0.0], [np.nan, 0.0]])).tolist() == [True, False]


def test_an_array_of_objects() -> None:
    """Texts without a DataFrame agree, with columns by position, slice, mask and from the end."""
    rows = TABLE.to_numpy(dtype=object)
    columns = ColumnTransformer(
        [
            ("texts", OneHotEncoder(), [2, -2]),
            ("rooms", OrdinalEncoder(), [1]),
            ("income", StandardScaler(), slice(0, 1)),
            ("age", "passthrough", [False] * 4 + [True]),
            ("nothing", StandardScaler(), []),
        ]
    )
    model = make_pipeline(columns, DecisionTreeRegressor(random_state=0)).fit(rows, Y)
    assert_agrees(model, rows)


def test_an_array_of_texts() -> None:
    """An array of fixed-width texts is encoded as a whole."""
    rows = TABLE[["city", "kind"]].to_numpy(dtype=str)
    for encoder in (OneHotEncoder(handle_unknown="ignore"), OrdinalEncoder()):
        model = make_pipeline(encoder, DecisionTreeRegressor(random_state=0)).fit(rows, Y)
        assert_agrees(model, rows, tolerance=0.0)


def test_a_column_of_booleans() -> None:
    """True and False are 1 and 0, also beside texts."""
    table = TABLE.assign(new=TABLE["age"] > 0)
    for columns in (["new"], ["new", "city"]):
        steps = ColumnTransformer([("ones", OneHotEncoder(), columns)], remainder="drop")
        model = make_pipeline(steps, DecisionTreeRegressor(random_state=0)).fit(table, Y)
        assert_agrees(model, table, tolerance=0.0)


def test_texts_filled_before_anything_else() -> None:
    """The first step may get numbers and texts together."""
    table = TABLES["NaN"]
    steps = [SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")]
    model = make_pipeline(*steps, DecisionTreeRegressor(max_depth=5, random_state=0))
    assert_agrees(model.fit(table, Y), table)


@pytest.mark.parametrize("remainder", ["drop", "passthrough", StandardScaler()])
def test_columns_of_numbers(remainder: Any) -> None:
    """Columns may be chosen by a function or nested; the rest is dropped, kept or transformed."""
    table = pd.DataFrame(NUMBERS, columns=["a", "b", "c"])
    inner = ColumnTransformer([("first", MinMaxScaler(), [0])], remainder="passthrough")
    columns = ColumnTransformer(
        [("some", inner, make_column_selector("[bc]")), ("gone", "drop", ["b"])],
        remainder=remainder,
    )
    model = make_pipeline(columns, DecisionTreeRegressor(random_state=0)).fit(table, Y)
    assert_agrees(model, table, tolerance=0.0)


def test_a_text_column_that_is_not_used() -> None:
    """A column that no step reads may hold any text."""
    columns = ColumnTransformer([("numbers", StandardScaler(), ["income", "age"])])
    model = make_pipeline(columns, LinearRegression()).fit(TABLE, Y)
    assert_agrees(model, TABLE)


def test_unknown_texts_are_refused_by_name() -> None:
    """An encoder that raises for an unknown category makes an error that names the feature."""
    rows = TABLE[["city"]]
    compiled = compile_fitted(make_pipeline(OneHotEncoder(), LinearRegression()).fit(rows, Y), rows)
    with pytest.raises(InputError, match="city"):
        compiled.predict([{"city": "Lima"}])


def test_feature_union() -> None:
    """Transformers side by side agree, with weights, and with dropped and passthrough members."""
    union = FeatureUnion(
        [
            ("scaled", StandardScaler()),
            ("same", "passthrough"),
            ("gone", "drop"),
            ("nested", make_pipeline("passthrough", MinMaxScaler())),
        ],
        transformer_weights={"scaled": 2.0, "same": 3},
    )
    model = make_pipeline(union, DecisionTreeClassifier(random_state=0))
    assert_agrees(model.fit(NUMBERS, Y > 1), NUMBERS, tolerance=0.0)


def test_frozen_estimators() -> None:
    """A frozen estimator transforms and predicts as the estimator inside it."""
    scaler, model = FrozenEstimator(StandardScaler().fit(NUMBERS)), LinearRegression()
    assert_agrees(make_pipeline(scaler, model).fit(NUMBERS, Y), NUMBERS)


class Doubling(StandardScaler):
    """A subclass may compute anything."""


def test_unknown_steps_are_named() -> None:
    """A class without a converter is refused, and the error names its step."""
    columns = ColumnTransformer([("twice", Doubling(), [0])], remainder="passthrough")
    model = make_pipeline(columns, LinearRegression()).fit(NUMBERS, Y)
    with pytest.raises(NotSupportedError, match="Doubling") as caught:
        compile_fitted(model, NUMBERS)
    assert caught.value.step == "Pipeline/columntransformer/twice"
