"""Finds the rows that a model refuses, from the model itself or from its compiled form."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FloatArray
from poner.compiled_model import OUTPUTS, CompiledModel
from poner.errors import InputError, ModelUnreadableError, ParityError
from poner.proof.asked_model import AskedModel

_SAMPLE_ROWS = 16
_REFUSED_ROWS_ASKED, _REFUSED_PROBES_ASKED = 20, 100


class AskedRefusals:
    """The model's own refusals: the model is asked about every row."""

    compared = 0

    def __init__(self, model: AskedModel) -> None:
        self.model = model

    def taken(self, rows: FloatArray) -> NDArray[np.bool_]:
        """(n_rows,) whether the model answers each row; all False if it refuses a whole sample."""
        sample = self.model.taken(rows[:_SAMPLE_ROWS])
        if not np.any(sample):
            return np.zeros(len(rows), bool)
        return np.concatenate([sample, self.model.taken(rows[_SAMPLE_ROWS:])])

    def taken_probes(self, probes: FloatArray, names: list[str]) -> NDArray[np.bool_]:
        """(n,) which rows are answered that have an odd value in the features of these names."""
        return self.model.taken(probes)

    def predict(self, row: FloatArray) -> FloatArray | None:
        """The model's prediction for one row; None if it refuses the row."""
        try:
            return self.model.answer("predict", row)
        except ModelUnreadableError:
            return None


class CompiledRefusals:
    """The compiled model's refusals, which are found faster; the model confirms a sample."""

    def __init__(self, model: AskedModel, compiled: CompiledModel) -> None:
        self.model, self.compiled, self.compared = model, compiled, 0

    def taken(self, rows: FloatArray) -> NDArray[np.bool_]:
        """(n_rows,) whether the compiled model answers each row.

        Raises:
            ParityError: the model answers a row that its compiled form refuses.
        """
        refused = self.compiled.refusals(rows)
        asked = rows[refused][:: max(1, int(refused.sum()) // _REFUSED_ROWS_ASKED)]
        for row in asked:
            if self.model.takes(row[None]):
                raise _unlike("refuses a row that the model answers")
        self.compared += len(asked)
        return ~refused

    def taken_probes(self, probes: FloatArray, names: list[str]) -> NDArray[np.bool_]:
        """(n,) which rows are answered that have an odd value in the features of these names.

        Raises:
            ParityError: the model and its compiled form disagree about a row.
        """
        taken = ~self.compiled.refusals(probes)
        known = np.ones(len(probes), bool)
        known[taken] = self.model.taken(probes[taken])
        refused = np.flatnonzero(~taken)
        for place in refused[:: max(1, len(refused) // _REFUSED_PROBES_ASKED)]:
            known[place] = not self.model.takes(probes[place : place + 1])
        for place in np.flatnonzero(~known):
            verb = "answers" if taken[place] else "refuses"
            raise _unlike(
                f"{verb} a missing, infinite or unknown {names[place]!r}, unlike the model"
            )
        return np.asarray(taken)

    def predict(self, row: FloatArray) -> FloatArray | None:
        """The compiled model's prediction for one row; None if it refuses the row."""
        try:
            return self.compiled.evaluate(OUTPUTS["predict"], row)
        except InputError:
            return None


Refusals = AskedRefusals | CompiledRefusals
"""Finds the rows that a model refuses; `compared` counts rows checked with both models."""


def _unlike(what: str) -> ParityError:
    return ParityError(
        f"The compiled model {what}.",
        "Please report it with the model's class and parameters.",
    )
