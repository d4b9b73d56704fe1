"""`poner build` on a model of which ties decide: it asks, and says how many rows they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsRegressor

import poner
from poner.bundle import read_bundle
from poner.cli import app


def test_ties_are_accepted_by_the_users_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Without it nothing is written, and no other engine is tried; the manifest has the share."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    X = np.stack([random.integers(20, 80, 300), random.integers(0, 10, 300)], axis=1).astype(float)
    model = KNeighborsRegressor(algorithm="brute").fit(X, random.normal(size=300))
    poner.save(model, X, model._y, tmp_path / "model")
    with pytest.warns(UserWarning, match="of the training rows there are ties among neighbours"):
        poner.compile(model, X)
    assert app.run(["build"]) == 1
    said = capfd.readouterr().err
    assert "of the training rows there are ties among neighbours" in said
    assert "--accept-ties" in said
    assert "Passed over" not in said
    assert not (tmp_path / "build").exists()
    (tmp_path / "poner.toml").write_text("[build]\naccept_ties = true\n", "utf-8")
    assert app.run(["build"]) == 0
    parity = read_bundle(tmp_path / "build").manifest.parity
    assert parity.share_tied > 0.05
    assert f"{parity.rows_tied:,} with ties among neighbours" in capfd.readouterr().err
