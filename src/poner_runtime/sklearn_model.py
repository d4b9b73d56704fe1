"""The sklearn engine: a plain pickle of the model, and scikit-learn in layers."""

from __future__ import annotations

import os

# Lambda has no /dev/shm, and often less than one processor. joblib would try to make a semaphore
# and warn; OpenMP and OpenBLAS would start threads when loaded. Tried with joblib 1.2 and 1.6.
os.environ.setdefault("JOBLIB_MULTIPROCESSING", "0")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pickle
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from poner_runtime.fitted import as_columns, names_of_columns, settle
from poner_runtime.layered import LayeredModel, as_lists, read_served


def open_beside(path: str) -> SklearnModel:
    """The model in the folder of a file; `__file__` of lambda_function.py.

    poner wrote the pickle itself, from a model that was checked when the function was built.
    """
    folder, served = read_served(path)
    warnings.simplefilter("ignore")
    with open(os.path.join(folder, served["file"]), "rb") as file:  # noqa: PTH118, PTH123
        estimator = pickle.load(file)  # noqa: S301 # made by poner, see above
    warnings.simplefilter("ignore")  # once more: imported packages add filters of their own
    settle(estimator)
    return SklearnModel(estimator, served)


class SklearnModel(LayeredModel):
    """A fitted estimator."""

    def __init__(self, estimator: Any, served: dict[str, Any]) -> None:
        super().__init__(served)
        self._estimator = estimator
        self._categories = [place for place, is_text in enumerate(served["is_text"]) if is_text]
        self._missing_as_none = served["missing_as_none"]
        self._knows_names = names_of_columns(estimator) is not None

    def answer(self, rows: Sequence[Sequence[Any]]) -> Any:
        """The results of `predict`."""
        answered = self._estimator.predict(self._as_fitted(rows))
        return answered.toarray() if hasattr(answered, "toarray") else answered

    def score(self, rows: Sequence[Sequence[Any]], method: str) -> list[list[float]] | None:
        """The results of a method, or None if the estimator lacks it."""
        function = getattr(self._estimator, method, None)
        return None if function is None else as_lists(function(self._as_fitted(rows)))

    def _as_fitted(self, rows: Sequence[Sequence[Any]]) -> Any:
        """Rows as the estimator was fitted on: columns of a DataFrame, or one array."""
        table = np.array(rows, dtype=object if self._categories else np.float64)
        table = as_columns(table, self._categories, self._missing_as_none)
        return table if self._knows_names else np.asarray(table)
