"""One output of a model and of its compiled form, row by row: what is as good as equal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FloatArray, OutputParity
from poner.compiled_model import CompiledModel
from poner.compiler.operations.operation import CANCELLATION
from poner.compiler.program import Output
from poner.compiler.proof import Proof
from poner.compiler.tables import write_tables
from poner.errors import ModelUnreadableError, ParityError

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
class Doubts:
    """Where rounding decides what the model itself answers."""

    tied: NDArray[np.bool_]
    """(n_rows,) where it chooses between equals."""
    noise: FloatArray
    """(n_rows,) what its sums may differ by, relative, as their terms are larger than they are."""


def find_doubts(proof: Proof, rows: FloatArray) -> Doubts:
    """Where the model's readers saw that rounding decides."""
    program = proof.program.doubts
    tied, noise = np.zeros(len(rows), bool), np.zeros(len(rows))
    if program is None or not len(rows):
        return Doubts(tied, noise)
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
    return Doubts(tied, noise)


class Comparison:
    """One output of both, row by row."""

    def __init__(
        self,
        proof: Proof,
        output: Output,
        rows: FloatArray,
        ours: Mapping[Output, FloatArray],
        own: Mapping[Output, FloatArray],
        doubts: Doubts,
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
        bad = np.flatnonzero(~good)
        for places in np.split(bad, range(_NOISE_ROWS, len(bad), _NOISE_ROWS)) if len(bad) else ():
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
