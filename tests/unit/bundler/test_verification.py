"""The finished function is tried with texts, gaps and several outputs, as with numbers."""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from poner.artifacts import Table
from poner.bundle import FunctionSettings, Verification, read_bundle
from poner.bundler import make_native_bundle
from poner.compiled_model import CompiledModel
from poner.config import choose_runtime
from poner.errors import ParityError
from tests.support.mixing import COLORS, mixed_model, with_proof

ROWS = [[number / 3, color, shape, None] for number in range(9) for color, shape in (
    ("red", "round"), ("añil", None), ("new\nline", ""), ('say "x"', "unheard of"),
)]  # fmt: skip
CLASSES = (("no", "yes"), (False, True))


def verify(compiled: CompiledModel, folder: Path) -> Verification:
    """Make a bundle; how it was tried."""
    runtime = choose_runtime(None, datetime.date(2026, 11, 22))
    bundle = make_native_bundle(
        compiled,
        folder / "build",
        runtime=runtime,
        architecture="x86_64",
        settings=FunctionSettings(),
    )
    assert read_bundle(bundle.folder) == bundle
    return bundle.manifest.verification


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("value", {}),
        ("value", {"more_strings": 5000}),
        ("values", {}),
        ("class", {"classes": ("no", "yes")}),
        ("classes", {"classes": CLASSES}),
    ],
    ids=["value", "many texts", "values", "class", "classes"],
)
def test_texts_gaps_and_outputs_are_asked(kind: str, options: Any, tmp_path: Path) -> None:
    """Every row of the proof that JSON can say is asked over HTTP, texts in their own words.

    The typical row is one more, and its known answer is one more request.
    """
    verification = verify(with_proof(mixed_model(kind, **options), ROWS), tmp_path)
    assert verification.rows == len(ROWS) + 1
    assert verification.requests == len(ROWS) + 2


def test_what_json_cannot_say_is_not_asked(tmp_path: Path) -> None:
    """An infinite number, and a gap where null is refused; an infinite answer must be said so.

    Two rows are left of the proof's, and the typical one, which is asked twice.
    """
    rows = [[1.0, "red", "round", 1.0], [1000.0, "red", "round", 2.0], [1.0, "red", "", np.inf]]
    assert verify(with_proof(mixed_model("exp"), rows), tmp_path).requests == 4
    compiled = with_proof(mixed_model("value"), [rows[0]])
    assert compiled.evidence is not None
    table = Table.of_numbers(compiled.evidence.rows.numbers * np.nan)
    odd = dataclasses.replace(compiled.evidence, rows=table)
    with pytest.raises(ParityError):
        verify(dataclasses.replace(compiled, evidence=odd), tmp_path)


@pytest.mark.parametrize("kind", ["values", "classes"])
def test_another_answer_of_one_output_is_found_out(kind: str, tmp_path: Path) -> None:
    """Each output counts, not only the first."""
    classes = CLASSES if kind == "classes" else None
    compiled = with_proof(mixed_model(kind, classes=classes), ROWS)
    evidence = compiled.evidence
    assert evidence is not None
    wrong = evidence.predictions.copy()
    wrong[:, 1] = 1 - wrong[:, 1]
    other = dataclasses.replace(evidence, answers={"predict": wrong})
    with pytest.raises(ParityError):
        verify(dataclasses.replace(compiled, evidence=other), tmp_path)


def test_another_texts_answer_is_found_out(tmp_path: Path) -> None:
    """A request says the text of its row: another order of the texts gives other answers."""
    compiled = with_proof(mixed_model(), [[1.0, color, "round", 1.0] for color in COLORS])
    evidence = compiled.evidence
    assert evidence is not None
    vocabulary = list(evidence.rows.vocabulary)
    vocabulary[:4] = vocabulary[3::-1]
    other = dataclasses.replace(
        evidence, rows=dataclasses.replace(evidence.rows, vocabulary=vocabulary)
    )
    with pytest.raises(ParityError, match="answers request 1 of 6"):
        verify(dataclasses.replace(compiled, evidence=other), tmp_path)
