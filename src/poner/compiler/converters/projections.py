"""Linear projections: the row, often centered, times a matrix.

Source: scikit-learn 1.1 to 1.9, sklearn/decomposition, sklearn/random_projection.py,
sklearn/cross_decomposition/_pls.py, sklearn/discriminant_analysis.py, sklearn/neighbors/_nca.py and
sklearn/neural_network/_rbm.py, read 2026-11-22.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FittedObject, FloatArray
from poner.compiler.converters.scope import (
    Prediction,
    PredictorConverter,
    Scope,
    TransformerConverter,
)
from poner.compiler.fitted import get_matrix, get_number, get_value, get_vector
from poner.compiler.operations.elementwise import Function, Pairing

_MISFIT = "its components do not fit its columns"

_CENTERS_AFTERWARDS = (1, 5)
"""First version in which PCA subtracts the projected mean from the projected row; earlier versions
subtract the mean from the row, then project."""


def project(scope: Scope, source: int, matrix: FloatArray) -> int:
    """Matrix @ row; checks that the matrix is as wide as the row."""
    if matrix.shape[1] != scope.builder.width(source):
        raise scope.damaged(_MISFIT)
    return scope.builder.linear(source, matrix)


def _center(scope: Scope, source: int, mean: FloatArray) -> int:
    if len(mean) != scope.builder.width(source):
        raise scope.damaged(_MISFIT)
    return scope.builder.combine(Pairing.SUBTRACT, source, mean)


def own_dtype(estimator: FittedObject, name: str) -> NDArray[np.floating[Any]]:
    """A fitted array in its own precision: float32 models are partly computed in float32."""
    numbers = get_matrix(estimator, name)
    value = get_value(estimator, name)
    single = isinstance(value, np.ndarray) and value.dtype == np.float32
    return numbers.astype(np.float32) if single else numbers


def convert_pca(estimator: FittedObject, scope: Scope, source: int) -> int:
    """Center, project onto the components, and if `whiten` divide by the deviations."""
    builder = scope.builder
    row = builder.require(source)
    components = own_dtype(estimator, "components_")
    mean = None if get_value(estimator, "mean_") is None else own_dtype(estimator, "mean_")
    afterwards = scope.version >= _CENTERS_AFTERWARDS
    if mean is not None and not afterwards:
        row = _center(scope, row, mean.ravel().astype(np.float64))
    register = project(scope, row, components.astype(np.float64))
    if mean is not None and afterwards:
        register = builder.combine(Pairing.SUBTRACT, register, mean @ components.T)
    if not get_value(estimator, "whiten"):
        return register
    scale = np.sqrt(np.maximum(own_dtype(estimator, "explained_variance_").ravel(), 0))
    if afterwards:
        scale = np.maximum(scale, np.finfo(scale.dtype).eps)
    return builder.combine(Pairing.DIVIDE, register, scale)


def convert_components(estimator: FittedObject, scope: Scope, source: int) -> int:
    """Project onto the components."""
    return project(scope, scope.builder.require(source), get_matrix(estimator, "components_"))


def convert_fast_ica(estimator: FittedObject, scope: Scope, source: int) -> int:
    """Project onto the components; center first if `whiten`."""
    row = scope.builder.require(source)
    whiten = estimator.attributes.get("_whiten", get_value(estimator, "whiten"))
    if whiten:
        row = _center(scope, row, get_vector(estimator, "mean_"))
    return project(scope, row, get_matrix(estimator, "components_"))


def convert_factor_analysis(estimator: FittedObject, scope: Scope, source: int) -> int:
    """The expected latent factors of a row (Barber, equation 21.2.33)."""
    row = _center(scope, scope.builder.require(source), get_vector(estimator, "mean_"))
    components = get_matrix(estimator, "components_")
    noise = get_vector(estimator, "noise_variance_")
    if components.shape[1] != len(noise):
        raise scope.damaged(_MISFIT)
    with np.errstate(all="ignore"):
        weighted = components / noise
    covariance = np.eye(len(components)) + weighted @ components.T
    return project(scope, row, solve(scope, covariance.T, weighted))


def convert_sparse_pca(estimator: FittedObject, scope: Scope, source: int) -> int:
    """The coefficients of a ridge regression of the row on the components."""
    if own_dtype(estimator, "components_").dtype == np.float32:
        raise scope.unsupported(
            "it was fitted on float32, and scikit-learn then transforms in float32",
            "Fit it on float64.",
        )
    row = _center(scope, scope.builder.require(source), get_vector(estimator, "mean_"))
    components = get_matrix(estimator, "components_")
    alpha = get_number(estimator, "ridge_alpha")
    gram = components @ components.T + alpha * np.eye(len(components))
    return project(scope, row, solve(scope, gram, components))


def solve(scope: Scope, matrix: FloatArray, right: FloatArray) -> FloatArray:
    """Solve matrix @ x = right for x."""
    try:
        return np.asarray(np.linalg.solve(matrix, right), dtype=np.float64)
    except np.linalg.LinAlgError:
        raise scope.unsupported("its components are linearly dependent") from None


def convert_pls(estimator: FittedObject, scope: Scope, source: int) -> int:
    """The standardized row, rotated."""
    return _scores(estimator, scope, source, get_matrix(estimator, "x_rotations_"))


def convert_pls_svd(estimator: FittedObject, scope: Scope, source: int) -> int:
    """The standardized row times its weights."""
    return _scores(estimator, scope, source, get_matrix(estimator, "x_weights_"))


def _scores(estimator: FittedObject, scope: Scope, source: int, rotations: FloatArray) -> int:
    row = _center(scope, scope.builder.require(source), get_vector(estimator, "_x_mean"))
    row = scope.builder.combine(Pairing.DIVIDE, row, get_vector(estimator, "_x_std"))
    return project(scope, row, rotations.T)


_SCALED_COEFFICIENTS = (1, 5)
"""The first version in which PLS predicts from the centered, unscaled row."""


def convert_pls_predictions(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The centered row times the coefficients, plus the intercept."""
    builder = scope.builder
    row = _center(scope, builder.require(source), get_vector(estimator, "_x_mean"))
    if scope.version < _SCALED_COEFFICIENTS:
        row = builder.combine(Pairing.DIVIDE, row, get_vector(estimator, "_x_std"))
    name = "_coef_" if "_coef_" in estimator.attributes else "coef_"  # before 1.3
    targets = project(scope, row, get_matrix(estimator, name))
    return Prediction(builder.combine(Pairing.ADD, targets, get_vector(estimator, "intercept_")))


def convert_discriminants(estimator: FittedObject, scope: Scope, source: int) -> int:
    """The row projected onto the directions that separate the classes best."""
    row = scope.builder.require(source)
    match get_value(estimator, "solver"):
        case "svd":
            row = _center(scope, row, get_vector(estimator, "xbar_"))
        case "eigen":
            pass
        case solver:
            raise scope.unsupported(f"its solver {solver!r} has no transform")
    most = int(get_number(estimator, "_max_components"))
    return project(scope, row, get_matrix(estimator, "scalings_").T[: max(0, most)])


def convert_bernoulli_rbm(estimator: FittedObject, scope: Scope, source: int) -> int:
    """Probabilities of the hidden units."""
    builder = scope.builder
    hidden = convert_components(estimator, scope, source)
    hidden = builder.combine(Pairing.ADD, hidden, get_vector(estimator, "intercept_hidden_"))
    return builder.map(Function.EXPIT, hidden)


_DECOMPOSITION = "sklearn.decomposition"
_PLS = "sklearn.cross_decomposition._pls"
_PLS_NAMES = ("PLSRegression", "PLSCanonical", "CCA")

TRANSFORMERS: dict[str, TransformerConverter] = {
    f"{_DECOMPOSITION}._pca.PCA": convert_pca,
    f"{_DECOMPOSITION}._incremental_pca.IncrementalPCA": convert_pca,
    f"{_DECOMPOSITION}._truncated_svd.TruncatedSVD": convert_components,
    f"{_DECOMPOSITION}._fastica.FastICA": convert_fast_ica,
    f"{_DECOMPOSITION}._factor_analysis.FactorAnalysis": convert_factor_analysis,
    f"{_DECOMPOSITION}._sparse_pca.SparsePCA": convert_sparse_pca,
    f"{_DECOMPOSITION}._sparse_pca.MiniBatchSparsePCA": convert_sparse_pca,
    "sklearn.random_projection.GaussianRandomProjection": convert_components,
    "sklearn.random_projection.SparseRandomProjection": convert_components,
    "sklearn.neighbors._nca.NeighborhoodComponentsAnalysis": convert_components,
    "sklearn.discriminant_analysis.LinearDiscriminantAnalysis": convert_discriminants,
    "sklearn.neural_network._rbm.BernoulliRBM": convert_bernoulli_rbm,
    **{f"{_PLS}.{name}": convert_pls for name in _PLS_NAMES},
    f"{_PLS}.PLSSVD": convert_pls_svd,
}
PREDICTORS: dict[str, PredictorConverter] = {
    f"{_PLS}.{name}": convert_pls_predictions for name in _PLS_NAMES
}
