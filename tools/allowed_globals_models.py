"""Models with objects as parameters, and values that models hold, for the probe."""

from __future__ import annotations

import collections
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.sparse
import scipy.special
import sklearn
from sklearn import (
    calibration,
    compose,
    ensemble,
    feature_selection,
    gaussian_process,
    linear_model,
    metrics,
    model_selection,
    neighbors,
    pipeline,
    preprocessing,
    svm,
    tree,
)
from sklearn.gaussian_process import kernels

Model = tuple[Any, dict[str, Any]]
"""A class and its parameters."""

UFUNCS = (
    "absolute arccos arccosh arcsin arcsinh arctan arctanh cbrt ceil cos cosh deg2rad exp exp2",
    "expm1 fabs floor isfinite isnan log log10 log1p log2 negative positive rad2deg reciprocal",
    "rint sign sin sinh sqrt square tan tanh trunc",
)
SPECIAL_UFUNCS = ("expit logit log1p expm1",)

BOOSTING_LOSSES = (
    "log_loss deviance exponential squared_error absolute_error huber quantile",
    "binary_crossentropy poisson gamma",
)

METRICS = (
    "euclidean manhattan chebyshev minkowski canberra braycurtis hamming cosine haversine",
    "seuclidean mahalanobis wminkowski jaccard matching dice kulsinski rogerstanimoto",
    "russellrao sokalmichener sokalsneath sqeuclidean l1 l2 cityblock infinity p",
)

SCORES = ("f_classif f_regression chi2 mutual_info_classif mutual_info_regression r_regression",)

BIT_GENERATORS = ("MT19937 PCG64 PCG64DXSM Philox SFC64",)


def words(lines: tuple[str, ...]) -> list[str]:
    """The words of some lines."""
    return " ".join(lines).split()


def models() -> Iterator[Model]:
    """Models that the probe does not make from the listed options of parameters."""
    yield from boosting()
    yield from neighborhoods()
    yield from processes()
    yield from searches()
    yield from compositions()
    for name, kind in itertools.product(words(SCORES), ("SelectKBest", "SelectFpr")):
        yield getattr(feature_selection, kind), {"score_func": getattr(feature_selection, name)}


def boosting() -> Iterator[Model]:
    """Every loss, with every init and with categories."""
    plain = (ensemble.GradientBoostingClassifier, ensemble.GradientBoostingRegressor)
    histogram = (ensemble.HistGradientBoostingClassifier, ensemble.HistGradientBoostingRegressor)
    inits = (None, "zero", linear_model.LogisticRegression(), linear_model.LinearRegression())
    for loss in words(BOOSTING_LOSSES):
        for kind, init in itertools.product(plain, inits):
            yield kind, {"loss": loss, "init": init, "n_estimators": 3, "n_iter_no_change": 2}
        more = {"quantile": 0.5} if loss == "quantile" else {}
        for kind in histogram:
            yield kind, {"loss": loss, "max_iter": 3, **more}
            special = {"categorical_features": [0], "monotonic_cst": [0, 1, 0, 0]}
            yield kind, {"loss": loss, "max_iter": 3, "early_stopping": True, **special, **more}


def neighborhoods() -> Iterator[Model]:
    """Trees over points, with every distance."""
    for metric, algorithm in itertools.product(words(METRICS), ("kd_tree", "ball_tree", "brute")):
        given = {"metric": metric, "algorithm": algorithm}
        for more in (None, {"V": np.ones(4)}, {"VI": np.eye(4)}):
            yield neighbors.KNeighborsClassifier, {**given, "metric_params": more}
        if algorithm != "brute":
            yield neighbors.KernelDensity, given


def processes() -> Iterator[Model]:
    """Gaussian processes: every kernel, and every operator that combines kernels."""
    names = "RBF Matern RationalQuadratic ExpSineSquared DotProduct WhiteKernel ConstantKernel"
    bases = [getattr(kernels, name)() for name in names.split()] + [kernels.PairwiseKernel()]
    pairs = itertools.product(bases, bases[:1])
    put_together = [kernel for a, b in pairs for kernel in (a + b, a * b, a**2)]
    compound = kernels.CompoundKernel([kernels.RBF(), kernels.RBF()])
    for kernel in [*put_together, compound]:
        yield gaussian_process.GaussianProcessRegressor, {"kernel": kernel}
        yield gaussian_process.GaussianProcessClassifier, {"kernel": kernel}


def searches() -> Iterator[Model]:
    """Searches keep their scorer and their splitter."""
    grid = {"param_grid": {"max_depth": [1, None]}}
    classifier, regressor = tree.DecisionTreeClassifier(), tree.DecisionTreeRegressor()
    for name in getattr(metrics, "get_scorer_names", list)():
        for model in (classifier, regressor):
            given = {"estimator": model, **grid, "cv": 2}
            yield model_selection.GridSearchCV, {**given, "scoring": name}
            yield model_selection.GridSearchCV, {**given, "scoring": [name], "refit": name}
        yield linear_model.LogisticRegressionCV, {"scoring": name, "cv": 2, "Cs": 2}
    lists = [{"max_depth": np.arange(1, 3)}, {"criterion": ("gini", "entropy")}]
    yield model_selection.GridSearchCV, {"estimator": classifier, "param_grid": lists}
    tuned = getattr(model_selection, "TunedThresholdClassifierCV", None)
    for name in ("balanced_accuracy", "f1") if tuned else ():
        yield tuned, {"estimator": linear_model.LogisticRegression(), "scoring": name}


def compositions() -> Iterator[Model]:
    """Pipelines, columns, calibration, targets."""
    logistic = linear_model.LogisticRegression()
    columns = [
        ("a", preprocessing.StandardScaler(), [0]),
        ("b", preprocessing.OneHotEncoder(handle_unknown="ignore"), [1]),
        ("c", "passthrough", [2]),
    ]
    rest = preprocessing.MinMaxScaler()
    yield compose.ColumnTransformer, {"transformers": columns, "remainder": rest}
    logarithm = {"func": np.log1p, "inverse_func": np.expm1}
    yield compose.TransformedTargetRegressor, logarithm
    yield compose.TransformedTargetRegressor, {"transformer": preprocessing.StandardScaler()}
    options = itertools.product(("sigmoid", "isotonic", "temperature"), (True, False))
    for (method, together), base in itertools.product(options, (svm.LinearSVC(), logistic)):
        given = {"method": method, "ensemble": together, "cv": 2}
        for name in ("estimator", "base_estimator"):
            yield calibration.CalibratedClassifierCV, {name: base, **given}
    members = [("a", logistic), ("b", "drop"), ("c", tree.DecisionTreeClassifier())]
    for voting in ("soft", "hard"):
        yield ensemble.VotingClassifier, {"estimators": members, "voting": voting}
    if hasattr(linear_model.LogisticRegression, "set_fit_request"):
        sklearn.set_config(enable_metadata_routing=True)
        requested = linear_model.LogisticRegression().set_fit_request(sample_weight=False)
        sklearn.set_config(enable_metadata_routing=False)
        steps = [("scale", preprocessing.StandardScaler()), ("model", requested)]
        yield pipeline.Pipeline, {"steps": steps}


def values() -> Iterator[Any]:
    """Values that models hold as attributes."""
    yield from (getattr(np, name) for name in words(UFUNCS))
    yield from (getattr(scipy.special, name) for name in words(SPECIAL_UFUNCS))
    yield from containers()
    yield from splitters()
    for name in words(BIT_GENERATORS):
        yield np.random.Generator(getattr(np.random, name)(1))
        yield np.random.RandomState(getattr(np.random, name)(1))
    forms = [f"{form}_{end}" for form in ("csr", "csc", "coo") for end in ("matrix", "array")]
    yield from (
        getattr(scipy.sparse, form)(np.eye(4)) for form in forms if form in dir(scipy.sparse)
    )


def containers() -> Iterator[Any]:
    """Plain values and arrays."""
    yield from (1j, bytearray(b"a"), b"ab", b"", {1, 2}, frozenset([1]), slice(1, 2), range(3))
    yield from (collections.OrderedDict(a=1), collections.defaultdict(list, a=[1]))
    yield from (collections.defaultdict(int, a=1), sklearn.utils.Bunch(a=1))
    yield from (np.float64(1), np.float32(1), np.int64(3), np.bool_(True), np.str_("a"))
    yield from (np.array(["a", None], object), np.eye(3).T, np.arange(4), np.array(["a"]))
    yield np.array([(1, 2.0)], [("a", "i4"), ("b", "f8")])
    yield np.ma.masked_array([1.0, 2.0], [True, False])
    yield np.ma.masked_array([1, "a"], [True, False], object)
    yield np.dtype("f4")
    yield compose.make_column_selector("a")


def splitters() -> Iterator[Any]:
    """Every way to split rows that a search may keep."""
    for name in sorted(dir(model_selection)):
        kind = getattr(model_selection, name)
        if isinstance(kind, type) and hasattr(kind, "split") and not name.startswith("Base"):
            required = {"LeavePOut": (1,), "LeavePGroupsOut": (1,), "PredefinedSplit": ([0, 1],)}
            yield kind(*required.get(name, ()))
