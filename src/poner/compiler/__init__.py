"""The compiler: a TrainedModel comes in, a CompiledModel proved equal to it goes out.

It reads the fitted state as a Program (readers/), writes that as tables (tables.py) and proves on
many rows that the kernel answers from them as the model does (parity.py). It writes no files and
generates no code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

from poner.artifacts import ParityReport, TrainedModel
from poner.compiled_model import CompiledModel
from poner.compiler.parity import prove
from poner.compiler.program import Program
from poner.compiler.readers import read_model
from poner.compiler.tables import write_tables

__all__ = ["compile_model"]

_LARGEST_FLOAT64 = 1.7976931348623157e308
_LARGEST_TO_FLOAT32 = 3.4028235677973362e38
"""The largest float64 that rounds to a finite float32."""


def compile_model(
    model: TrainedModel, *, progress: Callable[[float], None] = lambda share: None
) -> CompiledModel:
    """Compile a model and prove parity.

    Args:
        model: as the loader opened it; its oracle is asked.
        progress: called with the share of the proof that is done, 0 to 1.

    Raises:
        NotSupportedError: the native engine does not compute this model.
        ModelUnreadableError: the fitted state is damaged.
        ParityError: the compiled model answers otherwise.
    """
    reading = read_model(model)
    draft = write_tables(reading.program, _metadata(model, reading.program, None))
    unproved = CompiledModel(draft, model.signature, model.provenance)
    report, evidence = prove(model, reading, unproved.evaluate, progress)
    content = write_tables(reading.program, _metadata(model, reading.program, report))
    return CompiledModel(content, model.signature, model.provenance, report, evidence)


def _metadata(
    model: TrainedModel, program: Program, parity: ParityReport | None
) -> dict[str, object]:
    """What the function around the kernel needs to know, and where the model comes from."""
    return {
        "features": [
            {
                "wire_name": feature.wire_name,
                "column": feature.column,
                "missing": feature.missing and program.allows_missing,
            }
            for feature in model.signature.features
        ],
        "classes": model.signature.classes,
        "labels": model.signature.labels,
        "target": model.signature.target,
        "number_type": "float32" if program.casts_to_float32 else "float64",
        "largest_input": _LARGEST_TO_FLOAT32 if program.casts_to_float32 else _LARGEST_FLOAT64,
        "provenance": asdict(model.provenance),
        "parity": parity and asdict(parity),
    }
