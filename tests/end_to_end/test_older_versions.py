"""The bar: models of scikit-learn 0.19 to 1.0 build natively, and answer as they did."""

from __future__ import annotations

from pathlib import Path

import pytest

from poner.errors import PonerError
from tests.support.older_versions import VERSIONS, compile_recorded, differences, read_recorded

SHARE = 0.95
"""Of the models of a version that have to build natively and answer as recorded."""

TYPICAL = [
    ("0.19.2", "gradient_boosting_two_classes"),
    ("0.22.2", "column_transformer_index"),
    ("0.24.2", "voting_soft"),
]
"""Renamed modules and start values; columns as a pandas Index; a Bunch and a VotingClassifier."""


@pytest.mark.parametrize(("version", "name"), TYPICAL)
def test_an_older_model_answers_as_it_did(version: str, name: str, tmp_path: Path) -> None:
    """Read in an environment of its version, compiled, and asked the recorded rows."""
    recorded = read_recorded(version)
    compiled = compile_recorded(recorded, name, tmp_path)
    assert differences(recorded, name, compiled) == []


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("version", VERSIONS)
def test_nearly_all_older_models_answer_as_they_did(version: str, tmp_path: Path) -> None:
    """Of every kind that a version has; none answers otherwise, and few are not native."""
    recorded = read_recorded(version)
    differing, refused = [], []
    for name in recorded.answers:
        try:
            compiled = compile_recorded(recorded, name, tmp_path)
        except PonerError as error:
            refused.append(f"{name}: {error.message}")
            continue
        differing += [f"{name}: {what}" for what in differences(recorded, name, compiled)]
    assert differing == []
    assert len(refused) <= (1 - SHARE) * len(recorded.answers), refused
