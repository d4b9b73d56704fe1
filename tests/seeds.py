"""Small models of every operation on trees: what fuzzing starts from, and what arm64 is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sklearn.datasets import make_classification
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)

from poner.compiler.coded_trees import arrange
from poner.compiler.program import Program
from poner.compiler.tables import write_tables
from tests.compiling import compile_fitted
from tests.growing import grow, program_of, sum_category_trees, sum_leaf_rows, sum_trees

MODELS: Mapping[str, Callable[[], Any]] = {
    "boosting": lambda: GradientBoostingClassifier(n_estimators=4),
    "forest": lambda: RandomForestClassifier(n_estimators=3, max_depth=4),
    "histogram": lambda: HistGradientBoostingRegressor(loss="poisson", max_iter=3),
    "stumps": lambda: GradientBoostingClassifier(n_estimators=9, max_depth=1),
    "shallow": lambda: GradientBoostingClassifier(n_estimators=9, max_depth=2),
}

PROGRAMS: Mapping[str, Callable[[], Program]] = {
    "plain float32": lambda: program_of(sum_trees(grow(3, 4), 2), float32=True),
    "leaf rows": lambda: program_of(sum_leaf_rows(grow(3, 4), 3), float32=False),
    "categories": lambda: program_of(sum_category_trees(grow(3, 4)), float32=False),
    "coded float32": lambda: arrange(program_of(sum_trees(grow(12, 3), 2), float32=True)),
    "ranked": lambda: arrange(program_of(sum_trees(grow(12, 3)), float32=False)),
    "coded rows": lambda: arrange(program_of(sum_leaf_rows(grow(9, 4), 3), float32=False)),
    "deep float32": lambda: arrange(program_of(sum_leaf_rows(grow(9, 9), 2), float32=True)),
}
"""Of operations that the models do not need, or in a form that they do not have."""

SEEDS = (*MODELS, *PROGRAMS)


def seed_of(name: str) -> bytes:
    """The bytes of a model file."""
    if name in PROGRAMS:
        return write_tables(PROGRAMS[name](), {})
    X, y = make_classification(100, 4, n_informative=4, n_redundant=0, n_classes=3, random_state=0)
    model = MODELS[name]().fit(X, y > 0 if name == "stumps" else y)
    return compile_fitted(model, X).content
