"""Caches proofs by zips, questions and Python: the same three would give the same answers again.

Unpacking and starting scikit-learn takes some seconds; a build without changes saves them.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from poner.artifacts import Examples, ParityReport
from poner.bundle import Verification, ZipRecord
from poner.bundler.verification import Trial, verify
from poner.storage import (
    cache_folder,
    disk_faults,
    make_key,
    private_folder,
    read_record,
    write_record,
)
from poner.table import as_lists

_FORMAT = 2


def verify_once(
    trial: Trial, zips: Sequence[ZipRecord], scratch: Path
) -> tuple[ParityReport, Verification]:
    """The result of `verify`, from the cache if the same trial was made before.

    Args:
        trial: the function and the questions.
        zips: records of the function's zip and the layers' zips, in order, with their hashes.
        scratch: an empty folder to work in.
    """
    python = trial.host.find_interpreter().resolve()
    key = make_key(
        *(_FORMAT, importlib.metadata.version("poner")),
        [record.sha256 for record in zips],
        [str(python), python.stat().st_size, python.stat().st_mtime_ns],
        *(trial.engine, asdict(trial.tolerance), trial.body_limit_bytes, _asked(trial.examples)),
    )
    path = cache_folder() / "proofs" / f"{key}.json"
    if (kept := read_record(path)) is not None:
        return ParityReport.from_dict(kept["parity"]), Verification(**kept["verification"])
    parity, verification = verify(trial, scratch)
    kept = {"parity": asdict(parity), "verification": asdict(verification)}
    remedy = "Free some space, or choose another folder with PONER_CACHE_DIR."
    with disk_faults(path.parent, remedy):
        private_folder(path.parent)
        write_record(path, kept, private=True)
    return parity, verification


def _asked(examples: Examples) -> list[object]:
    """The questions and the answers as JSON values."""
    answers = {output: values.tolist() for output, values in examples.answers.items()}
    return [as_lists(examples.rows), answers, examples.asked_alone, asdict(examples.signature)]
