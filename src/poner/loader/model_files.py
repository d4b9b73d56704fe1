"""Reads the files of a model's folder: the model, its signature and its training rows."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import numpy as np

from poner.artifacts import Table
from poner.errors import ModelUnreadableError, SignatureError
from poner.loader import signature_files, training_data
from poner.loader.safe_pickle.formats import LARGEST_CONTENT_BYTES
from poner.signature import MODEL_NAME, SIGNATURE_NAME, TRAINING_ROWS_NAME, Signature
from poner.storage import read_file

SUFFIXES = (".sav", ".pkl", ".pickle", ".joblib", ".skops")
"""Suffixes of model files."""


def find_model_file(path: Path) -> Path:
    """The model file: the path itself, or clf.sav or the only model file in the folder.

    Raises:
        ModelUnreadableError: the folder holds no model file, or more than one.
    """
    if not path.is_dir():
        return path
    usual = path / MODEL_NAME
    if usual.is_file():
        return usual
    found = sorted(entry for entry in path.iterdir() if entry.suffix in SUFFIXES)
    if len(found) == 1:
        return found[0]
    what = f"{len(found)} model files" if found else f"no model file ({', '.join(SUFFIXES)})"
    raise ModelUnreadableError(f"The folder {path} holds {what}.", "Name the model file itself.")


def read_model_file(file: Path) -> bytes:
    """Read a model file once, so that the bytes that are checked are the bytes that are loaded.

    Raises:
        ModelUnreadableError: the file is missing, is no regular file, or is too large.
    """
    try:
        return read_file(file, LARGEST_CONTENT_BYTES)
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise ModelUnreadableError(
                f"{file} is larger than {LARGEST_CONTENT_BYTES >> 20} MiB.",
                "A function on AWS Lambda has at most 250 MB: fit a smaller model.",
            ) from error
        raise ModelUnreadableError(
            f"The model file {file} cannot be read: {error.strerror}.",
            "Check the path and the file's permissions.",
        ) from error


def read_signature(file: Path, content: bytes) -> Signature | None:
    """The signature beside a model file; None if the folder has no signature.json.

    Args:
        file: the model file.
        content: the model file's bytes, as they were read.

    Raises:
        SignatureError: signature.json is damaged, or belongs to another model.
    """
    place = file.with_name(SIGNATURE_NAME)
    try:
        text = read_file(place, LARGEST_CONTENT_BYTES).decode()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise SignatureError(
            f"{place} cannot be read.", "Write a new one with poner.save(model, X, y, folder)."
        ) from error
    return signature_files.read_signature(text, str(place), content, file.name)


def read_training_rows(file: Path, signature: Signature) -> Table:
    """The training rows beside a model file; no rows if none were kept.

    Args:
        file: the model file.
        signature: how many columns there are, and which of them the model ignores.

    Raises:
        SignatureError: the file is damaged, or has other columns than the model.
    """
    place, n_features = file.with_name(TRAINING_ROWS_NAME), len(signature.features)
    try:
        kept = json.loads(read_file(place, LARGEST_CONTENT_BYTES))
        names, rows = [str(name) for name in kept["columns"]], kept["rows"]
        if len(names) != n_features or any(len(row) != n_features for row in rows):
            raise ValueError("another number of columns")
        columns = [
            np.fromiter((row[column] for row in rows), object, len(rows))
            for column in range(n_features)
        ]
    except FileNotFoundError:
        return Table.of_numbers(np.empty((0, n_features)))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise SignatureError(
            f"{place} does not hold rows of {n_features} columns.",
            "Write a new one with poner.save(model, X, y, folder), or remove the file.",
        ) from error
    return training_data.table_of(columns, names, str(place), ignored=signature.ignored)
