"""Versions of a model's libraries: recorded when it is saved, else those that read it."""

import importlib.metadata
import json
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from poner import loader
from poner.errors import ModelUnreadableError, SignatureError, UsageError
from poner.loader import libraries
from poner.loader.environments import environment_of
from poner.loader.saving import save
from poner.signature import Feature, Signature

ROWS = np.random.RandomState(9).normal(size=(60, 3))
TWO = (ROWS[:, 0] > 0).astype(int)
LIBRARIES = {
    name: importlib.metadata.version(name)
    for name in ("scikit-learn", "joblib", "narwhals", "numpy", "scipy", "threadpoolctl")
}


def saved(tmp_path):
    """A saved model's folder."""
    return save(LogisticRegression().fit(ROWS, TWO), ROWS, TWO, tmp_path)


def with_libraries(folder, recorded):
    """The folder, with other versions in its signature.json."""
    place = folder / "signature.json"
    place.write_text(json.dumps({**json.loads(place.read_text()), "libraries": recorded}))
    return folder


def test_saving_records_what_it_runs_with(tmp_path):
    """scikit-learn and what it requires, by their versions."""
    signature = Signature.from_json((saved(tmp_path) / "signature.json").read_text())
    assert signature.libraries == LIBRARIES


def test_a_model_file_has_a_name_a_plain_pickle_and_its_versions(in_process, tmp_path):
    """A model file has a name, a plain pickle and its versions, for engines that ship it."""
    folder = saved(tmp_path)
    with loader.open_model(folder) as opened:
        assert opened.file.name == "clf.sav"
        assert isinstance(pickle.loads(opened.file.content), LogisticRegression)
        assert opened.file.libraries == LIBRARIES
        assert opened.file.modules == {}


def test_an_estimator_in_memory_has_no_file():
    """An estimator in memory has no file."""
    with loader.open_estimator(LinearRegression().fit(ROWS, TWO)) as opened:
        assert opened.file is None


def test_where_nothing_is_recorded_the_versions_are_those_here(in_process, tmp_path):
    """A bare model file gets the installed versions."""
    model = LogisticRegression().fit(ROWS, TWO)
    (tmp_path / "clf.sav").write_bytes(pickle.dumps(model))
    with loader.open_model(tmp_path) as opened:
        assert opened.file.libraries == LIBRARIES


def test_recorded_versions_come_first_but_for_scikit_learn(in_process, tmp_path):
    """Recorded versions come first, except scikit-learn's, which the model file has."""
    recorded = {"numpy": "2.0.1", "scikit-learn": "1.0", "unheard-of": "1.0"}
    with loader.open_model(with_libraries(saved(tmp_path), recorded)) as opened:
        assert opened.file.libraries == {**LIBRARIES, "numpy": "2.0.1"}


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("numpy", "2.0.1; import os"),
        ("numpy", "2.0 --index-url x"),
        ("numpy", "@ file:///tmp/x"),
        ("numpy", " 2.0"),
        ("numpy", "2.0\n"),
        ("numpy", ""),
        ("numpy", "latest"),
        ("numpy>=1 evil", "1.0"),
        ("numpy @ x", "1.0"),
        ("-e", "1.0"),
        ("../numpy", "1.0"),
        ("Numpy\n", "1.0"),
    ],
)
def test_nothing_but_names_and_versions_is_taken_from_a_signature(name, version, tmp_path):
    """Only names and versions are read from a signature, since they become requirements."""
    folder = with_libraries(saved(tmp_path), {name: version})
    with pytest.raises(SignatureError, match="which is no version"), loader.open_model(folder):
        pass


def test_a_signature_without_versions_is_read(tmp_path):
    """A signature without versions, of an older poner, is read."""
    text = Signature((Feature("a", "a"),), None).to_json()
    assert Signature.from_json(text.replace(',\n  "libraries": {}', "")).libraries == {}
    assert '"libraries"' not in text.replace(',\n  "libraries": {}', "")


def test_modules_are_traced_to_their_packages():
    """Modules are traced to packages by metadata, without imports."""
    found = libraries.providers_of({"sklearn", "yaml_of_nobody", "xgboost"}, sys.path)
    assert found == {"scikit-learn", "xgboost"}


def test_a_requirement_that_is_met_here_needs_no_environment(in_process, tmp_path):
    """A requirement that is met here needs no environment."""
    requirement = f"Pandas=={importlib.metadata.version('pandas')}"
    with loader.open_model(saved(tmp_path), requirements=[requirement]) as opened:
        assert opened.file.libraries["pandas"] == importlib.metadata.version("pandas")


def test_a_requirement_that_is_not_met_here_asks_for_an_environment():
    """With scikit-learn and the requirement in it."""
    asked = []

    def make(python_version, wanted):
        asked.append(wanted)
        return Path("/python")

    version = importlib.metadata.version("scikit-learn")
    assert not environment_of(version, make, ["numpy<1.25"]).is_own
    assert asked == [[f"scikit-learn=={version}", "numpy<1.25"]]


@pytest.mark.parametrize("text", ["", "numpy==", "-e .", "numpy @ https://example.org/x.whl"])
def test_a_requirement_that_is_none_is_a_usage_error(text, tmp_path):
    """Names and versions only: a package comes from the index."""
    with (
        pytest.raises(UsageError, match=r"is not a requirement|names a file"),
        loader.open_model(saved(tmp_path), requirements=[text]),
    ):
        pass


@pytest.mark.parametrize("kind", [GaussianMixture, BayesianGaussianMixture])
def test_mixtures_answer_with_the_number_of_a_component(kind, in_process, tmp_path):
    """As clusterers do with that of a cluster; also at the end of a pipeline."""
    mixture = make_pipeline(StandardScaler(), kind(n_components=3, random_state=0)).fit(ROWS)
    (tmp_path / "clf.sav").write_bytes(pickle.dumps(mixture))
    with loader.open_model(tmp_path) as opened:
        assert opened.signature.classes == (0, 1, 2)


def test_other_estimators_without_a_version_are_still_refused(tmp_path):
    """A file of plain values says no version, and holds no estimator."""
    (tmp_path / "clf.sav").write_bytes(pickle.dumps({"a": np.arange(3)}))
    with pytest.raises(ModelUnreadableError, match="no estimator"), loader.open_model(tmp_path):
        pass
