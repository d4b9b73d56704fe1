"""Models with many features: their requests are long, and nothing grows with the square."""

from __future__ import annotations

import json
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import poner
from poner.aws_lambda.functions import DEFAULT_BODY_LIMIT_BYTES, FunctionSettings
from poner.errors import ParityError

RANDOM = np.random.default_rng(0)


def wide_file(folder: Path, width: int) -> tuple[Path, LogisticRegression]:
    """A file of a model of so many features, and the model."""
    X = RANDOM.normal(size=(40, width))
    model = LogisticRegression(max_iter=20).fit(X, X[:, 0] > 0)
    joblib.dump(model, folder / "wide.pkl")
    return folder / "wide.pkl", model


def test_the_body_limit_follows_the_width(tmp_path: Path) -> None:
    """A row of 4,000 features does not fit 64 KiB; the function reads it all the same."""
    file, model = wide_file(tmp_path, 4_000)
    said: list[str] = []
    bundle = poner.build(file, tmp_path / "build", engine="native", notify=said.append)
    assert any("A row of 4,000 features takes up to" in line for line in said)
    limit_bytes = bundle.manifest.settings.body_limit_bytes
    assert limit_bytes is not None
    assert limit_bytes > 2 * DEFAULT_BODY_LIMIT_BYTES
    assert bundle.manifest.verification.requests > 10
    rows = RANDOM.normal(size=(3, 4_000))
    with poner.local(bundle) as url:
        assert poner.predict(url, rows) == model.predict(rows).tolist()


def test_a_limit_below_one_row_is_named(tmp_path: Path) -> None:
    """The user's own limit stands; the error says what a row takes."""
    file, _ = wide_file(tmp_path, 30)
    settings = FunctionSettings(body_limit_bytes=100)
    with pytest.raises(ParityError, match="more than 100 bytes, which is the function's") as caught:
        poner.build(file, tmp_path / "build", engine="native", settings=settings, notify=print)
    assert "Leave `body_limit_bytes` out" in caught.value.hint
    assert not (tmp_path / "build").exists()


def test_a_row_that_lambda_does_not_take_is_left_to_python(tmp_path: Path) -> None:
    """The tables are proved and packed, and a line says that the function was not asked."""
    file, model = wide_file(tmp_path, 70)
    names = [f"{'x' * 100_000}{place}" for place in range(70)]
    said: list[str] = []
    bundle = poner.build(
        file, tmp_path / "build", engine="native", feature_names=names, notify=said.append
    )
    assert any(line.startswith("The function was not asked: a row of this model") for line in said)
    assert bundle.manifest.verification.requests == 0
    assert bundle.manifest.verification.rows > 10
    assert bundle.manifest.known_answer is None
    rows = RANDOM.normal(size=(5, 70))
    compiled = poner.compile(file)
    assert compiled.predict(rows).tolist() == model.predict(rows).tolist()


def test_gaps_of_wide_models_are_found_in_groups() -> None:
    """Trees take null in every feature, a linear model in none: no feature is tried alone."""
    X = RANDOM.normal(size=(60, 3_000))
    y = X[:, 0] > 0
    trees = HistGradientBoostingClassifier(max_iter=2).fit(X, y)
    assert all(feature.missing for feature in poner.compile(trees).signature.features)
    linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5)).fit(X, y)
    assert not any(feature.missing for feature in poner.compile(linear).signature.features)


@pytest.mark.slow
def test_120_000_features_are_built(tmp_path: Path) -> None:
    """In the memory that a function of 2 GB has, names and all."""
    file, model = wide_file(tmp_path, 120_000)
    bundle = poner.build(file, tmp_path / "build", engine="native", notify=print)
    assert bundle.manifest.verification.requests > 0
    served = json.loads((tmp_path / "build" / "manifest.json").read_text())["signature"]
    assert len(served["features"]) == 120_000
    rows = RANDOM.normal(size=(2, 120_000))
    assert poner.compile(file).predict(rows).tolist() == model.predict(rows).tolist()
