"""Modules of the user's own: named in include, copied to the confined child, run nowhere else."""

import importlib
import importlib.metadata
import io
import pickle
import re
import sys

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from poner import loader
from poner.artifacts import Table
from poner.errors import ModelRefusedError, ModelUnreadableError, UsageError
from poner.loader.user_modules import read_modules

ROWS = np.random.RandomState(5).normal(size=(60, 3))
TWO = (ROWS[:, 0] > 0).astype(int)

SOURCE = """
import enum
from os import system
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin

class Doubled(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X):
        return np.asarray(X) * 2

class Above(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.n_features_in_ = X.shape[1]
        return self

    def predict(self, X):
        return (np.asarray(X)[:, 0] > 0).astype(int)

class Colour(enum.Enum):
    RED = 1

def halved(X):
    return np.asarray(X) / 2
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A module `own_columns` that can be imported here, as in the user's training script."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "own_columns.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(str(folder))
    importlib.invalidate_caches()
    yield importlib.import_module("own_columns")
    sys.modules.pop("own_columns")


def fitted(own):
    """A pipeline with a class and a function of the module."""
    steps = (own.Doubled(), FunctionTransformer(own.halved), LogisticRegression())
    return make_pipeline(*steps).fit(ROWS, TWO)


def opened(content, tmp_path, **options):
    """The context of opening a model file of that content."""
    (tmp_path / "clf.sav").write_bytes(content)
    return loader.open_model(tmp_path / "clf.sav", **options)


def refusal(kind, content, tmp_path, **options):
    """The error of opening it."""
    with pytest.raises(kind) as caught, opened(content, tmp_path, **options):
        pass
    return caught.value


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_a_model_with_an_included_module_answers(own, protocol, tmp_path):
    """The module is imported where the model is read, and comes along with the file."""
    model = fitted(own)
    file = tmp_path / "project" / "own_columns.py"
    with opened(pickle.dumps(model, protocol), tmp_path, include=[file]) as trained:
        np.testing.assert_array_equal(
            trained.oracle.answer("predict_proba", Table.of_numbers(ROWS)),
            model.predict_proba(ROWS),
        )
        assert trained.file.modules == {"own_columns.py": SOURCE.encode()}
        assert "numpy" in trained.file.libraries


def test_joblib_files_may_hold_such_classes_too(own, tmp_path):
    """Also inside arrays of objects, which joblib writes as pickles of their own."""
    model = fitted(own)
    model.steps[0][1].kept = np.array([own.Doubled(), None], dtype=object)
    stream = io.BytesIO()
    joblib.dump(model, stream)
    file = tmp_path / "project" / "own_columns.py"
    with opened(stream.getvalue(), tmp_path, include=[file]) as trained:
        assert trained.oracle.answer("predict", Table.of_numbers(ROWS)).shape == (60,)


def test_an_estimator_of_ones_own_alone_is_read_with_the_installed_scikit_learn(own, tmp_path):
    """It writes no version into its file."""
    lines = []
    options = {"include": [tmp_path / "project" / "own_columns.py"], "notify": lines.append}
    content = pickle.dumps(own.Above().fit(ROWS, TWO))
    with opened(content, tmp_path, **options) as trained:
        assert trained.signature.classes == (0, 1)
    assert "does not record which scikit-learn fitted the model" in lines[0]


def test_a_package_folder_comes_along_whole(tmp_path, monkeypatch):
    """Modules and data within it, without bytecode and hidden files."""
    package = tmp_path / "project" / "own_package"
    (package / "inner" / "__pycache__").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "inner" / "__init__.py").write_text("from own_package.inner.steps import Times\n")
    (package / "inner" / "factor.txt").write_text("3")
    (package / "inner" / "__pycache__" / "steps.cpython-311.pyc").write_bytes(b"old")
    (package / ".secret").write_text("hidden")
    (package / "inner" / "steps.py").write_text(
        "from pathlib import Path\n"
        "from sklearn.base import BaseEstimator, TransformerMixin\n"
        "class Times(TransformerMixin, BaseEstimator):\n"
        "    def fit(self, X, y=None):\n"
        "        self.n_features_in_ = X.shape[1]\n"
        "        return self\n"
        "    def transform(self, X):\n"
        "        return X * float(Path(__file__).with_name('factor.txt').read_text())\n"
    )
    monkeypatch.syspath_prepend(str(package.parent))
    importlib.invalidate_caches()
    model = make_pipeline(importlib.import_module("own_package.inner").Times(), StandardScaler())
    model.steps.append(("model", LogisticRegression()))
    content = pickle.dumps(model.fit(ROWS, TWO))
    with opened(content, tmp_path, include=[package]) as trained:
        np.testing.assert_array_equal(
            trained.oracle.answer("predict", Table.of_numbers(ROWS)), model.predict(ROWS)
        )
        assert sorted(trained.file.modules) == [
            "own_package/__init__.py",
            "own_package/inner/__init__.py",
            "own_package/inner/factor.txt",
            "own_package/inner/steps.py",
        ]


def test_the_folder_of_the_module_stays_out_of_reach(own, tmp_path):
    """The child has a copy of the file, not the folder with whatever else lies there."""
    (tmp_path / "project" / "secret.txt").write_text("secret")
    file = tmp_path / "project" / "own_columns.py"
    file.write_text(SOURCE + f"open({str(tmp_path / 'project' / 'secret.txt')!r}).read()\n")
    error = refusal(ModelUnreadableError, pickle.dumps(fitted(own)), tmp_path, include=[file])
    hidden = r"Importing the included module own_columns raised (PermissionError|FileNotFoundError)"
    assert re.search(hidden, error.message)


def test_without_include_its_module_is_named_with_the_way_out(own, tmp_path):
    """Refused before anything is run."""
    error = refusal(ModelRefusedError, pickle.dumps(fitted(own)), tmp_path)
    assert "own_columns.Doubled" in error.message
    assert "include" in error.hint


@pytest.mark.parametrize("name", ["system", "np", "enum", "Doubled.fit", "__builtins__"])
def test_what_a_module_has_from_elsewhere_is_not_the_files_to_name(own, name, tmp_path):
    """An included module that imports os.system opens no way to it."""
    file = tmp_path / "project" / "own_columns.py"
    content = b"\x80\x04\x8c\x0bown_columns\x8c" + bytes([len(name)]) + name.encode() + b"\x93."
    error = refusal(ModelRefusedError, content, tmp_path, include=[file])
    assert f"own_columns.{name}" in error.message


def test_nothing_of_an_included_module_is_called_for_the_file(own, tmp_path):
    """An enum's member pickles as a call; so could anything."""
    model = fitted(own)
    model.colour = own.Colour.RED
    file = tmp_path / "project" / "own_columns.py"
    error = refusal(ModelRefusedError, pickle.dumps(model), tmp_path, include=[file])
    assert "own_columns.Colour" in error.message
    assert "pickle as a call" in error.hint


def test_a_package_that_is_not_there_is_named(own, tmp_path):
    """With the way to have it installed."""
    content = pickle.dumps(fitted(own))
    file = tmp_path / "project" / "own_columns.py"
    file.write_text("import not_there_at_all.part\n" + SOURCE)
    error = refusal(ModelUnreadableError, content, tmp_path, include=[file])
    assert error.message == (
        "clf.sav: The included module own_columns imports not_there_at_all, which is not installed "
        "where the model is read."
    )
    assert "--require not_there_at_all==VERSION" in error.hint


def test_what_an_included_module_imports_is_shipped_with_it(own, tmp_path):
    """Also pandas, which nothing else that is read may import."""
    content = pickle.dumps(fitted(own))
    file = tmp_path / "project" / "own_columns.py"
    file.write_text("import pandas\n" + SOURCE)
    with opened(content, tmp_path, include=[file]) as trained:
        assert trained.file.libraries["pandas"] == importlib.metadata.version("pandas")
        assert trained.oracle.answer("predict", Table.of_numbers(ROWS)).shape == (60,)


def test_a_class_that_the_module_does_not_have_is_named(own, tmp_path):
    """Another version of the module than the model was saved with."""
    content = pickle.dumps(fitted(own))
    file = tmp_path / "project" / "own_columns.py"
    file.write_text(SOURCE.replace("Doubled", "Tripled"))
    error = refusal(ModelUnreadableError, content, tmp_path, include=[file])
    assert "own_columns.Doubled, which the included module does not have" in error.message


@pytest.mark.parametrize(
    "name", ["os", "posix", "json", "sklearn", "numpy", "joblib", "scipy", "lightgbm", "__main__"]
)
def test_a_module_may_not_have_the_name_of_a_library(name, tmp_path):
    """Neither as a file nor as a folder: it would stand in the library's place."""
    (tmp_path / f"{name}.py").write_text("")
    (tmp_path / "folder" / name).mkdir(parents=True)
    for path in (tmp_path / f"{name}.py", tmp_path / "folder" / name):
        with pytest.raises(UsageError, match="is also the name of a module of Python"):
            read_modules([path])


def test_what_is_included_has_to_be_there(tmp_path):
    """A file or folder that is missing, or no module, is an error that names it."""
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "own-columns.py").write_text("")
    for name in ("missing.py", "notes.txt", "own-columns.py"):
        with pytest.raises(UsageError, match=name):
            read_modules([tmp_path / name])


def test_two_modules_of_one_name_are_an_error(tmp_path):
    """A file and a folder could be imported by the same name."""
    (tmp_path / "own.py").write_text("")
    (tmp_path / "own").mkdir()
    with pytest.raises(UsageError, match="have the name own"):
        read_modules([tmp_path / "own.py", tmp_path / "own"])


def test_links_out_of_a_package_are_refused(tmp_path):
    """A folder is shipped as it is; what it points at is not part of it."""
    (tmp_path / "own").mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "own" / "link.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(UsageError, match="is a symbolic link"):
        read_modules([tmp_path / "own"])
    (tmp_path / "own" / "link.txt").unlink()
    (tmp_path / "own" / "folder").symlink_to(tmp_path)
    with pytest.raises(UsageError, match="is a symbolic link"):
        read_modules([tmp_path / "own"])


def test_what_modules_import_is_found_without_running_them(tmp_path):
    """Top-level names, wherever in the file; neither their own nor Python's."""
    (tmp_path / "own.py").write_text(
        "import os, numpy.linalg\n"
        "from . import near\n"
        "from own import itself\n"
        "def late():\n    from pandas import DataFrame\n"
    )
    assert read_modules([tmp_path / "own.py"]).imports == {"numpy", "pandas"}
