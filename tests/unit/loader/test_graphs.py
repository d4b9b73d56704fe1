"""ONNX graphs as models: inputs as features, classes, answers, and graphs that are refused.

tests/data/graphs/make_graphs.py made the graphs, with scikit-learn's own answers in answers.json.
"""

import contextlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from poner import compiler, loader
from poner.errors import InstallError, ModelUnreadableError, NotSupportedError, SignatureError
from poner.signature import Feature
from poner.table import read_table

GRAPHS = Path(__file__).parents[2] / "data" / "graphs"
ANSWERS = json.loads((GRAPHS / "answers.json").read_text())
CLASSES = {"zipmap": (0, 1), "forest": ("no", "yes"), "clusters": (0, 1, 2), "mixed": ("no", "yes")}


@contextlib.contextmanager
def opened(name, **wishes):
    """An open graph; skips where onnxruntime cannot be had."""
    with contextlib.ExitStack() as kept:
        try:
            model = kept.enter_context(loader.open_model(GRAPHS / f"{name}.onnx", **wishes))
        except InstallError as error:
            pytest.skip(str(error))
        yield model


def refusal(name, **wishes):
    """What opening a graph raises."""
    with (
        pytest.raises((ModelUnreadableError, SignatureError)) as caught,
        opened(name, **wishes),
    ):
        pass
    return caught.value


@pytest.mark.parametrize("name", ["zipmap", "forest", "regressor", "clusters", "mixed", "one_row"])
def test_a_graph_answers_as_the_model_that_it_was_converted_from(name):
    """Classes come from the graph's nodes; probabilities also from ZipMap's dictionaries."""
    expected = ANSWERS[name]
    with opened(name) as model:
        assert model.signature.classes == CLASSES.get(name)
        rows = read_table(expected["rows"], model.signature)
        predicted = model.oracle.answer("predict", rows)
        if name in CLASSES:
            assert predicted[:, 0].tolist() == expected["predict"]
        else:
            np.testing.assert_allclose(predicted, expected["predict"], rtol=1e-4, atol=1e-5)
        if "predict_proba" in expected:
            scores = model.oracle.answer("predict_proba", rows)
            np.testing.assert_allclose(scores, expected["predict_proba"], atol=1e-5)
        else:
            with pytest.raises(ModelUnreadableError):
                model.oracle.answer("predict_proba", rows)


def test_inputs_are_features_with_their_kinds_and_categories():
    """Each input is a feature; encoders behind a Concat say which texts they know."""
    with opened("mixed") as model:
        assert model.signature.features == (
            Feature("age", "age"),
            Feature("city", "city", "category", categories=("Bonn", "Oslo", "Rome")),
            Feature("size", "size", "category", categories=("L", "S")),
            Feature("score", "score"),
        )
        assert model.graph.whole == {0}


def test_rows_for_the_proof_have_whole_numbers_where_the_graph_takes_no_others():
    """The questions are rows that the graph answers, with the texts that it knows."""
    with opened("mixed") as model:
        examples = compiler.collect_examples(model)
    assert np.all(examples.rows.numbers[:, 0] % 1 == 0)
    assert examples.rows_by_kind["drawn"] >= 20
    assert examples.scores_method == "predict_proba"
    assert not any(feature.missing for feature in examples.signature.features)


@pytest.mark.parametrize(
    "row",
    [[30.5, "Bonn", "L", 0.0], [None, "Bonn", "L", 0.0], [30, None, "L", 0.0],
     [30, "Bonn", "L", 1e39], [30, "Turin", "L", 0.0]],
    ids=["no whole number", "no number", "no text", "beyond float32", "unknown"],
)  # fmt: skip
def test_values_that_an_input_does_not_take_are_refused(row):
    """Nothing is rounded, and no gap becomes a text."""
    with opened("mixed") as model, pytest.raises(ModelUnreadableError):
        model.oracle.answer("predict", read_table([row], model.signature))


def test_classes_that_the_graph_does_not_list_are_asked_for():
    """An outlier detector's graph answers -1 or 1, and says so nowhere."""
    assert "--labels" in refusal("outliers").hint
    with opened("outliers", labels={"-1": "outlier", "1": "usual"}) as model:
        assert model.signature.classes == (-1, 1)
        assert model.signature.labels == ("outlier", "usual")
        rows = read_table(ANSWERS["outliers"]["rows"], model.signature)
        predicted = model.oracle.answer("predict", rows)[:, 0].tolist()
    assert predicted == ANSWERS["outliers"]["predict"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("external", "numbers in another file"),
        ("images", "shape"),
        ("any_width", "how many features"),
        ("several", "several classes at once"),
    ],
)
def test_what_is_no_model_of_rows_of_features_is_refused(name, words):
    """Each with its reason; a graph never opens a second file."""
    assert words in refusal(name).message


def test_the_number_of_features_may_come_from_the_user():
    """Names say how many features an input takes that does not record their number."""
    with opened("any_width", feature_names=["a", "b", "c"]) as model:
        assert model.signature.wire_names == ("a", "b", "c")


def test_a_file_that_is_no_graph_says_so(tmp_path):
    """The suffix promises a graph; the content decides."""
    (tmp_path / "model.onnx").write_bytes(b"not a graph")
    with (
        pytest.raises(ModelUnreadableError, match="not an ONNX graph"),
        loader.open_model(tmp_path),
    ):
        pass


def test_the_native_engine_does_not_compile_a_graph():
    """The message names the engine that serves it."""
    with opened("zipmap") as model, pytest.raises(NotSupportedError, match="ONNX graph"):
        compiler.compile_model(model)


def test_a_signature_beside_the_graph_is_used(tmp_path):
    """Names and labels are the user's; the classes have to be the graph's."""
    shutil.copy(GRAPHS / "zipmap.onnx", tmp_path / "model.onnx")
    features = [{"wire_name": name, "column": name} for name in "abc"]
    described = {"features": features, "classes": [0, 1], "labels": ["no", "yes"]}
    (tmp_path / "signature.json").write_text(json.dumps(described))
    with loader.open_model(tmp_path) as model:
        assert model.signature.wire_names == ("a", "b", "c")
        assert model.signature.labels == ("no", "yes")
