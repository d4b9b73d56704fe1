"""Neighbours in a KDTree or BallTree: of equally far points the compiled model takes the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor, LocalOutlierFactor
from sklearn.semi_supervised import LabelPropagation

from poner import loader
from poner.artifacts import FloatArray
from poner.compiled_model import CompiledModel
from poner.compiler.converters import convert_model
from poner.compiler.operations.distances import Metric, Nearest, Take, Votes
from poner.compiler.operations.operation import Operation
from poner.compiler.program import Output, ProgramBuilder
from poner.compiler.tables import write_tables
from poner.errors import ModelUnreadableError
from poner_runtime import _kernel
from poner_runtime.model import Model
from tests.support.compiling import compile_fitted

TREES = ["kd_tree", "ball_tree"]


def make(n_rows: int, seed: int = 0) -> FloatArray:
    """Ages, visits and a flag: whole numbers, of which many rows are equally near."""
    random = np.random.default_rng(seed)
    ranges = ((20, 80), (0, 10), (0, 2))
    return np.stack([random.integers(*ends, n_rows) for ends in ranges], axis=1).astype(float)


X = make(1000)
VALUES = X[:, 0] + np.random.default_rng(1).normal(size=1000)
CLASSES = np.random.default_rng(2).integers(0, 3, 1000)
ASKED = np.concatenate([X, make(500, 3) + np.array([0.0, 1.0, 0.5])])


def assert_same_bits(model: Any, rows: FloatArray = ASKED) -> CompiledModel:
    """Compile; every output has the bits of the model's own, and the proof excuses no row."""
    compiled = compile_fitted(model, X)
    assert compiled.parity is not None
    assert compiled.parity.rows_equal == compiled.parity.rows_tried
    for method in ("predict", "predict_proba", "decision_function"):
        if hasattr(model, method):
            for part in (rows, rows[:1]):
                own = getattr(model, method)(part)
                np.testing.assert_array_equal(getattr(compiled, method)(part), own)
    return compiled


@pytest.mark.parametrize("tree", TREES)
@pytest.mark.parametrize("weights", ["uniform", "distance"])
@pytest.mark.parametrize(
    ("settings", "k", "leaf_size"),
    [({}, 5, 30), ({"p": 1}, 12, 1), ({"metric": "chebyshev"}, 40, 7), ({}, 90, 2000)],
    ids=str,
)
def test_equally_far_points(
    settings: dict[str, Any], k: int, leaf_size: int, weights: str, tree: str
) -> None:
    """Labels, probabilities and values have the model's bits, in batches and alone."""
    settings = {**settings, "weights": weights, "algorithm": tree, "leaf_size": leaf_size}
    assert_same_bits(KNeighborsClassifier(k, **settings).fit(X, CLASSES))
    assert_same_bits(KNeighborsRegressor(k, **settings).fit(X, VALUES))


@pytest.mark.parametrize(
    "settings",
    [{"p": 3}, {"p": 1.5, "algorithm": "ball_tree"}, {"metric_params": {"w": [1.0, 0.5, 2.0]}}],
    ids=str,
)
def test_powers_and_weights_of_features(settings: dict[str, Any]) -> None:
    """Minkowski's distances: the same points are taken, whatever the power."""
    assert_same_bits(KNeighborsRegressor(**settings).fit(X, VALUES))


@pytest.mark.parametrize("tree", TREES)
def test_tenths(tree: str) -> None:
    """Numbers that binary fractions only come near, in more columns."""
    random = np.random.default_rng(4)
    tenths = np.round(random.normal(size=(800, 6)), 1)
    model = KNeighborsRegressor(leaf_size=4, algorithm=tree).fit(tenths, tenths[:, 0])
    compiled = compile_fitted(model, tenths)
    assert compiled.parity is not None
    assert compiled.parity.rows_tied == 0
    rows = np.round(random.normal(size=(800, 6)), 1)
    np.testing.assert_array_equal(compiled.predict(rows), model.predict(rows))


def test_several_outputs() -> None:
    """Each output of the same neighbours."""
    both = np.stack([VALUES, VALUES**2], axis=1)
    for weights in ("uniform", "distance"):
        assert_same_bits(KNeighborsRegressor(20, weights=weights).fit(X, both))


@pytest.mark.parametrize("tree", TREES)
def test_outliers(tree: str) -> None:
    """The densities of the same neighbours."""
    assert_same_bits(LocalOutlierFactor(novelty=True, algorithm=tree).fit(X))


def test_propagated_labels() -> None:
    """The labels of the same neighbours; their shares are rounded once more."""
    known = np.where(np.random.default_rng(5).random(1000) < 0.5, CLASSES, -1)
    model = LabelPropagation("knn").fit(X, known)
    compiled = compile_fitted(model, X)
    assert compiled.parity is not None
    assert compiled.parity.rows_tied == 0
    np.testing.assert_array_equal(compiled.predict(ASKED), model.predict(ASKED))


def test_a_neighbour_that_weighs_infinitely_counts_alone() -> None:
    """1 / distance is infinite also where the distance is not 0."""
    near = np.array([[5e-324], [1.0], [2.0], [3.0]])
    model = KNeighborsRegressor(2, weights="distance", algorithm="kd_tree", p=1)
    model.fit(near, [7.0, 1.0, 2.0, 3.0])
    assert compile_fitted(model, near).predict(np.zeros((1, 1))).tolist() == [7.0]


def test_distances_that_are_all_infinite() -> None:
    """No point is nearer than another: scikit-learn then answers with the first row's value."""
    model = KNeighborsRegressor(2, leaf_size=1, algorithm="kd_tree").fit(X[:50], VALUES[:50])
    rows = np.full((1, 3), 1e200)
    assert compile_fitted(model, X[:50]).predict(rows) == model.predict(rows)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("data", lambda data: data[:-1]),
        ("idx_array", np.zeros_like),
        ("node_bounds", lambda bounds: bounds[:1]),
        ("node_bounds", lambda bounds: bounds[:, :-1]),
        ("node_data", lambda nodes: nodes[:-1]),
        ("node_data", lambda nodes: nodes["radius"]),
        ("node_data", np.zeros_like),
    ],
)
def test_trees_that_scikit_learn_does_not_make_are_refused(name: str, change: Any) -> None:
    """A tree whose arrays do not fit each other is damaged."""
    with loader.open_estimator(KNeighborsRegressor(leaf_size=9).fit(X, VALUES), X=X) as trained:
        tree: Any = trained.estimator.attributes["_tree"]
        tree.attributes[name] = change(tree.attributes[name])
        with pytest.raises(ModelUnreadableError):
            convert_model(trained)


def tree_of(**changed: Any) -> Nearest:
    """Four points in two leaves, with other fields as given."""
    points = np.arange(8.0).reshape(4, 2)
    bounds = np.stack([points[[0, 0, 2]], points[[3, 1, 3]]])
    first = np.zeros(1, "<u4")
    tree = Nearest(Metric.MANHATTAN, points, bounds, np.zeros(1), np.ones(2), first, count=2)
    return replace(tree, **changed)


def tables_of(*operations: Operation, n_features: int = 2) -> bytes:
    """A model file of some steps, each on the one before."""
    builder, register = ProgramBuilder(n_features), 0
    for operation in operations:
        register = builder.add(operation, register)
    return write_tables(builder.finish({Output.PREDICT: register}))


def test_a_small_tree_is_searched() -> None:
    """The kernel gives the indices of the nearest points, and then their distances."""
    model = Model(tables_of(tree_of()))
    answer = np.frombuffer(model.evaluate(_kernel.PREDICT, np.array([2.0, 4.0]).tobytes()))
    assert answer.tolist() == [1.0, 2.0, 1.0, 3.0]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"metric": Metric.COSINE}, "distance is unknown"),
        ({"points": np.empty((0, 2)), "bounds": np.empty((2, 1, 2))}, "no points"),
        ({"bounds": np.zeros((2, 2, 2))}, "wrong number of nodes"),
        ({"bounds": np.zeros((2, 15, 2))}, "wrong number of nodes"),
        ({"bounds": np.zeros((2, 0, 2))}, "wrong number of nodes"),
        ({"radii": np.zeros(1)}, "wrong number of nodes"),
        ({"parameter": np.zeros(2)}, "no exponent"),
        ({"weights": np.ones(1)}, "no weights"),
        ({"unfilled": np.array([4], "<u4")}, "index of a point that does not exist"),
        ({"count": 5}, "too many neighbours"),
    ],
)
def test_the_kernel_refuses_trees_that_lead_outside(changed: dict[str, Any], sentence: str) -> None:
    """Each array is checked when the file is opened."""
    with pytest.raises(ValueError, match=sentence):
        Model(tables_of(tree_of(**changed)))


@pytest.mark.parametrize("index", [-1.0, 4.0, np.nan, np.inf, 1e300])
def test_indices_that_lead_outside_are_refused(index: float) -> None:
    """Values that are taken by index, and columns that are voted for, have to exist."""
    taken = Model(tables_of(Take(np.arange(4.0)[:, None]), n_features=1))
    builder = ProgramBuilder(1)
    votes = builder.add(Votes(None, 4), builder.constant([1.0]), 0)
    voted = Model(write_tables(builder.finish({Output.PREDICT: votes})))
    for model in (taken, voted):
        model.evaluate(_kernel.PREDICT, np.array([3.0]).tobytes())
        with pytest.raises(ValueError):
            model.evaluate(_kernel.PREDICT, np.array([index]).tobytes())
