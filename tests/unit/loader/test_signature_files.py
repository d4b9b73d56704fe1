"""signature.json belongs to one model file; everything but that hash may be edited."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from poner import loader
from poner.errors import SignatureError, StorageError, UsageError
from poner.loader import model_files
from poner.signature import Signature
from tests.support.killing import kill_before_each_step
from tests.support.saving import CLASSES, ROWS, fitted_tree

GOOD = fitted_tree()
TURNED = fitted_tree(y=1 - CLASSES)
LABELS = ("benign", "malignant")
TURNED_LABELS = ("malignant", "benign")


def save(folder: Path, model: object = GOOD, **options: object) -> Path:
    """Save a model with its labels."""
    return loader.save(model, ROWS, CLASSES, folder, **{"labels": LABELS, **options})


def change(folder: Path, **values: object) -> None:
    """Edit signature.json by hand; None removes a line."""
    path = folder / "signature.json"
    document = {**json.loads(path.read_text()), **values}
    path.write_text(json.dumps({key: document[key] for key in document if document[key] != ""}))


def build_signature(path: Path, **options: object) -> Signature:
    """The signature that a build takes."""
    with loader.open_model(path, **options) as trained:
        return trained.signature


def open_signature(folder: Path) -> Signature | None:
    """The signature that a build reads from a folder."""
    file = folder / "clf.sav"
    return model_files.read_signature(file, file.read_bytes())


def test_the_signature_names_its_model(tmp_path: Path):
    """By the SHA-256 of the file's bytes; its file has a format."""
    document = json.loads((save(tmp_path) / "signature.json").read_text())
    identity = loader.identify_model(tmp_path)
    assert (document["format"], document["model_sha256"]) == (2, identity.sha256)
    assert open_signature(tmp_path).labels == LABELS


def test_the_signature_of_another_model_is_refused(tmp_path: Path):
    """Another model's signature is refused by build and doctor; both proposed remedies work."""
    save(tmp_path)
    (tmp_path / "clf.sav").write_bytes(pickle.dumps(TURNED, 4))
    for look in (build_signature, loader.identify_model):
        with pytest.raises(SignatureError, match="belongs to another model") as caught:
            look(tmp_path)
        assert "poner.save" in caught.value.hint
        assert "model_sha256" in caught.value.hint
    assert build_signature(tmp_path, feature_names=["a", "b"]).labels is None
    change(tmp_path, model_sha256="")
    assert open_signature(tmp_path).labels == LABELS


def test_labels_may_be_edited_by_hand(tmp_path: Path):
    """Labels may be edited, since the hash is the model's, not the signature's."""
    save(tmp_path)
    change(tmp_path, labels=["no", "yes"])
    assert open_signature(tmp_path).labels == ("no", "yes")


def test_a_signature_of_the_first_format_is_read(tmp_path: Path):
    """A signature of the first format, without format and model, is read."""
    save(tmp_path)
    change(tmp_path, format="", model_sha256="")
    assert open_signature(tmp_path).labels == LABELS


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"format": 3}, "has the format 3; this poner reads 1 to 2"),
        ({"format": 3, "features": "another form"}, "has the format 3"),
        ({"format": 0}, "has the format 0"),
        ({"format": True}, "has the format True"),
        ({"format": "2"}, "has the format 2"),
        ({"model_sha256": "abc"}, "not a SHA-256"),
        ({"model_sha256": 1}, "not a SHA-256"),
    ],
)
def test_a_format_or_hash_that_is_none_is_refused(tmp_path: Path, values: dict, said: str):
    """An invalid format or hash is an error that names it."""
    save(tmp_path)
    change(tmp_path, **values)
    with pytest.raises(SignatureError, match=said):
        open_signature(tmp_path)


def test_a_save_killed_at_any_step_never_gives_wrong_labels(place: Path):
    """Model and labels are both old or both new, or a build refuses them; the next save works."""
    refused = set()

    def check(finished: bool) -> None:
        try:
            signature = open_pair(place)
        except SignatureError:
            refused.add(True)
        else:
            assert signature in (LABELS, TURNED_LABELS)
            assert not finished or signature == TURNED_LABELS
        save(place)
        assert open_pair(place) == LABELS
        names = {"clf.sav", "signature.json", "training_rows.json"}
        assert {path.name for path in place.iterdir()} == names

    save(place)
    kill_before_each_step(
        lambda: None,
        lambda: save(place, TURNED, labels=TURNED_LABELS, keep_rows=0) and None,
        check,
    )
    assert refused


def open_pair(folder: Path) -> tuple[str, ...] | None:
    """The labels for the model that lies there, which must be those it was saved with."""
    signature = open_signature(folder)
    assert signature is not None
    turned = (folder / "clf.sav").read_bytes() != pickle.dumps(GOOD, 4)
    assert signature.labels == (TURNED_LABELS if turned else LABELS)
    return signature.labels


def test_what_poner_save_wrote_is_replaced(tmp_path: Path):
    """With edited labels, without training rows, in the first format, and through a link."""
    save(tmp_path / "model")
    (tmp_path / "link").symlink_to("model")
    for edit in (
        lambda folder: None,
        lambda folder: change(folder, labels=["no", "yes"]),
        lambda folder: (folder / "training_rows.json").unlink(),
        lambda folder: change(folder, format="", model_sha256=""),
        lambda folder: (folder / "clf.sav").unlink(),
    ):
        edit(tmp_path / "model")
        save(tmp_path / "link", TURNED, labels=TURNED_LABELS)
        assert open_pair(tmp_path / "model") == TURNED_LABELS
    assert (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("name", ["clf.sav", "signature.json", "training_rows.json"])
@pytest.mark.parametrize("with_signature", [True, False])
def test_what_poner_save_did_not_write_stays(tmp_path: Path, name: str, with_signature: bool):
    """Files that poner.save did not write stay: another model, signature or rows."""
    if with_signature:
        save(tmp_path)
    (tmp_path / name).write_bytes(pickle.dumps(TURNED) if name == "clf.sav" else b'{"mine": 1}')
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(UsageError, match=name):
        save(tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_link_in_the_folder_stays(tmp_path: Path):
    """A link in the folder is named, and its target stays unchanged."""
    save(tmp_path / "model")
    (tmp_path / "model" / "clf.sav").rename(tmp_path / "kept.sav")
    (tmp_path / "model" / "clf.sav").symlink_to("../kept.sav")
    with pytest.raises(UsageError, match=r"clf\.sav"):
        save(tmp_path / "model", TURNED)
    assert (tmp_path / "model" / "clf.sav").is_symlink()
    assert open_signature(tmp_path / "model").labels == LABELS


def test_no_room_for_temporary_files_is_two_sentences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Reading a model needs a folder for its process."""
    save(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
        with pytest.raises(StorageError) as caught:
            build_signature(tmp_path)
    assert "TMPDIR" in caught.value.hint
