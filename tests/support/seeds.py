"""Small models of every kind of operation: what fuzzing starts from, and what arm64 is asked."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

from sklearn.compose import ColumnTransformer
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    AdaBoostRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor, RadiusNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    KBinsDiscretizer,
    MinMaxScaler,
    OneHotEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    SplineTransformer,
    StandardScaler,
)
from sklearn.svm import SVC

from poner.compiler.program import Program
from poner.compiler.tables import write_tables
from tests.support.compiling import compile_fitted
from tests.support.growing import grow, plain_layout, sum_leaf_rows, sum_trees, with_categories

MODELS: Mapping[str, Callable[[], Any]] = {
    "boosting": lambda: GradientBoostingClassifier(n_estimators=4),
    "forest": lambda: RandomForestClassifier(n_estimators=3, max_depth=4),
    "histogram": lambda: HistGradientBoostingRegressor(loss="poisson", max_iter=3),
    "stumps": lambda: GradientBoostingClassifier(n_estimators=9, max_depth=1),
    "shallow": lambda: GradientBoostingClassifier(n_estimators=9, max_depth=2),
}

FAMILIES: Mapping[str, Callable[[], Any]] = {
    "medians": lambda: AdaBoostRegressor(n_estimators=5),
    "splines": lambda: make_pipeline(
        SplineTransformer(extrapolation="linear"), PolynomialFeatures(), LogisticRegression()
    ),
    "imputed": lambda: make_pipeline(
        KNNImputer(n_neighbors=3), QuantileTransformer(n_quantiles=9), LogisticRegression()
    ),
    "encoded": lambda: make_pipeline(
        KBinsDiscretizer(3, encode="onehot-dense", quantile_method="averaged_inverted_cdf"),
        PowerTransformer(),
        LogisticRegression(),
    ),
    "columns": lambda: make_pipeline(
        ColumnTransformer(
            [
                ("encode", OneHotEncoder(handle_unknown="ignore", max_categories=4), [0]),
                ("fill", SimpleImputer(missing_values=0.0), [1, 2]),
                ("power", make_pipeline(MinMaxScaler((1, 2)), PowerTransformer("box-cox")), [3]),
            ]
        ),
        SVC(),
    ),
    "dummies": lambda: make_pipeline(StandardScaler(), DummyClassifier()),
    "networks": lambda: MLPClassifier((5,), max_iter=5),
    "radius": lambda: RadiusNeighborsClassifier(9.0, metric="manhattan", weights="distance"),
    "points": lambda: KNeighborsRegressor(3, p=3, algorithm="brute"),
    "boxes": lambda: KNeighborsRegressor(17, p=3, leaf_size=2, algorithm="kd_tree"),
    "balls": lambda: KNeighborsClassifier(
        3, weights="distance", leaf_size=2, algorithm="ball_tree"
    ),
    "deviations": lambda: GaussianProcessRegressor(optimizer=None),
    "processes": lambda: GaussianProcessClassifier(optimizer=None),
    "vectors": lambda: SVC(probability=True),
}
"""Of operations that sum in an order of their own, or take functions of the C library."""

PLAIN: Mapping[str, Callable[[], Program]] = {
    "plain float32": lambda: sum_trees(grow(3, 4), 2, float32=True),
    "leaf rows": lambda: sum_leaf_rows(grow(3, 4), 3),
}
"""Of trees in the layout that holds every ensemble, which small models do not get."""

PROGRAMS: Mapping[str, Callable[[], Program]] = {
    "categories": lambda: sum_trees(with_categories(grow(3, 4))),
    "coded float32": lambda: sum_trees(grow(12, 3), 2, float32=True),
    "ranked": lambda: sum_trees(grow(12, 3)),
    "coded rows": lambda: sum_leaf_rows(grow(9, 4), 3),
    "deep float32": lambda: sum_leaf_rows(grow(9, 9), 2, float32=True),
}
"""Of operations that the models do not need, or in a form that they do not have."""

SEEDS = (*MODELS, *FAMILIES, *PLAIN, *PROGRAMS)


def seed_of(name: str) -> bytes:
    """The bytes of a model file."""
    if name in PLAIN:
        return write_tables(PLAIN[name](), layout=plain_layout)
    if name in PROGRAMS:
        return write_tables(PROGRAMS[name]())
    X, y = make_classification(100, 4, n_informative=4, n_redundant=0, n_classes=3, random_state=0)
    rows = slice(30 if name in FAMILIES else None)
    made = {**MODELS, **FAMILIES}[name]()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of few iterations, and of probability=
        model = made.fit(X[rows], y[rows] > 0 if name == "stumps" else y[rows])
        return compile_fitted(model, X[rows]).content
