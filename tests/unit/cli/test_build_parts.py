"""`poner build` of a model whose parts lie in several files."""

from __future__ import annotations

import datetime
import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import LabelEncoder, StandardScaler

import poner
from poner.bundle import read_bundle
from poner.cli.app import run
from poner.cli.build import make_parts, split_names
from poner.config import ModelSection
from poner.doctor import check_project
from poner.errors import UsageError

X = np.random.RandomState(1).normal(50, 9, (60, 2))
ENCODER = LabelEncoder().fit(["benign", "malignant"])
SCALER = StandardScaler().fit(X)
MODEL = LogisticRegression().fit(SCALER.transform(X), (X[:, 0] > 50).astype(int))


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a model in three files and a dict, and a poner.toml that names the three."""
    monkeypatch.chdir(tmp_path)
    whole = {"clf": MODEL, "prep": SCALER, "features": ["age", "size"]}
    files = {"scaler.pkl": SCALER, "model.pkl": MODEL, "le.pkl": ENCODER, "whole.pkl": whole}
    for name, value in files.items():
        (tmp_path / name).write_bytes(pickle.dumps(value))
    (tmp_path / "poner.toml").write_text(
        '[model]\npath = "model.pkl"\nbefore = ["scaler.pkl"]\ntarget_labels = "le.pkl"\n'
    )
    return tmp_path


def test_poner_toml_names_the_parts_and_doctor_knows_them(project: Path) -> None:
    """The function takes rows before the scaler; with another scaler it is of another model."""
    assert run(["build", "--features", "whole.pkl:features"]) == 0
    bundle = read_bundle(project / "build")
    assert bundle.manifest.engine == "native"
    assert bundle.manifest.signature.wire_names == ("age", "size")
    assert bundle.manifest.signature.labels == ("benign", "malignant")
    assert bundle.manifest.provenance.file_name == "scaler.pkl + model.pkl"
    zipfile.ZipFile(bundle.function_zip).extract("model.poner")
    compiled = poner.load("model.poner")
    np.testing.assert_array_equal(compiled.predict(X), MODEL.predict(SCALER.transform(X)))
    assert state_of_bundle(project) == "ok"
    (project / "scaler.pkl").write_bytes(pickle.dumps(StandardScaler().fit(X + 1)))
    assert state_of_bundle(project) != "ok"


def state_of_bundle(project: Path) -> str:
    """What `poner doctor` says of the project's bundle."""
    found = check_project(project, None, datetime.date.today()).findings
    return {finding.check: finding.state for finding in found}["bundle"]


def test_keys_of_one_file_build(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As the refusal says; and a model named on the command line is not poner.toml's."""
    assert run(["build", "whole.pkl"]) == 1
    said = capsys.readouterr().err
    assert "clf: LogisticRegression, prep: StandardScaler, features: list of 2 texts" in said
    options = "--key clf --before-key prep --features age,size"
    assert f"`{options}`" in said
    assert run(["build", "whole.pkl", *options.split(), "--json"]) == 0
    manifest = json.loads(capsys.readouterr().out)
    assert [feature["column"] for feature in manifest["signature"]["features"]] == ["age", "size"]
    assert manifest["signature"]["labels"] is None


def test_options_come_before_poner_toml() -> None:
    """Each by itself."""
    project = ModelSection(key="a", before=("scaler.pkl",), target_labels="le.pkl")
    parts = make_parts(ModelSection(before=("whole.pkl:prep",)), project)
    assert [str(part) for part in parts.before] == ["whole.pkl:prep"]
    assert (parts.key, str(parts.target_labels)) == ("a", "le.pkl")


def test_features_are_names_or_a_file_that_lists_them() -> None:
    """A file of that name that is there."""
    assert split_names("a, b") == (["a", "b"], None)
    assert split_names("whole.pkl:features") == (None, "whole.pkl:features")
    assert split_names("missing.pkl") == (["missing.pkl"], None)


def test_python_takes_the_same_parts() -> None:
    """poner.compile of files; of an estimator in memory it takes none of them."""
    compiled = poner.compile("model.pkl", before="scaler.pkl", target_labels="le.pkl")
    rows = SCALER.transform(X)
    np.testing.assert_allclose(compiled.predict_proba(X), MODEL.predict_proba(rows), rtol=1e-9)
    assert compiled.signature.labels == ("benign", "malignant")
    with pytest.raises(UsageError, match="are for model files"):
        poner.compile(MODEL, X, before=["scaler.pkl"])
