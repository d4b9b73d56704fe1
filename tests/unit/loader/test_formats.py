"""Every format that a model is saved in gives the same model back."""

import numpy as np
import pytest

from poner import loader
from poner.artifacts import FittedObject, Table
from poner.loader.child import estimators
from poner.loader.safe_pickle.allowed import is_allowed
from poner.loader.safe_pickle.listing import Listing, list_content
from poner.loader.safe_pickle.loading import load_content

METHODS = ("predict", "predict_proba", "decision_function")


@pytest.mark.parametrize(
    "kind", ["boosting", "forest", "histogram", "pipeline", "search", "regressor"]
)
def test_each_format_gives_the_same_answers(kind, writer, models, rows):
    """A model that was written and read under the allow-list answers like the one in memory."""
    content = writer(models[kind])
    listing = Listing()
    list_content(content, listing)
    assert [use for use in listing.uses.items() if not is_allowed(*use[0], use[1])] == []
    loaded = load_content(content)
    for method in METHODS:
        if hasattr(models[kind], method):
            expected = getattr(models[kind], method)(rows)
            answered = estimators.answer(loaded, method, rows)
            np.testing.assert_array_equal(answered, expected)


@pytest.mark.parametrize("kind", ["boosting", "forest", "histogram", "pipeline"])
def test_each_format_gives_the_same_state(kind, writer, models):
    """What is described does not depend on the format."""
    loaded = loader.describe_estimator(load_content(writer(models[kind])))
    assert_same(loaded, loader.describe_estimator(models[kind]))


def assert_same(value, expected):
    """Whether two descriptions say the same; joblib does not keep which arrays are shared."""
    if isinstance(expected, np.ndarray):
        np.testing.assert_array_equal(value, expected)
        assert value.dtype == expected.dtype
    elif isinstance(expected, FittedObject):
        assert value.type_name == expected.type_name
        assert_same(value.attributes, expected.attributes)
    elif isinstance(expected, dict):
        assert list(value) == list(expected)
        for name in expected:
            assert_same(value[name], expected[name])
    elif isinstance(expected, list):
        for item, other in zip(value, expected, strict=True):
            assert_same(item, other)
    else:
        assert value == expected or (value != value and expected != expected)


@pytest.mark.parametrize(
    ("writer_name", "file_name", "format_name"),
    [
        ("pickle 4", "clf.sav", "pickle"),
        ("joblib gzip", "clf.joblib", "pickle+gzip"),
        ("skops", "clf.skops", "skops"),
    ],
)
def test_a_file_is_opened_whatever_its_format(
    writer_name, file_name, format_name, request, models, rows, tmp_path
):
    """Through the door: the file's own bytes decide, and the oracle answers from the child."""
    writers = request.getfixturevalue("writers")
    (tmp_path / file_name).write_bytes(writers[writer_name](models["forest"]))
    assert loader.list_globals(tmp_path).format == format_name
    with loader.open_model(tmp_path / file_name) as model:
        assert model.signature.classes == ("blue", "green", "red")
        np.testing.assert_array_equal(
            model.oracle.answer("predict_proba", Table.of_numbers(rows)),
            models["forest"].predict_proba(rows),
        )
        np.testing.assert_array_equal(
            model.oracle.answer("predict", Table.of_numbers(rows)), models["forest"].predict(rows)
        )
