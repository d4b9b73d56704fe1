"""Compiled support vector machines answer as scikit-learn does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from sklearn.datasets import load_breast_cancer, make_classification
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR, NuSVC, NuSVR, OneClassSVM

from poner.artifacts import FloatArray
from poner.errors import ModelUnreadableError, NotSupportedError
from tests.support.compiling import assert_agrees, assert_proved_elsewhere, compile_fitted
from tests.support.versions import OTHER_VERSIONS

CLOSE = 1e-10
KERNELS = [
    {"kernel": "linear"},
    {"kernel": "poly", "degree": 2, "coef0": 1.0},
    {"kernel": "rbf"},
    {"kernel": "rbf", "gamma": 0.3},
    {"kernel": "sigmoid", "gamma": "auto", "coef0": 0.5},
]


def make(n_classes: int, n_rows: int = 120) -> tuple[FloatArray, Any]:
    """Rows of five features in overlapping classes."""
    return make_classification(
        n_rows,
        5,
        n_informative=5,
        n_redundant=0,
        n_classes=n_classes,
        random_state=0,
        class_sep=0.7,
    )


def hard(X: FloatArray) -> FloatArray:
    """Rows that are zero, tiny, huge, far away, and training rows."""
    extremes = [np.zeros(5), np.full(5, 1e-300), np.full(5, 1e3), -X[0] * 50.0]
    return np.concatenate([np.array(extremes), X[:20], X[:20] + 0.1])


@pytest.mark.parametrize("n_classes", [2, 3, 10])
@pytest.mark.parametrize("settings", KERNELS, ids=lambda s: s["kernel"])
def test_classifiers_vote_and_score(settings: dict[str, Any], n_classes: int) -> None:
    """Every kernel and number of classes: labels by libsvm's votes, scores of either shape."""
    X, y = make(n_classes, 200)
    for shape in ("ovr", "ovo"):
        model = SVC(decision_function_shape=shape, **settings).fit(X, y)
        assert_agrees(model, X, hard(X), CLOSE)


@pytest.mark.parametrize("n_classes", [2, 3, 5])
@pytest.mark.filterwarnings("ignore:.*probability.*:FutureWarning")
@pytest.mark.parametrize("kind", [SVC, NuSVC])
def test_probabilities_are_coupled_as_libsvm_does(kind: Any, n_classes: int) -> None:
    """Platt's probabilities of pairs become those of classes in libsvm's iteration."""
    X, y = make(n_classes)
    settings = {"nu": 0.2} if kind is NuSVC else {}
    model = kind(probability=True, random_state=0, **settings).fit(X, y)
    assert_agrees(model, X, hard(X), CLOSE)


@pytest.mark.parametrize(
    "names", [["no", "yes", "maybe"], [False, True], [7, 3, 5], [1.0, 2.0, 9.0]], ids=str
)
def test_classes_of_any_kind(names: list[Any]) -> None:
    """Labels may be texts, booleans, integers or floats."""
    X, y = make(len(names))
    labels = np.array(names)[y]
    assert_agrees(SVC().fit(X, labels), X, hard(X), CLOSE)


def test_ties_of_votes_are_broken_by_scores_where_asked() -> None:
    """With break_ties the largest score decides."""
    X, y = make(4)
    assert_agrees(SVC(break_ties=True, gamma=5.0).fit(X, y), X, hard(X), CLOSE)


def test_ties_that_its_predict_refuses_are_not_supported() -> None:
    """break_ties with 'ovo' cannot predict in scikit-learn either."""
    X, y = make(3)
    model = SVC(break_ties=True).fit(X, y)
    model.decision_function_shape = "ovo"
    with pytest.raises(NotSupportedError, match="break"):
        compile_fitted(model, X)


@pytest.mark.parametrize("settings", KERNELS, ids=lambda s: s["kernel"])
@pytest.mark.parametrize("kind", [SVR, NuSVR, OneClassSVM])
def test_one_sum(kind: Any, settings: dict[str, Any]) -> None:
    """Regressors and the one-class machine, one sum of kernels each, agree."""
    X, _ = make(2)
    y = X @ np.arange(1.0, 6.0)
    model = kind(**settings)
    model.fit(X) if kind is OneClassSVM else model.fit(X, y)
    assert_agrees(model, X, hard(X), CLOSE, excused=kind is OneClassSVM)


@pytest.mark.parametrize("model", [SVC(), SVC(kernel="linear"), OneClassSVM(), SVR()], ids=str)
def test_fitted_on_sparse_rows(model: Any) -> None:
    """A model that was fitted on sparse rows answers dense rows."""
    X, y = make(3)
    X = np.where(np.abs(X) < 0.7, 0.0, X)
    model.fit(scipy.sparse.csr_matrix(X), y)
    assert_agrees(model, X, hard(X), CLOSE)


def test_without_support_vectors() -> None:
    """A regressor whose tube holds every target is a constant."""
    X, _ = make(2)
    model = SVR(epsilon=10.0).fit(X, np.linspace(0.0, 1.0, len(X)))
    assert len(model.support_) == 0
    assert_agrees(model, X, hard(X), CLOSE)


def test_votes_that_are_as_close_as_rounding() -> None:
    """If a machine is symmetric around a row, the proof accepts either label."""
    corners = np.array([[-1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [0.0, 0.0]])
    y = np.array([0, 0, 1, 1, 0])
    compile_fitted(SVC(gamma=1.0).fit(corners, y), corners)
    compile_fitted(SVC(kernel="linear").fit(corners, y), corners)


def test_sums_of_large_terms_that_cancel_out() -> None:
    """scikit-learn itself rounds them at a larger size than they have, and the proof knows."""
    X, y = load_breast_cancer(return_X_y=True)
    compile_fitted(SVC(kernel="linear", C=100.0).fit(X[:100], y[:100]), X)


def test_kernels_without_a_name_are_not_supported() -> None:
    """A kernel matrix or a function is named in the error."""
    X, y = make(2)
    square = X @ X.T
    with pytest.raises(NotSupportedError, match="SVC: its kernel is precomputed"):
        compile_fitted(SVC(kernel="precomputed").fit(square, y), square)
    model = make_pipeline(StandardScaler(), SVC(kernel=_product)).fit(X, y)
    with pytest.raises(NotSupportedError, match="svc: its kernel is a function of your own"):
        compile_fitted(model, X)


def _product(A: FloatArray, B: FloatArray) -> FloatArray:
    return A @ B.T


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("_dual_coef_", np.ones((5, 3))),
        ("_n_support", np.array([5, 1], np.int32)),
        ("_intercept_", np.ones(9)),
        ("support_vectors_", np.ones((3, 3))),
    ],
)
def test_damaged_states_are_refused(name: str, value: Any) -> None:
    """Arrays whose shapes disagree are refused."""
    X, y = make(3)
    model = SVC().fit(X, y)
    setattr(model, name, value)
    with pytest.raises(ModelUnreadableError):
        compile_fitted(model, X)


_SCRIPT = """
import pickle, numpy, scipy.sparse
from sklearn.datasets import load_breast_cancer, make_classification
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR, NuSVC, NuSVR, OneClassSVM
X, y = make_classification(90, 5, n_informative=4, n_redundant=0, n_classes=3, random_state=0)
names = numpy.array(["a", "b", "c"])[y]
models = [
    SVC(probability=True, random_state=0).fit(X, names),
    SVC(kernel="poly").fit(X, y > 0),
    SVC(kernel="linear", decision_function_shape="ovo").fit(scipy.sparse.csr_matrix(X), y),
    NuSVC(nu=0.2, break_ties=True).fit(X, y),
    SVR(kernel="sigmoid").fit(X, X[:, 0]),
    NuSVR().fit(X, X[:, 0]),
    OneClassSVM().fit(X),
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
