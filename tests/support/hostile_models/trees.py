"""Trees whose nodes, columns or outputs compiled code would follow out of what there is."""

from __future__ import annotations

import copy
import functools
import pickle
from typing import Any

import numpy as np
from sklearn import ensemble
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.tree import DecisionTreeRegressor

from tests.support.hostile_models.writing import Called, Maker, broken, rebuilt

MAKERS: dict[str, Maker] = {}


def hostile(make: Maker) -> Maker:
    """Note what makes a file; its docstring is its name."""
    MAKERS[str(make.__doc__).rstrip(".")] = make
    return make


X = np.random.RandomState(0).normal(size=(60, 3))
Y = (X[:, 0] > X[:, 1]).astype(int)
THREE = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)


@functools.cache
def fitted(kind: Any, **parameters: Any) -> Any:
    """A model of a class."""
    return kind(**parameters).fit(X, THREE if kind is ensemble.GradientBoostingClassifier else Y)


def tree_with(**fields: tuple[int, int]) -> Any:
    """A decision tree of which a node has another field: place and value."""
    model = fitted(DecisionTreeRegressor, max_depth=4)
    nodes = model.tree_.__getstate__()["nodes"].copy()
    for name, (place, value) in fields.items():
        nodes[name][place] = value
    return model, rebuilt(model.tree_, nodes=nodes)


for field, value in (
    ("left_child", 10**6),
    ("right_child", -7),
    ("left_child", 0),
    ("feature", 3),
    ("feature", -3),
):

    def _tree(field: str = field, value: int = value) -> bytes:
        model, tree = tree_with(**{field: (0, value)})
        return broken(model, tree_=tree)

    MAKERS[f"a tree whose root has the {field} {value}"] = _tree


@hostile
def _two_parents() -> bytes:
    """A tree of which a node has two parents."""
    model, _ = tree_with()
    right = int(model.tree_.children_right[0])
    return broken(model, tree_=tree_with(left_child=(0, right))[1])


@hostile
def _depth() -> bytes:
    """A tree that is deeper than it says."""
    model = fitted(DecisionTreeRegressor, max_depth=4)
    return broken(model, tree_=rebuilt(model.tree_, max_depth=1))


@hostile
def _bare_tree() -> bytes:
    """A tree without nodes."""
    model = fitted(DecisionTreeRegressor, max_depth=4)
    return broken(model, tree_=Called(*model.tree_.__reduce__()[:2]))


@hostile
def _narrow_rows() -> bytes:
    """A tree of another width than its estimator."""
    return broken(fitted(DecisionTreeRegressor, max_depth=4), n_features_in_=1)


@hostile
def _no_width() -> bytes:
    """A tree whose estimator checks no width."""
    model = copy.copy(fitted(DecisionTreeRegressor, max_depth=4))
    del model.n_features_in_
    return pickle.dumps(model)


@hostile
def _forest() -> bytes:
    """A forest with trees of another width."""
    return broken(fitted(ensemble.RandomForestClassifier, n_estimators=2), n_features_in_=2)


@hostile
def _isolation() -> bytes:
    """A forest that gives a tree fewer columns."""
    model = fitted(ensemble.IsolationForest, n_estimators=2, max_features=2)
    return broken(
        model, _estimators_features=[np.array([0])] * 2, estimators_features_=[np.array([0])] * 2
    )


@hostile
def _boosting() -> bytes:
    """Gradient boosting with more trees a step than outputs."""
    model = fitted(ensemble.GradientBoostingClassifier, n_estimators=2)
    return broken(model, estimators_=np.hstack([model.estimators_] * 5))


@hostile
def _boosting_begins() -> bytes:
    """Gradient boosting that begins with fewer outputs."""
    model = fitted(ensemble.GradientBoostingClassifier, n_estimators=2)
    return broken(model, init_=DummyClassifier().fit(X, np.zeros(60)))


def histogram() -> Any:
    """A histogram model with a category, to be changed."""
    rows = np.column_stack([X, np.arange(60) % 4])
    options: dict[str, Any] = {"max_iter": 3, "categorical_features": [3], "min_samples_leaf": 3}
    y = (np.arange(60) % 4 > 1).astype(int)
    return copy.deepcopy(HistGradientBoostingClassifier(**options).fit(rows, y))


for field, value in (
    ("left", 2**31),
    ("right", 0),
    ("feature_idx", 9),
    ("bitset_idx", 200),
    ("is_categorical", 1),
):

    def _node(field: str = field, value: int = value) -> bytes:
        model = histogram()
        nodes = model._predictors[0][0].nodes
        if field == "is_categorical":
            nodes["feature_idx"][0] = 1  # the encoder puts the category first
        nodes[field][0] = value
        return pickle.dumps(model)

    MAKERS[f"a histogram tree whose root has the {field} {value}"] = _node


@hostile
def _bitsets() -> bytes:
    """A histogram tree with short sets of categories."""
    model = histogram()
    predictor = model._predictors[0][0]
    predictor.raw_left_cat_bitsets = np.zeros((len(predictor.raw_left_cat_bitsets), 1), np.uint32)
    return pickle.dumps(model)


@hostile
def _encoder() -> bytes:
    """A histogram model whose encoder drops columns."""
    model = histogram()
    model._preprocessor.transformers_ = model._preprocessor.transformers_[:1]
    return pickle.dumps(model)
