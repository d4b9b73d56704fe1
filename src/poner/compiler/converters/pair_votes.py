"""Scores of classes from votes of pairs of classes.

Source: scikit-learn 1.1 to 1.9, sklearn/utils/multiclass.py (_ovr_decision_function), read
2026-11-22.
"""

from __future__ import annotations

import numpy as np

from poner.artifacts import FloatArray
from poner.compiler.converters.scope import Scope
from poner.compiler.operations.elementwise import Function, Pairing


def pairs_of(n_classes: int) -> list[tuple[int, int]]:
    """The classes of each pair: (0, 1), (0, 2) ... (1, 2) ..."""
    return [(i, j) for i in range(n_classes) for j in range(i + 1, n_classes)]


def add_votes(scope: Scope, n_classes: int, second_wins: int) -> int:
    """The number of pairs that each class wins; `second_wins` holds 1 or 0 for each pair."""
    signs = _signs(n_classes)
    return scope.builder.linear(second_wins, signs, np.sum(signs < 0.0, axis=1))


def add_class_scores(scope: Scope, n_classes: int, second_wins: int, confidences: int) -> int:
    """Votes plus scaled confidences, which break ties; a confidence favours the second class."""
    builder = scope.builder
    votes = add_votes(scope, n_classes, second_wins)
    sums = builder.linear(confidences, _signs(n_classes))
    size = builder.combine(Pairing.ADD, builder.map(Function.ABSOLUTE, sums), 1.0)
    bounded = builder.pair(Pairing.DIVIDE, sums, builder.combine(Pairing.MULTIPLY, size, 3.0))
    return builder.pair(Pairing.ADD, votes, bounded)


def _signs(n_classes: int) -> FloatArray:
    """(n_classes, n_pairs): -1 if the class is first of the pair, 1 if second, else 0."""
    pairs = pairs_of(n_classes)
    signs = np.zeros((n_classes, len(pairs)))
    for place, (i, j) in enumerate(pairs):
        signs[i, place], signs[j, place] = -1.0, 1.0
    return signs
