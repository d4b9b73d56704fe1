"""What tests of compiled models share: compile a fitted estimator, compare it with itself."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from poner import loader, pipeline
from poner.compiled_model import CompiledModel
from poner.loader.environments import environment_of


def compile_fitted(model: Any, X: Any) -> CompiledModel:
    """The compiled form of a fitted estimator."""
    with loader.open_estimator(model, X=X) as trained:
        return pipeline.compile_trained(trained)


def assert_agrees(
    model: Any, X: Any, rows: Any = None, tolerance: float = 1e-12, *, excused: bool = False
) -> CompiledModel:
    """Compile, and compare every method on `rows` (by default X), in batch and one by one.

    Labels must be equal; numbers within the tolerance, relative to the value or to 1. The proof's
    rows must all be equal, unless some are `excused`, such as ties, under a reason that is counted.
    """
    compiled = compile_fitted(model, X)
    assert compiled.parity is not None
    assert excused or compiled.parity.rows_equal == compiled.parity.rows_tried
    asked = X if rows is None else rows
    first = asked.iloc[:3] if hasattr(asked, "iloc") else asked[:3]
    for method in ("predict", "predict_proba", "decision_function"):
        if not hasattr(model, method):
            continue
        for part in (asked, first):
            answers, own = getattr(compiled, method)(part), getattr(model, method)(part)
            if isinstance(own, list):
                answers, own = np.concatenate(answers, axis=1), np.concatenate(own, axis=1)
            assert answers.shape == np.asarray(own).reshape(answers.shape).shape
            if np.asarray(own).dtype.kind == "f":
                np.testing.assert_allclose(
                    answers, np.reshape(own, answers.shape), rtol=tolerance, atol=tolerance
                )
            else:
                np.testing.assert_array_equal(answers, own)
    return compiled


def fit_elsewhere(version: str, script: str, folder: Path) -> Path:
    """Run a script under another scikit-learn; it must write its model to `clf.sav`.

    Raises:
        PonerError: that scikit-learn cannot be installed here.
    """
    interpreter = environment_of(version).interpreter
    subprocess.run([str(interpreter), "-c", script], cwd=folder, check=True)
    return folder / "clf.sav"


def assert_proved_elsewhere(version: str, script: str, folder: Path) -> None:
    """Every `*.pkl` that a script writes under another scikit-learn is read and proved."""
    fit_elsewhere(version, script, folder)
    for file in sorted(folder.glob("*.pkl")):
        with loader.open_model(file) as trained:
            compiled = pipeline.compile_trained(trained)
        assert compiled.parity is not None
        assert compiled.parity.rows_equal == compiled.parity.rows_tried
