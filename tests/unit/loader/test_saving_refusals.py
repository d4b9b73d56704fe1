"""What `poner.save` refuses while the notebook is still open."""

import subprocess
import sys
import textwrap

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from poner.errors import MissingPackageError, ModelRefusedError, SignatureError, UsageError
from poner.loader.saving import save
from tests.support.saving import CLASSES, ROWS, fitted_tree

pytestmark = pytest.mark.filterwarnings("error")  # nothing that `save` does warns


def test_an_unfitted_estimator_is_refused(tmp_path):
    """An estimator that was not fitted is named."""
    with pytest.raises(SignatureError, match="a DecisionTreeClassifier that is not fitted"):
        save(DecisionTreeClassifier(), ROWS, CLASSES, tmp_path)


def test_without_scikit_learn_the_error_says_what_to_install(tmp_path, monkeypatch):
    """A plain install of poner has no scikit-learn; saving a model then says how to get it."""
    monkeypatch.setitem(sys.modules, "sklearn.exceptions", None)  # as if it were not installed
    with pytest.raises(MissingPackageError, match="needs scikit-learn") as caught:
        save(fitted_tree(), ROWS, CLASSES, tmp_path)
    assert "pip install scikit-learn" in caught.value.hint


def test_what_is_no_estimator_is_refused(tmp_path):
    """A class instead of an object, or anything else, is no estimator."""
    with pytest.raises(SignatureError, match="a class DecisionTreeClassifier, not a scikit-learn"):
        save(DecisionTreeClassifier, ROWS, CLASSES, tmp_path)


def test_a_transformer_is_refused(tmp_path):
    """What does not predict cannot be served."""
    with pytest.raises(SignatureError, match="prepares rows for a model and predicts nothing"):
        save(StandardScaler().fit(ROWS), ROWS, CLASSES, tmp_path)


def test_x_with_another_number_of_columns_is_refused(tmp_path):
    """X has to have the columns that the model was fitted on."""
    with pytest.raises(SignatureError, match="X has 1 columns, but the model was fitted on 2"):
        save(fitted_tree(), ROWS[:, :1], CLASSES, tmp_path)


@pytest.mark.parametrize("X", [ROWS[:, 0], [[1.0], [1.0, 2.0]], 3.0, ROWS[:0]])
def test_what_is_no_table_is_refused(tmp_path, X):
    """A single column, ragged lists, a number and no rows at all are no X."""
    with pytest.raises(SignatureError, match="X is not a table"):
        save(fitted_tree(), X, CLASSES, tmp_path)


@pytest.mark.parametrize(
    ("values", "kinds"),
    [
        ([1.0, "a", 2.0, "b"], "float and str"),
        ([pd.Timestamp("2026-11-22")] * 4, "Timestamp"),
        ([(1,)] * 4, "tuple"),
    ],
    ids=["mixed", "dates", "tuples"],
)
def test_a_column_of_neither_numbers_nor_texts_is_named(tmp_path, values, kinds):
    """One column is one or the other; what it holds is said by kind, not by value."""
    X = pd.DataFrame({"size": [1.0, 2, 3, 4], "colour": pd.Series(values, dtype=object)})
    with pytest.raises(SignatureError, match=f"'colour' of X holds {kinds} values"):
        save(fitted_tree(), X, CLASSES, tmp_path)


@pytest.mark.parametrize("X", [[[1.0, "a"]] * 4, pd.DataFrame({"a": [1.0] * 4, "b": ["a"] * 4})])
def test_texts_for_a_model_of_numbers_are_refused(tmp_path, X):
    """An X that the model does not answer for is not the X it was fitted on."""
    with pytest.raises(SignatureError, match="cannot predict a row of X"):
        save(fitted_tree(), X, CLASSES, tmp_path)


@pytest.mark.parametrize("names", [["a"], ["a", "b", "c"], "ab"])
def test_a_wrong_number_of_feature_names_is_refused(tmp_path, names):
    """There has to be one name for each column."""
    with pytest.raises(SignatureError, match="2 names"):
        save(fitted_tree(), ROWS, CLASSES, tmp_path, feature_names=names)


@pytest.mark.parametrize(
    ("X", "feature_names"),
    [(pd.DataFrame(ROWS, columns=["b", "a"]), None), (ROWS, ["b", "a"])],
    ids=["X", "feature_names"],
)
def test_names_that_contradict_the_model_are_refused(tmp_path, X, feature_names):
    """Other names, or another order, than the model was fitted on would mix up the columns."""
    model = fitted_tree(pd.DataFrame(ROWS, columns=["a", "b"]))
    with pytest.raises(SignatureError, match="or their order differ"):
        save(model, X, CLASSES, tmp_path, feature_names=feature_names)


@pytest.mark.parametrize("y", [CLASSES[:3], None, 1])
def test_y_of_another_length_is_refused(tmp_path, y):
    """There is one value of y for each row of X."""
    with pytest.raises(SignatureError, match=r"y has (3|no) values, but X has 4 rows"):
        save(fitted_tree(), ROWS, y, tmp_path)


def test_metrics_that_are_no_numbers_are_refused(tmp_path):
    """A metric is a number."""
    with pytest.raises(SignatureError, match="metrics"):
        save(fitted_tree(), ROWS, CLASSES, tmp_path, metrics={"f1": "good"})


@pytest.mark.parametrize("value", [float("nan"), np.float32(np.inf), float("-inf")])
def test_a_metric_that_is_not_finite_is_refused(tmp_path, value):
    """Python would write it as NaN or Infinity, which is no JSON; the metric is named."""
    with pytest.raises(SignatureError, match="The metric 'auc' is NaN or infinite"):
        save(fitted_tree(), ROWS, CLASSES, tmp_path, metrics={"f1": 0.5, "auc": value})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("metrics", [[0.5], "f1"])
def test_metrics_without_names_are_refused(tmp_path, metrics):
    """Each number needs a name."""
    with pytest.raises(SignatureError, match="metrics"):
        save(fitted_tree(), ROWS, CLASSES, tmp_path, metrics=metrics)


@pytest.mark.parametrize("target", [5, ("a", "b"), b"price", ["price"], np.nan])
def test_a_target_that_is_no_text_is_refused(tmp_path, target):
    """Now, not when the model is built."""
    with pytest.raises(SignatureError, match=r"target is of the type .*, not a text"):
        save(fitted_tree(), ROWS, CLASSES, tmp_path, target=target)


def test_half_a_character_in_x_is_refused(tmp_path):
    """Wherever it stands: the files that `save` writes could not hold it."""
    X = pd.DataFrame({"name": [f"{number:04}" for number in range(1100)] + ["z\ud800"]})
    model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), DecisionTreeClassifier())
    y = np.arange(len(X)) % 2
    with pytest.raises(SignatureError, match=r"X holds the text .*, which is not Unicode"):
        save(model.fit(X, y), X, y, tmp_path)


def test_a_negative_number_of_rows_is_refused(tmp_path):
    """keep_rows counts rows."""
    with pytest.raises(UsageError, match="keep_rows"):
        save(fitted_tree(), ROWS, CLASSES, tmp_path, keep_rows=-1)


def test_what_cannot_be_pickled_is_refused(tmp_path):
    """A lambda in a step is found now rather than when the model is loaded."""
    model = make_pipeline(FunctionTransformer(lambda X: X), DecisionTreeClassifier())
    with pytest.raises(ModelRefusedError, match="cannot be saved"):
        save(model.fit(ROWS, CLASSES), ROWS, CLASSES, tmp_path)


def test_a_class_of_the_script_itself_is_refused(tmp_path):
    """A step defined in __main__ is named, because no other process could load it."""
    script = tmp_path / "train.py"
    script.write_text(
        textwrap.dedent("""
        from sklearn.base import BaseEstimator, TransformerMixin
        from sklearn.pipeline import make_pipeline
        from sklearn.tree import DecisionTreeClassifier
        from poner.errors import ModelRefusedError
        from poner.loader.saving import save

        class Doubled(TransformerMixin, BaseEstimator):
            def fit(self, X, y=None):
                self.n_features_in_ = 1
                return self
            def transform(self, X):
                return X

        model = make_pipeline(Doubled(), DecisionTreeClassifier()).fit([[1.0], [2.0]], [0, 1])
        try:
            save(model, [[1.0], [2.0]], [0, 1], "model")
        except ModelRefusedError as error:
            print(error.names)
    """)
    )
    result = subprocess.run(
        [sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert result.stdout == "('__main__.Doubled',)\n"


def test_a_failure_leaves_the_old_files(tmp_path):
    """A model that cannot be saved leaves the one that is there, and no scratch."""
    folder = save(fitted_tree(), ROWS, CLASSES, tmp_path)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    model = make_pipeline(FunctionTransformer(lambda X: X), DecisionTreeClassifier())
    with pytest.raises(ModelRefusedError):
        save(model.fit(ROWS, CLASSES), ROWS, CLASSES, folder, keep_rows=0)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    """A file in the folder's place is reported, with its path."""
    (tmp_path / "model").write_text("in the way")
    with pytest.raises(UsageError, match="model"):
        save(fitted_tree(), ROWS, CLASSES, tmp_path / "model")
