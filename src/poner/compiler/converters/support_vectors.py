"""Support vector machines: weighted sums of kernel values with the support vectors.

Source: scikit-learn 1.1 to 1.9, sklearn/svm/_base.py, sklearn/svm/_classes.py and
sklearn/svm/src/libsvm/svm.cpp (predict_values, predict_probability), read 2026-11-22.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FittedObject, FloatArray
from poner.compiler.converters.pair_votes import add_class_scores, add_votes, pairs_of
from poner.compiler.converters.pairwise_kernels import (
    add_kernel,
    add_weighted,
    unsupported_kernel,
)
from poner.compiler.converters.scope import Prediction, PredictorConverter, Scope
from poner.compiler.fitted import get_classes, get_matrix, get_number, get_value, get_vector
from poner.compiler.operations.distances import Couple
from poner.compiler.operations.elementwise import Function, Pairing

_LEAST_PROBABILITY = 1e-7
"""libsvm clips each pair's probability to at least this distance from 0 and 1."""


@dataclass(frozen=True)
class _Machine:
    """A fitted machine with libsvm's signs, which scikit-learn flips in public attributes."""

    vectors: FloatArray
    """(n_vectors, n_features) support vectors, class after class."""
    weights: FloatArray
    """(n_classes - 1, n_vectors) weights: one row for each of the vector's other classes."""
    offsets: FloatArray
    """(n_pairs,) added to each pair's sum."""
    counts: NDArray[np.int64]
    """(n_classes,) number of vectors of each class; one number for a machine without classes."""

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """The classes of each pair, in libsvm's order."""
        return pairs_of(len(self.counts))


def convert_support_vector_regressor(
    estimator: FittedObject, scope: Scope, source: int
) -> Prediction:
    """One weighted sum of kernels."""
    machine = _one_sum(estimator, scope)
    sums, sizes = _add_sums(estimator, machine, scope, source)
    scope.builder.mark_sums(sums, sizes, len(machine.vectors))
    return Prediction(sums)


def convert_one_class(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """1 (inlier) where the sum is above 0, else -1."""
    builder = scope.builder
    machine = _one_sum(estimator, scope)
    sums, sizes = _add_sums(estimator, machine, scope, source)
    builder.mark_sums(sums, sizes, len(machine.vectors))
    builder.mark_ties(builder.pair(Pairing.DIVIDE_OR_KEEP, sums, sizes), "classes")
    return Prediction(
        builder.combine(Pairing.GREATER, sums, 0.0), ((-1, 1),), decision_function=sums
    )


def convert_support_vector_classifier(
    estimator: FittedObject, scope: Scope, source: int
) -> Prediction:
    """One sum for each pair of classes, which votes for one of the two."""
    builder = scope.builder
    classes = get_classes(estimator)
    machine = _of_classes(estimator, scope, len(classes))
    shape, breaks = get_value(estimator, "decision_function_shape"), _breaks_ties(estimator, scope)
    sums, sizes = _add_sums(estimator, machine, scope, source)
    builder.mark_sums(sums, sizes, len(machine.vectors))
    builder.mark_ties(builder.pair(Pairing.DIVIDE_OR_KEEP, sums, sizes), "classes")
    probabilities = _add_probabilities(estimator, machine, scope, sums)
    first_wins = builder.combine(Pairing.GREATER, sums, 0.0)
    if len(classes) == 2:
        labels = builder.combine(Pairing.EQUAL, first_wins, 0.0)
        scores = builder.map(Function.NEGATIVE, sums)
        return Prediction(labels, (classes,), probabilities, scores)
    scores = sums
    if shape != "ovo":
        second_wins = builder.combine(Pairing.LESS, sums, 0.0)
        confidences = builder.map(Function.NEGATIVE, sums)
        scores = add_class_scores(scope, len(classes), second_wins, confidences)
    losses = builder.combine(Pairing.EQUAL, first_wins, 0.0)
    labels = builder.argmax(scores if breaks else add_votes(scope, len(classes), losses))
    return Prediction(labels, (classes,), probabilities, scores)


def _breaks_ties(estimator: FittedObject, scope: Scope) -> bool:
    """Whether the largest score decides instead of the votes."""
    breaks = bool(get_value(estimator, "break_ties"))
    if breaks and get_value(estimator, "decision_function_shape") == "ovo":
        raise scope.unsupported(
            "it breaks ties with decision_function_shape='ovo', which its predict refuses",
            "Set decision_function_shape to 'ovr', or break_ties to False.",
        )
    return breaks


def _one_sum(estimator: FittedObject, scope: Scope) -> _Machine:
    vectors = get_matrix(estimator, "support_vectors_")
    return _checked(estimator, scope, np.array([len(vectors) if vectors.size else 0]), 1)


def _of_classes(estimator: FittedObject, scope: Scope, n_classes: int) -> _Machine:
    counts = get_vector(estimator, "_n_support")
    if len(counts) != n_classes or n_classes < 2 or np.any(counts < 0):
        raise scope.damaged("the numbers of support vectors of its classes are wrong")
    return _checked(estimator, scope, counts.astype(np.int64), n_classes * (n_classes - 1) // 2)


def _checked(
    estimator: FittedObject, scope: Scope, counts: NDArray[np.int64], n_pairs: int
) -> _Machine:
    """The machine, after checking that the shapes of its arrays agree."""
    kernel = get_value(estimator, "kernel")
    if not isinstance(kernel, str) or kernel not in ("linear", "poly", "rbf", "sigmoid"):
        raise unsupported_kernel(scope, kernel)
    vectors = get_matrix(estimator, "support_vectors_")
    weights = get_matrix(estimator, "_dual_coef_")
    offsets = get_vector(estimator, "_intercept_")
    rows = max(1, len(counts) - 1)
    if counts.sum() == 0:  # a pickled empty matrix has no width
        vectors, weights = np.zeros((0, 0)), np.zeros((rows, 0))
    if counts.sum() != len(vectors) or weights.shape != (rows, len(vectors)):
        raise scope.damaged("its support vectors and their weights differ in number")
    if len(offsets) != n_pairs:
        raise scope.damaged("its `_intercept_` needs one value for each pair of classes")
    return _Machine(vectors, weights, offsets, counts)


def _add_sums(
    estimator: FittedObject, machine: _Machine, scope: Scope, source: int
) -> tuple[int, int]:
    """The sum for each pair, and the sum of its terms' sizes, which bounds its rounding."""
    builder = scope.builder
    kernel = get_value(estimator, "kernel")
    source = builder.require(source)
    if len(machine.vectors) and machine.vectors.shape[1] != builder.width(source):
        raise scope.damaged("its support vectors and its input differ in the number of columns")
    if not len(machine.vectors):
        sums = builder.linear(source, np.zeros((len(machine.offsets), builder.width(source))))
        sums = builder.combine(Pairing.ADD, sums, machine.offsets)
        return sums, builder.map(Function.ABSOLUTE, sums)
    if kernel == "linear":
        return _add_linear_sums(machine, scope, source)
    parameters = {
        "gamma": get_number(estimator, "_gamma"),
        "degree": float(int(get_number(estimator, "degree"))),
        "coef0": get_number(estimator, "coef0"),
    }
    ends = np.cumsum(machine.counts)
    if len(machine.counts) == 2:  # both classes share a single row of weights
        ends = ends[1:]
    parts: list[int] = []
    part_sizes: list[int] = []
    for end, count in zip(ends, np.diff(ends, prepend=0), strict=True):
        vectors, weights = machine.vectors[end - count : end], machine.weights[:, end - count : end]
        if not count:
            parts.append(builder.constant(np.zeros(len(weights))))
            part_sizes.append(parts[-1])
            continue
        values = add_kernel(scope, source, vectors, kernel, parameters)
        part, size = add_weighted(scope, values, weights)
        parts.append(part)
        part_sizes.append(size)
    return (
        builder.combine(Pairing.ADD, _add_pairs(machine, scope, parts), machine.offsets),
        builder.combine(
            Pairing.ADD, _add_pairs(machine, scope, part_sizes), np.abs(machine.offsets)
        ),
    )


def _add_linear_sums(machine: _Machine, scope: Scope, source: int) -> tuple[int, int]:
    """For a linear kernel, the weighted vectors summed at build time."""
    builder = scope.builder
    starts = np.concatenate([[0], np.cumsum(machine.counts)])
    if len(machine.counts) <= 2:
        parts = [slice(None)], [slice(0, 0)]
        rows = [0], [0]
    else:
        groups = [slice(starts[i], starts[i + 1]) for i in range(len(machine.counts))]
        parts = [groups[i] for i, _ in machine.pairs], [groups[j] for _, j in machine.pairs]
        rows = [j - 1 for _, j in machine.pairs], [i for i, _ in machine.pairs]

    def add(weights: FloatArray, vectors: FloatArray) -> FloatArray:
        return np.array(
            [
                weights[row, part] @ vectors[part] + weights[other_row, other] @ vectors[other]
                for row, part, other_row, other in zip(
                    rows[0], parts[0], rows[1], parts[1], strict=True
                )
            ]
        )

    slopes = add(machine.weights, machine.vectors)
    sums = builder.linear(source, slopes, machine.offsets, cancels=True)
    sizes = builder.linear(
        builder.map(Function.ABSOLUTE, source),
        add(np.abs(machine.weights), np.abs(machine.vectors)),
        np.abs(machine.offsets),
    )
    return sums, sizes


def _add_pairs(machine: _Machine, scope: Scope, sums: list[int]) -> int:
    """The matrix that combines sums of each class against each other into sums of pairs."""
    if len(sums) == 1:
        return sums[0]
    builder = scope.builder
    others = len(machine.counts) - 1
    joined = builder.join(sums)
    first = builder.select(joined, [i * others + j - 1 for i, j in machine.pairs])
    second = builder.select(joined, [j * others + i for i, j in machine.pairs])
    return builder.pair(Pairing.ADD, first, second)


def _add_probabilities(
    estimator: FittedObject, machine: _Machine, scope: Scope, sums: int
) -> int | None:
    """Platt's method: one logistic function per pair, coupled to one probability per class."""
    builder = scope.builder
    slopes, offsets = get_vector(estimator, "_probA"), get_vector(estimator, "_probB")
    if get_value(estimator, "probability") is not True or not slopes.size or not offsets.size:
        return None
    if not len(slopes) == len(offsets) == len(machine.pairs):
        raise scope.damaged("its probabilities and its pairs of classes differ in number")
    scaled = builder.combine(Pairing.MULTIPLY, sums, -slopes)
    pairs = builder.map(Function.EXPIT, builder.combine(Pairing.SUBTRACT, scaled, offsets))
    pairs = builder.clip(pairs, _LEAST_PROBABILITY, 1.0 - _LEAST_PROBABILITY)
    return builder.add(Couple(), pairs)


_SVM = "sklearn.svm._classes"

PREDICTORS: dict[str, PredictorConverter] = {
    f"{_SVM}.SVC": convert_support_vector_classifier,
    f"{_SVM}.NuSVC": convert_support_vector_classifier,
    f"{_SVM}.SVR": convert_support_vector_regressor,
    f"{_SVM}.NuSVR": convert_support_vector_regressor,
    f"{_SVM}.OneClassSVM": convert_one_class,
}
