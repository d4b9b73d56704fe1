"""Conversion to ONNX: each graph answers as the model it came from, through onnxruntime."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import NMF
from sklearn.linear_model import LogisticRegression
from sklearn.mixture import GaussianMixture
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler
from sklearn.svm import SVC

from poner import loader
from poner.artifacts import ModelFile, OnnxGraph
from poner.environments import read_pins
from poner.errors import InstallError, ModelUnreadableError, NotSupportedError
from poner.loader import conversion
from poner.loader.environments import environment_of
from poner.loader.saving import save
from poner.signature import Signature
from tests.conftest import WIRE_NAMES

ASK = Path(__file__).with_name("ask_graph.py")
RANDOM = np.random.RandomState(11)
ROWS = RANDOM.normal(size=(80, 4))
TWO = (ROWS[:, 0] > 0).astype(int)
TEXTS = np.where(TWO, "malignant", "benign")
FRAME = pd.DataFrame(ROWS[:, :3], columns=["a", "b", "c"])
FRAME.insert(1, "colour", np.array(["red", "green", "blue"])[RANDOM.randint(0, 3, 80)])


@pytest.fixture(scope="module")
def convert():
    """`loader.convert_model`; skips where its environment cannot be made."""

    def convert_or_skip(file, signature):
        try:
            return loader.convert_model(file, signature)
        except InstallError as error:
            pytest.skip(str(error))

    return convert_or_skip


def opened(model, X, y, tmp_path):
    """The context of a saved model, read again."""
    return loader.open_model(save(model, X, y, tmp_path / "model"))


def ask(graph, version, columns, tmp_path):
    """Names of the inputs, and the outputs, as onnxruntime gives them."""
    (tmp_path / "model.onnx").write_bytes(graph.content)
    (tmp_path / "rows.json").write_text(json.dumps(columns))
    interpreter = environment_of(version, more=read_pins("onnx_conversion")).interpreter
    command = [interpreter, ASK, tmp_path / "model.onnx", tmp_path / "rows.json"]
    names, answered = json.loads(subprocess.run(command, check=True, stdout=-1).stdout)
    return names, [np.array(output) for output in answered]


def compare(model, X, y, number_type, convert, tmp_path, columns=None):
    """Convert a fitted classifier, and compare labels and probabilities or scores."""
    with opened(model, X, y, tmp_path) as trained:
        graph = convert(trained.file, trained.signature)
        version = trained.provenance.sklearn_version
    assert graph.converter == "skl2onnx 1.20.0"
    assert graph.number_type == number_type
    names, (labels, scores) = ask(graph, version, columns or {"X": X.tolist()}, tmp_path)
    assert labels.ravel().tolist() == model.predict(X).tolist()
    if hasattr(model, "predict_proba"):
        np.testing.assert_allclose(scores, model.predict_proba(X), atol=1e-6)
    else:
        np.testing.assert_allclose(scores[:, 1], model.decision_function(X), atol=1e-5)
        np.testing.assert_array_equal(scores[:, 0], -scores[:, 1])
    return names


def test_the_articles_model_is_converted_with_float32(article_estimator, cancer, convert, tmp_path):
    """The article's model gets a float32 graph, since its float64 graph does not open."""
    assert compare(article_estimator, cancer.X, cancer.y, "float32", convert, tmp_path) == ["X"]


def test_a_pipeline_of_numbers_is_converted_with_float64(convert, tmp_path):
    """One matrix goes in; classes that are texts come out."""
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(ROWS, TEXTS)
    assert compare(model, ROWS, TEXTS, "float64", convert, tmp_path) == ["X"]


def test_where_texts_are_features_each_feature_is_an_input(convert, tmp_path):
    """With texts, each feature is an input, in the model's order."""
    columns = ColumnTransformer(
        [("scaled", StandardScaler(), ["c", "a"]), ("one", OneHotEncoder(), ["colour"])],
        remainder="passthrough",
    )
    model = make_pipeline(columns, LogisticRegression()).fit(FRAME, TEXTS)
    fed = {f"x{place}": [[value] for value in FRAME[name]] for place, name in enumerate(FRAME)}
    names = compare(model, FRAME, TEXTS, "float64", convert, tmp_path, fed)
    assert names == ["x0", "x1", "x2", "x3"]


@pytest.mark.parametrize("wrapped", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_without_probabilities_the_scores_come_with_their_sign(wrapped, convert, tmp_path):
    """Of a vector machine alone and at the end of a pipeline; its vectors are kept as float32."""
    model = make_pipeline(StandardScaler(), SVC()) if wrapped else SVC()
    compare(model.fit(ROWS, TWO), ROWS, TWO, "float32", convert, tmp_path)


def test_a_mixture_answers_with_its_components(convert, tmp_path):
    """A mixture, which has no target, answers with its components as classes."""
    model = GaussianMixture(3, random_state=0).fit(ROWS)
    compare(model, ROWS, model.predict(ROWS), "float32", convert, tmp_path)


def test_a_model_of_another_version_is_converted_with_that(legacy, convert, tmp_path):
    """The article's own file, of scikit-learn 1.2.1: all 569 labels."""
    try:
        with loader.open_model(legacy.path, feature_names=WIRE_NAMES) as trained:
            graph = convert(trained.file, trained.signature)
    except ModelUnreadableError as error:
        pytest.skip(f"no environment of scikit-learn 1.2.1: {error.message}")
    _, (labels, _) = ask(graph, "1.2.1", {"X": legacy.rows.tolist()}, tmp_path)
    assert labels.tolist() == legacy.predictions


def test_what_skl2onnx_does_not_know_is_said_with_its_reason(convert, tmp_path):
    """An estimator that skl2onnx does not know is an error with the reason and an alternative."""
    steps = (MinMaxScaler(), NMF(2, max_iter=500), LogisticRegression())
    model = make_pipeline(*steps).fit(ROWS, TWO)
    with (
        opened(model, ROWS, TWO, tmp_path) as trained,
        pytest.raises(NotSupportedError) as caught,
    ):
        convert(trained.file, trained.signature)
    assert caught.value.message == (
        "clf.sav cannot be converted to ONNX: skl2onnx says: Unable to find a shape calculator for "
        "type '<class 'sklearn.decomposition._nmf.NMF'>'."
    )
    assert "sklearn" in caught.value.hint


def nothing_is_made(*_, **__):
    """Stands for `environment_of` where none must be asked for."""
    raise AssertionError("asked for an environment")


def test_boosters_and_own_modules_are_refused_at_once(monkeypatch, in_process, tmp_path):
    """Boosters and own modules, unknown to skl2onnx, are refused without an environment."""
    monkeypatch.setattr(conversion, "environment_of", nothing_is_made)
    model = lightgbm.LGBMClassifier(n_estimators=2, verbose=-1).fit(ROWS, TWO)
    with opened(model, ROWS, TWO, tmp_path) as trained:
        with pytest.raises(NotSupportedError, match="holds a model of LightGBM"):
            loader.convert_model(trained.file, trained.signature)
        own = replace(trained.file, libraries={}, modules={"features.py": b""})
        with pytest.raises(NotSupportedError, match=r"classes of your own \(features.py\)"):
            loader.convert_model(own, trained.signature)


FILE = ModelFile("clf.sav", lambda: b"", {"scikit-learn": "1.9.1"})


def test_without_a_network_it_cannot_be_had(monkeypatch):
    """Without a network, conversion fails with its own error, so that `auto` goes on."""

    def fail(version, more):
        raise ModelUnreadableError("no network.", "")

    monkeypatch.setattr(conversion, "environment_of", fail)
    with pytest.raises(InstallError, match="needs skl2onnx: no network"):
        loader.convert_model(FILE, Signature((), None))


class Answers:
    """Stands for the child that converts: gives what it is told to give."""

    def __init__(self, done):
        self.done = done

    def __call__(self, interpreter, *, cpu_s):
        """Stands for the class."""
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def ask(self, request, body, *, timeout_s, doing):
        """The answer, whatever is asked."""
        return self.done, b"graph"


@pytest.mark.parametrize(
    "done",
    [
        {},
        {"number_type": "float16", "converter": "skl2onnx 1.20.0"},
        {"number_type": "float64", "converter": "skl2onnx 1.20.0; rm"},
        {"number_type": ["float64"], "converter": "skl2onnx 1.20.0"},
    ],
)
def test_what_the_child_answers_is_looked_at(done, monkeypatch):
    """The child's answer is checked, since it has loaded an untrusted file."""
    monkeypatch.setattr(conversion, "environment_of", lambda version, more: Environment)
    monkeypatch.setattr(conversion, "ChildProcess", Answers(done))
    with pytest.raises(NotSupportedError, match="invalid answer"):
        loader.convert_model(FILE, Signature((), None))
    good = {"number_type": "float64", "converter": "skl2onnx 1.20.0"}
    monkeypatch.setattr(conversion, "ChildProcess", Answers(good))
    expected = OnnxGraph(b"graph", "float64", "skl2onnx 1.20.0")
    assert loader.convert_model(FILE, Signature((), None)) == expected


class Environment:
    """Stands for an environment."""

    interpreter = Path("/python")
