"""Proves that a compiled model answers as the model it came from: raw scores to the bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FloatArray, OutputParity, ParityEvidence, ParityReport, TrainedModel
from poner.compiler.parity_rows import make_rows
from poner.compiler.program import Output
from poner.compiler.readers.reading import Reading
from poner.errors import ParityError

RELATIVE_TOLERANCE = 1e-12
"""What probabilities and linked values may differ by: exp of numpy and of libm differ by an ulp."""

_CHUNK_ROWS = 20_000

Evaluate = Callable[[Output, FloatArray], FloatArray]
"""Asks the compiled model: output and rows in, (n_rows, width) out."""


def prove(
    model: TrainedModel, reading: Reading, evaluate: Evaluate, progress: Callable[[float], None]
) -> tuple[ParityReport, ParityEvidence]:
    """Compare the compiled model with the trained one on every kind of row.

    Raises:
        ParityError: a raw score differs in any bit, a label differs, or a probability or linked
            value differs by more than rounding.
    """
    kinds = make_rows(model.training_rows, reading.program)
    rows = np.concatenate(list(kinds.values()))
    outputs = [reading.raw, *sorted(set(reading.methods) - {reading.raw})]
    own = _ask_model(model, reading, outputs, rows, progress)
    compared = []
    equal_rows = np.ones(len(rows), bool)
    for output in outputs:
        exact = output is reading.raw or (
            output is Output.PREDICT and model.signature.classes is not None
        )
        answers = evaluate(output, rows)
        equal = _same_bits(answers, own[output])
        compared.append(_compare(output, answers, own[output], equal, exact=exact))
        if exact:
            equal_rows &= equal
    report = ParityReport(
        rows_tried=len(rows),
        rows_equal=int(equal_rows.sum()),
        largest_difference=compared[0].largest_difference,
        rows_by_kind={kind: len(part) for kind, part in kinds.items()},
        outputs=tuple(compared),
    )
    predictions = own[Output.PREDICT][:, 0]
    return report, ParityEvidence(rows, reading.raw.value, own[reading.raw], predictions)


def _ask_model(
    model: TrainedModel,
    reading: Reading,
    outputs: list[Output],
    rows: FloatArray,
    progress: Callable[[float], None],
) -> dict[Output, FloatArray]:
    """The model's own answers to all rows, (n_rows, width) for each output."""
    parts: dict[Output, list[FloatArray]] = {output: [] for output in outputs}
    for start in range(0, len(rows), _CHUNK_ROWS):
        chunk = rows[start : start + _CHUNK_ROWS]
        for output in outputs:
            answer = model.oracle.answer(reading.methods[output], chunk)
            if output is Output.PREDICT and model.signature.classes is not None:
                answer = _class_indices(answer, model.signature.classes)
            parts[output].append(answer.astype(np.float64).reshape(len(chunk), -1))
        progress(min(1.0, (start + len(chunk)) / len(rows)))
    return {output: np.concatenate(part) for output, part in parts.items()}


def _class_indices(answers: NDArray[Any], classes: tuple[Any, ...]) -> FloatArray:
    """The place of each answer among the classes."""
    values, places = np.unique(answers, return_inverse=True)
    index = {name: float(place) for place, name in enumerate(classes)}
    return np.array([index[value] for value in values.tolist()])[places.ravel()]


def _same_bits(ours: FloatArray, own: FloatArray) -> NDArray[np.bool_]:
    """(n_rows,) whether a row of answers is equal, bit for bit but for NaN's many forms."""
    same = (ours.view(np.int64) == own.view(np.int64)) | (np.isnan(ours) & np.isnan(own))
    return np.asarray(np.all(same, axis=1))


def _compare(
    output: Output, ours: FloatArray, own: FloatArray, equal: NDArray[np.bool_], *, exact: bool
) -> OutputParity:
    """The comparison of one output; ParityError where it is not good enough."""
    name = output.name.lower()
    with np.errstate(invalid="ignore"):
        difference = np.where(equal[:, None], 0.0, np.abs(ours - own))
        close = (
            equal
            if exact
            else np.all((difference <= RELATIVE_TOLERANCE * np.abs(own)) | equal[:, None], axis=1)
        )
    if not np.all(close):
        raise ParityError(
            f"The compiled model's {name} differs from the model's own on "
            f"{np.sum(~close)} of {len(close)} rows, by up to {np.nanmax(difference):.3g}.",
            "Please report it with the model's class and parameters; no bundle was written.",
        )
    return OutputParity(name, len(own), int(equal.sum()), float(difference.max(initial=0.0)))
