"""Replaces the files that `poner.save` wrote into a folder; files of the user stay.

signature.json holds the hash of the model file beside it, which shows whether `poner.save` wrote
that model file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from poner.errors import SignatureError, UsageError
from poner.loader import signature_files
from poner.loader.safe_pickle.formats import LARGEST_CONTENT_BYTES
from poner.signature import MODEL_NAME, SIGNATURE_NAME, TRAINING_ROWS_NAME, Signature
from poner.storage import (
    ABSENT,
    disk_faults,
    fingerprint,
    is_hash,
    name_some,
    read_file,
    replace_files,
    sweep,
)

_NAMES = (SIGNATURE_NAME, TRAINING_ROWS_NAME, MODEL_NAME)
"""The files in the order in which they are replaced. The signature comes first: until the model has
followed, the two do not match, and a build refuses them."""


def replace_model(folder: Path, signature: str, rows: str | None, model: bytes) -> None:
    """Put a model, its signature and its training rows into a folder, replacing earlier ones.

    Args:
        folder: the folder to write to; made if it does not exist.
        signature: text of signature.json.
        rows: text of training_rows.json; None where no rows are kept.
        model: the model file's bytes.

    Raises:
        UsageError: the folder cannot be written to, or the user has files of these names there.
        StorageError: another program changed a file in the meantime.
    """
    with disk_faults(f"The model in {folder}", "Name a folder that can be written to.", UsageError):
        folder.mkdir(parents=True, exist_ok=True)
        sweep(folder)
        before = {name: fingerprint(folder, name) for name in _NAMES}
        _check_replaceable(folder, before)
        texts = (signature.encode(), None if rows is None else rows.encode(), model)
        replace_files(folder, dict(zip(_NAMES, texts, strict=True)), before)


def _check_replaceable(folder: Path, before: Mapping[str, str]) -> None:
    """Refuse to replace files that `poner.save` did not write.

    Raises:
        UsageError: the folder holds such files; the message names them.
    """
    ours = _ours_among(folder, before)
    others = [name for name in _NAMES if before[name] != ABSENT and name not in ours]
    if others:
        raise UsageError(
            f"{folder} holds files that poner.save did not write, so nothing is replaced: "
            f"{name_some(others)}.",
            "Move these files elsewhere, or name another folder.",
        )


def _ours_among(folder: Path, before: Mapping[str, str]) -> set[str]:
    """The names of the files that `poner.save` wrote; without a signature, no file counts."""
    if not is_hash(before[SIGNATURE_NAME]):
        return set()
    try:
        text = read_file(folder / SIGNATURE_NAME, LARGEST_CONTENT_BYTES).decode()
        Signature.from_json(text)
        expected = signature_files.hash_in(text, SIGNATURE_NAME)
    except (UnicodeDecodeError, SignatureError):
        return set()
    ours = {SIGNATURE_NAME}
    if is_hash(before[MODEL_NAME]) and expected in (None, before[MODEL_NAME]):
        ours.add(MODEL_NAME)
    if is_hash(before[TRAINING_ROWS_NAME]) and _holds_rows(folder / TRAINING_ROWS_NAME):
        ours.add(TRAINING_ROWS_NAME)
    return ours


def _holds_rows(path: Path) -> bool:
    """Whether a file has the form of training_rows.json."""
    try:
        found = json.loads(read_file(path, LARGEST_CONTENT_BYTES))
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and found.keys() == {"columns", "rows"}
