"""Projections, kernel maps, clusters and selectors."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.cluster import (
    AffinityPropagation,
    Birch,
    BisectingKMeans,
    FeatureAgglomeration,
    KMeans,
    MeanShift,
    MiniBatchKMeans,
)
from sklearn.cross_decomposition import CCA, PLSSVD, PLSCanonical, PLSRegression
from sklearn.decomposition import (
    NMF,
    PCA,
    FactorAnalysis,
    FastICA,
    IncrementalPCA,
    KernelPCA,
    MiniBatchSparsePCA,
    SparsePCA,
    TruncatedSVD,
)
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import (
    HistGradientBoostingRegressor,
    RandomForestRegressor,
    RandomTreesEmbedding,
)
from sklearn.feature_selection import (
    RFE,
    RFECV,
    GenericUnivariateSelect,
    SelectFdr,
    SelectFpr,
    SelectFromModel,
    SelectFwe,
    SelectKBest,
    SelectPercentile,
    SequentialFeatureSelector,
    VarianceThreshold,
)
from sklearn.frozen import FrozenEstimator
from sklearn.impute import KNNImputer
from sklearn.kernel_approximation import (
    AdditiveChi2Sampler,
    Nystroem,
    PolynomialCountSketch,
    RBFSampler,
    SkewedChi2Sampler,
)
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.neighbors import NeighborhoodComponentsAnalysis
from sklearn.neural_network import BernoulliRBM
from sklearn.pipeline import make_pipeline
from sklearn.random_projection import GaussianRandomProjection, SparseRandomProjection
from sklearn.tree import DecisionTreeRegressor

import poner
from poner.errors import NotSupportedError
from tests.support.compiling import assert_agrees, compile_fitted

RANDOM = np.random.default_rng(13)
X = RANDOM.normal(size=(120, 6)) * [1.0, 2.0, 3.0, 0.1, 1.0, 1.0] + [0.0, 1.0, 10.0, 0.0, 0.0, 0.0]
y = X[:, 0] + X[:, 1] ** 2 + RANDOM.normal(size=120) * 0.1
LABELS = np.digitize(y, [0.0, 2.0])
POSITIVE = np.abs(X)

PROJECTIONS = [
    PCA(3),
    PCA(3, whiten=True),
    IncrementalPCA(3),
    TruncatedSVD(3),
    FastICA(3, random_state=0),
    FastICA(whiten=False, random_state=0, max_iter=5),
    FactorAnalysis(2),
    SparsePCA(3, random_state=0, max_iter=5),
    MiniBatchSparsePCA(3, random_state=0, max_iter=5),
    GaussianRandomProjection(4, random_state=0),
    SparseRandomProjection(4, random_state=0),
    BernoulliRBM(4, n_iter=2, random_state=0),
    KernelPCA(3, kernel="rbf", gamma=0.05),
    KernelPCA(3, kernel="poly", degree=2),
    KernelPCA(3),
    Nystroem(n_components=6, gamma=0.05, random_state=0),
    Nystroem("polynomial", n_components=6, degree=2, random_state=0),
    RBFSampler(gamma=0.1, n_components=8, random_state=0),
    PolynomialCountSketch(n_components=8, random_state=0),
    PolynomialCountSketch(degree=3, coef0=1.5, gamma=0.1, n_components=8, random_state=0),
    KMeans(4, random_state=0),
    MiniBatchKMeans(3, random_state=0),
    BisectingKMeans(4, random_state=0),
    FeatureAgglomeration(3),
]


@pytest.mark.parametrize("transformer", PROJECTIONS, ids=str)
def test_projections_before_a_linear_model(transformer: Any) -> None:
    """Projections agree within rounding."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = make_pipeline(transformer, Ridge()).fit(X, y)
    assert_agrees(model, X, tolerance=1e-8, excused=isinstance(transformer, Nystroem))


@pytest.mark.parametrize(
    "transformer",
    [PCA(3, whiten=True), PCA(2), KernelPCA(3, kernel="rbf"), FactorAnalysis(2), KNNImputer()],
    ids=str,
)
def test_models_of_single_precision(transformer: Any) -> None:
    """A model fitted on float32 answers float64 rows as scikit-learn does."""
    rows = X.astype(np.float32)
    if isinstance(transformer, KNNImputer):
        rows[::3, 1] = np.nan
        rows[::5, 2] = np.nan
    model = make_pipeline(transformer, Ridge()).fit(rows, y)
    assert_agrees(model, rows.astype(np.float64), tolerance=1e-7)


@pytest.mark.parametrize(
    "transformer",
    [
        Nystroem("chi2", n_components=5, random_state=0),
        Nystroem("laplacian", n_components=5, random_state=0),
        SkewedChi2Sampler(n_components=6, random_state=0),
        AdditiveChi2Sampler(),
        AdditiveChi2Sampler(sample_steps=3),
        AdditiveChi2Sampler(sample_steps=4, sample_interval=0.3),
    ],
    ids=str,
)
def test_maps_of_positive_rows(transformer: Any) -> None:
    """Kernels of histograms accept zeros, and refuse the same rows as scikit-learn."""
    rows = np.where(RANDOM.random(X.shape) < 0.1, 0.0, POSITIVE)
    model = make_pipeline(transformer, Ridge()).fit(rows, y)
    compiled = assert_agrees(model, rows, tolerance=1e-8)
    refused = not isinstance(transformer, Nystroem) or transformer.kernel == "chi2"
    assert compiled.refusals(np.full((1, 6), -2.0)).all() == refused


@pytest.mark.parametrize(
    "transformer",
    [
        LinearDiscriminantAnalysis(),
        LinearDiscriminantAnalysis(solver="eigen", n_components=1),
        NeighborhoodComponentsAnalysis(2, random_state=0, max_iter=5),
    ],
    ids=str,
)
def test_supervised_projections(transformer: Any) -> None:
    """Projections that separate classes agree."""
    assert_agrees(make_pipeline(transformer, LogisticRegression()).fit(X, LABELS), X)


@pytest.mark.parametrize(
    "transformer", [PLSRegression(2), PLSCanonical(2), CCA(1), PLSSVD(2)], ids=str
)
def test_partial_least_squares_transform(transformer: Any) -> None:
    """The scores of a row agree in a pipeline that was not fitted again."""
    frozen = FrozenEstimator(transformer.fit(X, np.stack([y, X[:, 2]], axis=1)))
    assert_agrees(make_pipeline(frozen, LinearRegression()).fit(X, y), X)


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("model", [PLSRegression(2), PLSRegression(1, scale=False)], ids=str)
def test_partial_least_squares_predict(model: Any, outputs: int) -> None:
    """Predictions of one target and of several agree."""
    targets = y if outputs == 1 else np.stack([y, X[:, 2], X[:, 0] ** 2], axis=1)
    assert_agrees(model.fit(X, targets), X)


EXACT = [
    FeatureAgglomeration(3),
    pytest.param(FeatureAgglomeration(2, pooling_func=np.max), id="FeatureAgglomeration of maxima"),
    RandomTreesEmbedding(10, max_depth=3, random_state=0),
    SelectKBest(k=2),
    SelectPercentile(percentile=50),
    SelectFpr(),
    SelectFdr(),
    SelectFwe(),
    GenericUnivariateSelect(mode="k_best", param=3),
    SelectFromModel(Lasso(0.1)),
    SelectFromModel(RandomForestRegressor(5, random_state=0), threshold="1.2*median"),
    SelectFromModel(Ridge(), max_features=2),
    RFE(LinearRegression(), n_features_to_select=2),
    RFECV(Ridge()),
    VarianceThreshold(0.05),
    SequentialFeatureSelector(Ridge(), n_features_to_select=2),
]


@pytest.mark.parametrize("transformer", EXACT, ids=str)
def test_selectors_before_a_tree(transformer: Any) -> None:
    """Selectors, groupings and leaf indices are exact."""
    model = make_pipeline(transformer, DecisionTreeRegressor(random_state=0)).fit(X, LABELS)
    assert_agrees(model, X, tolerance=0.0)


def test_a_selector_that_was_fitted_before() -> None:
    """With prefit the columns come from the given estimator."""
    selector = SelectFromModel(Lasso(0.1).fit(X, y), prefit=True)
    assert_agrees(make_pipeline(selector, LinearRegression()).fit(X, y), X)


def test_missing_values_pass_a_selector() -> None:
    """VarianceThreshold lets NaN pass to a model that accepts it."""
    rows = np.where(RANDOM.random(X.shape) < 0.1, np.nan, X)
    model = make_pipeline(VarianceThreshold(0.05), HistGradientBoostingRegressor(max_iter=5))
    assert_agrees(model.fit(rows, y), rows)


def test_rows_that_are_centers() -> None:
    """At a center scikit-learn's distance is a rounding error, which the proof excuses."""
    model = make_pipeline(Birch(threshold=2.0), Ridge()).fit(X, y)
    assert_agrees(model, X, tolerance=1e-5, excused=True)


@pytest.mark.parametrize("model", [RFE(LogisticRegression()), RFECV(Ridge())], ids=str)
def test_elimination_predicts(model: Any) -> None:
    """RFE answers with its last estimator."""
    assert_agrees(model.fit(X, LABELS), X)


@pytest.mark.parametrize(
    "model",
    [
        KMeans(4, random_state=0),
        MiniBatchKMeans(3, random_state=0),
        BisectingKMeans(2, random_state=0),
        BisectingKMeans(7, random_state=0),
        Birch(threshold=2.0, n_clusters=3),
        MeanShift(),
        AffinityPropagation(random_state=0),
    ],
    ids=str,
)
def test_clusters_of_new_rows(model: Any) -> None:
    """A new row gets the number of the nearest center."""
    assert_agrees(model.fit(X), X)


@pytest.mark.parametrize(
    ("transformer", "reason"),
    [
        (NMF(2, max_iter=5), "does not compute NMF"),
        (FeatureAgglomeration(2, pooling_func=np.median), "numpy.median"),
        (Nystroem(lambda a, b: float(a @ b), n_components=3), "function of your own"),
    ],
    ids=["nmf", "median", "kernel"],
)
def test_others_are_not_supported(transformer: Any, reason: str) -> None:
    """A model that the native engine cannot compute is refused."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = make_pipeline(transformer, LinearRegression()).fit(POSITIVE, y)
    with pytest.raises(NotSupportedError, match=reason):
        compile_fitted(model, POSITIVE)


@pytest.mark.parametrize(
    "model",
    [
        KMeans(4, random_state=0),
        MiniBatchKMeans(3, random_state=0),
        BisectingKMeans(4, random_state=0),
        Birch(n_clusters=3),
    ],
    ids=lambda model: type(model).__name__,
)
def test_clusters_are_classes(model: Any) -> None:
    """The number of a cluster is an integer, alone and behind other steps."""
    for fitted in (clone(model).fit(X), make_pipeline(PCA(2), clone(model)).fit(X)):
        compiled = poner.compile(fitted, X)
        assert compiled.signature.classes == tuple(range(model.n_clusters))
        answers = compiled.predict(X)
        assert answers.dtype.kind == "i"
        np.testing.assert_array_equal(answers, fitted.predict(X))
