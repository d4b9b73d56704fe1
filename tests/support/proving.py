"""Examples made by hand, for tests of what is compared with them."""

from __future__ import annotations

from typing import Any

import numpy as np

from poner.artifacts import Examples, Table
from poner.signature import Feature, Signature


def make_examples(
    predictions: Any, scores: Any = None, *, classes: Any = None, method: str = "predict_proba"
) -> Examples:
    """So many rows with these answers."""
    own = np.array(predictions, dtype=float).reshape(len(predictions), -1)
    answers = {"predict": own}
    if scores is not None:
        answers = {method: np.array(scores, dtype=float).reshape(len(own), -1), "predict": own}
    return Examples(
        signature=Signature((Feature("a", "a"),), classes),
        rows=Table.of_numbers(np.zeros((len(own), 1))),
        rows_by_kind={"training": len(own)},
        answers=answers,
        number_type="float64",
        missing_as_none=(),
        typical=None,
    )
