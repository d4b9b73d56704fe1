"""Fits pipelines of many transformers; run under another scikit-learn by test_preprocessing.py.

Writes `exact.sav`, `rounded.sav` and `texts.sav` in the working directory.
"""

import pickle
from pathlib import Path

import numpy as np
import sklearn
from sklearn.cluster import Birch, FeatureAgglomeration, KMeans
from sklearn.compose import ColumnTransformer
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import (
    PCA,
    FactorAnalysis,
    FastICA,
    IncrementalPCA,
    KernelPCA,
    SparsePCA,
    TruncatedSVD,
)
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomTreesEmbedding
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.feature_selection import RFE, SelectFromModel, SelectKBest, VarianceThreshold
from sklearn.impute import KNNImputer, MissingIndicator, SimpleImputer
from sklearn.kernel_approximation import (
    AdditiveChi2Sampler,
    Nystroem,
    PolynomialCountSketch,
    RBFSampler,
    SkewedChi2Sampler,
)
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
)
from sklearn.tree import DecisionTreeRegressor

VERSION = tuple(int(part) for part in sklearn.__version__.split(".")[:2])


def union(*transformers):
    """All of them side by side."""
    return FeatureUnion([(f"t{place}", each) for place, each in enumerate(transformers)])


def save(model, name):
    """Write a model."""
    Path(f"{name}.sav").write_bytes(pickle.dumps(model))


random = np.random.default_rng(0)
X = random.normal(size=(150, 5)) * [1, 2, 3, 0.5, 1] + [0, 1, 10, 0, 0]
X[:, 1] = np.round(X[:, 1])
y = X[:, 0] + X[:, 1] ** 2 + random.normal(size=150) * 0.1
gaps = np.where(random.random(X.shape) < 0.1, np.nan, X)
labels = np.digitize(y, [0.0, 2.0])

filled = make_pipeline(
    SimpleImputer(strategy="median", add_indicator=True), MinMaxScaler(clip=True)
)
exact = make_pipeline(
    union(
        filled,
        MissingIndicator(features="all"),
        make_pipeline(
            SimpleImputer(strategy="constant", fill_value=1.5),
            union(
                "passthrough",
                MaxAbsScaler(),
                RobustScaler(),
                StandardScaler(),
                Normalizer("max"),
                Binarizer(threshold=0.2),
                PolynomialFeatures(2, interaction_only=True),
                KBinsDiscretizer(3, encode="ordinal", strategy="uniform"),
                KBinsDiscretizer(3, encode="onehot-dense"),
                FunctionTransformer(np.floor),
                SelectKBest(k=2),
                SelectFromModel(DecisionTreeRegressor(max_depth=3, random_state=0)),
                RFE(LinearRegression(), n_features_to_select=3),
                VarianceThreshold(0.3),
                FeatureAgglomeration(2),
                RandomTreesEmbedding(5, max_depth=2, random_state=0),
            ),
        ),
    ),
    DecisionTreeRegressor(max_depth=6, random_state=0),
)
save(exact.fit(gaps, y), "exact")

positive = FunctionTransformer(np.absolute)
rounded = make_pipeline(
    union(
        KNNImputer(n_neighbors=3),
        KNNImputer(n_neighbors=4, weights="distance"),
        make_pipeline(
            SimpleImputer(),
            union(
                SplineTransformer(extrapolation="linear"),
                SplineTransformer(extrapolation="periodic", degree=2, include_bias=False),
                PowerTransformer(),
                QuantileTransformer(n_quantiles=20),
                QuantileTransformer(n_quantiles=20, output_distribution="normal"),
                PCA(3, whiten=True),
                IncrementalPCA(2),
                TruncatedSVD(3),
                FastICA(3, whiten="unit-variance", random_state=0),
                FactorAnalysis(2),
                SparsePCA(2, random_state=0, max_iter=5),
                KernelPCA(3, kernel="rbf", gamma=0.01),
                Nystroem(gamma=0.01, n_components=5, random_state=0),
                RBFSampler(gamma=0.01, n_components=5, random_state=0),
                PolynomialCountSketch(gamma=0.1, n_components=6, random_state=0),
                make_pipeline(positive, AdditiveChi2Sampler()),
                make_pipeline(
                    positive, SkewedChi2Sampler(n_components=5, skewedness=1.0, random_state=0)
                ),
                make_pipeline(positive, TfidfTransformer()),
                KMeans(3, n_init=1, random_state=0),
                Birch(threshold=3.0),
            ),
        ),
    ),
    Ridge(1.0),
)
save(rounded.fit(gaps, y), "rounded")

discriminants = make_pipeline(
    SimpleImputer(), LinearDiscriminantAnalysis(), DecisionTreeRegressor(max_depth=3)
)
save(discriminants.fit(gaps, labels), "discriminants")
save(PLSRegression(2).fit(X, np.stack([y, X[:, 2]], axis=1)), "pls")

colours = random.choice(
    np.array(["red", "green", "blue", "rare"], dtype=object), 150, p=[0.4, 0.3, 0.28, 0.02]
)
sizes = random.choice(np.array(["small", "large", np.nan], dtype=object), 150)
counts = random.integers(0, 4, 150)
table = np.stack([colours, sizes, counts, X[:, 0]], axis=1).astype(object)
encoders = [
    ("plain", OneHotEncoder(handle_unknown="ignore"), [0, 1]),
    ("grouped", OneHotEncoder(min_frequency=10, handle_unknown="infrequent_if_exist"), [0]),
    (
        "dropped",
        make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(drop="first")),
        [1, 2],
    ),
    (
        "places",
        OrdinalEncoder(
            handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2
        ),
        [0, 1, 2],
    ),
    ("scaled", StandardScaler(), slice(3, 4)),
]
if VERSION >= (1, 3):
    from sklearn.preprocessing import TargetEncoder

    encoders.append(("means", TargetEncoder(target_type="continuous"), [0, 1]))
texts = make_pipeline(
    ColumnTransformer(encoders, remainder="drop"),
    DecisionTreeRegressor(max_depth=7, random_state=0),
)
save(texts.fit(table, y), "texts")
