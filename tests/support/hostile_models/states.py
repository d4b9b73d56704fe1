"""Other states that compiled code would follow out of what there is, or without end."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import scipy.sparse
from sklearn import cluster, neighbors, pipeline, preprocessing, svm
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from tests.support.hostile_models.trees import X, Y, fitted
from tests.support.hostile_models.writing import Called, Maker, broken

MAKERS: dict[str, Maker] = {}


def hostile(make: Maker) -> Maker:
    """Note what makes a file; its docstring is its name."""
    MAKERS[str(make.__doc__).rstrip(".")] = make
    return make


def neighbour_tree(place: int, value: Any, kind: Any = neighbors.KDTree) -> bytes:
    """A pickle of a KDTree with another part of its state."""
    maker, arguments, state = kind(X, leaf_size=5).__reduce__()
    return pickle.dumps(Called(maker, arguments, (*state[:place], value, *state[place + 1 :])))


@hostile
def _order() -> bytes:
    """A KDTree that orders rows which are not there."""
    return neighbour_tree(1, np.full(60, 10**9))


@hostile
def _short() -> bytes:
    """A KDTree with a short state."""
    maker, arguments, state = neighbors.KDTree(X, leaf_size=5).__reduce__()
    return pickle.dumps(Called(maker, arguments, state[:3]))


@hostile
def _short_metric() -> bytes:
    """A distance with a short state."""
    maker, arguments, state = neighbors.KDTree(X).__getstate__()[11].__reduce__()
    return pickle.dumps(Called(maker, arguments, state[:1]))


@hostile
def _far_field() -> bytes:
    """A dtype with a field 2 GB behind its item, which numpy takes."""
    far: Any = {"names": ["a"], "formats": ["<f8"], "offsets": [(1 << 31) - 1], "itemsize": 8}
    return broken(fitted(LogisticRegression), coef_=np.zeros(1, far))


@hostile
def _short_weights() -> bytes:
    """A KDTree with the weight of one row."""
    return neighbour_tree(12, np.ones(1))


@hostile
def _overlap() -> bytes:
    """A KDTree of which every node has all rows."""
    nodes = neighbors.KDTree(X, leaf_size=5).__getstate__()[2].copy()
    nodes["idx_start"], nodes["idx_end"] = 0, 60
    return neighbour_tree(2, nodes)


@hostile
def _no_leaves() -> bytes:
    """A KDTree without leaves."""
    nodes = neighbors.KDTree(X, leaf_size=5).__getstate__()[2].copy()
    nodes["is_leaf"] = 0
    return neighbour_tree(2, nodes)


@hostile
def _bounds() -> bytes:
    """A BallTree with short bounds."""
    return neighbour_tree(3, np.zeros((1, 1, 3)), neighbors.BallTree)


@hostile
def _no_state() -> bytes:
    """A KDTree without a state."""
    maker, arguments, _ = neighbors.KDTree(X).__reduce__()
    return pickle.dumps(Called(maker, arguments))


@hostile
def _weights() -> bytes:
    """A BallTree whose distance has weights for one column."""
    from sklearn.metrics import DistanceMetric

    metric = DistanceMetric.get_metric("seuclidean", V=np.ones(1))
    return neighbour_tree(11, metric, neighbors.BallTree)


@hostile
def _oblong() -> bytes:
    """A distance with a matrix that is not square."""
    from sklearn.metrics import DistanceMetric

    metric = DistanceMetric.get_metric("mahalanobis", V=np.eye(3))
    maker, arguments, (power, vector, _) = metric.__reduce__()
    return pickle.dumps(Called(maker, arguments, (power, vector, np.ones((3, 1)))))


@hostile
def _other_format() -> bytes:
    """A sparse matrix that says it is of another format."""
    ones = np.zeros(3, np.int32)
    return sparse(format="coo", row=ones, col=ones, indices=np.array([0, 1, 10**6], np.int32))


@hostile
def _narrow_neighbours() -> bytes:
    """Neighbours whose training rows are wider than the rows."""
    return broken(fitted(neighbors.KNeighborsClassifier, algorithm="brute"), n_features_in_=1)


@hostile
def _targets() -> bytes:
    """Neighbours with targets of fewer rows."""
    return broken(fitted(neighbors.KNeighborsClassifier, algorithm="brute"), _y=np.zeros(1, int))


@hostile
def _norms() -> bytes:
    """Neighbours with norms of their own."""
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
    """Sparse support vectors that lack coefficients."""
    model = svm.SVC().fit(scipy.sparse.csr_matrix(X), Y)
    model._dual_coef_.data = model._dual_coef_.data[:1]
    return pickle.dumps(model)


def sparse(**parts: Any) -> bytes:
    """A pickle of a sparse matrix with other parts."""
    return broken(scipy.sparse.csr_matrix(np.eye(3)), **parts)


@hostile
def _indices() -> bytes:
    """A sparse matrix that reaches beyond its columns."""
    return sparse(indices=np.array([0, 1, 10**6], np.int32))


@hostile
def _begins() -> bytes:
    """A sparse matrix whose rows end before they begin."""
    return sparse(indptr=np.array([0, 9, 2, 3], np.int32))


@hostile
def _coordinates() -> bytes:
    """A sparse matrix of coordinates below zero."""
    matrix = scipy.sparse.coo_matrix(np.eye(3))
    return broken(matrix, coords=(np.array([-9, 0, 1]), np.array([0, 1, 2])))


@hostile
def _wide() -> bytes:
    """A sparse matrix of 10**15 columns."""
    return sparse(_shape=(3, 10**15))


for name, other in {"t": np.zeros(3), "c": np.zeros((2, 2)), "k": 90}.items():

    def _spline(name: str = name, other: Any = other) -> bytes:
        spline = fitted(preprocessing.SplineTransformer).bsplines_[0]
        return broken(spline, **{name if name in vars(spline) else f"_{name}": other})

    MAKERS[f"a spline with another {name}"] = _spline


@hostile
def _position() -> bytes:
    """A random generator that reads behind its buffer."""
    random = np.random.RandomState(0)
    maker = random.__reduce__()[0]
    state = random.get_state(legacy=False)
    state["state"]["pos"] = 10**6
    return pickle.dumps(Called(maker, ("MT19937",), state))


@hostile
def _columns() -> bytes:
    """A OneHotEncoder that gives features fewer columns."""
    encoder = fitted(preprocessing.OneHotEncoder, sparse_output=False)
    return broken(encoder, _n_features_outs=[1, 1, 1])


@hostile
def _dropped() -> bytes:
    """A OneHotEncoder that drops a category below the first."""
    encoder = fitted(preprocessing.OneHotEncoder, drop="first")
    drops = np.array([-1, 0, 0], object)
    return broken(encoder, drop_idx_=drops, _drop_idx_after_grouping=drops)


@hostile
def _vocabulary() -> bytes:
    """A vectorizer with a word in column 10**6."""
    model = pipeline.make_pipeline(CountVectorizer(), LogisticRegression()).fit(
        ["a1 b1"] * 2, [0, 1]
    )
    model[0].vocabulary_["a1"] = 10**6
    return pickle.dumps(model)


@hostile
def _centres() -> bytes:
    """Clusters with centres of another width."""
    return broken(fitted(cluster.KMeans, n_clusters=2), cluster_centers_=np.zeros((2, 1)))


@hostile
def _birch() -> bytes:
    """Birch with norms of fewer centres."""
    return broken(fitted(cluster.Birch), _subcluster_norms=np.zeros(1))


@hostile
def _bisecting() -> bytes:
    """A BisectingKMeans that goes round in circles."""
    model = copy.deepcopy(fitted(cluster.BisectingKMeans, n_clusters=3))
    model._bisecting_tree.left = model._bisecting_tree
    return pickle.dumps(model)
