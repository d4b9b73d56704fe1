"""Proofs are kept: the same zips, asked the same by the same Python, would answer the same again.

Unpacking and starting scikit-learn takes some seconds, which a build without changes can spare.
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
    """What `verify` gives, from the cache where it was given for exactly this before.

    Args:
        trial: the function and the questions.
        zips: the records of its zip and of those of its layers, in their order: the bytes were
            hashed when the function was packed and when the layers were made or found.
        scratch: an empty folder to work in.
    """
    python = trial.host.find_interpreter().resolve()
    key = make_key(
        *(_FORMAT, importlib.metadata.version("poner")),
        [record.sha256 for record in zips],
        [str(python), python.stat().st_size, python.stat().st_mtime_ns],
        *(trial.engine, asdict(trial.tolerance), _asked(trial.examples)),
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
    """The questions and the answers, as JSON can say them."""
    answers = {output: values.tolist() for output, values in examples.answers.items()}
    return [as_lists(examples.rows), answers, examples.asked_alone, asdict(examples.signature)]
