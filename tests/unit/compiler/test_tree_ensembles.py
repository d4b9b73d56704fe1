"""TreeEnsemble: the meaning that converters give to trees, for every layout."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
)

from poner import loader
from poner.artifacts import FittedObject, FloatArray
from poner.compiler.boundary_values import boundary_values
from poner.compiler.converters import convert_model
from poner.compiler.converters.sklearn_trees import read_trees
from poner.compiler.layout import lay_out
from poner.compiler.layout.plain import PlainLeafRows
from poner.compiler.operations.trees import Comparison, TreeEnsemble
from poner.compiler.program import Program
from poner.compiler.tables import write_tables
from poner_runtime import _kernel
from poner_runtime.model import Model
from tests.support.growing import (
    ensemble_of,
    grow,
    make_rows,
    plain_layout,
    program_of,
    stump,
    sum_leaf_rows,
)

X, y = make_classification(200, 5, random_state=0)


def read_ensemble(model: Any) -> TreeEnsemble:
    """The one ensemble of a model's Program."""
    with loader.open_estimator(model, X=X) as trained:
        program, _ = convert_model(trained)
    (found,) = [s.operation for s in program.steps if isinstance(s.operation, TreeEnsemble)]
    return found


def answer(program: Program, rows: FloatArray, layout: Any = lay_out) -> FloatArray:
    """The kernel's answer: (n_rows, width)."""
    model = Model(write_tables(program, layout=layout))
    return np.frombuffer(model.evaluate(_kernel.PREDICT, rows.tobytes())).reshape(len(rows), -1)


@pytest.mark.parametrize(
    "model",
    [
        RandomForestClassifier(3),
        ExtraTreesRegressor(3),
        GradientBoostingClassifier(n_estimators=3),
        IsolationForest(n_estimators=3),
    ],
    ids=str,
)
def test_covers_of_trees_are_kept(model: Any) -> None:
    """Each node has the weight of the training samples that reached it."""
    weights = np.linspace(0.5, 1.5, len(X))
    model.fit(X, y, sample_weight=weights)
    covers = np.concatenate(
        [member.tree_.weighted_n_node_samples for member in np.ravel(model.estimators_)]
    )
    np.testing.assert_array_equal(read_ensemble(model).trees.covers, covers)


def test_covers_of_histogram_trees_are_kept() -> None:
    """Each node has the number of training samples that reached it."""
    model = HistGradientBoostingRegressor(max_iter=3).fit(X, X[:, 0])
    counts = np.concatenate([tree.nodes["count"] for (tree,) in model._predictors])
    np.testing.assert_array_equal(read_ensemble(model).trees.covers, counts)


def test_trees_without_covers_are_read() -> None:
    """A file whose nodes record no weights gives trees whose covers are None."""
    model = RandomForestClassifier(1).fit(X, y)
    with loader.open_estimator(model, X=X) as trained:
        member = trained.estimator.attributes["estimators_"][0]  # type: ignore[index,call-overload]  # as fitted
    assert isinstance(member, FittedObject)
    tree = member.attributes["tree_"]
    assert isinstance(tree, FittedObject)
    nodes = tree.attributes["nodes"][["left_child", "right_child", "feature", "threshold"]]  # type: ignore[index,call-overload]  # as fitted
    old = FittedObject(tree.type_name, {**tree.attributes, "nodes": nodes})
    read = read_trees([FittedObject(member.type_name, {"tree_": old})])
    assert read.trees.covers is None


@pytest.mark.parametrize("float32", [True, False])
@pytest.mark.parametrize("threshold", [0.0, -0.0, 1.5, -1.5, 0.1, 3e38])
@pytest.mark.parametrize("layout", [lay_out, plain_layout])
def test_a_value_at_a_threshold_goes_where_the_comparison_says(
    float32: bool, threshold: float, layout: Any
) -> None:
    """With `<=` it goes left, with `<` right; the values next to it go to either side."""
    kind = np.float32 if float32 else np.float64
    at = kind(threshold)
    rows = np.array(
        [[np.nextafter(at, kind(-np.inf))], [at], [np.nextafter(at, kind(np.inf))]], np.float64
    )
    ensemble = TreeEnsemble(
        stump(float(at)), np.array([[0.0], [1.0], [2.0]]), np.zeros(1), float32=float32
    )
    strict = replace(ensemble, comparison=Comparison.LESS)
    assert answer(program_of(ensemble, 1), rows, layout).ravel().tolist() == [1.0, 1.0, 2.0]
    assert answer(program_of(strict, 1), rows, layout).ravel().tolist() == [1.0, 2.0, 2.0]


def test_thresholds_are_boundary_values_whatever_the_comparison() -> None:
    """The proof tries the threshold that the library knows."""
    ensemble = TreeEnsemble(
        stump(0.1), np.zeros((3, 1)), np.zeros(1), comparison=Comparison.LESS, float32=True
    )
    assert boundary_values(program_of(ensemble, 1)).by_feature[0].tolist() == [0.1]


def test_sums_of_leaf_rows_begin_with_the_start_values() -> None:
    """The plain layout, which has no start values for rows, gives the answers of the coded one."""
    program = sum_leaf_rows(grow(12, 3), 3)
    begun = program_of(replace(ensemble_of(program), start=np.array([0.5, -1.0, 2.0])))
    rows = make_rows(50)
    assert isinstance(plain_layout(ensemble_of(begun), 6), PlainLeafRows)
    np.testing.assert_array_equal(answer(begun, rows), answer(begun, rows, plain_layout))
    assert not np.array_equal(answer(begun, rows), answer(program, rows))
