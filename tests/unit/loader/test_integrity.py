"""What scikit-learn fits passes the checks of the finished model, whatever its parameters."""

import pickle
import warnings

import numpy as np
import pytest
import scipy.sparse
import skops.io
from sklearn import cluster, ensemble, neighbors, preprocessing, svm
from sklearn.decomposition import NMF
from sklearn.dummy import DummyClassifier
from sklearn.experimental import enable_iterative_imputer  # noqa: F401  # makes it importable
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer
from sklearn.impute import IterativeImputer, KNNImputer
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from poner.loader.safe_pickle.faults import FileUnreadableError
from poner.loader.safe_pickle.loading import load_content
from tests.support.hostile_models.calls import reading

ROWS = np.abs(np.random.RandomState(3).normal(size=(80, 3)))
CLASSES = np.arange(80) % 3
COUNTS = np.column_stack([np.arange(80) % 7, np.arange(80) % 5, np.arange(80) // 60])


FITTED = {
    "SVC with probabilities": (svm.SVC(probability=True), ROWS),
    "NuSVC": (svm.NuSVC(nu=0.1), ROWS),
    "SVR": (svm.SVR(), ROWS),
    "OneClassSVM": (svm.OneClassSVM(), ROWS),
    "SVC of a given kernel": (svm.SVC(kernel="precomputed"), ROWS @ ROWS.T),
    "SVC of sparse rows": (svm.SVC(), scipy.sparse.csr_matrix(ROWS)),
    "KDTree": (neighbors.KNeighborsClassifier(algorithm="kd_tree", leaf_size=4), ROWS),
    "BallTree with weights": (
        neighbors.KNeighborsRegressor(
            algorithm="ball_tree", metric="minkowski", p=3, metric_params={"w": np.ones(3)}
        ),
        ROWS,
    ),
    "BallTree with a matrix": (
        neighbors.KNeighborsRegressor(
            algorithm="ball_tree", metric="mahalanobis", metric_params={"V": np.eye(3)}
        ),
        ROWS,
    ),
    "BallTree with variances": (
        neighbors.KNeighborsClassifier(
            algorithm="ball_tree", metric="seuclidean", metric_params={"V": np.ones(3)}
        ),
        ROWS,
    ),
    "neighbours of sparse rows": (
        neighbors.KNeighborsClassifier(),
        scipy.sparse.csr_matrix(ROWS),
    ),
    "RadiusNeighbors": (neighbors.RadiusNeighborsClassifier(radius=9.0), ROWS),
    "LocalOutlierFactor": (neighbors.LocalOutlierFactor(novelty=True), ROWS),
    "NearestCentroid": (neighbors.NearestCentroid(), ROWS),
    "KMeans": (cluster.KMeans(3, n_init=1), ROWS),
    "BisectingKMeans": (cluster.BisectingKMeans(3), ROWS),
    "Birch": (cluster.Birch(threshold=0.1), ROWS),
    "MeanShift": (cluster.MeanShift(), ROWS),
    "IsolationForest": (ensemble.IsolationForest(n_estimators=3, max_features=2), ROWS),
    "RandomTreesEmbedding": (
        make_pipeline(ensemble.RandomTreesEmbedding(n_estimators=3), LogisticRegression()),
        ROWS,
    ),
    "a pruned tree": (DecisionTreeClassifier(ccp_alpha=0.01), ROWS),
    "boosting from a model": (
        ensemble.GradientBoostingClassifier(n_estimators=2, init=LogisticRegression()),
        ROWS,
    ),
    "boosting from a guess": (
        ensemble.GradientBoostingClassifier(n_estimators=2, init=DummyClassifier()),
        ROWS,
    ),
    "boosting from zero": (ensemble.GradientBoostingClassifier(n_estimators=2, init="zero"), ROWS),
    "histogram boosting with categories": (
        ensemble.HistGradientBoostingClassifier(
            max_iter=2, categorical_features=[0, 1], min_samples_leaf=3
        ),
        COUNTS,
    ),
    "OneHotEncoder of rare categories": (
        make_pipeline(
            preprocessing.OneHotEncoder(max_categories=3, handle_unknown="infrequent_if_exist"),
            LogisticRegression(),
        ),
        COUNTS,
    ),
    "OneHotEncoder that drops": (
        make_pipeline(preprocessing.OneHotEncoder(drop="if_binary"), LogisticRegression()),
        COUNTS,
    ),
    "OneHotEncoder that drops the first, of rare ones": (
        make_pipeline(
            preprocessing.OneHotEncoder(drop="first", max_categories=3), LogisticRegression()
        ),
        COUNTS,
    ),
    "KBinsDiscretizer": (
        make_pipeline(preprocessing.KBinsDiscretizer(n_bins=4), LogisticRegression()),
        ROWS,
    ),
    "SplineTransformer": (
        make_pipeline(
            preprocessing.SplineTransformer(extrapolation="periodic"), LogisticRegression()
        ),
        ROWS,
    ),
    "IterativeImputer": (make_pipeline(IterativeImputer(max_iter=2), LogisticRegression()), ROWS),
    "KNNImputer": (make_pipeline(KNNImputer(), LogisticRegression()), ROWS),
    "NMF": (make_pipeline(NMF(2, random_state=np.random.RandomState(1)), svm.SVC()), ROWS),
    "IsotonicRegression": (IsotonicRegression(), ROWS[:, 0]),
    "words": (
        make_pipeline(CountVectorizer(), LogisticRegression()),
        [f"word{number % 9}" for number in range(80)],
    ),
    "hashed words": (
        make_pipeline(HashingVectorizer(), neighbors.KNeighborsClassifier()),
        [f"word{number % 9}" for number in range(80)],
    ),
}


NOT_IN_SKOPS = ("KDTree", "BallTree", "RadiusNeighbors", "LocalOutlierFactor", "Birch")
"""Models that skops does not write, or writes in a way that is not read."""


@pytest.mark.parametrize("name", FITTED)
@pytest.mark.parametrize("form", ["pickle", "skops"])
def test_what_scikit_learn_fits_is_read(name, form):
    """The checks know every parameter that changes what is fitted; the model answers as before."""
    if form == "skops" and name.startswith(NOT_IN_SKOPS):
        pytest.skip("skops writes no such model, or writes it in a way that is not read")
    estimator, rows = FITTED[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(rows, CLASSES)
        content = pickle.dumps(estimator) if form == "pickle" else skops.io.dumps(estimator)
        loaded = load_content(content)
        assert loaded.predict(rows).tolist() == estimator.predict(rows).tolist()


def test_a_vectorizer_that_opens_files_is_refused_with_its_remedy():
    """The one who asks would choose which file the function reads."""
    with pytest.raises(FileUnreadableError) as caught:
        load_content(pickle.dumps(reading(CountVectorizer, "filename")))
    assert caught.value.message.startswith("CountVectorizer(input='filename') opens a file")
    assert 'input="content"' in caught.value.hint
