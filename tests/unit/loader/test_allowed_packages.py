"""Classes of other packages, allowed by the user's word: read confined, and shipped with them."""

import importlib
import importlib.metadata
import os
import pickle
import sys

import jmespath
import numpy as np
import pandas
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from poner import loader
from poner.artifacts import Table
from poner.errors import ModelRefusedError, ModelUnreadableError, UsageError
from poner.loader.safe_pickle import checked, load_content, rewrite
from poner.loader.safe_pickle.faults import FileRefusedError
from poner.loader.user_modules import read_modules

ROWS = np.random.RandomState(5).normal(size=(60, 2))
TWO = (ROWS[:, 0] > 0).astype(int)
OWN = frozenset({"own_filling"})

FILLING = """
from sklearn.base import BaseEstimator, TransformerMixin

class Filled(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        self.n_features_in_ = X.shape[1]
        self.medians_ = X.median()
        self.kept_ = X.head(3)
        return self

    def transform(self, X):
        return X.fillna(self.medians_)
"""


def model_with_options():
    """A model that holds an object of a package besides scikit-learn."""
    model = LogisticRegression().fit(ROWS, TWO)
    model.options = jmespath.Options()
    return model


def test_without_the_users_word_its_name_refuses_the_file(tmp_path):
    """The hint says how to allow the package."""
    (tmp_path / "clf.sav").write_bytes(pickle.dumps(model_with_options()))
    with pytest.raises(ModelRefusedError) as caught, loader.open_model(tmp_path / "clf.sav"):
        pass
    assert caught.value.hint.startswith("If you trust the package jmespath, allow its classes")


def test_an_allowed_package_is_read_and_shipped(tmp_path):
    """Its installed version is required where the model runs."""
    model = model_with_options()
    (tmp_path / "clf.sav").write_bytes(pickle.dumps(model))
    with loader.open_model(tmp_path / "clf.sav", allow=["jmespath"]) as trained:
        answers = trained.oracle.answer("predict", Table.of_numbers(ROWS))
        assert trained.file.libraries["jmespath"] == importlib.metadata.version("jmespath")
        assert b"jmespath" in trained.file.content
    np.testing.assert_array_equal(answers, model.predict(ROWS))


def test_the_version_of_a_package_that_is_not_installed_has_to_be_known(tmp_path):
    """The hint names the requirement."""
    (tmp_path / "clf.sav").write_bytes(pickle.dumps(model_with_options()))
    opened = loader.open_model(tmp_path / "clf.sav", allow=["not_there_at_all"])
    content = pickle.dumps(LogisticRegression().fit(ROWS, TWO))
    (tmp_path / "clf.sav").write_bytes(content)
    with pytest.raises(ModelUnreadableError) as caught, opened:
        pass
    assert "--require not-there-at-all==VERSION" in caught.value.hint


@pytest.mark.parametrize("name", ["os", "sklearn", "pandas", "poner", "__main__"])
def test_what_poner_reads_by_its_own_list_cannot_be_allowed(name):
    """Python's own modules, and the libraries of which single classes are allowed."""
    with pytest.raises(UsageError, match=f"{name} cannot be allowed"):
        read_modules([], [name])


def test_an_allowed_package_calls_nothing():
    """Its functions may be named, as those of an included module; no file makes a call."""

    class Calls:
        def __reduce__(self):
            return jmespath.search, ("a", {})

    model = LogisticRegression().fit(ROWS, TWO)
    model.options = Calls()
    with pytest.raises(FileRefusedError, match="calls a function that it may only refer to"):
        load_content(pickle.dumps(model), frozenset({"jmespath"}))


@pytest.fixture
def filled(tmp_path, monkeypatch):
    """A model of the user's own that holds a Series and a DataFrame, with its rows."""
    (tmp_path / "own_filling.py").write_text(FILLING)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    frame = pandas.DataFrame(ROWS, columns=["a", "b"])
    frame.insert(1, "text", ["x", None] * 30)
    own = importlib.import_module("own_filling").Filled()
    model = make_pipeline(own, LogisticRegression()).fit(frame[["a", "b"]], TWO)
    own.kept_ = frame.head(4)
    yield model, frame[["a", "b"]]
    sys.modules.pop("own_filling")


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_data_of_pandas_in_a_class_of_ones_own_is_read(filled, protocol):
    """And written anew in canonical form, which gives equal data."""
    model, rows = filled
    read = load_content(pickle.dumps(model, protocol), OWN)
    written = rewrite(read, OWN)
    assert checked(written, OWN) == written
    again = pickle.loads(written)
    pandas.testing.assert_series_equal(again[0].medians_, model[0].medians_)
    pandas.testing.assert_frame_equal(again[0].kept_, model[0].kept_)
    np.testing.assert_array_equal(again.predict_proba(rows), model.predict_proba(rows))


def test_data_of_pandas_alone_is_refused(filled):
    """Without the user's word for any module, no global of pandas is imported."""
    model = LogisticRegression().fit(ROWS, TWO)
    model.kept_ = pandas.Series([1.0])
    with pytest.raises(FileRefusedError, match="pandas"):
        load_content(pickle.dumps(model))


def test_pandas_is_called_with_data_alone(tmp_path):
    """A function among the arguments, or another function of pandas, refuses the file."""

    class Calls:
        def __init__(self, function, *arguments):
            self.reduced = function, arguments

        def __reduce__(self):
            return self.reduced

    new_index = pandas.Index([1]).__reduce__()[0]
    for call in (
        Calls(new_index, os.path.join, {"data": [1]}),
        Calls(pandas.read_pickle, str(tmp_path)),
        Calls(pandas.eval, "1"),
    ):
        model = LogisticRegression().fit(ROWS, TWO)
        model.kept_ = call
        with pytest.raises(FileRefusedError):
            load_content(pickle.dumps(model), OWN)
