"""What `poner.save` writes."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeRegressor

from poner.errors import SignatureError
from poner.loader.saving import save
from tests.support.saving import CLASSES, ROWS, fitted_tree, kept_rows, signature_in

pytestmark = pytest.mark.filterwarnings("error")  # nothing that `save` does warns

# What is written


def test_the_model_file_holds_the_estimator(tmp_path):
    """clf.sav unpickles to an estimator that answers as the one given."""
    folder = save(fitted_tree(), ROWS, CLASSES, tmp_path / "model")
    model = pickle.loads((folder / "clf.sav").read_bytes())
    assert model.predict(ROWS).tolist() == CLASSES.tolist()


def test_the_same_model_gives_the_same_bytes(tmp_path):
    """Saving twice writes the same files."""
    model = fitted_tree()
    one, two = (save(model, ROWS, CLASSES, tmp_path / name) for name in ("one", "two"))
    for path in one.iterdir():
        assert path.read_bytes() == (two / path.name).read_bytes()


def test_nothing_else_is_left_in_the_folder(tmp_path):
    """The folder holds the three files and no scratch."""
    folder = save(fitted_tree(), ROWS, CLASSES, tmp_path)
    assert sorted(path.name for path in folder.iterdir()) == [
        "clf.sav",
        "signature.json",
        "training_rows.json",
    ]


def test_ranges_and_quantiles_are_those_of_the_column(tmp_path):
    """Each feature has its least and largest value and 21 quantiles."""
    X = np.arange(101.0).reshape(-1, 1)
    folder = save(DecisionTreeRegressor().fit(X, X[:, 0]), X, X[:, 0], tmp_path)
    feature = signature_in(folder).features[0]
    assert (feature.minimum, feature.maximum) == (0.0, 100.0)
    assert feature.quantiles == pytest.approx([5 * step for step in range(21)])


def test_a_regressor_has_no_classes(tmp_path):
    """A regressor's signature names neither classes nor labels."""
    folder = save(LinearRegression().fit(ROWS, CLASSES), ROWS, CLASSES, tmp_path)
    assert signature_in(folder).classes is None
    assert signature_in(folder).labels is None


def test_metrics_are_recorded(tmp_path):
    """Scores, numpy's too, come back from signature.json."""
    folder = save(
        fitted_tree(), ROWS, CLASSES, tmp_path, metrics={"f1": np.float64(0.25), "rows": 4}
    )
    assert signature_in(folder).metrics == {"f1": 0.25, "rows": 4.0}


# Names


def test_columns_come_from_a_dataframe(tmp_path):
    """A DataFrame's columns are the training columns, their camelCase the wire names."""
    X = pd.DataFrame(ROWS, columns=["worst radius", "area"])
    folder = save(fitted_tree(X), X, CLASSES, tmp_path)
    signature = signature_in(folder)
    assert [feature.column for feature in signature.features] == ["worst radius", "area"]
    assert signature.wire_names == ("worstRadius", "area")


def test_columns_come_from_the_model_where_x_is_an_array(tmp_path):
    """A model fitted on a DataFrame keeps its names when X is given as an array."""
    X = pd.DataFrame(ROWS, columns=["b", "a"])
    folder = save(fitted_tree(X), ROWS, CLASSES, tmp_path)
    assert signature_in(folder).wire_names == ("b", "a")


@pytest.mark.parametrize("X", [ROWS, ROWS.tolist(), pd.DataFrame(ROWS, columns=["p", "q"])])
def test_feature_names_name_a_nameless_model(tmp_path, X):
    """feature_names are the columns of a model fitted without names, whatever X is."""
    folder = save(fitted_tree(), X, CLASSES, tmp_path, feature_names=["worst area", "b"])
    assert [f.column for f in signature_in(folder).features] == ["worst area", "b"]


@pytest.mark.parametrize("X", [ROWS, pd.DataFrame(ROWS)])
def test_columns_without_names_are_numbered(tmp_path, X):
    """Where no one names the columns they are x0, x1, ..."""
    folder = save(fitted_tree(X), X, CLASSES, tmp_path)
    assert signature_in(folder).wire_names == ("x0", "x1")


@pytest.mark.parametrize(
    "y",
    [pd.Series(CLASSES, name="diagnosis"), pd.DataFrame({"diagnosis": CLASSES})],
    ids=["series", "frame"],
)
def test_the_target_is_the_name_of_y(tmp_path, y):
    """A Series' or a one-column DataFrame's name is what is predicted."""
    assert signature_in(save(fitted_tree(), ROWS, y, tmp_path)).target == "diagnosis"


@pytest.mark.parametrize("y", [CLASSES, CLASSES.tolist(), pd.Series(CLASSES)])
def test_a_nameless_y_names_no_target(tmp_path, y):
    """An array, a list and a Series without a name say nothing about the target."""
    assert signature_in(save(fitted_tree(), ROWS, y, tmp_path)).target is None


def test_the_target_given_wins(tmp_path):
    """target= is taken before the name of y."""
    y = pd.Series(CLASSES, name="y")
    assert signature_in(save(fitted_tree(), ROWS, y, tmp_path, target="tumour")).target == (
        "tumour"
    )


# Classes and labels


@pytest.mark.parametrize(
    ("y", "classes"),
    [
        (CLASSES.astype(np.int32), (0, 1)),
        (CLASSES.astype(bool), (False, True)),
        (CLASSES.astype(float), (0.0, 1.0)),
        (np.array(["no", "yes"])[CLASSES], ("no", "yes")),
        (np.array(["no", "yes"], dtype=object)[CLASSES], ("no", "yes")),
    ],
)
def test_classes_keep_their_type(tmp_path, y, classes):
    """Classes come back as the Python values of their numpy type."""
    found = signature_in(save(fitted_tree(y=y), ROWS, y, tmp_path)).classes
    assert found == classes
    assert [type(value) for value in found] == [type(value) for value in classes]


@pytest.mark.parametrize(
    "labels",
    [
        {0: "benign", 1: "malignant"},
        {np.int64(1): "malignant", np.int64(0): "benign"},
        {"1": "malignant", "0": "benign"},
        ["benign", "malignant"],
    ],
)
def test_labels_are_in_the_order_of_the_classes(tmp_path, labels):
    """Labels by class, by its text or in order all come out in the model's order."""
    folder = save(fitted_tree(), ROWS, CLASSES, tmp_path, labels=labels)
    assert signature_in(folder).labels == ("benign", "malignant")


@pytest.mark.parametrize(
    "labels", [{0: "a", 2: "b"}, {0: "a"}, {0: "a", 1: "b", 2: "c"}, ["a"], "ab"]
)
def test_labels_for_other_classes_are_refused(tmp_path, labels):
    """A label too many, too few or for a class the model does not know is an error."""
    with pytest.raises(SignatureError, match="labels"):
        save(fitted_tree(), ROWS, CLASSES, tmp_path, labels=labels)


def test_labels_of_a_regressor_are_refused(tmp_path):
    """A model without classes takes no labels."""
    model = LinearRegression().fit(ROWS, CLASSES)
    with pytest.raises(SignatureError, match="no classes"):
        save(model, ROWS, CLASSES, tmp_path, labels=["a", "b"])


# Missing values


def test_a_column_with_gaps_that_the_model_takes_may_be_missing(tmp_path):
    """NaN in X marks its column, and no other, as one that may be missing."""
    X = ROWS.copy()
    X[1, 1] = np.nan
    model = HistGradientBoostingClassifier(max_iter=2).fit(X, CLASSES)
    features = signature_in(save(model, X, CLASSES, tmp_path)).features
    assert [feature.missing for feature in features] == [False, True]
    assert (features[1].minimum, features[1].maximum) == (5.0, 8.0)


def test_gaps_are_asked_of_the_model_column_by_column(tmp_path):
    """A pipeline that fills one column only takes NaN in that column only."""
    model = make_pipeline(
        ColumnTransformer([("fill", SimpleImputer(), ["a"])], remainder="passthrough"),
        LogisticRegression(),
    ).fit(pd.DataFrame(ROWS, columns=["a", "b"]), CLASSES)
    X = pd.DataFrame(ROWS, columns=["a", "b"])
    X.loc[0, "a"] = np.nan
    X.loc[1, "b"] = np.nan
    folder = save(model, X, CLASSES, tmp_path)
    assert [feature.missing for feature in signature_in(folder).features] == [True, False]


def test_rows_that_the_model_cannot_answer_are_not_kept(tmp_path):
    """A row with NaN where the model takes none is of no use to the proof of parity."""
    X = ROWS.copy()
    X[1, 1] = np.nan
    folder = save(LogisticRegression().fit(ROWS, CLASSES), X, CLASSES, tmp_path)
    assert kept_rows(folder)["rows"] == ROWS[[0, 2, 3]].tolist()


def test_pandas_own_missing_values_are_nan(tmp_path):
    """The NA of a nullable pandas column counts as a gap."""
    X = pd.DataFrame({"a": pd.array([1, None, 3, 4], dtype="Int64"), "b": [True, False] * 2})
    model = HistGradientBoostingClassifier(max_iter=2).fit(X, CLASSES)
    folder = save(model, X, CLASSES, tmp_path)
    assert signature_in(folder).features[0].missing
    assert kept_rows(folder)["rows"][:2] == [[1.0, 1.0], [None, 0.0]]


# Training rows


def test_kept_rows_are_exact(tmp_path):
    """Every float comes back as it was, NaN as null."""
    X = np.array([[0.1 + 0.2, 1e-310], [np.nan, 1 / 3], [2.0**60 + 2**10, -0.0], [1.0, 1e300]])
    model = HistGradientBoostingClassifier(max_iter=2).fit(X, CLASSES)
    folder = save(model, X, CLASSES, tmp_path, feature_names=["a", "b"])
    kept = kept_rows(folder)
    assert kept["columns"] == ["a", "b"]
    assert kept["rows"][1][0] is None
    assert np.array_equal(np.array(kept["rows"], dtype=float), X, equal_nan=True)


def test_at_most_keep_rows_are_kept_evenly(tmp_path):
    """The rows kept are spread over X from its first to its last."""
    X = np.arange(100.0).reshape(-1, 1)
    model = DecisionTreeRegressor().fit(X, X[:, 0])
    save(model, X, X[:, 0], tmp_path, keep_rows=4)
    assert kept_rows(tmp_path)["rows"] == [[0.0], [33.0], [66.0], [99.0]]


def test_keep_rows_0_removes_the_rows_kept_before(tmp_path):
    """No rows of the data stay behind when none are wanted."""
    save(fitted_tree(), ROWS, CLASSES, tmp_path)
    save(fitted_tree(), ROWS, CLASSES, tmp_path, keep_rows=0)
    assert not (tmp_path / "training_rows.json").exists()
