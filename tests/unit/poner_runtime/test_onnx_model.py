"""The HTTP contract of a graph, with the onnxruntime of each of Lambda's systems."""

from __future__ import annotations

import dataclasses
import json
import pickle
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from poner.artifacts import Examples, OnnxGraph, Provenance
from poner.aws_lambda.functions import FunctionSettings
from poner.aws_lambda.runtimes import RUNTIMES
from poner.bundler import LayeredFunction, make_layered_bundle, onnx_function
from poner.bundler.trial import host_architecture
from poner.environments import make_environment
from poner.errors import ParityError, PonerError
from tests.support.layered import make_examples, whole_files, write_files

X = np.random.default_rng(0).normal(size=(200, 3))
Y = (X[:, 0] + X[:, 1] > 0).astype(int)
NAMES = np.array(["no", "yes"])

_CONVERT = """
import pickle, sys, warnings
warnings.simplefilter("ignore")
from skl2onnx import to_onnx
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, StringTensorType
model, inputs, zipmap = pickle.load(sys.stdin.buffer)
kinds = {"float64": DoubleTensorType, "float32": FloatTensorType, "text": StringTensorType}
types = [(name, kinds[kind]([None, width])) for name, kind, width in inputs]
graph = to_onnx(
    model, initial_types=types, target_opset={"": 18, "ai.onnx.ml": 3},
    options={id(model): {"zipmap": False}} if zipmap else None)
graph.ir_version = 8
sys.stdout.buffer.write(graph.SerializeToString())
"""

_ANSWER = """
import json, sys
sys.path.insert(0, sys.argv[1])
from lambda_function import lambda_handler
for line in sys.stdin:
    print(lambda_handler({"body": line}, None)["body"])
"""

RUNTIME_LIBRARIES = {
    "python3.9": ["onnxruntime", "numpy<2"],
    "python3.11": ["onnxruntime", "numpy"],
    "python3.13": ["onnxruntime", "numpy"],
}


def environment(version: str, libraries: Sequence[str]) -> Path:
    """The interpreter of an environment; skips where it cannot be had."""
    try:
        return make_environment(version, libraries)
    except PonerError as error:
        pytest.skip(str(error))


def convert(model: Any, inputs: Any = (("X", "float64", 3),), *, zipmap: bool = True) -> bytes:
    """The graph of a model, from inputs by name, kind and width."""
    converter = environment("3.11", ["scikit-learn==1.9.1", "skl2onnx", "onnx"])
    content = pickle.dumps((model, inputs, zipmap))
    done = subprocess.run([converter, "-c", _CONVERT], input=content, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def make_function(
    graph: bytes, examples: Examples, number_type: Any = "float64"
) -> LayeredFunction:
    """The function of a graph."""
    return onnx_function(
        OnnxGraph(graph, number_type, "skl2onnx"),
        examples,
        RUNTIMES["python3.11"],
        requirements=(),
        body_limit_bytes=65_536,
    )


def make_files(
    graph: bytes, examples: Examples, number_type: Any = "float64"
) -> Mapping[str, bytes]:
    """The files of the function."""
    return whole_files(make_function(graph, examples, number_type))


def answers(
    files: Any, folder: Path, requests: Sequence[Mapping[str, Any]], runtime: str = "python3.11"
) -> list[tuple[Any, str]]:
    """Prediction and reason for each request; nothing else may be printed."""
    interpreter = environment(runtime.removeprefix("python"), RUNTIME_LIBRARIES[runtime])
    done = subprocess.run(
        [interpreter, "-I", "-B", "-c", _ANSWER, write_files(files, folder)],
        input="".join(json.dumps(request) + "\n" for request in requests),
        capture_output=True,
        text=True,
        env={"LANG": "en_US.UTF-8"},
    )
    assert done.stderr == ""
    bodies = [json.loads(line) for line in done.stdout.splitlines()]
    return [(body["prediction"], body["reason"]) for body in bodies]


def row(values: Any) -> dict[str, Any]:
    """A request for a row."""
    return {f"x{place}": value for place, value in enumerate(np.asarray(values).tolist())}


@pytest.mark.parametrize(
    "runtime",  # the oldest and the newest; those between are breadth
    ["python3.9", pytest.param("python3.11", marks=pytest.mark.slow), "python3.13"],
)
def test_a_class_is_said_as_its_own_type(tmp_path: Path, runtime: str) -> None:
    """On each onnxruntime: integers, texts, and booleans that the graph holds for integers."""
    for number, (y, classes) in enumerate(
        [(Y, (0, 1)), (NAMES[Y], ("no", "yes")), (Y == 1, (False, True))]
    ):
        model = LogisticRegression().fit(X, y)
        files = make_files(convert(model), make_examples(model, X, classes=classes))
        given = answers(files, tmp_path / str(number), [row(X[0]), row(X[1])], runtime)
        assert given == [(own, "OK") for own in model.predict(X[:2]).tolist()]
        assert type(given[0][0]) is type(classes[0])


def test_several_outputs_and_values(tmp_path: Path) -> None:
    """An array of classes; a float; an array of floats."""
    both = MultiOutputClassifier(LogisticRegression()).fit(X, np.stack([Y, 2 - Y], axis=1))
    files = make_files(convert(both), make_examples(both, X, classes=((0, 1), (1, 2))))
    assert answers(files, tmp_path / "both", [row(X[0])]) == [
        (both.predict(X[:1])[0].tolist(), "OK")
    ]
    one = LinearRegression().fit(X, X @ [1.0, 2.0, 3.0])
    files = make_files(convert(one, zipmap=False), make_examples(one, X))
    ((value, _),) = answers(files, tmp_path / "one", [row(X[0])])
    assert value == pytest.approx(one.predict(X[:1])[0], rel=1e-12)
    two = LinearRegression().fit(X, X[:, :2])
    files = make_files(convert(two, zipmap=False), make_examples(two, X))
    ((values, _),) = answers(files, tmp_path / "two", [row(X[0])])
    assert values == pytest.approx(X[0, :2].tolist(), rel=1e-9)


def mixed_model() -> tuple[Any, Any]:
    """A model of a number and a text that may be missing, and its rows."""
    rows = np.empty((200, 2), dtype=object)
    rows[:, 0] = X[:, 0]
    rows[:, 1] = np.random.default_rng(1).choice(["red", "añil"], 200)
    rows[::9, 1] = np.nan
    columns = make_column_transformer(
        (StandardScaler(), [0]), (OneHotEncoder(handle_unknown="ignore"), [1])
    )
    return make_pipeline(columns, LogisticRegression()).fit(rows, Y), rows


def test_texts_have_inputs_of_their_own(tmp_path: Path) -> None:
    """Known, unknown and missing texts get the model's answers."""
    model, rows = mixed_model()
    graph = convert(model, (("x0", "float32", 1), ("x1", "text", 1)))
    files = make_files(graph, make_examples(model, rows, classes=(0, 1)), "float32")
    asked = [[0.3, "red"], [0.3, "añil"], [-2.0, "puce"], [0.1, np.nan]]
    requests = [{"x0": size, "x1": None if color != color else color} for size, color in asked]
    own = model.predict(np.array(asked, dtype=object)).tolist()
    assert answers(files, tmp_path, requests) == [(label, "OK") for label in own]


def test_numbers_beyond_float32_are_named(tmp_path: Path) -> None:
    """Numbers beyond float32 are named, if the graph or the model computes in float32."""
    model = DecisionTreeClassifier().fit(X, Y)
    examples = make_examples(model, X, classes=(0, 1))
    reason = "'x1' is beyond what the model takes (float32)"
    single = make_files(convert(model, (("X", "float32", 3),)), examples, "float32")
    casting = dataclasses.replace(examples, number_type="float32")
    double = make_files(convert(LogisticRegression().fit(X, Y)), casting)
    for number, files in enumerate((single, double)):
        given = answers(
            files,
            tmp_path / str(number),
            [{"x0": 0, "x1": 1e39, "x2": 0}, {"x0": 0, "x1": 3.4e38, "x2": 0}],
        )
        assert given[0] == ("", reason)
        assert given[1][1] == "OK"
    texts, rows = mixed_model()
    graph = convert(texts, (("x0", "float32", 1), ("x1", "text", 1)))
    files = make_files(graph, make_examples(texts, rows, classes=(0, 1)), "float32")
    ((_, reason),) = answers(files, tmp_path / "texts", [{"x0": -1e39, "x1": "red"}])
    assert reason == "'x0' is beyond what the model takes (float32)"


@pytest.mark.parametrize("kind", ["numbers", "decisions", "texts"])
def test_a_graph_is_proved_from_its_zips(tmp_path: Path, kind: str) -> None:
    """Labels and scores of every row; another model's graph beside the examples is found out."""
    other = LogisticRegression(C=1e-3).fit(X, 1 - Y)
    number_type: Any = "float64"
    inputs: Any = (("X", "float64", 3),)
    rows: Any = X
    if kind == "texts":
        model, rows = mixed_model()
        other = make_pipeline(*(step for _, step in model.steps[:1]), LogisticRegression(C=1e-3))
        other = other.fit(rows, 1 - Y)
        inputs, number_type = (("x0", "float32", 1), ("x1", "text", 1)), "float32"
    elif kind == "decisions":
        model, other = SVC().fit(X, Y), SVC(C=1e-3).fit(X, 1 - Y)
        inputs, number_type = (("X", "float32", 3),), "float32"
    else:
        model = LogisticRegression().fit(X, Y)
    method = "decision_function" if kind == "decisions" else "predict_proba"
    examples = make_examples(model, rows, classes=(0, 1), scores=method)

    def make(graph: bytes) -> Any:
        return make_layered_bundle(
            make_function(graph, examples, number_type),
            examples,
            Provenance("", "", "1.9.1", "2.4.6", "3.11.0"),
            tmp_path / "build",
            runtime=RUNTIMES["python3.11"],
            architecture=host_architecture(),
            settings=FunctionSettings(),
        )

    with pytest.raises(ParityError, match="onnx engine"):
        make(convert(other, inputs))
    assert not (tmp_path / "build").exists()
    manifest = make(convert(model, inputs)).manifest
    assert manifest.engine == "onnx"
    assert manifest.verification.rows == 200
    assert manifest.verification.requests > 90
    assert [output.output for output in manifest.parity.outputs] == [method, "predict"]
