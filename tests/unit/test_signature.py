"""The signature: its names, its file, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from poner.errors import SignatureError
from poner.signature import Feature, Signature, wire_names

SIGNATURE = Signature(
    features=(Feature("meanArea", "mean area"), Feature("age", "age")), classes=(0, 1)
)


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        (["mean concave points"], ("meanConcavePoints",)),
        (["sepal length (cm)"], ("sepalLengthCm",)),
        (["sepal_length"], ("sepal_length",)),
        (["Age", "x0"], ("Age", "x0")),
        (["año nuevo"], ("añoNuevo",)),
        (["a b", "a-b"], ("aB", "aB2")),
        (["%", ""], ("x0", "x1")),
    ],
    ids=str,
)
def test_wire_names(columns: list[str], names: tuple[str, ...]) -> None:
    """Identifiers stay; everything else becomes camelCase; each name is met once."""
    assert wire_names(columns) == names


def test_a_signature_reads_back() -> None:
    """signature.json gives what was written."""
    assert Signature.from_json(SIGNATURE.to_json()) == SIGNATURE


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"features": [{"wire_name": 1}], "classes": null}', "\ud800"],
    ids=repr,
)
def test_a_damaged_signature_is_said(text: str) -> None:
    """A text that is not a signature is an error that names the file."""
    with pytest.raises(SignatureError, match=r"signature\.json"):
        Signature.from_json(text)


def test_a_wire_name_twice_is_refused() -> None:
    """Two features cannot be asked for under one key."""
    twice = Signature(features=(Feature("a", "a"), Feature("a", "b")), classes=None)
    with pytest.raises(SignatureError, match="same wire name"):
        Signature.from_json(twice.to_json())


@pytest.mark.parametrize(
    "broken",
    [
        {"features": (Feature("a\ud800", "a"),)},
        {"features": (Feature("a", "a\udcff"),)},
        {"features": (Feature("a", "a", "category", categories=("\ud800",)),)},
        {"classes": ("x\ud800", "y")},
        {"classes": (("x", "\ud800"), ("y", "z"))},
        {"labels": ("\udcff",), "classes": (0,)},
        {"target": "\ud800"},
        {"metrics": {"\ud800": 1.0}},
    ],
)
def test_a_signature_holds_unicode_only(broken: dict[str, Any]) -> None:
    """Half a character in a model's names is an error with its text, not a fault while writing."""
    values: dict[str, Any] = {"features": (Feature("a", "a"),), "classes": None}
    with pytest.raises(SignatureError, match="not Unicode"):
        Signature(**{**values, **broken})
