"""Rows with texts: how they travel, and that a model answers them as it did the DataFrame."""

import json
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
    TargetEncoder,
)

from poner import loader
from poner.artifacts import Table
from poner.errors import PonerError, SignatureError
from poner.loader.child.missing_values import columns_with_none
from poner.loader.saving import save
from poner.signature import Feature, Signature
from poner.table import UNKNOWN_CODE, read_table, spell_unknown
from poner_runtime.fitted import as_fitted, settle
from tests.support.compiling import fit_elsewhere
from tests.support.versions import OTHER_VERSIONS

N = 120


def make_frame(missing):
    """(120, 5) numbers, texts, booleans; `missing` where a text is."""
    random = np.random.default_rng(0)
    age = random.normal(50, 10, N)
    colour = random.choice(["red", "green", "blue"], N).astype(object)
    size = random.choice(["S", "M", "L"], N).astype(object)
    if missing is not ...:
        age[::7], colour[::5], size[::11] = np.nan, missing, missing
    return pd.DataFrame(
        {
            "age": age,
            "colour": pd.Series(colour, dtype=object),
            "income": random.lognormal(size=N),
            "size": pd.Series(size, dtype=object),
            "smokes": random.random(N) < 0.5,
        }
    )


Y = np.random.default_rng(1).integers(0, 2, N)
NUMBERS = make_pipeline(SimpleImputer(), StandardScaler())
ONE_HOT = OneHotEncoder(handle_unknown="ignore")
COLUMNS = ColumnTransformer(
    [
        ("scale", NUMBERS, ["age"]),
        ("log", FunctionTransformer(np.log1p), ["income"]),
        ("one", ONE_HOT, ["colour", "smokes"]),
        ("fill", make_pipeline(SimpleImputer(strategy="most_frequent"), ONE_HOT), ["size"]),
    ]
)
BY_DTYPE = ColumnTransformer(
    [
        ("numbers", NUMBERS, make_column_selector(dtype_include=[float, bool])),
        ("texts", ONE_HOT, make_column_selector(dtype_exclude=[float, bool])),
    ]
)
TARGETS = ColumnTransformer([("target", TargetEncoder(), ["colour", "size"])])
ORDINAL = ColumnTransformer(
    [("place", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), [1, 3])],
    remainder="passthrough",
)
MODELS = {
    "columns": make_pipeline(COLUMNS, LogisticRegression()),
    "by dtype": make_pipeline(BY_DTYPE, LogisticRegression()),
    "target": make_pipeline(TARGETS, LogisticRegression()),
    "ordinal": make_pipeline(ORDINAL, HistGradientBoostingClassifier(max_iter=3)),
    "whole table": make_pipeline(OrdinalEncoder(), HistGradientBoostingClassifier(max_iter=3)),
    "search": GridSearchCV(
        make_pipeline(COLUMNS, SelectKBest(k=4), LogisticRegression()), {}, cv=2
    ),
    "votes": VotingClassifier([("one", make_pipeline(COLUMNS, LogisticRegression()))]),
    "union": make_pipeline(
        FeatureUnion([("one", COLUMNS), ("two", TARGETS)]), RandomForestClassifier(3)
    ),
}


def saved(model, frame, folder):
    """The folder of a fitted model."""
    return save(model, frame, Y, folder)


@pytest.mark.parametrize("missing", [..., None, np.nan], ids=["whole", "None", "nan"])
@pytest.mark.parametrize("name", MODELS)
def test_answers_are_those_to_the_dataframe(name, missing, in_process, tmp_path):
    """From a file and in memory: the same answers as the user's own call had, gaps and all."""
    frame = make_frame(missing)
    model = MODELS[name].fit(frame, Y)
    method = "predict" if name == "votes" else "predict_proba"
    expected = getattr(model, method)(frame)
    with loader.open_model(saved(model, frame, tmp_path)) as opened:
        assert opened.training_rows.categories == [1, 3]
        np.testing.assert_array_equal(opened.oracle.answer(method, opened.training_rows), expected)
    with loader.open_estimator(model, X=frame) as opened:
        np.testing.assert_array_equal(opened.oracle.answer(method, opened.training_rows), expected)
        assert [f.kind for f in opened.signature.features] == [
            "number", "category", "number", "category", "number"
        ]  # fmt: skip


@pytest.mark.parametrize("dtype", ["category", "str"])
def test_boosting_with_categories_of_its_own(dtype, tmp_path):
    """HistGradientBoosting that takes its categories from the dtype, or by name; a real child."""
    frame = make_frame(np.nan).astype({"colour": dtype, "size": dtype})
    chosen = "from_dtype" if dtype == "category" else ["colour", "size"]
    model = HistGradientBoostingClassifier(max_iter=3, categorical_features=chosen).fit(frame, Y)
    with loader.open_model(saved(model, frame, tmp_path)) as opened:
        rows = opened.training_rows
        np.testing.assert_array_equal(
            opened.oracle.answer("decision_function", rows), model.decision_function(frame)
        )
        unknown = rows.take(np.array([0]))
        unknown.numbers[0, 1] = UNKNOWN_CODE
        other = frame[:1].assign(colour=pd.Series([np.nan], dtype=frame["colour"].dtype))
        np.testing.assert_array_equal(
            opened.oracle.answer("decision_function", unknown), model.decision_function(other)
        )


def test_what_is_missing_is_read_from_what_was_fitted():
    """Encoders that know None, and imputers that fill it, name their columns of the model."""
    frame = make_frame(None).assign(size=make_frame(np.nan)["size"])
    assert columns_with_none(settled(MODELS["columns"].fit(frame, Y))) == {1}
    assert columns_with_none(settled(MODELS["votes"].fit(frame, Y))) == {1}
    fill = SimpleImputer(missing_values=None, strategy="constant", fill_value="none")
    columns = ColumnTransformer([("fill", make_pipeline(fill, OneHotEncoder()), [3, 1])])
    model = make_pipeline(columns, LogisticRegression()).fit(make_frame(None), Y)
    assert columns_with_none(settled(model)) == {1, 3}


def settled(model):
    """A copy as the oracle has it."""
    copied = pickle.loads(pickle.dumps(model))
    settle(copied)
    return copied


def joined(table, with_none=()):
    """Rows as they arrive in the child, by way of JSON."""
    spelled = spell_unknown(table)
    message = json.dumps([list(spelled.vocabulary), spelled.categories])
    return as_fitted(spelled.numbers, *json.loads(message), with_none)


def test_columns_of_numbers_come_out_as_numbers():
    """As out of a DataFrame: what is chosen of numbers alone is float64."""
    numbers = np.array([[1.5, 0.0, np.nan], [2.5, np.nan, 3.0]])
    fitted = joined(Table(numbers, ("number", "category", "number"), ["a"]), {1})
    assert fitted[1, 1] is None
    assert fitted[:, [0, 2]].dtype == np.float64
    assert fitted[:, 2].dtype == np.float64
    assert fitted[:, np.array([True, False, False])].dtype == np.float64
    assert fitted[:, [0, 1]].dtype == object
    assert fitted[:, [0, 1]][:, :1].dtype == np.float64
    assert fitted[:1][:, 0].dtype == np.float64
    assert type(fitted[:, 1]) is np.ndarray


def test_numbers_alone_stay_as_they_are():
    """Unless None is what the model knows as missing: such a column was fitted on objects."""
    rows = Table.of_numbers(np.array([[1.0, np.nan]]))
    assert joined(rows).dtype == np.float64
    assert joined(rows, {1})[0, 1] is None
    beside = joined(rows, {0})
    assert beside.dtype == beside[:, [0, 1]].dtype == object
    assert beside[:, [1]].dtype == np.float64


def test_a_text_that_is_missing_is_no_number():
    """Alone in its rows it still shows that its column holds texts."""
    fitted = joined(Table(np.array([[1.0, np.nan]]), ("number", "category")))
    assert fitted[:, [1]].dtype == object


def test_texts_travel_as_numbers():
    """Each text comes back as it was."""
    texts = ["", "é", "\x00", "a\ud800", "1.5", "nan"]
    rows = [[text, float(place), text[::-1]] for place, text in enumerate(texts)]
    features = [Feature("a", "a", "category"), Feature("b", "b"), Feature("c", "c", "category")]
    back = joined(read_table([*rows, [None, None, None]], Signature(tuple(features), None)))
    assert back[:-1].tolist() == rows
    assert np.isnan(np.asarray(back[-1], dtype=float)).all()


def test_a_code_without_a_text_arrives_as_an_unknown_text():
    """A model that is asked for an unknown category gets a text that its vocabulary has not."""
    codes = np.array([[0.0], [UNKNOWN_CODE], [1.0]])
    known, *unknown = joined(Table(codes, ("category",), ["\x00unknown"]))[:, 0]
    assert known == "\x00unknown"
    assert {type(text) for text in unknown} == {str}
    assert known not in unknown


@pytest.mark.parametrize(
    "rows",
    ['[["a", 1], [2, "b"]]', '[["a"]]', '[[["a"], 1]]', "[[{}, 1]]", "[5]", '"ab"'],
)
def test_damaged_training_rows_with_texts_are_an_error(rows, in_process, tmp_path):
    """A column of both kinds, or of neither, is not what saving wrote."""
    frame = make_frame(...)[["colour", "age"]]
    model = make_pipeline(
        ColumnTransformer([("one", ONE_HOT, [0])], remainder="passthrough"), LogisticRegression()
    )
    saved(model.fit(frame, Y), frame, tmp_path)
    (tmp_path / "training_rows.json").write_text(f'{{"columns": ["a", "b"], "rows": {rows}}}')
    with pytest.raises(SignatureError, match="training_rows"), loader.open_model(tmp_path):
        pass


FIT_ELSEWHERE = """
import json, pickle
import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

rows = [[float(i % 7), "red" if i % 3 else "blue", None if i % 5 else "S"] for i in range(40)]
X = np.array(rows, dtype=object)
columns = ColumnTransformer([
    ("scale", StandardScaler(), [0]), ("one", OneHotEncoder(handle_unknown="ignore"), [1, 2]),
    ("place", OrdinalEncoder(), [1]),
])
model = make_pipeline(columns, LogisticRegression()).fit(X, [i % 2 for i in range(40)])
pickle.dump(model, open("clf.sav", "wb"))
json.dump({"rows": X.tolist(), "answers": model.predict_proba(X).tolist()}, open("told.json", "w"))
"""


@pytest.mark.parametrize("version", OTHER_VERSIONS)
def test_older_versions_are_asked_with_texts(version, tmp_path):
    """The child runs in the environment of the model, with its numpy; None stays None."""
    try:
        fit_elsewhere(version, FIT_ELSEWHERE, tmp_path)
    except PonerError as error:
        pytest.skip(str(error))
    told = json.loads((tmp_path / "told.json").read_text())
    kept = {"columns": ["a", "b", "c"], "rows": told["rows"]}
    (tmp_path / "training_rows.json").write_text(json.dumps(kept))
    with loader.open_model(tmp_path / "clf.sav") as opened:
        answered = opened.oracle.answer("predict_proba", opened.training_rows)
    np.testing.assert_allclose(answered, told["answers"], rtol=1e-12)
