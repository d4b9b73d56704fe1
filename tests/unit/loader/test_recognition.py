"""What a model file says of itself before it is loaded."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

import pytest
import sklearn
from sklearn.linear_model import LogisticRegression

from poner import loader
from poner.errors import ModelRefusedError, ModelUnreadableError, SignatureError
from poner.loader.safe_pickle.allowed import LIST_FILE
from tests.conftest import Legacy


def save(folder: Path) -> Path:
    """A small model in a file."""
    model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    file = folder / "clf.sav"
    file.write_bytes(pickle.dumps(model))
    return file


def test_a_model_of_this_machine(tmp_path: Path) -> None:
    """Its hash, its scikit-learn, and that it has no signature."""
    file = save(tmp_path)
    found = loader.identify_model(tmp_path)
    assert found == loader.ModelIdentity(
        file=file,
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        sklearn_version=sklearn.__version__,
        installed_version=sklearn.__version__,
        has_signature=False,
    )
    assert found.is_known_version


def test_a_model_of_2023(legacy: Legacy) -> None:
    """The version is found without an environment of that version."""
    found = loader.identify_model(legacy.path)
    assert found.sklearn_version == "1.2.1"
    assert found.is_known_version


@pytest.mark.parametrize("version", ["0.18.2", "1.10.0", "2.0"])
def test_versions_that_are_not_known(version: str) -> None:
    """Files of older and newer ones may name other things."""
    assert not loader.ModelIdentity(Path("a"), "", version, version, False).is_known_version


def test_the_known_versions_are_the_allow_lists() -> None:
    """The allow-list says which scikit-learns it was made from."""
    made = next(line for line in LIST_FILE.read_text().splitlines() if "from scikit-learn" in line)
    listed = made.rstrip(".").partition("scikit-learn ")[2].split(", ")
    ends = (listed[0], listed[-1])
    assert tuple(tuple(map(int, end.split(".")[:2])) for end in ends) == loader.KNOWN_SKLEARN


def test_a_file_that_is_refused(tmp_path: Path) -> None:
    """What would not be loaded is not recognised either."""
    (tmp_path / "clf.sav").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(ModelRefusedError):
        loader.identify_model(tmp_path)


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    """An empty folder holds none."""
    with pytest.raises(ModelUnreadableError):
        loader.identify_model(tmp_path)


def test_a_damaged_signature(tmp_path: Path) -> None:
    """The signature beside it is read as well."""
    save(tmp_path)
    (tmp_path / "signature.json").write_text("{")
    with pytest.raises(SignatureError):
        loader.identify_model(tmp_path)
