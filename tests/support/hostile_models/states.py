"""States that compiled code would follow out of what it has, or without end."""

from __future__ import annotations

import copy
import functools
import pickle
from typing import Any

import numpy as np
import scipy.sparse
from sklearn import cluster, ensemble, neighbors, pipeline, preprocessing, svm
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
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
    """a tree of which a node has two parents."""
    model, _ = tree_with()
    right = int(model.tree_.children_right[0])
    return broken(model, tree_=tree_with(left_child=(0, right))[1])


@hostile
def _depth() -> bytes:
    """a tree that is deeper than it says."""
    model = fitted(DecisionTreeRegressor, max_depth=4)
    return broken(model, tree_=rebuilt(model.tree_, max_depth=1))


@hostile
def _bare_tree() -> bytes:
    """a tree without nodes."""
    model = fitted(DecisionTreeRegressor, max_depth=4)
    return broken(model, tree_=Called(*model.tree_.__reduce__()[:2]))


@hostile
def _narrow_rows() -> bytes:
    """a tree of another width than its estimator."""
    return broken(fitted(DecisionTreeRegressor, max_depth=4), n_features_in_=1)


@hostile
def _no_width() -> bytes:
    """a tree whose estimator checks no width."""
    model = copy.copy(fitted(DecisionTreeRegressor, max_depth=4))
    del model.n_features_in_
    return pickle.dumps(model)


@hostile
def _forest() -> bytes:
    """a forest with trees of another width."""
    return broken(fitted(ensemble.RandomForestClassifier, n_estimators=2), n_features_in_=2)


@hostile
def _isolation() -> bytes:
    """a forest that gives a tree fewer columns."""
    model = fitted(ensemble.IsolationForest, n_estimators=2, max_features=2)
    return broken(model, _estimators_features=[np.array([0])] * 2, estimators_features_=[np.array([0])] * 2)


@hostile
def _boosting() -> bytes:
    """gradient boosting with more trees a step than outputs."""
    model = fitted(ensemble.GradientBoostingClassifier, n_estimators=2)
    return broken(model, estimators_=np.hstack([model.estimators_] * 5))


@hostile
def _boosting_begins() -> bytes:
    """gradient boosting that begins with fewer outputs."""
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
    """a histogram tree with short sets of categories."""
    model = histogram()
    predictor = model._predictors[0][0]
    predictor.raw_left_cat_bitsets = np.zeros((len(predictor.raw_left_cat_bitsets), 1), np.uint32)
    return pickle.dumps(model)


@hostile
def _encoder() -> bytes:
    """a histogram model whose encoder drops columns."""
    model = histogram()
    model._preprocessor.transformers_ = model._preprocessor.transformers_[:1]
    return pickle.dumps(model)


def neighbour_tree(place: int, value: Any, kind: Any = neighbors.KDTree) -> bytes:
    """A pickle of a KDTree with another part of its state."""
    maker, arguments, state = kind(X, leaf_size=5).__reduce__()
    return pickle.dumps(Called(maker, arguments, (*state[:place], value, *state[place + 1 :])))


@hostile
def _order() -> bytes:
    """a KDTree that orders rows which are not there."""
    return neighbour_tree(1, np.full(60, 10**9))


@hostile
def _overlap() -> bytes:
    """a KDTree of which every node has all rows."""
    nodes = neighbors.KDTree(X, leaf_size=5).__getstate__()[2].copy()
    nodes["idx_start"], nodes["idx_end"] = 0, 60
    return neighbour_tree(2, nodes)


@hostile
def _no_leaves() -> bytes:
    """a KDTree without leaves."""
    nodes = neighbors.KDTree(X, leaf_size=5).__getstate__()[2].copy()
    nodes["is_leaf"] = 0
    return neighbour_tree(2, nodes)


@hostile
def _bounds() -> bytes:
    """a BallTree with short bounds."""
    return neighbour_tree(3, np.zeros((1, 1, 3)), neighbors.BallTree)


@hostile
def _no_state() -> bytes:
    """a KDTree without a state."""
    maker, arguments, _ = neighbors.KDTree(X).__reduce__()
    return pickle.dumps(Called(maker, arguments))


@hostile
def _weights() -> bytes:
    """a BallTree whose distance has weights for one column."""
    from sklearn.metrics import DistanceMetric

    metric = DistanceMetric.get_metric("seuclidean", V=np.ones(1))
    return neighbour_tree(11, metric, neighbors.BallTree)


@hostile
def _narrow_neighbours() -> bytes:
    """neighbours whose training rows are wider than the rows."""
    return broken(fitted(neighbors.KNeighborsClassifier, algorithm="brute"), n_features_in_=1)


@hostile
def _targets() -> bytes:
    """neighbours with targets of fewer rows."""
    return broken(fitted(neighbors.KNeighborsClassifier, algorithm="brute"), _y=np.zeros(1, int))


@hostile
def _norms() -> bytes:
    """neighbours with norms of their own."""
    options = {"Y_norm_squared": np.ones(1)}
    model = fitted(neighbors.KNeighborsClassifier, algorithm="brute")
    return broken(model, effective_metric_params_=options)


for name, other in {
    "support_vectors_": np.zeros((1, 3)),
    "_n_support": np.array([10**6, 10**6], np.int32),
    "_dual_coef_": np.zeros((1, 1)),
    "_intercept_": np.zeros(0),
    "_probA": np.zeros(0, int),
    "support_": np.zeros(10**3, np.int32),
    "_impl": "nu_svr",
}.items():

    def _vectors(name: str = name, other: Any = other) -> bytes:
        return broken(fitted(svm.SVC), **{name: other})

    MAKERS[f"support vectors with another {name}"] = _vectors


@hostile
def _sparse_vectors() -> bytes:
    """sparse support vectors that lack coefficients."""
    model = svm.SVC().fit(scipy.sparse.csr_matrix(X), Y)
    model._dual_coef_.data = model._dual_coef_.data[:1]
    return pickle.dumps(model)


def sparse(**parts: Any) -> bytes:
    """A pickle of a sparse matrix with other parts."""
    return broken(scipy.sparse.csr_matrix(np.eye(3)), **parts)


@hostile
def _indices() -> bytes:
    """a sparse matrix that reaches beyond its columns."""
    return sparse(indices=np.array([0, 1, 10**6], np.int32))


@hostile
def _begins() -> bytes:
    """a sparse matrix whose rows end before they begin."""
    return sparse(indptr=np.array([0, 9, 2, 3], np.int32))


@hostile
def _coordinates() -> bytes:
    """a sparse matrix of coordinates below zero."""
    matrix = scipy.sparse.coo_matrix(np.eye(3))
    return broken(matrix, coords=(np.array([-9, 0, 1]), np.array([0, 1, 2])))


@hostile
def _wide() -> bytes:
    """a sparse matrix of 10**15 columns."""
    return sparse(_shape=(3, 10**15))


for name, other in {"t": np.zeros(3), "c": np.zeros((2, 2)), "k": 90}.items():

    def _spline(name: str = name, other: Any = other) -> bytes:
        spline = fitted(preprocessing.SplineTransformer).bsplines_[0]
        return broken(spline, **{name if name in vars(spline) else f"_{name}": other})

    MAKERS[f"a spline with another {name}"] = _spline


@hostile
def _position() -> bytes:
    """a random generator that reads behind its buffer."""
    random = np.random.RandomState(0)
    maker, arguments, state = random.__reduce__()
    state = random.get_state(legacy=False)
    state["state"]["pos"] = 10**6
    return pickle.dumps(Called(maker, ("MT19937",), state))


@hostile
def _columns() -> bytes:
    """a OneHotEncoder that gives features fewer columns."""
    encoder = fitted(preprocessing.OneHotEncoder, sparse_output=False)
    return broken(encoder, _n_features_outs=[1, 1, 1])


@hostile
def _dropped() -> bytes:
    """a OneHotEncoder that drops a category below the first."""
    encoder = fitted(preprocessing.OneHotEncoder, drop="first")
    drops = np.array([-1, 0, 0], object)
    return broken(encoder, drop_idx_=drops, _drop_idx_after_grouping=drops)


@hostile
def _vocabulary() -> bytes:
    """a vectorizer with a word in column 10**6."""
    model = pipeline.make_pipeline(CountVectorizer(), LogisticRegression()).fit(["a1 b1"] * 2, [0, 1])
    model[0].vocabulary_["a1"] = 10**6
    return pickle.dumps(model)


@hostile
def _centres() -> bytes:
    """clusters with centres of another width."""
    return broken(fitted(cluster.KMeans, n_clusters=2), cluster_centers_=np.zeros((2, 1)))


@hostile
def _birch() -> bytes:
    """Birch with norms of fewer centres."""
    return broken(fitted(cluster.Birch), _subcluster_norms=np.zeros(1))


@hostile
def _bisecting() -> bytes:
    """a BisectingKMeans that goes round in circles."""
    model = copy.deepcopy(fitted(cluster.BisectingKMeans, n_clusters=3))
    model._bisecting_tree.left = model._bisecting_tree
    return pickle.dumps(model)
