"""Files and requirements of functions with layers."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from poner.artifacts import Examples, OnnxGraph
from poner.aws_lambda.runtimes import RUNTIMES
from poner.bundler import LayeredFunction, onnx_function, sklearn_function
from poner.errors import BundleError, UsageError
from tests.support.layered import make_examples, model_file, whole_files

X = np.random.default_rng(0).normal(size=(40, 2))
MODEL = LogisticRegression().fit(X, X[:, 0] > 0)
EXAMPLES = make_examples(MODEL, X, classes=(False, True), scores="predict_proba")


def make(libraries: Any, requirements: Any = (), **fields: Any) -> LayeredFunction:
    """The function of a model made with such libraries."""
    file = model_file(MODEL, libraries=libraries, **fields)
    return sklearn_function(file, EXAMPLES, requirements=requirements, body_limit_bytes=65_536)


def test_the_models_versions_are_required_and_preferred() -> None:
    """scikit-learn is required exactly; its dependencies' versions are preferred."""
    function = make({"scikit-learn": "1.9.1", "numpy": "2.4.6", "joblib": "1.6.0"})
    assert function.requirements == ("scikit-learn==1.9.1",)
    assert function.preferences == {"numpy": "2.4.6", "joblib": "1.6.0"}
    assert function.tolerance == 1e-9


def test_other_libraries_of_the_model_are_required() -> None:
    """Libraries such as LightGBM are required exactly, in any spelling of the name."""
    function = make({"scikit_learn": "1.9.1", "lightgbm": "4.7.0"})
    assert function.requirements == ("scikit-learn==1.9.1", "lightgbm==4.7.0")


def test_an_old_scikit_learn_gets_what_was_new_then() -> None:
    """An old scikit-learn gets an upper bound of numpy, which its own metadata lacks."""
    assert make({"scikit-learn": "1.4.1.post1"}).requirements[1:] == ("numpy<2",)
    assert make({"scikit-learn": "1.2.1"}).requirements[1:] == ("numpy<2", "scipy<1.12")
    assert make({"scikit-learn": "1.4.2"}).requirements[1:] == ()


def test_the_users_pins_come_first() -> None:
    """The user's requirements replace requirements and preferences, or are added."""
    function = make(
        {"scikit-learn": "1.2.1", "numpy": "1.24.1", "scipy": "1.10.0"},
        ["Numpy==1.24.4", "scikit_learn==1.2.2", "pytz==2024.1"],
    )
    assert function.requirements == (
        "scipy<1.12",
        "Numpy==1.24.4",
        "scikit_learn==1.2.2",
        "pytz==2024.1",
    )
    assert function.preferences == {"scipy": "1.10.0"}
    with pytest.raises(UsageError, match="numpy=1"):
        make({"scikit-learn": "1.2.1"}, ["numpy=1"])


def test_the_files_are_the_model_its_modules_and_the_runtime() -> None:
    """The model under its own name, the user's modules at the root; no kernel."""
    function = make({"scikit-learn": "1.9.1"}, modules={"features.py": b"A = 1", "a/b.py": b""})
    assert set(whole_files(function)) == {
        "lambda_function.py",
        "model.pickle",
        "model.json",
        "features.py",
        "a/b.py",
        *(
            f"poner_runtime/{name}.py"
            for name in ("__init__", "handler", "layered", "fitted", "sklearn_model")
        ),
    }


@pytest.mark.parametrize("path", ["lambda_function.py", "poner_runtime/x.py"])
def test_a_module_that_would_hide_the_functions_own_is_refused(path: str) -> None:
    """The error names the module."""
    with pytest.raises(BundleError, match=path):
        make({"scikit-learn": "1.9.1"}, modules={path: b""})


def test_of_the_training_data_only_medians_are_packed() -> None:
    """model.json has names, kinds, classes as they are answered, and one typical row."""
    described = json.loads(make({"scikit-learn": "1.9.1"}).files["model.json"])
    assert EXAMPLES.typical is not None
    assert described == {
        "version": 3,
        "wire_names": ["x0", "x1"],
        "is_text": [False, False],
        "missing": [False, False],
        "ignored": [False, False],
        "vocabulary": None,
        "classes": [["false", "true"]],
        "body_limit_bytes": 65_536,
        "number_type": "float64",
        "missing_as_none": [],
        "typical": list(EXAMPLES.typical),
        "scores_method": "predict_proba",
        "file": "model.pickle",
    }


def make_onnx(number_type: Any, runtime: str, *pins: str, examples: Examples = EXAMPLES) -> Any:
    """The function of a graph."""
    graph = OnnxGraph(b"graph", number_type, "skl2onnx 1.20.0")
    return onnx_function(
        graph, examples, RUNTIMES[runtime], requirements=pins, body_limit_bytes=65_536
    )


def test_a_graph_needs_onnxruntime_and_numpy_alone() -> None:
    """Of the numpy that onnxruntime was built for; what only its tools need is left out."""
    function = make_onnx("float64", "python3.13")
    assert function.requirements == ("onnxruntime", "numpy")
    assert make_onnx("float64", "python3.9").requirements == ("onnxruntime", "numpy<2")
    pinned = make_onnx("float64", "python3.13", "onnxruntime==1.30.0")
    assert pinned.requirements == ("numpy", "onnxruntime==1.30.0")
    assert {"sympy", "protobuf"} < set(function.excluded)
    assert set(whole_files(function)) == {
        "lambda_function.py",
        "model.onnx",
        "model.json",
        *(f"poner_runtime/{name}.py" for name in ("__init__", "handler", "layered", "onnx_model")),
    }


def test_a_float32_graph_is_given_float32s_digits() -> None:
    """Its tolerance, and what is said to be beyond it; a model that casts refuses the same."""
    single, double = make_onnx("float32", "python3.13"), make_onnx("float64", "python3.13")
    assert (single.tolerance, double.tolerance) == (1e-5, 1e-9)
    assert json.loads(single.files["model.json"])["number_type"] == "float32"
    assert json.loads(double.files["model.json"])["number_type"] == "float64"
    casting = make_examples(MODEL, X, classes=(False, True), number_type="float32")
    described = make_onnx("float64", "python3.13", examples=casting).files["model.json"]
    assert json.loads(described)["number_type"] == "float32"
