"""The committed models of older scikit-learns, with the answers that they gave there."""

from __future__ import annotations

import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from poner import loader
from poner.compiled_model import CompiledModel
from poner.engines import compile_trained

FOLDER = Path(__file__).parents[1] / "data" / "older_versions"

VERSIONS = ("0.19.2", "0.20.4", "0.21.3", "0.22.2", "0.23.2", "0.24.2", "1.0.2")

TEXT_COLUMNS = ("age", "colour", "weight", "size")

SCORES_OF_ALL_ROWS = frozenset({"svc", "pipeline_svc", "nu_svc", "one_vs_one"})
"""Models whose scores depend on the rows asked together, before 0.21."""

TOLERANCE = 1e-9
"""Of numbers, relative to their size or to a millionth of the largest."""


@dataclass(frozen=True)
class Recorded:
    """Models of one version, and what they answered."""

    version: str
    """Version of scikit-learn."""
    files: dict[str, bytes]
    """The content of each model's file, by the model's name."""
    answers: dict[str, dict[str, Any]]
    """By the model's name: its table, and its answers by method."""
    rows: dict[str, list[list[Any]]]
    """The rows that were asked, by table."""


def read_recorded(version: str) -> Recorded:
    """The models of a version."""
    with tarfile.open(FOLDER / f"{version}.tar.xz") as archive:
        contents = {member.name: _read(archive, member) for member in archive.getmembers()}
    described = json.loads(contents.pop("answers.json"))
    files = {name.removesuffix(".pkl"): content for name, content in contents.items()}
    return Recorded(version, files, described["answers"], described["rows"])


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    assert file is not None
    return file.read()


def compile_recorded(recorded: Recorded, name: str, folder: Path) -> CompiledModel:
    """A recorded model, compiled for the native engine from its file."""
    path = folder / f"{name}.pkl"
    path.write_bytes(recorded.files[name])
    with loader.open_model(path) as trained:
        return compile_trained(trained)


def differences(recorded: Recorded, name: str, compiled: CompiledModel) -> list[str]:
    """What a compiled model answers otherwise than the model did when it was recorded."""
    answers = dict(recorded.answers[name])
    table = answers.pop("table")
    rows: Any = recorded.rows[table]
    if table != "texts":
        rows = np.array(rows, np.float64)
    if recorded.version < "0.21" and name in SCORES_OF_ALL_ROWS:
        del answers["decision_function"]
    found = []
    for method, expected in answers.items():
        answered = np.asarray(getattr(compiled, method)(rows))
        wanted = np.asarray(expected)
        if wanted.dtype.kind in "US" or (
            method == "predict" and compiled.signature.classes is not None
        ):
            equal = bool(np.all(answered == wanted))
        else:
            size = np.maximum(np.abs(wanted), 1e-6 * np.abs(wanted).max())
            gap = np.abs(answered.reshape(wanted.shape) - wanted)
            equal = bool(np.all(gap <= TOLERANCE * size))
        found += [] if equal else [method]
    return found
