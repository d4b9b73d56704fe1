"""Tries the native engine on models that another scikit-learn fitted (tools/fit_elsewhere.py)."""

from __future__ import annotations

import subprocess
import warnings
from pathlib import Path

import numpy as np

from poner import loader, pipeline
from poner.errors import NotSupportedError, ParityError, PonerError
from poner.loader.environments import environment_of
from tests.support.survey import Finding, compare_answers

SCRIPT = Path(__file__).parents[2] / "tools" / "fit_elsewhere.py"


def fit_all(version: str, folder: Path) -> list[Path]:
    """Every estimator of a version, fitted; the model files.

    Raises:
        PonerError: that scikit-learn cannot be had here.
    """
    interpreter = environment_of(version).interpreter
    command = [str(interpreter), str(SCRIPT), str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    return sorted(folder.glob("*.sav"))


def try_file(path: Path, kinds: dict[str, str]) -> Finding:
    """Open, compile, and compare with what the model answered where it was fitted."""
    name, _, table = path.stem.partition("-")
    kind = kinds.get(name, "transformer")
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            with loader.open_model(path) as trained:
                compiled = pipeline.compile_trained(trained)
            kept = dict(np.load(path.with_suffix(".npz")))
            rows = kept.pop("X").astype(np.float64)
            difference, labels = compare_answers(compiled, rows, kept)
            return Finding(name, kind, table, True, difference, labels, "")
        except (NotSupportedError, ParityError) as error:
            return Finding(name, kind, table, False, 0.0, 0, error.message)
        except PonerError as error:
            message = f"{type(error).__name__}: {error}"
            return Finding(name, kind, table, False, 0.0, 0, message)
