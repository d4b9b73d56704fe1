"""Models of other scikit-learn versions are read in an environment of their version."""

import importlib.metadata
import sys
from pathlib import Path

import numpy as np
import pytest

from poner import loader
from poner.artifacts import Table
from poner.environments import bounds_of_sklearn
from poner.errors import InstallError, InterpreterNotFoundError, ModelUnreadableError
from poner.loader.environments import Environment, environment_of
from tests.conftest import COLUMNS, WIRE_NAMES, Legacy


def test_a_model_of_another_version_answers_as_it_did_there(legacy: Legacy) -> None:
    """All 569 rows, to the last bit, and one line about what was done."""
    try:
        environment_of("1.2.1")
    except ModelUnreadableError as error:
        pytest.skip(f"no environment of scikit-learn 1.2.1: {error.message}")
    lines: list[str] = []
    with loader.open_model(legacy.path, feature_names=COLUMNS, notify=lines.append) as model:
        answered = model.oracle.answer("decision_function", Table.of_numbers(legacy.rows))
        predicted = model.oracle.answer("predict", Table.of_numbers(legacy.rows))
        np.testing.assert_array_equal(answered, legacy.raw)
        assert predicted.tolist() == legacy.predictions
        assert model.signature.wire_names == WIRE_NAMES
        assert model.provenance.sklearn_version == "1.2.1"
        assert len(model.estimator.attributes["estimators_"]) == 1500
    assert len(lines) == 1
    assert lines[0].startswith(
        "clf.sav was fitted with scikit-learn 1.2.1; reading it in an environment"
    )


def test_the_own_version_needs_no_environment():
    """A model of the installed version is read by poner's own interpreter."""
    version = importlib.metadata.version("scikit-learn")

    def make(python_version, wanted):
        raise AssertionError("made an environment")

    assert environment_of(version, make).interpreter == Path(sys.executable)


def test_python_versions_are_tried_until_one_has_the_wheels():
    """Poner's own first, then those with most wheels."""
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    tried = []

    def make(python_version, wanted):
        tried.append((python_version, wanted))
        if len(tried) == 1:
            raise InstallError("no wheel.", "")
        if len(tried) == 2:
            raise InterpreterNotFoundError("not there.", "")
        return Path("/python")

    found = environment_of("1.3.2", make)
    assert found == Environment(Path("/python"), tried[-1][0], is_own=False)
    assert tried[0] == (own, ["scikit-learn==1.3.2", "numpy<2"])
    assert len({version for version, _ in tried}) == 3


def test_when_no_python_will_do_the_last_reason_is_told():
    """If no Python works, the last reason is reported with the tried versions."""

    def make(python_version, wanted):
        raise InstallError(f"no wheel for {python_version}.", "")

    with pytest.raises(ModelUnreadableError) as caught:
        environment_of("1.3.2", make)
    assert "3.11, 3.12, 3.10, 3.9, 3.13" in caught.value.message
    assert "no wheel for" in caught.value.message


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("1.1.3", ["numpy<2", "scipy<1.12"]),
        ("1.4.1.post1", ["numpy<2"]),
        ("1.4.2", []),
        ("1.9.0", []),
    ],
)
def test_numpy_and_scipy_are_chosen_so_that_the_version_works(version, expected):
    """Old scikit-learn versions get bounds on numpy and scipy."""
    assert bounds_of_sklearn(version) == expected


@pytest.mark.parametrize("version", ["1.2.1 --index-url x", "1.2.1; rm", "", "dev", "1.3.dev0"])
def test_a_version_that_is_none_is_never_installed(version, tmp_path):
    """Only a release number of the file becomes a requirement."""
    encoded = version.encode()
    state = b"}\x8c\x10_sklearn_version\x8c" + bytes([len(encoded)]) + encoded + b"s"
    content = b"\x80\x04csklearn.linear_model._ridge\nRidge\n)\x81" + state + b"b."
    (tmp_path / "clf.sav").write_bytes(content)
    with pytest.raises(ModelUnreadableError, match="not a release"), loader.open_model(tmp_path):
        pass
