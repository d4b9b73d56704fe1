"""Through the door: signatures, labels, training rows, and the oracle of the child process."""

import json
import os
import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer, make_column_selector, make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from poner import loader
from poner.artifacts import Table
from poner.errors import ModelUnreadableError, SignatureError
from poner.loader.child import estimators
from poner.loader.safe_pickle.loading import load_content
from poner.loader.saving import save
from poner.signature import Feature, Signature
from poner_runtime.fitted import settle


def write(model, folder):
    """A model file alone, without a signature."""
    (folder / "clf.sav").write_bytes(pickle.dumps(model))
    return folder


def test_a_saved_model_comes_back_as_it_was(models, rows, tmp_path):
    """Estimator, signature, labels, target, metrics, training rows and answers: the whole door."""
    frame = pd.DataFrame(rows, columns=["mean radius", "b", "c", "d"])
    two = pd.Series((rows[:, 0] > 0).astype(int), name="diagnosis")
    model = GradientBoostingClassifier(n_estimators=5).fit(frame, two)
    save(model, frame, two, tmp_path, labels={0: "benign", 1: "malignant"}, metrics={"f1": 1})
    lines = []
    with loader.open_model(tmp_path, notify=lines.append) as opened:
        assert opened.signature.wire_names == ("meanRadius", "b", "c", "d")
        assert opened.signature.labels == ("benign", "malignant")
        assert opened.signature.target == "diagnosis"
        assert opened.provenance.metrics == {"f1": 1.0}
        assert opened.provenance.file_name == "clf.sav"
        assert len(opened.provenance.sha256) == 64
        np.testing.assert_array_equal(opened.training_rows.numbers, rows)
        np.testing.assert_array_equal(
            opened.oracle.answer("decision_function", Table.of_numbers(rows)),
            model.decision_function(frame),
        )
        assert opened.estimator.type_name.endswith("GradientBoostingClassifier")
        with pytest.raises(ModelUnreadableError, match=r"ValueError: .*NaN"):
            opened.oracle.answer("predict", Table.of_numbers(np.full((1, 4), np.nan)))
        assert opened.oracle.answer("predict", Table.of_numbers(rows)).shape == (80,)
    assert lines == []


def test_a_file_name_need_not_be_utf_8(models, in_process, tmp_path):
    """The manifest, which is UTF-8, holds it with escapes."""
    file = tmp_path / os.fsdecode(b"m\xff.sav")
    (write(models["boosting"], tmp_path) / "clf.sav").rename(file)
    with loader.open_model(file) as opened:
        assert opened.provenance.file_name == "m\\xff.sav"


def test_without_names_the_features_are_numbered(models, in_process, tmp_path):
    """x0, x1, ... and one line that says so."""
    lines = []
    with loader.open_model(write(models["boosting"], tmp_path), notify=lines.append) as opened:
        assert opened.signature.wire_names == ("x0", "x1", "x2", "x3")
        assert opened.signature.classes == (0, 1)
        assert opened.training_rows.numbers.shape == (0, 4)
    assert lines == [
        "The model has no feature names: requests use x0 to x3; give others with --features a,b,c."
    ]


def test_the_models_own_names_become_wire_names(rows, in_process, tmp_path):
    """feature_names_in_ of a model that was fitted on a DataFrame."""
    frame = pd.DataFrame(rows, columns=["mean radius", "b", "c d", "e"])
    write(LinearRegression().fit(frame, rows[:, 0]), tmp_path)
    with loader.open_model(tmp_path) as opened:
        assert opened.signature.features[0] == Feature("meanRadius", "mean radius")
        assert opened.signature.classes is None


def test_given_names_come_before_any_signature(models, in_process, tmp_path):
    """--features is what the user says now."""
    write(models["boosting"], tmp_path)
    (tmp_path / "signature.json").write_text("nonsense")
    with loader.open_model(tmp_path, feature_names=["a", "b", "c", "d"]) as opened:
        assert opened.signature.wire_names == ("a", "b", "c", "d")


def test_too_few_names_say_how_many_are_expected(models, in_process, tmp_path):
    """Expected and got are in the message."""
    write(models["boosting"], tmp_path)
    with (
        pytest.raises(SignatureError, match="expects 4 feature names, and got 2"),
        loader.open_model(tmp_path, feature_names=["a", "b"]),
    ):
        pass


def test_labels_are_given_by_the_text_of_the_class(models, in_process, tmp_path):
    """A class that is not named keeps its own text."""
    write(models["boosting"], tmp_path)
    with loader.open_model(tmp_path, labels={"1": "malignant"}) as opened:
        assert opened.signature.labels == ("0", "malignant")


def test_a_label_for_no_class_is_an_error(models, in_process, tmp_path):
    """The message has the classes there are."""
    write(models["boosting"], tmp_path)
    with (
        pytest.raises(SignatureError, match="the model has 0, 1"),
        loader.open_model(tmp_path, labels={"2": "other"}),
    ):
        pass


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"features": (Feature("a", "a"),)}, "1 features, but the model expects 4"),
        ({"classes": ("no", "yes")}, "'no', 'yes', but the model has 0, 1"),
        ({"classes": None}, "none, but the model has 0, 1"),
    ],
)
def test_a_signature_of_another_model_is_an_error(change, word, models, in_process, tmp_path):
    """Number of features and classes have to be the estimator's."""
    features = tuple(Feature(name, name) for name in "abcd")
    signature = replace(Signature(features, (0, 1)), **change)
    write(models["boosting"], tmp_path)
    (tmp_path / "signature.json").write_text(signature.to_json())
    with pytest.raises(SignatureError, match=word), loader.open_model(tmp_path):
        pass


@pytest.mark.parametrize("text", ["", "{}", '{"columns": ["a"], "rows": [[1]]}', "[[1, 2, 3, 4]]"])
def test_damaged_training_rows_are_an_error(text, models, in_process, tmp_path):
    """They are evidence: not to be left out silently."""
    write(models["boosting"], tmp_path)
    (tmp_path / "training_rows.json").write_text(text)
    with pytest.raises(SignatureError, match="training_rows"), loader.open_model(tmp_path):
        pass


def test_training_rows_have_null_for_nan(models, in_process, tmp_path):
    """As saving writes them."""
    write(models["histogram"], tmp_path)
    kept = {"columns": list("abcd"), "rows": [[1, None, 3, 4]]}
    (tmp_path / "training_rows.json").write_text(json.dumps(kept))
    with loader.open_model(tmp_path) as opened:
        np.testing.assert_array_equal(opened.training_rows.numbers, [[1, np.nan, 3, 4]])


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        (np.array([3, 5]), (3, 5)),
        (np.array(["no", "yes"]), ("no", "yes")),
        (np.array([False, True]), (False, True)),
        (np.array([0.5, 1.5]), (0.5, 1.5)),
        (np.array(["no", "yes"], dtype=object), ("no", "yes")),
    ],
)
def test_classes_keep_their_kind(classes, expected, rows, in_process, tmp_path):
    """Numbers stay numbers, texts texts, booleans booleans; and so do the answers."""
    y = classes[(rows[:, 0] > 0).astype(int)]
    write(
        DecisionTreeClassifier(max_depth=2).fit(rows, y.astype(str) if y.dtype == float else y),
        tmp_path,
    )
    with loader.open_model(tmp_path) as opened:
        found = opened.signature.classes
        answered = opened.oracle.answer("predict", Table.of_numbers(rows))
    if classes.dtype == float:  # scikit-learn takes 0.5 for a number to regress on
        expected = ("0.5", "1.5")
    assert found == expected
    assert [type(value) for value in found] == [type(value) for value in expected]
    assert set(answered.tolist()) <= set(expected)


def test_several_outputs_have_classes_each(rows, in_process, tmp_path):
    """A classifier has a list of classes an output; answers have a column each."""
    both = np.c_[rows[:, 0] > 0, rows[:, 1] > 0]
    model = DecisionTreeClassifier().fit(rows, both)
    with loader.open_model(write(model, tmp_path)) as opened:
        assert opened.signature.classes == ((False, True), (False, True))
        np.testing.assert_array_equal(
            opened.oracle.answer("predict", Table.of_numbers(rows)), model.predict(rows)
        )
        assert opened.oracle.answer("predict_proba", Table.of_numbers(rows)).shape == (80, 4)
    regressor = LinearRegression().fit(rows, rows[:, :2])
    with loader.open_model(write(regressor, tmp_path)) as opened:
        assert opened.signature.classes is None
        assert opened.oracle.answer("predict", Table.of_numbers(rows)).shape == (80, 2)


def test_labels_for_several_outputs_are_refused(rows, in_process, tmp_path):
    """Labels are for the classes of one output."""
    model = DecisionTreeClassifier().fit(rows, np.c_[rows[:, 0] > 0, rows[:, 1] > 0])
    with (
        pytest.raises(SignatureError, match="predicts 2 things at once"),
        loader.open_model(write(model, tmp_path), labels={"True": "yes"}),
    ):
        pass


def test_an_unknown_method_is_never_called(models, rows, in_process, tmp_path):
    """Only the fixed set of methods, whatever the estimator has."""
    write(models["boosting"], tmp_path)
    with loader.open_model(tmp_path) as opened:
        for method in ("fit", "set_params", "__reduce__", "transform"):
            with pytest.raises(ModelUnreadableError, match=f"has no {method}"):
                opened.oracle.answer(method, Table.of_numbers(rows))


def test_columns_chosen_by_name_take_plain_rows(rows):
    """A ColumnTransformer fitted on a DataFrame is asked on arrays, set_output or not."""
    frame = pd.DataFrame(rows, columns=["mean radius", "b", "c", "d"])
    two = (rows[:, 0] > 0).astype(int)
    columns = ColumnTransformer(
        [
            ("scale", StandardScaler(), ["c", "mean radius"]),
            ("rest", "passthrough", slice("b", "c")),
        ],
        remainder=MinMaxScaler(),
    )
    selected = make_column_transformer((StandardScaler(), make_column_selector("radius")))
    for first in (columns, columns.set_output(transform="pandas"), selected):
        model = make_pipeline(clone(first), LogisticRegression()).fit(frame, two)
        loaded = load_content(pickle.dumps(model))
        settle(loaded)
        np.testing.assert_array_equal(
            estimators.answer(loaded, "predict_proba", rows), model.predict_proba(frame)
        )


def test_raw_scores_of_the_boosting_models(models, rows):
    """_raw_predict and _raw_predict_init work on float64 rows as they are given."""
    boosting = load_content(pickle.dumps(models["boosting"]))
    raw = estimators.answer(boosting, "_raw_predict", rows)
    np.testing.assert_array_equal(raw.ravel(), models["boosting"].decision_function(rows))
    assert estimators.answer(boosting, "_raw_predict_init", rows).shape == (80, 1)
    histogram = estimators.answer(models["histogram"], "_raw_predict", rows)
    np.testing.assert_array_equal(histogram.ravel(), models["histogram"].decision_function(rows))


def test_an_estimator_in_memory_is_opened_without_a_file(models, rows):
    """In a notebook: the same artifact, in this process, and the estimator stays as it is."""
    frame = pd.DataFrame(rows, columns=["mean radius", "b", "c", "d"])
    target = pd.Series(rows[:, 0], name="price")
    model = GradientBoostingRegressor(n_estimators=3).fit(frame, target)
    with loader.open_estimator(model, X=frame, y=target) as opened:
        assert opened.signature.wire_names == ("meanRadius", "b", "c", "d")
        assert opened.signature.features[0].maximum == rows[:, 0].max()
        assert opened.signature.target == "price"
        assert opened.provenance.file_name == ""
        np.testing.assert_array_equal(opened.training_rows.numbers, rows)
        np.testing.assert_array_equal(
            opened.oracle.answer("predict", Table.of_numbers(rows)), model.predict(frame)
        )
    forest = models["forest"]
    with loader.open_estimator(forest) as opened:
        assert opened.estimator.attributes["n_jobs"] == 1
    assert forest.n_jobs == 2


def test_missing_values_are_noticed_in_memory(models, rows):
    """A column with NaN that the model answers may be missing in a request."""
    gaps = rows.copy()
    gaps[3, 0] = np.nan
    with loader.open_estimator(models["histogram"], X=gaps) as opened:
        assert [feature.missing for feature in opened.signature.features] == [True] + [False] * 3
    with loader.open_estimator(models["boosting"], X=gaps) as opened:
        assert not opened.signature.features[0].missing


def test_an_estimator_in_memory_has_to_be_fitted(rows):
    """The same errors as for a file."""
    with (
        pytest.raises(ModelUnreadableError, match="not fitted"),
        loader.open_estimator(LogisticRegression()),
    ):
        pass
    with (
        pytest.raises(SignatureError, match="3 columns"),
        loader.open_estimator(LinearRegression().fit(rows, rows[:, 0]), X=rows[:, :3]),
    ):
        pass


def test_a_single_feature_without_a_name_is_named_alone(in_process, tmp_path):
    """No range of one name."""
    lines = []
    rows = np.arange(20.0)[:, None]
    model = LogisticRegression().fit(rows, rows[:, 0] > 9)
    (tmp_path / "clf.pkl").write_bytes(pickle.dumps(model))
    with loader.open_model(tmp_path, notify=lines.append):
        pass
    assert lines == [
        "The model has no feature names: requests use x0; give others with --features a,b,c."
    ]
