"""Proves that a compiled model answers as the model it came from.

Where every step computes scikit-learn's own bits, the answers' bits must be equal. Elsewhere they
may differ by what rounding makes: scikit-learn's own sums change with the size of a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import (
    FloatArray,
    OutputParity,
    ParityEvidence,
    ParityReport,
    TrainedModel,
)
from poner.compiled_model import CompiledModel
from poner.compiler.hard_values import find_hard_values
from poner.compiler.operations import CANCELLATION
from poner.compiler.parity_rows import UNKNOWN, Answerable, hard_neighbours, make_rows
from poner.compiler.program import Output, Program
from poner.compiler.readers.reading import Prediction
from poner.compiler.tables import write_tables
from poner.errors import ModelUnreadableError, ParityError
from poner.rows import as_matrix, as_objects

_CHUNK_ROWS = 20_000
_PROBED_FEATURES = 100
_REFUSALS_TRIED = 20
_NOISE = 2.0**-50
"""By what inputs are moved, relative: four times their last bit, since pipelines round often."""
_NOISE_DRAWS = 16
_NOISE_ROWS = 1_000
_NOISE_FACTOR = 16.0
_MOST_NOISE = 1e-6
"""However a model amplifies rounding, relative differences above this are not let go."""


_REPORT = "Please report it with the model's class and parameters; no bundle was written."
_AMPLIFIES = (
    "The model's own answers move as much when its inputs change in their last bit: give it fewer "
    "redundant columns, or a regularized estimator such as Ridge."
)


@dataclass(frozen=True)
class Proof:
    """What is compared."""

    model: TrainedModel
    """The model, with its oracle."""
    program: Program
    """What was read from it."""
    prediction: Prediction
    """Its classes."""
    compiled: CompiledModel
    """The kernel's tables, still without a proof."""

    def ask(self, output: Output, rows: FloatArray) -> FloatArray:
        """The model's own answers: (n_rows, width) float64, classes as their indices.

        Raises:
            ModelUnreadableError: it refuses a row.
        """
        methods = {Output.RAW: "_raw_predict"}
        method = methods.get(output, output.name.lower())
        program = self.program
        texts = as_objects(rows, self.compiled.signature, program.strings, program.missing_as_none)
        answer = self.model.oracle.answer(method, texts)
        answer = answer.reshape(len(rows), -1)
        if output is Output.PREDICT and self.prediction.classes is not None:
            return _class_indices(answer, self.prediction.classes)
        return answer.astype(np.float64)

    def refuses(self, row: FloatArray) -> bool:
        """Whether the model refuses a row, (1, n_features).

        It is asked twice at once: SparsePCA since 1.6 gives a single row in another shape.
        """
        try:
            self.ask(Output.PREDICT, np.repeat(row, 2, axis=0))
        except ModelUnreadableError:
            return True
        return False


def prove(
    proof: Proof, progress: Callable[[float], None]
) -> tuple[ParityReport, ParityEvidence, Answerable]:
    """Compare the compiled model with the trained one on every kind of row.

    Raises:
        ParityError: an answer differs by more than rounding, or one of the two refuses what the
            other answers.
    """
    compiled, program = proof.compiled, proof.program
    values = find_hard_values(program)
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
    doubts = _find_doubts(proof, rows)
    order = [Output.RAW, Output.DECISION_FUNCTION, Output.PREDICT_PROBA, Output.PREDICT]
    outputs = [output for output in order if output in program.outputs]
    ours = {output: compiled.evaluate(output, rows) for output in outputs}
    own = _ask_all(proof, outputs, rows, progress)
    compared = []
    good_rows = np.ones(len(rows), bool)
    excused = np.zeros(len(rows), bool)
    for output in outputs:
        comparison = _Comparison(proof, output, rows, ours, own, doubts)
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


@dataclass(frozen=True)
class _Doubts:
    """Where rounding decides what the model itself answers."""

    tied: NDArray[np.bool_]
    """(n_rows,) where it chooses between equals."""
    noise: FloatArray
    """(n_rows,) what its sums may differ by, relative, as their terms are larger than they are."""


def _find_doubts(proof: Proof, rows: FloatArray) -> _Doubts:
    """Where the model's readers saw that rounding decides."""
    program = proof.program.doubts
    tied, noise = np.zeros(len(rows), bool), np.zeros(len(rows))
    if program is None or not len(rows):
        return _Doubts(tied, noise)
    signature, provenance = proof.compiled.signature, proof.compiled.provenance
    metadata = {"strings": proof.program.strings}
    compiled = CompiledModel(write_tables(program, metadata), signature, provenance)
    if Output.TIES in program.outputs:
        distances = compiled.evaluate(Output.TIES, rows)
        tied = ~np.all(np.abs(distances) > CANCELLATION, axis=1)
    if Output.SUMS in program.outputs:
        sums, sizes = np.split(np.abs(compiled.evaluate(Output.SUMS, rows)), 2, axis=1)
        usual = np.maximum(sums, np.median(sums, axis=0))
        ratio = np.divide(sizes, usual, out=np.zeros(sums.shape), where=usual > 0.0)
        noise = _NOISE_FACTOR * np.finfo(float).eps * np.nan_to_num(ratio.max(axis=1))
    return _Doubts(tied, noise)


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
        probes = np.repeat(usual[:1], n_features, axis=0)
        np.fill_diagonal(probes, value)
        taken = ~proof.compiled.refusals(probes) & where
        _check_probes(proof, probes, taken, np.flatnonzero(where))
        found.append(tuple(taken.tolist()))
    return Answerable(*found)


def _check_probes(
    proof: Proof, probes: FloatArray, taken: NDArray[np.bool_], places: NDArray[np.intp]
) -> None:
    """Whether the model takes and refuses the same; of many features some are tried."""
    for place in places[:: max(1, len(places) // _PROBED_FEATURES)]:
        if proof.refuses(probes[place : place + 1]) == taken[place]:
            name = proof.compiled.signature.wire_names[place]
            verb = "answers" if taken[place] else "refuses"
            raise ParityError(
                f"The compiled model {verb} a missing, infinite or unknown {name!r}, unlike the "
                "model.",
                "Please report it with the model's class and parameters.",
            )


def _class_indices(answers: NDArray[Any], classes: tuple[tuple[Any, ...], ...]) -> FloatArray:
    """The place of each answer among the classes of its output: (n_rows, n_outputs)."""
    columns = []
    for output, names in enumerate(classes):
        values, places = np.unique(answers[:, output], return_inverse=True)
        index = {name: float(place) for place, name in enumerate(names)}
        known = np.array([index.get(value, -1.0) for value in values.tolist()])
        columns.append(known[places.ravel()])
    return np.stack(columns, axis=1)


class _Comparison:
    """One output of both, row by row."""

    def __init__(
        self,
        proof: Proof,
        output: Output,
        rows: FloatArray,
        ours: Mapping[Output, FloatArray],
        own: Mapping[Output, FloatArray],
        doubts: _Doubts,
    ) -> None:
        self.proof, self.output, self.rows, self.doubts = proof, output, rows, doubts
        self.ours, self.own = ours[output], own[output]
        self.tolerance = proof.program.tolerance(proof.program.outputs[output])
        self.amplifies = False
        """Whether the model's own answers move with the last bits of its inputs."""
        self.equal = _same_bits(self.ours, self.own)
        """(n_rows,) whether the bits are equal."""
        with np.errstate(invalid="ignore"):
            excused = (self.equal | doubts.tied)[:, None]
            self.difference = np.where(excused, 0.0, np.abs(self.ours - self.own))
        if self.tolerance == 0.0:
            self.close = self.equal
        elif output is Output.PREDICT and proof.prediction.classes is not None:
            self.close = self._same_labels(own)
        else:
            self.close = self._close_numbers()
        self.excused = doubts.tied & ~self.close
        """(n_rows,) whether they differ, on a row on which rounding decides."""
        self.close = self.close | doubts.tied
        """(n_rows,) whether they are as good as equal."""

    def report(self) -> OutputParity:
        """The comparison; ParityError where it is not good enough."""
        name = self.output.name.lower()
        if not np.all(self.close):
            raise ParityError(
                f"The compiled model's {name} differs from the model's own on "
                f"{np.sum(~self.close)} of {len(self.close)} rows, by up to "
                f"{np.nanmax(self.difference):.3g}.",
                _AMPLIFIES if self.amplifies else _REPORT,
            )
        largest = float(self.difference.max(initial=0.0))
        count = len(self.own)
        return OutputParity(name, count, int(self.equal.sum()), largest, self.tolerance)

    def _close_numbers(self) -> NDArray[np.bool_]:
        """Within the tolerance, relative to the value or to what values usually are.

        The tolerance is larger where terms cancel out. A row beyond it is good still, if the
        model's own answer moves as much when its inputs are moved by their last bits: then no one
        knows it any better.
        """
        finite = np.where(np.isfinite(self.own), np.abs(self.own), np.nan)
        finite[:, np.all(np.isnan(finite), axis=0)] = 0.0
        usual = np.nan_to_num(np.nanmedian(finite, axis=0)) if len(finite) else 0.0
        size = np.maximum(np.abs(self.own), usual)
        tolerance = np.clip(self.doubts.noise, self.tolerance, _MOST_NOISE)[:, None]
        with np.errstate(invalid="ignore"):
            good = np.all((self.difference <= tolerance * size), axis=1) | self.equal
        for places in np.array_split(np.flatnonzero(~good), np.sum(~good) // _NOISE_ROWS + 1):
            noise = _NOISE_FACTOR * self._noise(places)
            allowed = np.minimum(noise, _MOST_NOISE * size[places])
            good[places] = np.all(self.difference[places] <= allowed, axis=1)
            self.amplifies |= bool(np.any(noise > _MOST_NOISE * size[places]))
        return np.asarray(good)

    def _noise(self, places: NDArray[np.intp]) -> FloatArray:
        """How much the model's own answers move with the last bits of its inputs.

        (n_places, width); 0 where the model refuses what is near a row.
        """
        random = np.random.default_rng(len(places))
        rows = np.repeat(self.rows[places], _NOISE_DRAWS, axis=0)
        numbers = ~np.isin(np.arange(rows.shape[1]), list(self.proof.program.categories))
        signs = random.choice([-1.0, 1.0], rows.shape) * numbers
        try:
            answers = self.proof.ask(self.output, rows * (1.0 + signs * _NOISE))
        except ModelUnreadableError:
            return np.zeros((len(places), self.own.shape[1]))
        moved = answers.reshape(len(places), _NOISE_DRAWS, -1) - self.own[places, None]
        return np.asarray(np.abs(moved).max(axis=1))

    def _same_labels(self, own: Mapping[Output, FloatArray]) -> NDArray[np.bool_]:
        """The same labels, or labels that the model's own scores hold for equal."""
        same = self.ours == self.own
        scores = own.get(Output.PREDICT_PROBA, own.get(Output.DECISION_FUNCTION))
        classes = self.proof.prediction.classes
        assert classes is not None
        if scores is None or np.all(same):
            return np.asarray(np.all(same, axis=1))
        ends = np.cumsum([len(names) for names in classes])
        if len(classes) > 1 and scores.shape[1] == len(classes):  # labels, there or not
            middle = 0.5 if Output.PREDICT_PROBA in own else 0.0
            scores = np.stack([middle - scores, scores - middle], axis=2)
            scores = scores.reshape(len(scores), -1)
        elif scores.shape[1] == 1:
            scores = np.concatenate([-scores, scores], axis=1)
        for place, output in np.argwhere(~same):
            if scores.shape[1] != ends[-1] or self.own[place, output] < 0:
                continue
            part = scores[place, ends[output] - len(classes[output]) : ends[output]]
            gap = part[int(self.own[place, output])] - part[int(self.ours[place, output])]
            same[place, output] = abs(gap) <= 4 * self.tolerance * max(1.0, np.abs(part).max())
        return np.asarray(np.all(same, axis=1))


def _same_bits(ours: FloatArray, own: FloatArray) -> NDArray[np.bool_]:
    """(n_rows,) whether a row of answers is equal, bit for bit but for NaN's many forms."""
    if ours.shape != own.shape:
        return np.zeros(len(own), bool)
    own = np.ascontiguousarray(own)
    same = (ours.view(np.int64) == own.view(np.int64)) | (np.isnan(ours) & np.isnan(own))
    return np.asarray(np.all(same, axis=1))
