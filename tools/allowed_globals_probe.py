"""Prints, as JSON, which globals the pickles of fitted models name under one scikit-learn version.

Run by make_allowed_globals.py with the interpreter of that version's environment: it fits every
estimator of scikit-learn with every option that its parameters list, and lists each pickle.
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import itertools
import json
import os
import pickle
import signal
import sys
import time
import warnings
from pathlib import Path

import joblib
import numpy as np
import sklearn
from sklearn.experimental import (  # noqa: F401
    enable_halving_search_cv,
    enable_iterative_imputer,
)
from sklearn.utils import all_estimators

FIT_TIMEOUT_S = 3
SMALL = {"n_estimators": 3, "max_iter": 20, "n_components": 2, "n_init": 1, "max_n_alphas": 5}
"""Enough to see what a fitted instance holds."""

UFUNCS = (
    "absolute arccos arccosh arcsin arcsinh arctan arctanh cbrt ceil cos cosh deg2rad exp exp2 "
    "expm1 fabs floor isfinite isnan log log10 log1p log2 negative positive rad2deg reciprocal "
    "rint sign sin sinh sqrt square tan tanh trunc"
).split()
SPECIAL_UFUNCS = "expit logit log1p expm1 xlogy".split()


def load_listing():
    """The reader's own listing, without poner."""
    start = Path(__file__).parents[1] / "src/poner/loader/reader/start.py"
    spec = importlib.util.spec_from_file_location("start", start)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.load_reader()
    return importlib.import_module("poner_reader.listing")


class Probe:
    """Collects what pickles name."""

    def __init__(self):
        self.listing = load_listing()
        self.found = self.listing.Listing()
        self.fitted = set()

    def dump(self, value, everywhere):
        """List a value in one format, or in every one."""
        pickles = [pickle.dumps(value, protocol) for protocol in ((0, 2, 4, 5) if everywhere else (4,))]
        if everywhere:
            stream = io.BytesIO()
            joblib.dump(value, stream)
            pickles.append(stream.getvalue())
        for content in pickles:
            self.listing.list_content(content, self.found)

    def fit(self, make, name, enough=1):
        """Fit an estimator on the first data it takes, and list what comes out."""
        done = 0
        begun = time.monotonic()
        for X, y in data():
            if done == enough:
                break
            try:
                estimator = make()
                with limit(FIT_TIMEOUT_S):
                    estimator.fit(X) if y is None else estimator.fit(X, y)
                self.dump(estimator, done < 2)
                self.fitted.add(name)
                done += 1
            except Exception:
                continue
        if time.monotonic() - begun > FIT_TIMEOUT_S:
            print(f"slow: {name} {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)


class limit:
    """Stops a fit that takes too long."""

    def __init__(self, seconds):
        self.seconds = seconds

    def __enter__(self):
        signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(TimeoutError()))
        signal.alarm(self.seconds)

    def __exit__(self, *_):
        signal.alarm(0)


def data():
    """Small data of every kind that estimators take."""
    random = np.random.RandomState(0)
    X = random.uniform(0.1, 2, (48, 4))
    two = np.arange(48) % 2
    three = np.arange(48) % 3
    number = X[:, 0] + X[:, 1] * random.uniform(1, 2, 48)
    texts = np.array(["a", "b", "c"], dtype=object)[three]
    words = [f"word{i % 5} other{i % 3}" for i in range(48)]
    yield X, three
    yield X, two
    yield X, number
    yield X, texts
    yield X, np.c_[two, three]
    yield X, np.c_[number, number**2]
    yield np.round(X * 3), two
    yield X[:, 0], number
    yield X, None
    yield words, two
    yield [{"a": 1.0, "b": word} for word in words], two
    yield two, None
    yield X[:, :1], X[:, 1:2]


def single(name, kind):
    """Required parameters of the estimators that have some."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    classifier, regressor = LogisticRegression(), LinearRegression()
    model = regressor if "Regress" in name else classifier
    pair = [("a", model), ("b", (RandomForestRegressor if model is regressor else RandomForestClassifier)(3))]
    given = {
        "estimator": model,
        "base_estimator": model,
        "estimators": pair,
        "param_grid": {"C": [0.1, 1]},
        "param_distributions": {"C": [0.1, 1]},
        "n_iter": 2,
        "steps": [("scale", StandardScaler()), ("model", classifier)],
        "transformers": [("a", StandardScaler(), [0, 1]), ("b", MinMaxScaler(), slice(2, 4)), ("c", "drop", [False] * 4)],
        "transformer_list": [("a", StandardScaler()), ("b", MinMaxScaler())],
        "dictionary": np.eye(4),
    }
    import inspect

    wanted = inspect.signature(kind.__init__).parameters
    required = [p for p in wanted if wanted[p].default is inspect.Parameter.empty and p not in ("self", "args", "kwargs")]
    small = {p: SMALL[p] for p in SMALL if p in wanted and p not in given}
    return {**small, **{p: given[p] for p in given if p in required}}


def options(kind):
    """Each parameter's listed options, one changed at a time."""
    yield {}
    constraints = getattr(kind, "_parameter_constraints", {})
    for parameter, allowed in constraints.items():
        for constraint in allowed if isinstance(allowed, (list, tuple)) else ():
            for option in sorted(map(str, getattr(constraint, "options", ()))):
                if option not in ("file", "filename"):  # reads what it is given as data
                    yield {parameter: option}


def variants():
    """What options do not reach: objects as parameters."""
    from sklearn import (
        calibration, compose, ensemble, feature_selection, gaussian_process, kernel_approximation,
        linear_model, metrics, model_selection, neighbors, pipeline, preprocessing, svm, tree,
    )
    from sklearn.gaussian_process import kernels as k

    for loss in "log_loss deviance exponential squared_error absolute_error huber quantile".split():
        for kind in (ensemble.GradientBoostingClassifier, ensemble.GradientBoostingRegressor):
            yield lambda kind=kind, loss=loss: kind(loss=loss, n_estimators=3)
        yield lambda loss=loss: ensemble.GradientBoostingClassifier(
            loss=loss, n_estimators=3, init="zero", n_iter_no_change=2)
        yield lambda loss=loss: ensemble.GradientBoostingClassifier(
            loss=loss, n_estimators=3, init=linear_model.LogisticRegression())
    for loss in "log_loss binary_crossentropy squared_error absolute_error poisson gamma quantile".split():
        more = {"quantile": 0.5} if loss == "quantile" else {}
        for kind in (ensemble.HistGradientBoostingClassifier, ensemble.HistGradientBoostingRegressor):
            yield lambda kind=kind, loss=loss, more=more: kind(loss=loss, max_iter=3, **more)
            yield lambda kind=kind, loss=loss, more=more: kind(
                loss=loss, max_iter=3, categorical_features=[0], monotonic_cst=[0, 1, 0, 0],
                early_stopping=True, **more)
    for metric in "euclidean manhattan chebyshev minkowski canberra braycurtis hamming cosine haversine " \
            "seuclidean mahalanobis wminkowski jaccard matching dice kulsinski rogerstanimoto " \
            "russellrao sokalmichener sokalsneath sqeuclidean l1 l2 cityblock infinity p".split():
        for algorithm in ("kd_tree", "ball_tree", "brute"):
            yield lambda a=algorithm, m=metric: neighbors.KNeighborsClassifier(algorithm=a, metric=m)
        for algorithm in ("kd_tree", "ball_tree"):
            yield lambda a=algorithm, m=metric: neighbors.KernelDensity(algorithm=a, metric=m)
        yield lambda m=metric: neighbors.KNeighborsClassifier(
            algorithm="ball_tree", metric=m, metric_params={"V": np.ones(4)})
        yield lambda m=metric: neighbors.KNeighborsClassifier(
            algorithm="ball_tree", metric=m, metric_params={"VI": np.eye(4)})
    bases = [k.RBF(), k.Matern(), k.RationalQuadratic(), k.ExpSineSquared(), k.DotProduct(),
             k.WhiteKernel(), k.ConstantKernel(), k.PairwiseKernel()]
    for base, other in itertools.product(bases, bases[:2]):
        for kernel in (base + other, base * other, base**2):
            yield lambda kernel=kernel: gaussian_process.GaussianProcessRegressor(kernel)
            yield lambda kernel=kernel: gaussian_process.GaussianProcessClassifier(kernel)
    yield lambda: gaussian_process.GaussianProcessClassifier(k.CompoundKernel([k.RBF(), k.RBF()]))
    for name in "f_classif f_regression chi2 mutual_info_classif mutual_info_regression r_regression".split():
        score = getattr(feature_selection, name)
        for kind in (feature_selection.SelectKBest, feature_selection.SelectPercentile,
                     feature_selection.SelectFpr, feature_selection.GenericUnivariateSelect):
            yield lambda kind=kind, score=score: kind(score)
    for name in UFUNCS:
        yield lambda name=name: preprocessing.FunctionTransformer(getattr(np, name))
    import scipy.special

    for name in SPECIAL_UFUNCS:
        yield lambda name=name: preprocessing.FunctionTransformer(getattr(scipy.special, name))
    for name in getattr(metrics, "get_scorer_names", lambda: [])():
        yield lambda name=name: model_selection.GridSearchCV(
            tree.DecisionTreeClassifier(), {"max_depth": [1, 2]}, scoring=name, cv=2)
        yield lambda name=name: model_selection.GridSearchCV(
            tree.DecisionTreeRegressor(), {"max_depth": [1, None]}, scoring=[name], refit=name, cv=2)
        yield lambda name=name: linear_model.LogisticRegressionCV(scoring=name, cv=2, Cs=2)
    splitters = [model_selection.KFold(2), model_selection.StratifiedKFold(2),
                 model_selection.ShuffleSplit(2), model_selection.StratifiedShuffleSplit(2),
                 model_selection.RepeatedKFold(n_splits=2, n_repeats=1),
                 model_selection.RepeatedStratifiedKFold(n_splits=2, n_repeats=1),
                 model_selection.LeaveOneOut(), model_selection.TimeSeriesSplit(2),
                 model_selection.GroupKFold(2), model_selection.LeaveOneGroupOut(),
                 model_selection.LeavePGroupsOut(1), model_selection.LeavePOut(2),
                 model_selection.GroupShuffleSplit(2), model_selection.StratifiedGroupKFold(2),
                 model_selection.PredefinedSplit(np.arange(48) % 2)]
    for cv in splitters:
        yield lambda cv=cv: model_selection.GridSearchCV(
            tree.DecisionTreeClassifier(), {"max_depth": [1, 2]}, cv=cv)
        yield lambda cv=cv: WithParameter(cv)
    yield lambda: model_selection.GridSearchCV(
        tree.DecisionTreeClassifier(), [{"max_depth": np.arange(1, 3)}, {"criterion": ("gini", "entropy")}])
    for state in (np.random.RandomState(0), np.random.RandomState(np.random.PCG64(1))):
        yield lambda state=state: ensemble.RandomForestClassifier(3, random_state=state)
    for name in "MT19937 PCG64 PCG64DXSM Philox SFC64".split():
        for random in (np.random.Generator, np.random.RandomState):
            yield lambda name=name, random=random: WithParameter(random(getattr(np.random, name)(1)))
    for dtype in (int, float, bool, str, object, np.float16, np.float32, np.float64, np.int8, np.int16, np.int32,
                  np.int64, np.uint8, np.uint16, np.uint32, np.uint64, np.bool_, np.str_, np.object_,
                  np.dtype("f4"), np.complex64, np.complex128, np.bytes_, complex, bytes, list, dict, tuple, set, type(None)):
        yield lambda dtype=dtype: preprocessing.OneHotEncoder(dtype=dtype)
        yield lambda dtype=dtype: WithParameter(dtype)
    for value in (np.ma.masked_array([1.0, 2.0], [True, False]), np.ma.masked_array([1, "a"], [True, False], object),
                  np.float64(1), np.float32(1), np.int64(3), np.bool_(True), np.str_("a"), {1, 2}, frozenset([1]),
                  slice(1, 2), range(3), 1j, bytearray(b"a"), b"ab", b"", np.array(["a", None], object), np.eye(3).T,
                  np.array([(1, 2.0)], [("a", "i4"), ("b", "f8")])):
        yield lambda value=value: WithParameter(value)
    import collections
    import scipy.sparse

    for form in "csr csc coo bsr lil dok dia".split():
        for end in ("matrix", "array"):
            kind = getattr(scipy.sparse, f"{form}_{end}", None)
            if kind is not None:
                yield lambda kind=kind: WithParameter(kind(np.eye(4)))
    yield lambda: WithParameter(collections.OrderedDict(a=1))
    yield lambda: WithParameter(collections.defaultdict(list, a=1))
    yield lambda: WithParameter(collections.defaultdict(int, a=1))
    yield lambda: WithParameter(sklearn.utils.Bunch(a=1))
    yield lambda: compose.ColumnTransformer(
        [("a", preprocessing.StandardScaler(), [0]), ("b", preprocessing.OneHotEncoder(handle_unknown="ignore"), [1]),
         ("c", "passthrough", [2])], remainder=preprocessing.MinMaxScaler())
    yield lambda: compose.ColumnTransformer(
        [("a", preprocessing.StandardScaler(), compose.make_column_selector("a"))])
    yield lambda: WithParameter(compose.make_column_selector("a"))
    yield lambda: compose.TransformedTargetRegressor(func=np.log1p, inverse_func=np.expm1)
    yield lambda: compose.TransformedTargetRegressor(transformer=preprocessing.StandardScaler())
    for method in ("sigmoid", "isotonic", "temperature"):
        for base in (svm.LinearSVC(), ensemble.RandomForestClassifier(3)):
            for together in (True, False):
                yield lambda b=base, m=method, t=together: calibration.CalibratedClassifierCV(
                    b, method=m, cv=2, ensemble=t)
    for voting in ("soft", "hard"):
        yield lambda v=voting: ensemble.VotingClassifier(
            [("a", linear_model.LogisticRegression()), ("b", "drop"), ("c", tree.DecisionTreeClassifier())], voting=v)
    yield lambda: ensemble.BaggingClassifier(tree.DecisionTreeClassifier(), 3)
    yield lambda: ensemble.AdaBoostClassifier(tree.DecisionTreeClassifier(max_depth=2), n_estimators=3)
    yield lambda: tree.DecisionTreeClassifier(ccp_alpha=0.01, class_weight={0: 1.0, 1: 2.0, 2: 1.0})
    yield lambda: pipeline.Pipeline(
        [("spline", preprocessing.SplineTransformer()), ("model", linear_model.Ridge())])
    yield lambda: pipeline.make_pipeline(
        preprocessing.PolynomialFeatures(), preprocessing.KBinsDiscretizer(), linear_model.SGDClassifier())
    yield lambda: pipeline.make_union(preprocessing.StandardScaler(), kernel_approximation.Nystroem(n_components=4))
    if hasattr(linear_model.LogisticRegression, "set_fit_request"):
        def requested():
            sklearn.set_config(enable_metadata_routing=True)
            try:
                return pipeline.make_pipeline(
                    preprocessing.StandardScaler(),
                    linear_model.LogisticRegression().set_fit_request(sample_weight=False))
            finally:
                sklearn.set_config(enable_metadata_routing=False)
        yield requested
    if hasattr(model_selection, "TunedThresholdClassifierCV"):
        for name in ("balanced_accuracy", "f1"):
            yield lambda name=name: model_selection.TunedThresholdClassifierCV(
                linear_model.LogisticRegression(), scoring=name)
        yield lambda: model_selection.FixedThresholdClassifier(linear_model.LogisticRegression(), threshold=0.3)


def WithParameter(value):
    """Any value as a parameter of an estimator that does not look at it."""
    from sklearn.dummy import DummyClassifier

    return DummyClassifier(constant=None).set_params(random_state=None, constant=value)


def main():
    """Fit everything; print what was named."""
    warnings.simplefilter("ignore")
    sink = os.fdopen(os.dup(1), "w")  # some estimators print, and some close what they are given
    os.dup2(2, 1)
    probe = Probe()
    classes = all_estimators()
    for name, kind in classes:
        probe.found.mention(kind.__module__, kind.__name__, "new")
        for option in options(kind):
            make = lambda: kind(**{**single(name, kind), **option})  # noqa: B023, E731
            probe.fit(make, name, 1 if option else 20)
    for make in variants():
        probe.fit(make, "variant")
    uses = [[module, name, sorted(roles)] for (module, name), roles in sorted(probe.found.uses.items())]
    not_fitted = sorted({name for name, _ in classes} - probe.fitted)
    json.dump({"version": sklearn.__version__, "uses": uses, "not_fitted": not_fitted}, sink)
    sink.close()


if __name__ == "__main__":
    main()
