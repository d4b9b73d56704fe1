"""Fits every estimator of the scikit-learn it runs under, and stores models, rows and answers.

    python tools/fit_elsewhere.py FOLDER

Run by tools/make_coverage.py under versions 1.1 to 1.8; needs only scikit-learn. Each model
becomes NAME-TABLE.sav, with NAME-TABLE.npz beside it.
"""

from __future__ import annotations

import pickle
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import is_classifier, is_regressor
from sklearn.datasets import make_classification, make_regression
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils import all_estimators, estimator_checks

N_ROWS = 120
FEW = {"max_iter": 30, "n_estimators": 5, "cv": 3, "random_state": 0, "n_init": 2, "batch_size": 10}


def make_instance(cls: Any) -> Any:
    """An estimator as scikit-learn's own tests make it, with few iterations."""
    construct = getattr(estimator_checks, "_construct_instance", None)
    if construct is None:  # since 1.6
        from sklearn.utils._test_common.instance_generator import _construct_instances

        return next(iter(_construct_instances(cls)))
    made = construct(cls)
    own = made.get_params(deep=False)
    keep = {name: value for name, value in FEW.items() if name in own}
    if cls.__name__ in ("NMF", "MiniBatchNMF", "LocallyLinearEmbedding"):
        keep.pop("max_iter", None)
    return made.set_params(**keep)


def tables() -> Iterator[tuple[str, Any, Any]]:
    """Tables (name, X, y) for classifiers, for regressors, and for both."""
    X, y = make_classification(
        N_ROWS, 6, n_informative=5, n_redundant=0, n_classes=3, random_state=0
    )
    yield "classes", X, y
    yield "counts", np.rint(X - X.min(axis=0)), np.array(["a", "b", "c"])[y]
    yield "gaps", np.where(np.random.default_rng(0).random(X.shape) < 0.1, np.nan, X), y > 0
    X, y = make_regression(N_ROWS, 6, n_informative=5, noise=5.0, random_state=0)
    y = y / 50
    yield "values", X, y
    yield "positives", np.abs(X), np.abs(y) + 0.1
    yield "three", X, np.stack([y, X[:, 0] * y, y**2], axis=1)


def main() -> None:
    """Fit every estimator, and write the results."""
    folder = Path(sys.argv[1])
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    for name, cls in all_estimators():
        for table, X, y in tables():
            try:
                made = make_instance(cls)
                classes = y.dtype.kind in "Ubi"
                if is_classifier(made) != classes and is_classifier(made) != is_regressor(made):
                    continue
                if not (is_classifier(made) or is_regressor(made) or hasattr(made, "predict")):
                    made = make_pipeline(
                        made, LogisticRegression() if classes else LinearRegression()
                    )
                made.fit(X, y)
                keep(folder / f"{name}-{table}", made, X)
            except Exception as error:  # noqa: BLE001  # any error means that it does not accept the table
                print(name, table, type(error).__name__, str(error)[:80])  # noqa: T201


def keep(place: Path, model: Any, X: Any) -> None:
    """Write the model, the rows that it answers, and its answers."""
    answers: dict[str, Any] = {}
    for method in ("predict", "predict_proba", "decision_function"):
        if hasattr(model, method):
            own = getattr(model, method)(X)
            answers[method] = np.concatenate(own, axis=1) if isinstance(own, list) else own
    np.savez(place.with_suffix(".npz"), X=X, **answers)
    place.with_suffix(".sav").write_bytes(pickle.dumps(model))


if __name__ == "__main__":
    main()
