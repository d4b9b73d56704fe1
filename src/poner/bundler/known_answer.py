"""The native engine's known answer: what the compiled model says to a row of medians.

It is asked of the finished zip, as the proof's rows are, and once more when that is deployed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from poner.artifacts import FloatArray, ParityEvidence
from poner.bundle import KnownAnswer
from poner.bundler.trial import make_requests
from poner.bundler.verification import OWN_ROUNDING
from poner.compiled_model import CompiledModel
from poner.errors import InputError
from poner.signature import QUANTILE_STEPS, Feature, JsonScalar
from poner.table import CategoryCodes, read_table
from poner_runtime import _kernel


def find_known_answer(compiled: CompiledModel, evidence: ParityEvidence) -> KnownAnswer | None:
    """The first of some rows of medians that the model answers; None where it answers none.

    Args:
        compiled: proved equal to the model.
        evidence: the proof's rows, for features of whose training values nothing is known.
    """
    signature = compiled.signature
    for row in _rows(compiled, evidence):
        # A text that the model does not know gets a code beyond its own, so requests can name it.
        table = read_table([row], signature, CategoryCodes(compiled.vocabulary, grows=True))
        try:
            predictions = compiled.evaluate(_kernel.PREDICT, table.numbers)
        except InputError:
            continue
        for request in make_requests(table, predictions, signature):
            if request.prediction is not None:
                exact = signature.classes is not None
                allowed = 0.0 if exact else OWN_ROUNDING * np.abs(predictions[0])
                tolerance = np.broadcast_to(allowed, predictions[0].shape).tolist()
                return KnownAnswer(request.body, request.prediction, tuple(tolerance))
    return None


def _rows(
    compiled: CompiledModel, evidence: ParityEvidence
) -> Iterator[Sequence[JsonScalar | None]]:
    """Rows to try: of medians, of the proof's middles, and of these with every gap there can be."""
    features = compiled.signature.features
    middles = [
        _middle(feature, column, compiled.vocabulary)
        for feature, column in zip(features, evidence.rows.T, strict=True)
    ]
    yield [_median(feature, middle) for feature, middle in zip(features, middles, strict=True)]
    yield middles
    yield [
        None if feature.missing else middle
        for feature, middle in zip(features, middles, strict=True)
    ]


def _median(feature: Feature, otherwise: JsonScalar | None) -> JsonScalar | None:
    """A number's median in training, or the first of a feature's texts."""
    if feature.kind == "category":
        return feature.categories[0] if feature.categories else otherwise
    if len(feature.quantiles) != QUANTILE_STEPS + 1:
        return otherwise
    median = feature.quantiles[QUANTILE_STEPS // 2]
    return median if math.isfinite(median) else otherwise


def _middle(feature: Feature, column: FloatArray, vocabulary: Sequence[str]) -> JsonScalar | None:
    """The middle of what the proof tried of a feature: of all its values, so of no row's own."""
    is_text = feature.kind == "category"
    seen = np.sort(column[np.isfinite(column) & ((column >= 0) | (not is_text))])
    if not len(seen):
        return None if feature.missing else "" if is_text else 0.0
    middle = float(seen[len(seen) // 2])
    return vocabulary[int(middle)] if is_text else middle
