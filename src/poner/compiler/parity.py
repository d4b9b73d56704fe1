"""Proves that a compiled model answers as the model it came from.

Where every step computes scikit-learn's own bits, the answers' bits must be equal. Elsewhere they
may differ by what rounding makes: scikit-learn's own sums change with the size of a batch.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FloatArray, ParityEvidence, ParityReport
from poner.compiler.boundary_values import boundary_values
from poner.compiler.comparison import Comparison, find_doubts
from poner.compiler.parity_rows import (
    UNKNOWN,
    Answerable,
    hard_neighbours,
    make_rows,
    probes_of,
)
from poner.compiler.program import Output
from poner.compiler.proof import Proof
from poner.errors import ModelUnreadableError, ParityError
from poner.rows import as_matrix

_CHUNK_ROWS = 20_000
_PROBED_FEATURES = 100
_REFUSALS_TRIED = 20


def prove(
    proof: Proof, progress: Callable[[float], None]
) -> tuple[ParityReport, ParityEvidence, Answerable]:
    """Compare the compiled model with the trained one on every kind of row.

    Raises:
        ParityError: an answer differs by more than rounding, or one of the two refuses what the
            other answers.
    """
    compiled, program = proof.compiled, proof.program
    values = boundary_values(program)
    training = as_matrix(proof.model.training_rows, compiled.signature, program.strings)
    answerable = _find_answerable(
        proof, training, [hard_neighbours(values, i) for i in range(program.n_features)]
    )
    kinds = make_rows(training, values, answerable)
    rows = np.concatenate(list(kinds.values()))
    refused = compiled.refusals(rows)
    _check_refusals(proof, rows[refused])
    rows = rows[~refused]
    if not len(rows):
        raise ParityError(
            "No row was found that the model answers, so nothing could be compared.",
            "Save the model with poner.save(model, X, y, folder), which keeps rows to try.",
        )
    doubts = find_doubts(proof, rows)
    order = [Output.RAW, Output.DECISION_FUNCTION, Output.PREDICT_PROBA, Output.PREDICT]
    outputs = [output for output in order if output in program.outputs]
    ours = {output: compiled.evaluate(output, rows) for output in outputs}
    own = _ask_all(proof, outputs, rows, progress)
    compared = []
    good_rows = np.ones(len(rows), bool)
    excused = np.zeros(len(rows), bool)
    for output in outputs:
        comparison = Comparison(proof, output, rows, ours, own, doubts)
        compared.append(comparison.report())
        if output in (outputs[0], Output.PREDICT):
            good_rows &= comparison.close
            excused |= comparison.excused
    counts = np.cumsum([len(part) for part in kinds.values()])
    parts = np.split(~refused, counts[:-1])
    report = ParityReport(
        rows_tried=len(rows),
        rows_equal=int(good_rows.sum()),
        largest_difference=compared[0].largest_difference,
        rows_by_kind={kind: int(part.sum()) for kind, part in zip(kinds, parts, strict=True)},
        outputs=tuple(compared),
        rows_refused=int(refused.sum()),
        rows_tied=int(excused.sum()),
    )
    evidence = ParityEvidence(rows, outputs[0].value, ours[outputs[0]], ours[Output.PREDICT])
    return report, evidence, answerable


def _ask_all(
    proof: Proof, outputs: list[Output], rows: FloatArray, progress: Callable[[float], None]
) -> dict[Output, FloatArray]:
    """The model's own answers to all rows, (n_rows, width) for each output."""
    parts: dict[Output, list[FloatArray]] = {output: [] for output in outputs}
    for start in range(0, len(rows), _CHUNK_ROWS):
        chunk = rows[start : start + _CHUNK_ROWS]
        for output in outputs:
            try:
                parts[output].append(proof.ask(output, chunk))
            except ModelUnreadableError as error:
                raise ParityError(
                    f"The compiled model answers rows that the model refuses: {error.message}",
                    "Please report it with the model's class and parameters.",
                ) from error
        progress(min(1.0, (start + len(chunk)) / len(rows)))
    return {output: np.concatenate(part) for output, part in parts.items()}


def _check_refusals(proof: Proof, rows: FloatArray) -> None:
    """Whether the model refuses too what its compiled form does; some of the rows are tried."""
    for row in rows[:: max(1, len(rows) // _REFUSALS_TRIED)]:
        if not proof.refuses(row[None]):
            raise ParityError(
                "The compiled model refuses a row that the model answers.",
                "Please report it with the model's class and parameters.",
            )


def _find_answerable(proof: Proof, training: FloatArray, columns: list[FloatArray]) -> Answerable:
    """What the compiled model takes, feature by feature; of some the model itself is asked too."""
    base = np.array([[column[len(column) // 2] for column in columns]])
    usual = np.concatenate([training[:50], base])
    usual = usual[~proof.compiled.refusals(usual)]
    n_features = proof.program.n_features
    if not len(usual):
        nothing = (False,) * n_features
        return Answerable(nothing, nothing, nothing)
    found = []
    texts = np.isin(np.arange(n_features), list(proof.program.categories))
    everywhere = np.ones(n_features, bool)
    for value, where in ((np.nan, everywhere), (np.inf, ~texts), (UNKNOWN, texts)):
        taken = np.zeros(n_features, bool)
        tried = np.flatnonzero(where)
        tried = tried[:: max(1, len(tried) // _PROBED_FEATURES)]
        for places, probes in probes_of(usual[0], value):
            own = taken[places] = ~proof.compiled.refusals(probes) & where[places]
            _check_probes(proof, probes, own, places, np.isin(places, tried))
        found.append(tuple(taken.tolist()))
    return Answerable(*found)


def _check_probes(
    proof: Proof,
    probes: FloatArray,
    taken: NDArray[np.bool_],
    places: NDArray[np.intp],
    tried: NDArray[np.bool_],
) -> None:
    """Whether the model takes and refuses the same; of many features some are tried.

    Args:
        proof: the model and its compiled form.
        probes: (n, n_features) a row for each of some features.
        taken: (n,) which of them the compiled model takes.
        places: (n,) the features.
        tried: (n,) those of which the model is asked alone.
    """
    answered = probes[taken]
    all_answered = not len(answered) or not proof.refuses(answered)
    for row in np.flatnonzero(tried):
        if taken[row] and all_answered:
            continue
        if proof.refuses(probes[row : row + 1]) == taken[row]:
            name = proof.compiled.signature.wire_names[places[row]]
            verb = "answers" if taken[row] else "refuses"
            raise ParityError(
                f"The compiled model {verb} a missing, infinite or unknown {name!r}, unlike the "
                "model.",
                "Please report it with the model's class and parameters.",
            )
