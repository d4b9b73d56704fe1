"""A transformer's state with any damaged part is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.cluster import Birch, BisectingKMeans, FeatureAgglomeration, KMeans
from sklearn.compose import ColumnTransformer
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA, FactorAnalysis, FastICA, KernelPCA, SparsePCA
from sklearn.ensemble import RandomTreesEmbedding
from sklearn.impute import KNNImputer, MissingIndicator, SimpleImputer
from sklearn.kernel_approximation import (
    AdditiveChi2Sampler,
    Nystroem,
    PolynomialCountSketch,
    RBFSampler,
)
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    KBinsDiscretizer,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    SplineTransformer,
    TargetEncoder,
)
from sklearn.random_projection import SparseRandomProjection

from poner import loader
from poner.artifacts import FittedObject, FittedValue
from poner.compiled_model import open_tables
from poner.compiler.converters import convert_model
from poner.compiler.tables import write_tables
from poner.errors import PonerError

RANDOM = np.random.default_rng(17)
X = RANDOM.normal(size=(60, 3))
CATEGORIES = np.round(X)
GAPS = np.where(RANDOM.random(X.shape) < 0.2, np.nan, X)
y = X[:, 0] + X[:, 1]

MODELS: list[tuple[Any, Any]] = [
    (
        OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=5, drop="first"),
        CATEGORIES,
    ),
    (OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), CATEGORIES),
    (TargetEncoder(), CATEGORIES),
    (SimpleImputer(add_indicator=True), GAPS),
    (MissingIndicator(), GAPS),
    (KNNImputer(), GAPS),
    (ColumnTransformer([("a", MinMaxScaler(clip=True), [0, 1])], remainder="passthrough"), X),
    (FeatureUnion([("a", MinMaxScaler()), ("b", Normalizer())], transformer_weights={"a": 2}), X),
    (KBinsDiscretizer(3), X),
    (PolynomialFeatures(), X),
    (SplineTransformer(), X),
    (SplineTransformer(extrapolation="periodic", include_bias=False), X),
    (PowerTransformer(), X),
    (QuantileTransformer(n_quantiles=20), X),
    (PCA(2, whiten=True), X),
    (FastICA(2, random_state=0), X),
    (FactorAnalysis(2), X),
    (SparsePCA(2, max_iter=3), X),
    (SparseRandomProjection(2, random_state=0), X),
    (KernelPCA(2, kernel="rbf"), X),
    (Nystroem(n_components=3, random_state=0), X),
    (RBFSampler(n_components=3), X),
    (PolynomialCountSketch(n_components=3), X),
    (AdditiveChi2Sampler(), np.abs(X)),
    (FeatureAgglomeration(2), X),
    (RandomTreesEmbedding(2, max_depth=2), X),
    (KMeans(2, n_init=1), X),
]
PREDICTORS: list[Any] = [PLSRegression(1), KMeans(2, n_init=1), Birch(), BisectingKMeans(3)]


def damaged(value: FittedValue) -> Iterator[FittedValue]:
    """Variants of a value, each damaged in one way, also inside its parts."""
    yield from (None, -1, 2**31, float("nan"), "text", [], {}, np.empty(0), np.full((2, 2, 2), -7))
    match value:
        case np.ndarray() if value.size:
            yield value[:-1]
            yield np.concatenate([value, value])
            yield np.full(value.shape, -1)
            yield np.full(value.shape, 1e9)
            yield np.full(value.shape, "text")
            yield value[None]
        case list():
            yield value[:-1]
            yield value + value
            for place, item in enumerate(value[:4]):
                for other in damaged(item):
                    yield [*value[:place], other, *value[place + 1 :]]
        case dict():
            for name, item in value.items():
                for other in damaged(item):
                    yield {**value, name: other}
        case FittedObject():
            yield FittedObject(value.type_name, {})
            yield from damaged_objects(value)
        case _:
            pass


def damaged_objects(fitted: FittedObject) -> Iterator[FittedObject]:
    """The object with each of its attributes damaged in each way, or removed."""
    for name, value in fitted.attributes.items():
        rest = {key: item for key, item in fitted.attributes.items() if key != name}
        yield FittedObject(fitted.type_name, rest)
        for other in damaged(value):
            yield FittedObject(fitted.type_name, {**rest, name: other})


def read_all(model: Any, rows: Any, place: tuple[int, ...]) -> int:
    """Read a model with each damage to one of its estimators; returns how many were still read."""
    read = 0
    with loader.open_estimator(model, X=rows) as trained:
        whole = trained.estimator
        steps = whole.attributes.get("steps")
        part: Any = steps[0][1] if place and isinstance(steps, list) else whole  # type: ignore[index,call-overload]  # as fitted
        for other in damaged_objects(part):
            estimator = other
            if place:
                first: Any = [["first", other], steps[1]]  # type: ignore[index]  # as fitted
                estimator = replace(whole, attributes={**whole.attributes, "steps": first})
            try:
                program, _ = convert_model(replace(trained, estimator=estimator))
                open_tables(write_tables(program))
                read += 1
            except PonerError:
                continue
    return read


@pytest.mark.parametrize(("transformer", "rows"), MODELS, ids=[str(model) for model, _ in MODELS])
def test_damaged_transformers(transformer: Any, rows: Any) -> None:
    """Any damage gives one of poner's errors, or a program that the kernel opens."""
    model = make_pipeline(transformer, LinearRegression()).fit(rows, y)
    assert read_all(model, rows, (0,)) > 0


@pytest.mark.parametrize("model", PREDICTORS, ids=str)
def test_damaged_predictors(model: Any) -> None:
    """Any damage to a predictor gives one of poner's errors, or a valid program."""
    assert read_all(model.fit(X, y), X, ()) > 0
