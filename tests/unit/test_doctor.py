"""What blocks a build: the project, this machine, the model, the Bundle."""

from __future__ import annotations

import dataclasses
import datetime
import json
import pickle
import platform
import shutil
import sys
from collections import namedtuple
from pathlib import Path

import pytest
from sklearn.linear_model import LogisticRegression

from poner import doctor
from poner.bundle import Bundle
from poner.doctor import Project
from poner.errors import BundleError
from poner.findings import Finding
from tests.conftest import Legacy

TODAY = datetime.date(2026, 11, 22)
OWN = f"python{sys.version_info.major}.{sys.version_info.minor}"

Usage = namedtuple("Usage", "total used free")


def look(folder: Path, bundle: Path | None = None) -> dict[str, Finding]:
    """The findings by their checks."""
    return by_check(doctor.check_project(folder, bundle, TODAY))


def by_check(project: Project) -> dict[str, Finding]:
    """The findings by their checks; each check occurs once."""
    found = {finding.check: finding for finding in project.findings}
    assert len(found) == len(project.findings)
    return found


@pytest.fixture
def project(tmp_path: Path, article_bundle: Bundle) -> Path:
    """A project with a model, and a Bundle that says it was made of it."""
    folder = tmp_path / "project"
    (folder / "model").mkdir(parents=True)
    model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    (folder / "model" / "clf.sav").write_bytes(pickle.dumps(model))
    shutil.copytree(article_bundle.folder, folder / "build")
    sha256 = doctor.loader.identify_model(folder / "model").sha256
    manifest = article_bundle.manifest
    provenance = dataclasses.replace(manifest.provenance, sha256=sha256)
    manifest = dataclasses.replace(manifest, provenance=provenance)
    (folder / "build" / "manifest.json").write_text(manifest.to_json())
    return folder


def test_an_empty_folder(tmp_path: Path) -> None:
    """An empty folder has no fault; the findings name the next step."""
    found = look(tmp_path)
    assert {check for check, finding in found.items() if finding.state != "ok"} == {
        "model",
        "bundle",
    }
    assert "poner init" in found["model"].remedy
    assert "poner build" in found["bundle"].remedy


def test_a_project_that_lacks_nothing(project: Path) -> None:
    """A complete project has one warning: the model has no signature."""
    found = look(project)
    assert list(found) == [
        "poner.toml", "packages", "uv", "cache", "Python", "kernel", "confinement", "model",
        "scikit-learn", "bundle", "quotas",
    ]  # fmt: skip
    assert {check for check, finding in found.items() if finding.state != "ok"} == {"model"}
    assert "--features" in found["model"].remedy


def test_what_is_found_of_a_project(project: Path) -> None:
    """The result has the Bundle and its runtime, for the checks of a deploy."""
    (project / "poner.toml").write_text('[project]\nname = "function"\n')
    found = doctor.check_project(project, None, TODAY)
    assert found.bundle is not None
    assert found.runtime == found.bundle.manifest.runtime
    assert "called function" in by_check(found)["poner.toml"].found


def test_a_damaged_poner_toml(tmp_path: Path) -> None:
    """A damaged poner.toml is a finding to fix; the other checks use defaults."""
    (tmp_path / "poner.toml").write_text("[project]\nnam = 1\n")
    found = look(tmp_path)
    assert found["poner.toml"].state == "fix"
    assert "project.nam" in found["poner.toml"].found
    assert found["Python"].state == "ok"


def test_a_runtime_that_there_is_not(tmp_path: Path) -> None:
    """An unknown runtime gives no finding about Python; the deployer reports it."""
    (tmp_path / "poner.toml").write_text('[build]\nruntime = "python2.7"\n')
    found = doctor.check_project(tmp_path, None, TODAY)
    assert found.runtime == "python2.7"
    assert "Python" not in by_check(found)


def test_no_uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without uv there is a finding to fix, and no finding about Python."""
    monkeypatch.setattr(doctor, "look_for_uv", lambda: None)
    found = look(tmp_path)
    assert found["uv"].state == "fix"
    assert "Python" not in found


def test_a_cache_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in the cache's place is a finding to fix; a missing cache is not made."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("PONER_CACHE_DIR", str(tmp_path / "file" / "cache"))
    assert look(tmp_path)["cache"].state == "fix"
    monkeypatch.setenv("PONER_CACHE_DIR", str(tmp_path / "cache"))
    assert look(tmp_path)["cache"].state == "ok"
    assert not (tmp_path / "cache").exists()


def test_little_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Less than a gigabyte of free space is a warning."""
    monkeypatch.setattr(shutil, "disk_usage", lambda place: Usage(10, 9, (1 << 30) - 1))
    assert look(tmp_path)["cache"].state == "warning"


def test_a_python_that_is_not_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing Python is a warning, since a build fetches it."""
    monkeypatch.setattr(doctor, "look_for_python", lambda version: None)
    (tmp_path / "poner.toml").write_text('[build]\nruntime = "python3.14"\n')
    found = look(tmp_path)["Python"]
    assert found.state == "warning"
    assert "uv python install 3.14" in found.remedy


def test_the_kernel_of_another_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that this machine cannot run is ok, since its twin is tried."""
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    found = look(tmp_path)["kernel"]
    assert (found.state, "twin for arm64" in found.found) == ("ok", True)


def test_no_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation without the target's kernel cannot build."""

    def refuse(architecture: str) -> None:
        raise BundleError("There is no kernel.", "Install poner again.")

    monkeypatch.setattr(doctor, "check_kernel", refuse)
    assert look(tmp_path)["kernel"] == Finding(
        "kernel", "fix", "There is no kernel.", "Install poner again."
    )


def test_a_model_that_is_refused(project: Path) -> None:
    """A refused model is the only finding about the model, and is to be fixed."""
    (project / "model" / "clf.sav").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    found = look(project)
    assert found["model"].state == "fix"
    assert "scikit-learn" not in found


def test_a_model_with_its_signature(article_bundle: Bundle, project: Path) -> None:
    """A model with its signature is ok."""
    signature = article_bundle.manifest.signature
    (project / "model" / "signature.json").write_text(signature.to_json())
    assert look(project)["model"].state == "ok"


def test_a_model_of_another_scikit_learn(tmp_path: Path, legacy: Legacy) -> None:
    """A model of another scikit-learn is a warning: a build makes an environment for it."""
    (tmp_path / "poner.toml").write_text(f'[model]\npath = "{legacy.path}"\n')
    found = look(tmp_path)["scikit-learn"]
    assert found.state == "warning"
    assert "an environment of 1.2.1" in found.found


def test_a_model_of_an_unknown_scikit_learn(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model of an unknown scikit-learn is a warning that names the known versions."""
    identify = doctor.loader.identify_model

    def later(path: Path, **options: object) -> doctor.loader.ModelIdentity:
        return dataclasses.replace(identify(path), sklearn_version="2.0")

    monkeypatch.setattr(doctor.loader, "identify_model", later)
    found = look(project)["scikit-learn"]
    assert found.state == "warning"
    assert "1.1 to 1.9" in found.found


def test_a_bundle_that_is_damaged(project: Path) -> None:
    """A Bundle with a changed zip is a finding to fix."""
    (project / "build" / "function.zip").write_bytes(b"")
    found = look(project)
    assert found["bundle"].state == "fix"
    assert "quotas" not in found


def test_a_bundle_that_was_named_and_is_not_there(tmp_path: Path) -> None:
    """A named Bundle that is missing is a finding to fix."""
    assert look(tmp_path, tmp_path / "other")["bundle"].state == "fix"


def test_a_bundle_of_another_model(project: Path) -> None:
    """A Bundle of another model is a warning."""
    model = LogisticRegression().fit([[0.0], [2.0]], [0, 1])
    (project / "model" / "clf.sav").write_bytes(pickle.dumps(model))
    found = look(project)["bundle"]
    assert (found.state, "from another model" in found.found) == ("warning", True)


def test_a_bundle_of_other_settings(project: Path) -> None:
    """Settings that poner.toml changed since the build are a warning that names them."""
    text = f'[build]\nruntime = "{OWN}"\narchitecture = "arm64"\n[function]\nmemory_mb = 256\n'
    (project / "poner.toml").write_text(text)
    found = look(project)["bundle"]
    assert (found.state, "another architecture, memory_mb than" in found.found) == ("warning", True)


def test_what_poner_toml_leaves_open_is_the_bundles_own(project: Path) -> None:
    """Settings that poner.toml leaves open, such as a flag's architecture, are the Bundle's."""
    path = project / "build/manifest.json"
    manifest = json.loads(path.read_text())
    manifest["architecture"] = "arm64"
    manifest["settings"] |= {"name": "of-its-own", "body_limit_bytes": 7}
    path.write_text(json.dumps(manifest))
    assert look(project)["bundle"].state == "ok"


def test_what_is_left_of_the_quotas(project: Path, article_bundle: Bundle) -> None:
    """The rest of the quotas has the manifest's numbers."""
    left = article_bundle.manifest.quotas[0].left
    found = look(project)["quotas"]
    assert f"{left:,} of 52,428,800 zipped bytes" in found.found
