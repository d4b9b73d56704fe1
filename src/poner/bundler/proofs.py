"""Proofs are kept: the same zips, asked the same by the same Python, would answer the same again.

Unpacking and starting scikit-learn takes some seconds, which a build without changes can spare.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from poner.artifacts import Examples, ParityReport
from poner.bundle import Verification, ZipRecord
from poner.bundler.layered_verification import LayeredCase, verify_layered
from poner.storage import (
    cache_folder,
    disk_faults,
    make_key,
    private_folder,
    read_record,
    write_record,
)
from poner.table import as_lists

_FORMAT = 1


def verify_once(
    zips: Mapping[Path, ZipRecord], interpreter: Path, case: LayeredCase, scratch: Path
) -> tuple[ParityReport, Verification]:
    """What `verify_layered` gives, from the cache where it was given for exactly this before.

    The zips are the function's and then its layers', in their order, each with its record:
    the bytes were hashed when the function was packed and when the layers were made or found.
    """
    python = interpreter.resolve()
    key = make_key(
        *(_FORMAT, importlib.metadata.version("poner")),
        [record.sha256 for record in zips.values()],
        [str(python), python.stat().st_size, python.stat().st_mtime_ns],
        *(case.engine, case.tolerance, _asked(case.examples)),
    )
    path = cache_folder() / "proofs" / f"{key}.json"
    if (kept := read_record(path)) is not None:
        return ParityReport.from_dict(kept["parity"]), Verification(**kept["verification"])
    function_zip, *layers = zips
    parity, verification = verify_layered(function_zip, layers, interpreter, case, scratch)
    kept = {"parity": asdict(parity), "verification": asdict(verification)}
    remedy = "Free some space, or choose another folder with PONER_CACHE_DIR."
    with disk_faults(path.parent, remedy):
        private_folder(path.parent)
        write_record(path, kept, private=True)
    return parity, verification


def _asked(examples: Examples) -> list[object]:
    """The questions and the answers, as JSON can say them."""
    values = [as_lists(examples.rows), examples.predictions.tolist(), examples.scores.tolist()]
    return [*values, examples.scores_method, examples.asked_alone, asdict(examples.signature)]
