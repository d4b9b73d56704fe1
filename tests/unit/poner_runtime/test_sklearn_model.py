"""The HTTP contract of the sklearn engine, which prints and writes nothing."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.cluster import KMeans
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import IsolationForest, RandomForestClassifier, VotingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    PolynomialFeatures,
    StandardScaler,
)
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from poner.artifacts import Examples
from poner.environments import make_environment
from poner.errors import PonerError
from poner.table import as_lists
from poner_runtime.handler import create_handler
from poner_runtime.sklearn_model import open_beside
from tests.support.layered import ask, make_examples, make_function, whole_files, write_files

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(120, 3))
Y = (X[:, 0] > 0).astype(int)
VALUE = X @ [1.0, 2.0, 3.0]
NAMES = np.array(["no", "yes"])

LIBRARIES_OF_2023 = ["scikit-learn==1.2.1", "numpy==1.24.1", "joblib==1.2.0", "scipy<1.12"]

Make = Callable[..., Any]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Gives the handler of a fitted model, with its files in a folder."""
    monkeypatch.syspath_prepend(tmp_path)

    def make_handler(model: Any, examples: Examples) -> Any:
        write_files(whole_files(make_function(model, examples)), tmp_path)
        return create_handler(open_beside(str(tmp_path / "lambda_function.py")))

    return make_handler


def row(values: Any, names: Any = ("x0", "x1", "x2")) -> dict[str, Any]:
    """A request for a row."""
    return dict(zip(names, np.asarray(values).tolist(), strict=True))


CLASSES = {
    "integers": (Y, (0, 1)),
    "negative": (Y * 2 - 1, (-1, 1)),
    "texts": (NAMES[Y], ("no", "yes")),
    "objects": (NAMES[Y].astype(object), ("no", "yes")),
    "booleans": (Y == 1, (False, True)),
    "floats": (Y + 1.0, (1.0, 2.0)),
}


@pytest.mark.parametrize("kind", list(CLASSES))
def test_a_class_is_said_as_its_own_type(make: Make, kind: str) -> None:
    """Integers stay integers, texts texts, booleans booleans, and floats floats."""
    y, classes = CLASSES[kind]
    model = LogisticRegression().fit(X, y)
    handler = make(model, make_examples(model, X, classes=classes))
    for values, own in zip(X[:20], model.predict(X[:20]).tolist(), strict=True):
        status, prediction, _ = ask(handler, row(values))
        assert (status, prediction, type(prediction)) == (200, own, type(own))


def test_several_outputs_are_an_array(make: Make) -> None:
    """Classes of each output; labels that apply or not; values."""
    both = np.stack([NAMES[Y], np.array(["a", "b", "c"])[np.digitize(VALUE, [-2, 2])]], axis=1)
    model = MultiOutputClassifier(LogisticRegression()).fit(X, both)
    handler = make(model, make_examples(model, X, classes=(("no", "yes"), ("a", "b", "c"))))
    assert ask(handler, row(X[0]))[1] == model.predict(X[:1])[0].tolist()
    labels = OneVsRestClassifier(LogisticRegression()).fit(X, np.stack([Y, 1 - Y], axis=1))
    handler = make(labels, make_examples(labels, X, classes=((0, 1), (0, 1))))
    assert ask(handler, row(X[0]))[1] == labels.predict(X[:1])[0].tolist()
    values = LinearRegression().fit(X, np.stack([VALUE, -VALUE], axis=1))
    handler = make(values, make_examples(values, X))
    assert ask(handler, row(X[0]))[1] == values.predict(X[:1])[0].tolist()


def test_one_output_in_an_array_is_one(make: Make) -> None:
    """A model that was fitted on a column answers with its one class or value."""
    labels = OneVsRestClassifier(LogisticRegression()).fit(X, Y[:, None])
    handler = make(labels, make_examples(labels, X, classes=((0, 1),)))
    assert ask(handler, row(X[0]))[1] == labels.predict(X[:1]).item()
    value = LinearRegression().fit(X, VALUE[:, None])
    assert ask(make(value, make_examples(value, X)), row(X[0]))[1] == value.predict(X[:1]).item()


def test_a_regressor_answers_with_a_float(make: Make) -> None:
    """To the last digit, and as a float also where it computes integers."""
    model = LinearRegression().fit(X, VALUE)
    handler = make(model, make_examples(model, X))
    assert ask(handler, row(X[0]))[1] == model.predict(X[:1])[0]
    whole = DummyRegressor(strategy="constant", constant=3).fit(X, Y)
    prediction = ask(make(whole, make_examples(whole, X)), row(X[0]))[1]
    assert (prediction, type(prediction)) == (3.0, float)


def test_outliers_and_clusters_are_classes(make: Make) -> None:
    """1 or -1, and the number of a cluster, as integers."""
    outliers = IsolationForest(n_estimators=20, random_state=0).fit(X)
    handler = make(outliers, make_examples(outliers, X, classes=(-1, 1)))
    assert ask(handler, row(X[0])) == (200, int(outliers.predict(X[:1])[0]), "OK")
    clusters = KMeans(3, random_state=0, n_init=1).fit(X)
    handler = make(clusters, make_examples(clusters, X, classes=(0, 1, 2)))
    assert ask(handler, row(X[0])) == (200, int(clusters.predict(X[:1])[0]), "OK")


def make_frame(missing: Any) -> pd.DataFrame:
    """Numbers and texts, some missing."""
    color = RANDOM.choice(["red", "blue"], len(X)).astype(object)
    color[::7] = missing
    size = X[:, 0].copy()
    size[::5] = np.nan
    return pd.DataFrame({"size": size, "color": pd.Series(color, dtype=object), "age": X[:, 1]})


@pytest.mark.parametrize("missing", [None, np.nan], ids=["None", "NaN"])
def test_a_model_of_a_dataframe_answers_without_one(make: Make, missing: Any) -> None:
    """Texts, numbers and gaps reach each transformer as they did in training."""
    frame = make_frame(missing)
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    columns = make_column_transformer((numbers, ["size", "age"]), (OneHotEncoder(), ["color"]))
    model = make_pipeline(columns.set_output(transform="default"), LogisticRegression())
    model.fit(frame, Y)
    missing_as_none = (1,) if missing is None else ()
    examples = make_examples(
        model, frame, classes=(0, 1), missing_as_none=missing_as_none, scores="predict_proba"
    )
    handler = make(model, examples)
    for place in (0, 1, 5, 7, 35):
        values = frame.iloc[place].to_dict()
        values = {name: None if pd.isna(value) else value for name, value in values.items()}
        assert ask(handler, values)[1] == model.predict(frame.iloc[[place]])[0]
    outputs = ["predict_proba", "decision_function", "transform_all"]
    evaluated = open_beside(sys.path[0] + "/x").evaluate(as_lists(examples.rows), outputs)
    assert evaluated.keys() == {"predict", "predict_proba", "decision_function"}
    for output in outputs[:2]:
        own = getattr(model, output)(frame).reshape(len(frame), -1)
        np.testing.assert_allclose(evaluated[output], own, rtol=1e-12)


def test_a_number_beyond_float32_is_named(make: Make) -> None:
    """A number beyond float32 is named, since trees cast to float32."""
    model = DecisionTreeClassifier().fit(X, Y)
    handler = make(model, make_examples(model, X, classes=(0, 1), number_type="float32"))
    assert ask(handler, {"x0": 0, "x1": 3.4e38, "x2": 0})[0] == 200
    reason = "'x1' is beyond what the model takes (float32)"
    assert ask(handler, {"x0": 0, "x1": -1e39, "x2": 0}) == (400, "", reason)


def test_a_gap_that_the_model_refuses_is_no_null(make: Make) -> None:
    """A feature that has gaps in one place only: the model says which it does not take."""
    model = LinearRegression().fit(X, VALUE)
    examples = make_examples(model, X)
    features = tuple(dataclasses.replace(f, missing=True) for f in examples.signature.features)
    signature = dataclasses.replace(examples.signature, features=features)
    handler = make(model, dataclasses.replace(examples, signature=signature))
    assert ask(handler, {"x0": 0, "x1": 0, "x2": None})[2] == "'x2' must be a number, not null"


@pytest.mark.parametrize("place", range(7))
def test_what_a_step_does_not_take_is_named(make: Make, place: int) -> None:
    """The field is found among all of them, wherever it stands."""
    wide = np.abs(RANDOM.normal(size=(60, 7)))
    model = make_pipeline(FunctionTransformer(np.log), LinearRegression()).fit(wide, wide.sum(1))
    handler = make(model, make_examples(model, wide))
    good = row(wide[0], [f"x{i}" for i in range(7)])
    assert ask(handler, good)[0] == 200
    status, _, reason = ask(handler, {**good, f"x{place}": -1})
    assert (status, reason) == (400, f"'x{place}' holds a value that the model does not take")


def test_what_several_fields_make_is_refused_as_one(make: Make) -> None:
    """An infinite product of two fields names neither field."""
    products = PolynomialFeatures(interaction_only=True)
    model = make_pipeline(products, LinearRegression()).fit(X, VALUE)
    reason = "'body' holds values that the model does not take"
    handler = make(model, make_examples(model, X))
    assert ask(handler, {"x0": 1e200, "x1": 1, "x2": 0})[0] == 200
    assert ask(handler, {"x0": 1e200, "x1": 1e200, "x2": 0}) == (400, "", reason)
    handler = make(model, make_examples(model, X, typical=None))
    assert ask(handler, {"x0": 1e200, "x1": 1e200, "x2": 0}) == (400, "", reason)


class Broken(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """A model that fails in the way that `kind` says."""

    def __init__(self, kind: str = "") -> None:
        self.kind = kind

    def predict(self, rows: Any) -> Any:
        """Raise, or return a value that is not a class."""
        if self.kind == "class":
            return np.full(len(rows), 7)
        errors = {"value": ValueError, "key": KeyError}
        raise errors[self.kind](f"cannot do {rows}")


@pytest.mark.parametrize("kind", ["value", "key", "class"])
def test_a_fault_of_ours_says_nothing(
    make: Make, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A model that answers no row, or with no class, is a 500, and no value is in the log."""
    good = LogisticRegression().fit(X, Y)
    handler = make(Broken(kind), make_examples(good, X, classes=(0, 1)))
    assert ask(handler, {"x0": 0.12345, "x1": 0, "x2": 0}) == (500, "", "internal error")
    logged = capsys.readouterr()
    assert json.loads(logged.out)["level"] == "ERROR"
    assert "0.12345" not in logged.out + logged.err


_QUIET = """
import json, os, sys
import _multiprocessing
import multiprocessing.synchronize

class NoSemaphore:
    SEM_VALUE_MAX = 1
    tried = False

    def __new__(cls, *arguments, **options):
        NoSemaphore.tried = True
        raise OSError(38, "Function not implemented")

    __init__ = __new__

_multiprocessing.SemLock = multiprocessing.synchronize.SemLock = NoSemaphore

class NoFrames:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("pandas", "polars", "pyarrow"):
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, NoFrames())

def refuse_writing(event, arguments):
    writing = os.O_WRONLY | os.O_RDWR
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & writing:
        raise OSError(30, f"Read-only file system: {arguments[0]}")
    if event in ("os.mkdir", "os.remove", "os.rename", "subprocess.Popen", "os.fork"):
        raise OSError(30, f"{event} {arguments}")

sys.addaudithook(refuse_writing)
sys.path[:0] = [os.getcwd(), *sys.argv[1:]]
from lambda_function import lambda_handler
with open("requests") as file:
    statuses = {lambda_handler({"body": line}, None)["statusCode"] for line in file}
assert statuses == {200}, statuses
threads = len(os.listdir("/proc/self/task"))
assert threads == 1, f"{threads} threads"
assert not NoSemaphore.tried
"""


def run_quietly(folder: Path, interpreter: Path | str, *packages: Path) -> None:
    """Run the function where no semaphore can be made and no file be written; it must be silent."""
    before = sorted(folder.rglob("*"))
    done = subprocess.run(
        [interpreter, "-I", "-S", "-B", "-c", _QUIET, *map(str, packages)],
        capture_output=True,
        text=True,
        cwd=folder,
        env={"LANG": "en_US.UTF-8", "PATH": "/usr/bin:/bin"},
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("kind", ["forest", "votes", "columns"])
def test_nothing_is_printed_or_written(tmp_path: Path, kind: str) -> None:
    """Without /dev/shm, on a read-only file system, with n_jobs=-1 and without pandas."""
    frame = make_frame(None)
    numbers = pd.DataFrame(X, columns=["x0", "x1", "x2"])
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    columns = make_column_transformer(
        (SimpleImputer(), ["size", "age"]), (encoder, ["color"]), n_jobs=-1
    )
    models = {
        "forest": (RandomForestClassifier(20, n_jobs=-1), numbers, ()),
        "votes": (
            VotingClassifier(
                [("a", RandomForestClassifier(5, n_jobs=-1)), ("b", LogisticRegression())],
                n_jobs=-1,
            ),
            numbers,
            (),
        ),
        "columns": (
            make_pipeline(columns.set_output(transform="pandas"), LogisticRegression()),
            frame,
            (1,),
        ),
    }
    model, rows, missing_as_none = models[kind]
    examples = make_examples(
        model.fit(rows, Y), rows, classes=(0, 1), missing_as_none=missing_as_none
    )
    write_files(whole_files(make_function(model, examples)), tmp_path)
    requests = rows.astype(object).where(rows.notna(), None).to_dict("records")
    (tmp_path / "requests").write_text("".join(json.dumps(one) + "\n" for one in requests))
    run_quietly(tmp_path, sys.executable, Path(np.__file__).parents[1])


def test_the_libraries_of_2023_are_as_silent(tmp_path: Path) -> None:
    """scikit-learn 1.2.1, numpy 1.24.1 and joblib 1.2.0, as the article's function had them."""
    try:
        interpreter = make_environment("3.9", LIBRARIES_OF_2023)
    except PonerError as error:
        pytest.skip(str(error))
    script = """
import pickle, sys
import numpy as np
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
X = np.random.default_rng(0).normal(size=(100, 3))
members = [("a", RandomForestClassifier(n_jobs=-1)), ("b", LogisticRegression())]
model = VotingClassifier(members, n_jobs=-1).fit(X, X[:, 0] > 0)
sys.stdout.buffer.write(pickle.dumps(model))
"""
    fitted = subprocess.run([interpreter, "-c", script], capture_output=True, check=True).stdout
    model = LogisticRegression().fit(X, Y == 1)
    files = whole_files(make_function(model, make_examples(model, X, classes=(False, True))))
    write_files({**files, "model.pickle": fitted}, tmp_path)
    (tmp_path / "requests").write_text(json.dumps(row(X[0])) + "\n")
    run_quietly(tmp_path, interpreter, interpreter.parents[1] / "lib/python3.9/site-packages")


def test_another_versions_warning_is_not_printed(tmp_path: Path) -> None:
    """scikit-learn warns of every estimator that another version pickled."""
    model = LogisticRegression().fit(X, Y)
    examples = make_examples(model, X, classes=(0, 1))
    function = make_function(model, examples)
    other = function.files["model.pickle"].replace(b"1.9.1", b"1.9.0")
    assert other != function.files["model.pickle"]
    write_files({**whole_files(function), "model.pickle": other}, tmp_path)
    (tmp_path / "requests").write_text(json.dumps(row(X[0])) + "\n")
    run_quietly(tmp_path, sys.executable, Path(np.__file__).parents[1])


def test_what_the_user_sets_is_kept() -> None:
    """A function's own environment variables come first."""
    code = "import os, poner_runtime.sklearn_model as m; print(os.environ['OMP_NUM_THREADS'])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "2"},
    )
    assert done.stdout == "2\n"


def test_a_score_that_is_sparse_or_split_is_one_table() -> None:
    """Of several outputs the columns stand side by side; one column stays a column."""
    from scipy.sparse import csr_matrix

    from poner_runtime.layered import as_lists as as_score_lists

    assert as_score_lists([np.zeros((2, 1)), np.ones((2, 2))]) == [[0, 1, 1], [0, 1, 1]]
    assert as_score_lists(csr_matrix([[1.0, 0.0]])) == [[1.0, 0.0]]
    model = LinearSVC().fit(X, Y)
    assert len(as_score_lists(model.decision_function(X))[0]) == 1
