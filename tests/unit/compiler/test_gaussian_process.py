"""Compiled Gaussian processes and kernel ridge answer as scikit-learn does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process.kernels import (
    RBF,
    CompoundKernel,
    ConstantKernel,
    DotProduct,
    Exponentiation,
    ExpSineSquared,
    Matern,
    PairwiseKernel,
    RationalQuadratic,
    WhiteKernel,
)
from sklearn.kernel_ridge import KernelRidge

from poner.artifacts import FloatArray
from poner.errors import ModelUnreadableError, NotSupportedError
from tests.support.compiling import assert_agrees, assert_proved_elsewhere, compile_fitted
from tests.support.versions import OTHER_VERSIONS

CLOSE = 1e-10
KERNELS = [
    None,
    RBF([1.0, 2.0, 3.0]),
    ConstantKernel(2.0) * RBF() + WhiteKernel(0.1),
    Matern(nu=0.5),
    Matern(length_scale=[1.0, 2.0, 0.5], nu=1.5),
    Matern(nu=2.5),
    Matern(nu=np.inf),
    RationalQuadratic(alpha=0.7),
    DotProduct(0.5) + WhiteKernel(),
    Exponentiation(DotProduct(), 2),
    RBF() + 1.5,
    PairwiseKernel(metric="linear") + WhiteKernel(),
    PairwiseKernel(metric="poly", gamma=0.2, pairwise_kernels_kwargs={"degree": 2}) + WhiteKernel(),
    PairwiseKernel(metric="laplacian", gamma=0.5),
    PairwiseKernel(metric="cosine") + WhiteKernel(),
]


def make(n_classes: int = 2, n_rows: int = 60) -> tuple[FloatArray, Any]:
    """Random rows and classes that follow from them."""
    X = np.random.default_rng(0).normal(size=(n_rows, 3))
    return X, (np.abs(X[:, 0] + X[:, 1] * X[:, 2]) * 2).astype(int) % n_classes


def hard(X: FloatArray) -> FloatArray:
    """Rows that are zero, tiny, large and ordinary."""
    extremes = [np.zeros(3), np.full(3, 1e-300), np.full(3, 30.0)]
    return np.concatenate([np.array(extremes), X[:20] + 0.01])


@pytest.mark.parametrize("kernel", KERNELS, ids=str)
def test_regressors(kernel: Any) -> None:
    """Every kernel agrees, with plain and with normalized targets."""
    X, _ = make()
    y = np.sin(X[:, 0]) + X[:, 1] + 5.0
    for normalize in (False, True):
        model = GaussianProcessRegressor(
            kernel, alpha=0.01, optimizer=None, normalize_y=normalize
        ).fit(X, y)
        assert_agrees(model, X, hard(X), CLOSE)


def test_periodic_kernel() -> None:
    """The periodic kernel agrees along a line."""
    X = np.linspace(0.0, 10.0, 40)[:, None]
    model = GaussianProcessRegressor(ExpSineSquared(2.0, 3.0), alpha=0.1, optimizer=None)
    assert_agrees(model.fit(X, np.sin(X[:, 0])), X, X + 0.1, CLOSE)


def test_regressor_of_three_outputs() -> None:
    """Each output has its weights and its scale."""
    X, _ = make()
    y = np.stack([X[:, 0], X[:, 1] * 100.0, X[:, 2] + 1e3], axis=1)
    for normalize in (False, True):
        model = GaussianProcessRegressor(Matern(), alpha=0.1, normalize_y=normalize).fit(X, y)
        assert_agrees(model, X, hard(X), CLOSE)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_optimized_kernels() -> None:
    """Optimized kernels agree, also without noise, where large weights cancel out."""
    X = np.linspace(0.0, 10.0, 40)[:, None]
    kernel = ConstantKernel() * RBF() + WhiteKernel()
    compile_fitted(GaussianProcessRegressor(kernel).fit(X, np.sin(X[:, 0])), X)
    compile_fitted(GaussianProcessRegressor(RBF() * 1.0).fit(X[::3], np.sin(X[::3, 0])), X[::3])


@pytest.mark.parametrize("kernel", KERNELS, ids=str)
def test_classifiers_of_two(kernel: Any) -> None:
    """Every kernel agrees for two classes, with the variance's diagonal."""
    X, y = make()
    model = GaussianProcessClassifier(kernel, optimizer=None).fit(X, y)
    assert_agrees(model, X, hard(X), CLOSE)


@pytest.mark.parametrize("scheme", ["one_vs_rest", "one_vs_one"])
@pytest.mark.parametrize("n_classes", [3, 5])
def test_classifiers_of_many(n_classes: int, scheme: str) -> None:
    """One process for each class, or for each pair of classes."""
    X, y = make(n_classes)
    names = np.array(["red", "green", "blue", "grey", "pink"])[y]
    model = GaussianProcessClassifier(multi_class=scheme, optimizer=None).fit(X, names)
    compiled = compile_fitted(model, X)
    np.testing.assert_array_equal(compiled.predict(hard(X)), model.predict(hard(X)))
    if scheme == "one_vs_rest":
        assert_agrees(model, X, hard(X), CLOSE)


@pytest.mark.parametrize("names", [["no", "yes"], [False, True], [7, 3], [1.0, 9.0]], ids=str)
def test_classes_of_any_kind(names: list[Any]) -> None:
    """Labels may be texts, booleans, integers or floats."""
    X, y = make()
    model = GaussianProcessClassifier(optimizer=None).fit(X, np.array(names)[y])
    assert_agrees(model, X, hard(X), CLOSE)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"kernel": "rbf", "gamma": 0.3},
        {"kernel": "rbf"},
        {"kernel": "poly", "degree": 2.5, "coef0": 100.0},
        {"kernel": "polynomial"},
        {"kernel": "sigmoid", "coef0": 0.1},
        {"kernel": "laplacian"},
        {"kernel": "cosine"},
        {"kernel": RBF(2.0)},
    ],
    ids=str,
)
def test_kernel_ridge(settings: dict[str, Any]) -> None:
    """Every kernel agrees, for one output and for three."""
    X, _ = make()
    assert_agrees(KernelRidge(**settings).fit(X, X[:, 0] ** 2), X, hard(X), CLOSE)
    assert_agrees(KernelRidge(**settings).fit(X, X**2), X, hard(X), CLOSE)


@pytest.mark.parametrize("kernel", ["chi2", "additive_chi2"])
def test_kernels_of_histograms(kernel: str) -> None:
    """Kernels of histograms refuse negative values; so does the compiled model."""
    X, _ = make()
    X = np.abs(X)
    X[0] = 0.0
    settings = {"gamma": 0.5} if kernel == "chi2" else {}
    assert_agrees(KernelRidge(kernel=kernel, **settings).fit(X, X[:, 0]), X, X + 0.01, CLOSE)


@pytest.mark.parametrize(
    ("kernel", "reason"),
    [
        (Matern(nu=1.7), "nu=1.7"),
        (CompoundKernel([RBF(), RBF()]), "its kernel CompoundKernel"),
        (PairwiseKernel(metric=lambda a, b, gamma: a @ b), "a function of your own"),
    ],
    ids=["matern", "compound", "function"],
)
def test_what_is_not_supported(kernel: Any, reason: str) -> None:
    """Bessel functions and the user's own functions are refused by name."""
    X, _ = make()
    model = GaussianProcessRegressor(RBF(), optimizer=None).fit(X, X[:, 0])
    model.kernel_ = kernel
    with pytest.raises(NotSupportedError, match=reason):
        compile_fitted(model, X)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("alpha_", np.ones(7)),
        ("X_train_", np.ones((60, 2))),
        ("_y_train_std", np.ones(5)),
        ("kernel_", RBF([1.0, 2.0])),
    ],
)
def test_damaged_states_are_refused(name: str, value: Any) -> None:
    """Arrays whose shapes disagree are refused."""
    X, _ = make()
    model = GaussianProcessRegressor(RBF(), optimizer=None).fit(X, X[:, 0])
    setattr(model, name, value)
    with pytest.raises(ModelUnreadableError):
        compile_fitted(model, X)


_SCRIPT = """
import pickle, numpy
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, Matern, WhiteKernel, DotProduct
from sklearn.kernel_ridge import KernelRidge
X = numpy.random.default_rng(0).normal(size=(50, 3))
y = (abs(X[:, 0]) * 2).astype(int) % 3
models = [
    GaussianProcessRegressor(RBF() + WhiteKernel(), normalize_y=True).fit(X, X[:, 0] + 3),
    GaussianProcessRegressor(Matern() + DotProduct(), alpha=0.1).fit(X, X[:, :2]),
    GaussianProcessRegressor(alpha=0.1).fit(X, X[:, 0]),
    GaussianProcessClassifier(optimizer=None).fit(X, y > 0),
    GaussianProcessClassifier(optimizer=None).fit(X, numpy.array(["a", "b", "c"])[y]),
    GaussianProcessClassifier(multi_class="one_vs_one", optimizer=None).fit(X, y),
    KernelRidge(kernel="rbf").fit(X, X[:, 0]),
    KernelRidge(kernel="poly").fit(X, X[:, :2]),
]
for number, model in enumerate(models):
    with open(f"{number}.pkl", "wb") as file:
        pickle.dump(model, file)
pickle.dump(models[0], open("clf.sav", "wb"))
"""


@pytest.mark.parametrize("version", OTHER_VERSIONS)
def test_other_versions(version: str, tmp_path: Path) -> None:
    """Models of older versions are read and proved."""
    assert_proved_elsewhere(version, _SCRIPT, tmp_path)
