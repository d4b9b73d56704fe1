"""Models that read files as they answer, or call something in the place of their methods."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import scipy.sparse
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeRegressor
from sklearn.utils.validation import check_array

from tests.support.hostile_models.trees import fitted
from tests.support.hostile_models.writing import Called, Maker, broken

MAKERS: dict[str, Maker] = {}


def reading(kind: Any, where: str) -> Any:
    """A model fitted on texts whose vectorizer then opens files."""
    model = make_pipeline(kind(), LogisticRegression()).fit(["yes yes", "no no"], [1, 0])
    model[0].input = where
    return model


for vectorizer in (CountVectorizer, TfidfVectorizer, HashingVectorizer):
    for where in ("filename", "file"):

        def _reading(kind: Any = vectorizer, where: str = where) -> bytes:
            return pickle.dumps(reading(kind, where))

        MAKERS[f"a {vectorizer.__name__} of input {where}"] = _reading


def _method() -> bytes:
    return broken(fitted(DecisionTreeRegressor, max_depth=4), _validate_X_predict=check_array)


def _output() -> bytes:
    return pickle.dumps(FunctionTransformer(np.exp, kw_args={"out": np.zeros(3)}))


def _hidden() -> bytes:
    return pickle.dumps(Called(slice, (reading(CountVectorizer, "file"),)))


def _sparse_method() -> bytes:
    return broken(scipy.sparse.csr_matrix(np.eye(2)), tocsr=check_array)


MAKERS["an object that hides in a slice"] = _hidden
MAKERS["a sparse matrix that converts with another function"] = _sparse_method
MAKERS["a tree that checks rows with another function"] = _method
MAKERS["a function that writes into an array of the model"] = _output
