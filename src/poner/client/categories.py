"""Names the categories that a model knows, for rows that a function refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from poner.client.answers import Answer
from poner.signature import MOST_CATEGORIES, Feature, Signature, holds_codes

_MOST_SHOWN = 20
"""Most categories that a sentence names."""


def describe_categories(
    bodies: Iterable[Mapping[str, Any]],
    answers: Iterable[Answer],
    signature: Signature | None,
) -> list[str]:
    """A sentence for each feature in which a refused row has a text that training did not have.

    Args:
        bodies: the requests.
        answers: their answers, in the same order.
        signature: the features; without a signature there is no sentence.
    """
    refused = [
        body for body, answer in zip(bodies, answers, strict=True) if answer.prediction is None
    ]
    return [
        f"The categories that the model knows for {feature.wire_name!r}: {_listed(feature)}."
        for feature in (() if signature is None else signature.features)
        if _lists_all(feature) and any(_is_new(body, feature) for body in refused)
    ]


def _lists_all(feature: Feature) -> bool:
    """Whether the signature has every category of a feature."""
    return holds_codes(feature.kind) and 0 < len(feature.categories) < MOST_CATEGORIES


def _is_new(body: Mapping[str, Any], feature: Feature) -> bool:
    value = body.get(feature.wire_name)
    return isinstance(value, str) and value not in feature.categories


def _listed(feature: Feature) -> str:
    shown = ", ".join(map(repr, feature.categories[:_MOST_SHOWN]))
    further = len(feature.categories) - _MOST_SHOWN
    return f"{shown} and {further} more" if further > 0 else shown
