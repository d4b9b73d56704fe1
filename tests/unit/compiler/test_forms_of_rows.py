"""Rows in the forms that users have: a compiled model answers for them as the model itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
import scipy.sparse
from sklearn.cluster import BisectingKMeans, KMeans, MiniBatchKMeans
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

import poner
from poner.artifacts import FloatArray
from poner.errors import InputError, SignatureError
from tests.support.compiling import assert_agrees, compile_fitted
from tests.support.saving import signature_in


def make() -> tuple[FloatArray, Any]:
    """Rows of whole numbers and fractions, and three classes."""
    random = np.random.default_rng(0)
    X = np.round(random.normal(0, 2, (90, 4)), 1)
    return X, np.digitize(X @ [1.0, -1.0, 0.5, 0.0], [-1.0, 1.0])


@pytest.mark.parametrize("named", [range(4), pandas.MultiIndex.from_product([[1, 2], [3, 4]])])
@pytest.mark.parametrize("fitted_on_frame", [True, False])
def test_column_names_that_are_no_texts_are_positions(named: Any, fitted_on_frame: bool) -> None:
    """As to scikit-learn: a DataFrame with default names, in its own order whatever they are."""
    X, y = make()
    frame = pandas.DataFrame(X, columns=named)
    model = LogisticRegression().fit(frame if fitted_on_frame else X, y)
    compiled = assert_agrees(model, frame)
    swapped = frame.iloc[:, [1, 0, 2, 3]]
    np.testing.assert_array_equal(compiled.predict(swapped), model.predict(swapped))
    with pytest.raises(InputError, match=r"3\D.*4"):
        compiled.predict(frame.iloc[:, :3])


@pytest.mark.parametrize("form", ["csr_matrix", "csc_array", "coo_matrix", "lil_array"])
def test_sparse_rows(form: str) -> None:
    """In training and in questions, of every kind of matrix; a single row, too."""
    X, y = make()
    X = np.where(np.abs(X) > 1.5, X, 0.0)
    sparse = getattr(scipy.sparse, form)(X)
    model = LogisticRegression().fit(sparse, y)
    compiled = compile_fitted(model, sparse)
    np.testing.assert_array_equal(compiled.predict(sparse), model.predict(sparse))
    np.testing.assert_array_equal(compiled.predict(sparse.tocsr()[:1]), model.predict(X[:1]))


@pytest.mark.parametrize("kind", [KMeans, MiniBatchKMeans, BisectingKMeans])
def test_clusters_fitted_on_single_precision(kind: Any) -> None:
    """They refuse float64 themselves; here they answer it, and float32 as they do, by the centre.

    A row is as near to another centre only where float32 rounds so.
    """
    X, _ = make()
    single = X.astype(np.float32)
    model = kind(3, random_state=0).fit(single)
    with pytest.raises(ValueError):
        model.predict(X)
    compiled = compile_fitted(model, single)
    np.testing.assert_array_equal(compiled.predict(single), model.predict(single))
    np.testing.assert_array_equal(compiled.predict(X), model.predict(single))
    assert compiled.predict(single[:1].tolist()) == model.predict(single[:1])


def test_single_precision_is_computed_in_double() -> None:
    """Rows in float32 are answered as the numbers that they hold: the same as in float64."""
    X, _ = make()
    single = X.astype(np.float32)
    for model in (Ridge().fit(single, X[:, 0]), make_pipeline(StandardScaler(), Ridge())):
        model.fit(single, X[:, 0])
        compiled = compile_fitted(model, single)
        wide = single.astype(np.float64)
        np.testing.assert_array_equal(compiled.predict(single), compiled.predict(wide))
        np.testing.assert_allclose(compiled.predict(single), model.predict(wide), rtol=1e-12)
        np.testing.assert_allclose(compiled.predict(single), model.predict(single), rtol=1e-4)


BEGINNINGS: list[Any] = [
    Pipeline([("nothing", "passthrough"), ("model", LogisticRegression())]),
    Pipeline([("nothing", None), ("scale", "passthrough"), ("model", LogisticRegression())]),
    Pipeline(
        [
            ("inner", Pipeline([("nothing", "passthrough"), ("scale", StandardScaler())])),
            ("model", LogisticRegression()),
        ]
    ),
    Pipeline(
        [
            ("union", FeatureUnion([("as it is", "passthrough"), ("scale", StandardScaler())])),
            ("model", LogisticRegression()),
        ]
    ),
    GridSearchCV(
        Pipeline([("nothing", "passthrough"), ("model", LogisticRegression())]),
        {"model__C": [0.1, 1.0]},
        cv=2,
    ),
]


@pytest.mark.parametrize("model", BEGINNINGS, ids=range(len(BEGINNINGS)))
def test_a_pipeline_may_begin_with_passthrough(model: Any) -> None:
    """It then says no width itself; fitted with names or without."""
    X, y = make()
    model.fit(X, y)
    assert_agrees(model, X)
    assert compile_fitted(model, None).signature.wire_names == ("x0", "x1", "x2", "x3")
    frame = pandas.DataFrame(X, columns=["a", "b", "c", "d"])
    model.fit(frame, y)
    assert compile_fitted(model, None).signature.wire_names == ("a", "b", "c", "d")


def test_a_saved_pipeline_may_begin_with_passthrough(tmp_path: Path) -> None:
    """It has the names of its first step that does something."""
    X, y = make()
    frame = pandas.DataFrame(X, columns=["a", "b", "c", "d"])
    model = BEGINNINGS[0].fit(frame, y)
    poner.save(model, frame, y, tmp_path)
    assert signature_in(tmp_path).wire_names == ("a", "b", "c", "d")
    np.testing.assert_array_equal(poner.compile(tmp_path).predict(frame), model.predict(frame))


def test_a_model_that_says_no_width_has_that_of_its_training_rows() -> None:
    """A FunctionTransformer in front of a step that chooses columns of what it gets."""
    X, y = make()
    encode = ColumnTransformer([("day", OneHotEncoder(handle_unknown="ignore"), [3])])
    model = make_pipeline(FunctionTransformer(), encode, LogisticRegression()).fit(X, y)
    del model.steps[0][1].n_features_in_, model.steps[1][1].n_features_in_
    del model.steps[2][1].n_features_in_
    with pytest.raises(SignatureError):
        compile_fitted(model, None)
    assert len(compile_fitted(model, X).signature.features) == 4
