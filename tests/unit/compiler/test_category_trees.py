"""Trees whose nodes test categories, without their converter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from poner.artifacts import FloatArray
from poner.compiler.boundary_values import boundary_values
from poner.compiler.layout import lay_out
from poner.compiler.layout.plain import CategoryTrees
from poner.compiler.operations.trees import CategorySplits, TreeEnsemble, Trees
from poner.compiler.program import Program
from poner.compiler.tables import write_tables
from poner.errors import ModelUnreadableError
from poner_runtime import _kernel
from poner_runtime.model import Model
from tests.support.growing import ensemble_of, laid_out_as, program_of, stump

N_FEATURES = 4


def make_rows(n_rows: int = 3000) -> FloatArray:
    """Two columns of categories, 0 to 250 and 0 to 4, and two of numbers with gaps."""
    draw = np.random.default_rng(0)
    rows = draw.normal(size=(n_rows, N_FEATURES))
    rows[:, 0], rows[:, 1] = np.arange(n_rows) % 251, draw.integers(0, 5, n_rows)
    rows[draw.random(rows.shape) < 0.03] = np.nan
    return rows


def make_target(rows: FloatArray) -> FloatArray:
    """A target that depends on all columns."""
    filled = np.nan_to_num(rows)
    return np.asarray(np.sin(filled[:, 0]) * 9 + filled[:, 1] * filled[:, 2] + filled[:, 3])


def scores_of(model: object, *, negative_wraps: bool = False) -> Program:
    """The raw scores of a HistGradientBoosting whose categories are already numbers."""
    predictors = [tree for trees in model._predictors for tree in trees]  # type: ignore[attr-defined]
    known, known_of = model._bin_mapper.make_known_categories_bitsets()  # type: ignore[attr-defined]
    nodes = np.concatenate([tree.nodes for tree in predictors])
    sizes = np.array([len(tree.nodes) for tree in predictors])
    lefts = [tree.raw_left_cat_bitsets for tree in predictors]
    first_set = np.repeat(np.cumsum([len(known), *map(len, lefts[:-1])]), sizes)
    asks = nodes["is_categorical"].astype(bool)
    trees = Trees(
        sizes=sizes,
        left=nodes["left"].astype(np.int64),
        right=nodes["right"].astype(np.int64),
        leaf=nodes["is_leaf"].astype(bool),
        feature=nodes["feature_idx"].astype(np.int64),
        threshold=nodes["num_threshold"].astype(np.float64),
        missing_left=nodes["missing_go_to_left"].astype(bool),
        categories=CategorySplits(
            left_set=np.where(asks, nodes["bitset_idx"] + first_set, -1),
            known_set=np.where(asks, known_of[nodes["feature_idx"]].astype(np.int64), -1),
            sets=np.concatenate([known, *lefts]).astype("<u4"),
            negative_wraps=negative_wraps,
        ),
    )
    start = np.ravel(model._baseline_prediction).astype(np.float64)  # type: ignore[attr-defined]
    columns = np.arange(len(sizes)) % start.size
    ensemble = TreeEnsemble(trees, nodes["value"][:, None], start, columns)
    return program_of(ensemble, N_FEATURES)


def answer(program: Program, rows: FloatArray) -> FloatArray:
    """The kernel's answer."""
    model = Model(write_tables(program))
    return np.frombuffer(model.evaluate(_kernel.PREDICT, rows.tobytes())).reshape(len(rows), -1)


@pytest.fixture(scope="module")
def regressor() -> HistGradientBoostingRegressor:
    """Many splits by category, some by number."""
    rows = make_rows()
    model = HistGradientBoostingRegressor(
        categorical_features=[0, 1], max_iter=30, min_samples_leaf=3
    )
    return model.fit(rows, make_target(rows))


def test_categories_give_the_same_bits(regressor: HistGradientBoostingRegressor) -> None:
    """Known, missing, negative and unknown categories go where scikit-learn sends them."""
    rows = make_rows()
    odd = np.repeat(rows[:1], 6, axis=0)
    odd[:, 0] = [-1, -7, 251, 255, -0.0, np.nan]
    rows = np.concatenate([rows, odd])
    ours = answer(scores_of(regressor), rows)
    np.testing.assert_array_equal(ours[:, 0], regressor.predict(rows))
    single = np.concatenate([answer(scores_of(regressor), row[None]) for row in rows[-20:]])
    np.testing.assert_array_equal(single, ours[-20:])


def test_scores_of_many_classes_give_the_same_bits() -> None:
    """The trees of each iteration belong to the classes in turn."""
    rows = make_rows()
    target = np.digitize(make_target(rows), [-5.0, 5.0])
    model = HistGradientBoostingClassifier(categorical_features=[0, 1], max_iter=9)
    model.fit(rows, target)
    np.testing.assert_array_equal(answer(scores_of(model), rows), model.decision_function(rows))


@pytest.mark.parametrize("wraps", [False, True])
def test_what_is_no_category_is_some_category(
    regressor: HistGradientBoostingRegressor, wraps: bool
) -> None:
    """Any value becomes an integer modulo 256, or 0 if it is too large; -6 may be category 250."""
    program = scores_of(regressor, negative_wraps=wraps)
    below = [-6.0, -255.5, -1e300, -np.inf]
    odd = [44.7, 300.0, 2.0**31 + 44, 2.0**32 + 44, 1e300, np.inf, *below]
    plain = [44.0, 44.0, 0, 0, 0, 0, *([250.0, 1.0, 0, 0] if wraps else [np.nan] * 4)]
    rows = np.zeros((len(odd), N_FEATURES))
    rows[:, 0] = odd
    as_plain = rows.copy()
    as_plain[:, 0] = plain
    np.testing.assert_array_equal(answer(program, rows), answer(program, as_plain))
    assert len(np.unique(answer(program, as_plain))) > 2


def test_boundary_values_are_all_categories(regressor: HistGradientBoostingRegressor) -> None:
    """The proof tries every category and some unknown ones; for numbers it tries the thresholds."""
    found = boundary_values(scores_of(regressor)).by_feature
    assert set(np.arange(-1.0, 257.0)) <= set(found[0])
    assert len(found[2]) > 3
    assert np.all(np.abs(found[2]) < 10)


def test_a_node_must_ask_for_sets_that_exist(regressor: HistGradientBoostingRegressor) -> None:
    """The kernel refuses a file with missing sets; the layout refuses sets of an invalid shape."""
    program = scores_of(regressor)
    form = lay_out(ensemble_of(program), N_FEATURES)
    assert isinstance(form, CategoryTrees)
    fewer = laid_out_as(replace(form, sets=form.sets[:-1]))
    with pytest.raises(_kernel.BadModelError, match="set of categories does not exist"):
        Model(write_tables(program, layout=fewer))
    splits = CategorySplits(
        left_set=np.zeros(3, np.int64),
        known_set=np.full(3, -1),
        sets=np.zeros((1, 8), np.uint32),
    )
    damaged = TreeEnsemble(
        replace(stump(), categories=splits), np.zeros((3, 1)), np.zeros(1), np.zeros(1, np.int64)
    )
    with pytest.raises(ModelUnreadableError):
        lay_out(damaged, 1)
