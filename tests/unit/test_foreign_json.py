"""JSON that others wrote is read, or is a ValueError, whatever is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from poner.bundle import MANIFEST_NAME, read_bundle
from poner.cli.url_settings import read_cors
from poner.deployer.journal import JournalFile
from poner.errors import PonerError
from poner.foreign_json import read_json
from poner.loader.model_files import read_training_rows
from poner.signature import TRAINING_ROWS_NAME, Feature, Signature


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ('{"a": [1, 2.5, "x", null, true]}', {"a": [1, 2.5, "x", None, True]}),
        (b'"\xc3\xb1"', "ñ"),
        ('"ñ"'.encode("utf-16"), "ñ"),
        (b"\xef\xbb\xbf1", 1),
        ("[" * 90 + "]" * 90, None),
    ],
    ids=["object", "UTF-8", "UTF-16", "mark", "nested"],
)
def test_json_is_read(content: str | bytes, value: object) -> None:
    """JSON is read from text, and from bytes in each of its encodings."""
    assert value is None or read_json(content) == value


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[1",
        "\ufeff{}",
        b"\xff",
        b"\xff\xfe\x00",
        "[" * 100_000,
        '{"a":' * 100_000,
        "[" * 100_000 + "]" * 100_000,
        b'[{"a":' * 50_000,
        "9" * 10_000,
    ],
    ids=lambda content: repr(content[:9]),
)
def test_all_else_is_a_value_error(content: str | bytes) -> None:
    """Other text, also nesting beyond Python's stack, is a ValueError."""
    with pytest.raises(ValueError):
        read_json(content)


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_constants_that_json_does_not_have(constant: str) -> None:
    """NaN and Infinity, which JSON lacks, are read as Python does, or refused."""
    assert isinstance(read_json(constant), float)
    with pytest.raises(ValueError, match=constant):
        read_json(constant, strict=True)


def read_manifest(folder: Path, text: str) -> object:
    """A Bundle with this manifest."""
    (folder / MANIFEST_NAME).write_text(text)
    return read_bundle(folder)


def read_rows(folder: Path, text: str) -> object:
    """Rows kept beside a model."""
    (folder / TRAINING_ROWS_NAME).write_text(text)
    return read_training_rows(folder / "clf.sav", Signature((Feature("x", "x"),) * 3, None))


READERS: dict[str, Callable[[Path, str], object]] = {
    "signature": lambda folder, text: Signature.from_json(text),
    "manifest": read_manifest,
    "training rows": read_rows,
    "cors": lambda folder, text: read_cors("{" + text),
}


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"features":' * 100_000,
        '{"features":' + "[" * 100_000,
        '{"format":' + "9" * 100_000 + "}",
        '{"settings":{"name":"\\ud800"}}',
        "{}\0",
    ],
    ids=lambda text: text[:20],
)
@pytest.mark.parametrize("reader", READERS)
def test_files_of_others_are_errors_of_one_sentence(reader: str, text: str, tmp_path: Path) -> None:
    """Invalid JSON in files is a short error of poner's, whatever the files hold."""
    with pytest.raises(PonerError) as caught:
        READERS[reader](tmp_path, text)
    assert len(str(caught.value)) < 500


def test_a_journal_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    """An unreadable journal counts as none."""
    for text in ("[" * 100_000, '{"bundle":' * 100_000, "\0"):
        (tmp_path / "journal").write_text(text)
        assert JournalFile(tmp_path / "journal").read() is None


def test_too_many_digits_are_told_plainly() -> None:
    """A number with too many digits is an error in poner's words, not Python's."""
    with pytest.raises(ValueError, match="an integer in it has too many digits"):
        read_json("9" * 5000)
