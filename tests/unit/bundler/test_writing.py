"""`poner build --out` replaces only an unchanged Bundle of poner."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import poner
from poner.bundle import Bundle, read_bundle
from poner.bundler.writing import check_replaceable, write_folder
from poner.errors import BundleError
from tests.support.killing import kill_before_each_step, take_exchange_away

WEB_MANIFEST = {
    "name": "App", "short_name": "App", "start_url": "/", "display": "standalone",
    "icons": [{"src": "icon.png", "sizes": "192x192"}],
}  # fmt: skip
EXTENSION_MANIFEST = {
    "manifest_version": 3, "name": "Extension", "version": "1.0", "poner_version": "1.0",
    "format": 3, "function": {"path": "function.zip"}, "layers": [],
}  # fmt: skip


@pytest.fixture
def folder(article_bundle: Bundle, tmp_path: Path) -> Path:
    """A Bundle of this poner, with a layer."""
    folder = tmp_path / "build"
    shutil.copytree(article_bundle.folder, folder)
    layer = dict(json.loads((folder / "manifest.json").read_text())["function"])
    (folder / "layers").mkdir()
    shutil.copy(folder / "function.zip", folder / "layers" / "own-1_0.zip")
    change(folder, layers=[{"name": "own", "zip": {**layer, "path": "layers/own-1_0.zip"}}])
    return folder


def change(folder: Path, **values: object) -> None:
    """Write other values into a manifest, as a poner would that writes them."""
    path = folder / "manifest.json"
    manifest = {**json.loads(path.read_text()), **values}
    path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


def contents(folder: Path) -> dict[str, bytes | str | None]:
    """All content of a folder."""
    return {
        path.relative_to(folder).as_posix(): (
            str(path.readlink())
            if path.is_symlink()
            else path.read_bytes()
            if path.is_file()
            else None
        )
        for path in sorted(folder.rglob("*"))
    }


def replaced(folder: Path) -> dict[str, bytes | str | None]:
    """What is in the folder once it has been replaced."""
    write_folder(folder, {"manifest.json": b"new"})
    return contents(folder)


def as_first_format(folder: Path) -> None:
    """The first poner had the layers' zips without libraries, and fewer settings."""
    manifest = json.loads((folder / "manifest.json").read_text())
    for key in ("slimming", "bytecode", "known_answer"):
        del manifest[key]
    manifest["format"] = 1
    manifest["layers"] = [layer["zip"] for layer in manifest["layers"]]
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (folder / "manifest.json").write_text(text)


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: None,
        as_first_format,
        lambda folder: change(folder, format=2),
        lambda folder: change(folder, format=99, poner_version="9.0", more={"a": 1}),
        lambda folder: (folder / "function.zip").unlink(),
        lambda folder: shutil.rmtree(folder / "layers"),
        lambda folder: (folder / "layers" / "own-1_0.zip").unlink(),
    ],
    ids=["this", "first", "second", "later", "a file is gone", "a folder is gone", "emptied"],
)
def test_a_bundle_of_any_poner_is_replaced(folder: Path, make: Callable[[Path], object]):
    """Bundles of older and later versions, or with missing files, are replaced."""
    make(folder)
    assert replaced(folder) == {"manifest.json": b"new"}
    assert list(folder.parent.iterdir()) == [folder]


def test_a_bundle_is_replaced_in_an_empty_folder_and_in_none(tmp_path: Path):
    """Missing parent folders are made."""
    (tmp_path / "empty").mkdir()
    for name in ("empty", "new/deep"):
        assert replaced(tmp_path / name) == {"manifest.json": b"new"}


def other_program(manifest: object) -> Callable[[Path], object]:
    """The folder of a program that calls its file manifest.json, too."""

    def make(folder: Path) -> None:
        shutil.rmtree(folder)
        folder.mkdir()
        text = manifest if isinstance(manifest, str) else json.dumps(manifest, indent=2) + "\n"
        (folder / "manifest.json").write_text(text)

    return make


def reformatted(folder: Path) -> None:
    """A manifest that an editor has changed is not poner's."""
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=4))


def linked(folder: Path, name: str) -> None:
    """A file was moved elsewhere and a link put in its place."""
    (folder / name).rename(folder.parent / "elsewhere")
    (folder / name).symlink_to(folder.parent / "elsewhere")


def own_layers(folder: Path) -> None:
    """The folder of the layers leads to one of the user's."""
    (folder / "layers").rename(folder.parent / "elsewhere")
    (folder / "layers").symlink_to(folder.parent / "elsewhere")


def many(folder: Path) -> None:
    """A hundred files."""
    for number in range(100):
        (folder / f"note-{number:02}").touch()


OTHERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a file": (lambda folder: (folder / "thesis.txt").write_text("x"), "thesis.txt"),
    "a hidden file": (lambda folder: (folder / ".env").write_text("x"), ".env"),
    "a file in layers": (lambda folder: (folder / "layers/mine.zip").touch(), "layers/mine.zip"),
    "a folder": (lambda folder: (folder / "notes").mkdir(), "notes/"),
    "a folder in layers": (lambda folder: (folder / "layers/own").mkdir(), "layers/own/"),
    "a link": (lambda folder: (folder / "data").symlink_to("/etc"), "data"),
    "a pipe": (lambda folder: os.mkfifo(folder / "pipe"), "pipe"),
    "a changed zip": (
        lambda folder: (folder / "function.zip").write_bytes(b"mine"),
        "function.zip",
    ),
    "a folder as zip": (
        lambda folder: (folder / "function.zip").unlink() or (folder / "function.zip").mkdir(),
        "function.zip/",
    ),
    "a linked zip": (lambda folder: linked(folder, "function.zip"), "function.zip"),
    "a linked manifest": (lambda folder: linked(folder, "manifest.json"), "manifest.json"),
    "a linked folder": (own_layers, "layers"),
    "another format": (reformatted, "manifest.json"),
    "no manifest": (lambda folder: (folder / "manifest.json").unlink(), "function.zip"),
    "a pipe as manifest": (
        lambda folder: (folder / "manifest.json").unlink() or os.mkfifo(folder / "manifest.json"),
        "manifest.json",
    ),
    "a web application": (other_program(WEB_MANIFEST), "manifest.json"),
    "a browser extension": (other_program(EXTENSION_MANIFEST), "manifest.json"),
    "an empty manifest": (other_program(""), "manifest.json"),
    "a list": (other_program([]), "manifest.json"),
    "brackets": (other_program("[" * 100_000), "manifest.json"),
    "a path that leads out": (
        lambda folder: change(folder, layers=[{"zip": {"path": "../x.zip", "sha256": "0" * 64}}]),
        "manifest.json",
    ),
    "a name with escapes": (lambda folder: (folder / "\x1b[32mgood").touch(), "\\x1b[32mgood"),
    "a hundred files": (many, "note-04 and 95 others"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_folder_that_holds_anything_else_is_refused(folder: Path, name: str):
    """The error names the files that are not poner's, and the folder stays unchanged."""
    make, named = OTHERS[name]
    make(folder)
    before = contents(folder)
    for refuse in (check_replaceable, lambda folder: write_folder(folder, {"x": b""})):
        with pytest.raises(BundleError) as caught:
            refuse(folder)
        assert str(folder) in caught.value.message
        assert named in caught.value.message
        assert len(caught.value.message) < 600
        assert "--out" in caught.value.hint
    assert contents(folder) == before
    assert not list(folder.parent.glob(".poner*"))


def test_a_folder_is_refused_before_the_model_is_read(folder: Path):
    """The output folder is checked before the build starts."""
    (folder / "thesis.txt").write_text("mine")
    (folder.parent / "clf.sav").write_bytes(b"not a model")
    with pytest.raises(BundleError, match=r"thesis\.txt"):
        poner.build(folder.parent / "clf.sav", folder)


def test_a_file_in_the_folders_place_is_refused(tmp_path: Path):
    """And stays."""
    (tmp_path / "build").write_text("mine")
    with pytest.raises(BundleError, match="not a bundle"):
        write_folder(tmp_path / "build", {"x": b""})
    assert (tmp_path / "build").read_text() == "mine"


def test_a_link_to_a_folder_stays_a_link(folder: Path):
    """The Bundle behind it is replaced; what may not be replaced is refused behind a link, too."""
    link = folder.parent / "link"
    link.symlink_to("build")
    assert replaced(link) == {"manifest.json": b"new"}
    assert link.readlink() == Path("build")
    with pytest.raises(BundleError, match="link is not a bundle"):
        check_replaceable(link)


@pytest.mark.parametrize("exchange", [True, False], ids=["can exchange", "cannot exchange"])
def test_a_build_killed_at_any_step_leaves_a_bundle(
    article_bundle: Bundle, place: Path, exchange: bool
):
    """The old one or the new one can be read from the folder at once, whatever the step."""
    folder = place / "build"
    files = {name: article_bundle.folder / name for name in ("function.zip", "manifest.json")}
    write_folder(folder, files)

    def check(finished: bool) -> None:
        assert read_bundle(folder).manifest == article_bundle.manifest

    def work() -> None:
        if not exchange:
            take_exchange_away()
        write_folder(folder, files)

    kill_before_each_step(lambda: None, work, check)
    assert list(place.iterdir()) == [folder]
