"""Checks support vector machines, whose arrays libsvm reads without their lengths."""

from __future__ import annotations

from typing import Any

from .shapes import is_array, is_within, require, width_of

MACHINE = "support vector machine"
"""How messages name the part that is checked."""

KINDS = {
    "SVC": "c_svc",
    "NuSVC": "nu_svc",
    "SVR": "epsilon_svr",
    "NuSVR": "nu_svr",
    "OneClassSVM": "one_class",
}
"""By class: the kind of machine, as libsvm knows it."""

CLASSIFIERS = ("c_svc", "nu_svc")
"""Kinds of machines that count their support vectors class by class."""


def check_vectors(model: Any) -> None:
    """`sklearn.svm._base.BaseLibSVM` (libsvm_helper.c: set_model, csr_set_model)."""
    state = vars(model)
    if "support_vectors_" not in state:
        return
    fits = (
        state.get("_impl", model._impl) == _kind_of(type(model)) and "_sparse_kernels" not in state
    )
    require(fits, MACHINE, "has a kind that differs from its class")
    vectors, support, counts = model.support_vectors_, model.support_, model._n_support
    fits = is_array(support, "i", 1) and is_array(counts, "i", 1)
    require(fits, MACHINE, "has no indices of support vectors")
    n_vectors, n_classes = len(support), len(counts)
    _check_counts(model, counts, n_vectors)
    pairs = n_classes * (n_classes - 1) // 2
    require(len(model._intercept_) >= pairs, MACHINE, "lacks intercepts")
    for name in ("_probA", "_probB"):
        given = state[name] if name in state else getattr(model, name)
        fits = is_array(given, "f", 1) and (not len(given) or len(given) >= pairs)
        require(fits, MACHINE, "lacks the constants of its probabilities")
    coefficients = model._dual_coef_
    require(
        coefficients.shape == (n_classes - 1, n_vectors),
        MACHINE,
        "has a number of coefficients that differs from its vectors",
    )
    if model._sparse:
        whole = len(coefficients.data) >= (n_classes - 1) * n_vectors
        require(whole, MACHINE, "lacks coefficients")
        fits = vectors.shape == (n_vectors, width_of(model)) and vectors.format == "csr"
        require(fits, MACHINE, "has vectors of the wrong size")
        return
    _check_dense(model, vectors, support)


def _kind_of(kind: type) -> str | None:
    """The kind of machine that a class stands for; before 0.22 each object says it again."""
    return next((KINDS[base.__name__] for base in kind.__mro__ if base.__name__ in KINDS), None)


def _check_counts(model: Any, counts: Any, n_vectors: int) -> None:
    require(counts.min(initial=0) >= 0, MACHINE, "has a negative number of vectors")
    if model._impl in CLASSIFIERS:
        fits = len(counts) == len(model.classes_) >= 2 and counts.sum() == n_vectors
    else:
        fits = len(counts) == 2
    require(fits, MACHINE, "has vector counts for a wrong number of classes")


def _check_dense(model: Any, vectors: Any, support: Any) -> None:
    """Support vectors are whole rows, or for a precomputed kernel indices of rows."""
    precomputed = callable(model.kernel) or model.kernel == "precomputed"
    if precomputed:
        fits = is_within(support, model.shape_fit_[0])
        require(fits, MACHINE, "has indices of support vectors that do not exist")
        require(
            is_array(vectors, "f", 2) and len(vectors) in (0, len(support)),
            MACHINE,
            "has vectors of the wrong size",
        )
        return
    fits = is_array(vectors, "f", 2) and vectors.shape == (len(support), width_of(model))
    require(fits, MACHINE, "has vectors of the wrong size")


CHECKS = {"sklearn.svm._base.BaseLibSVM": check_vectors}
"""By class: what is checked of its objects."""
