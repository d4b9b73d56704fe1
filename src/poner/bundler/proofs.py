"""Proofs are kept: the same zips, asked the same by the same Python, would answer the same again.

Unpacking and starting scikit-learn takes some seconds, which a build without changes can spare.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from poner.artifacts import Examples, ParityReport
from poner.bundle import Verification
from poner.bundler.layered_verification import LayeredCase, verify_layered
from poner.bundler.layers.store import hash_file, make_key, read_record, write_record
from poner.interpreters import cache_folder

_FORMAT = 1


def verify_once(
    function_zip: Path,
    layers: Sequence[Path],
    interpreter: Path,
    case: LayeredCase,
    scratch: Path,
) -> tuple[ParityReport, Verification]:
    """What `verify_layered` gives, from the cache where it was given for exactly this before."""
    python = interpreter.resolve()
    key = make_key(
        *(_FORMAT, importlib.metadata.version("poner")),
        [hash_file(path) for path in (function_zip, *layers)],
        [str(python), python.stat().st_size, python.stat().st_mtime_ns],
        *(case.engine, case.tolerance, _asked(case.examples)),
    )
    path = cache_folder() / "proofs" / f"{key}.json"
    if (kept := read_record(path)) is not None:
        return ParityReport.from_dict(kept["parity"]), Verification(**kept["verification"])
    parity, verification = verify_layered(function_zip, layers, interpreter, case, scratch)
    write_record(path, {"parity": asdict(parity), "verification": asdict(verification)})
    return parity, verification


def _asked(examples: Examples) -> list[object]:
    """The questions and the answers, as JSON can say them."""
    arrays = (examples.rows, examples.predictions, examples.scores)
    asked = [examples.scores_method, examples.asked_alone, asdict(examples.signature)]
    return [*(array.tolist() for array in arrays), *asked]
