"""Ensembles of other versions of scikit-learn: many in one file, as members of a vote."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from poner import loader, pipeline
from tests.support.compiling import fit_elsewhere
from tests.support.versions import OTHER_VERSIONS

START = """
import pickle, warnings
warnings.simplefilter("ignore")
import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import *
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputRegressor, RegressorChain
from sklearn.preprocessing import PowerTransformer, QuantileTransformer, StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
X, y = make_classification(240, 8, n_informative=6, n_classes=3, random_state=0)
V, v = make_regression(240, 8, noise=3.0, random_state=0)
v = np.abs(v) / 50 + 0.1
line, logistic = LinearRegression(), LogisticRegression()
forest = RandomForestClassifier(5, max_depth=3, random_state=0)
tree = DecisionTreeClassifier(max_depth=3, random_state=0)
value_tree = DecisionTreeRegressor(max_depth=3, random_state=0)
drawn = {"n_estimators": 5, "random_state": 0}

def named(members):
    return [(f"m{i}", member) for i, member in enumerate(members)]

def save(model, rows):
    pickle.dump(model, open("clf.sav", "wb"))
    np.save("rows.npy", rows)
    np.save("answers.npy", model.predict(rows))
"""

VOTES = """
save(VotingClassifier(named([
    forest,
    BaggingClassifier(**drawn),
    BaggingClassifier(logistic, **drawn, max_features=0.5),
    AdaBoostClassifier(**drawn),
    AdaBoostClassifier(**drawn, algorithm="SAMME"),
    AdaBoostClassifier(logistic, **drawn),
    AdaBoostClassifier(logistic, **drawn, algorithm="SAMME"),
    CalibratedClassifierCV(forest, cv=2),
    CalibratedClassifierCV(logistic, cv=2, ensemble=False),
    CalibratedClassifierCV(forest, cv=2, method="isotonic"),
    OneVsRestClassifier(logistic),
    OneVsRestClassifier(tree),
    GridSearchCV(forest, {"max_depth": [2]}, cv=2),
    SelfTrainingClassifier(logistic),
    StackingClassifier(named([forest, logistic]), cv=2, passthrough=True),
    GradientBoostingClassifier(n_estimators=4, init=forest),
    HistGradientBoostingClassifier(max_iter=4),
]), voting="soft").fit(X, np.array(["a", "b", "c"])[y]), X)
"""

PAIRS = """
save(StackingClassifier(named([
    OneVsRestClassifier(tree),
    OneVsOneClassifier(logistic),
    OneVsOneClassifier(forest),
    OutputCodeClassifier(forest, random_state=0),
    VotingClassifier(named([forest, tree, logistic])),
]), stack_method="predict", cv=2, final_estimator=forest).fit(X, y), X)
"""

BINARY = """
y = (y == 1).astype(int)
save(VotingClassifier(named([
    AdaBoostClassifier(**drawn),
    AdaBoostClassifier(**drawn, algorithm="SAMME"),
    CalibratedClassifierCV(forest, cv=2),
    CalibratedClassifierCV(logistic, cv=2, method="isotonic"),
    OneVsRestClassifier(logistic),
    GradientBoostingClassifier(n_estimators=4, init=forest),
    GradientBoostingClassifier(n_estimators=4, init=forest, loss="exponential"),
]), voting="soft").fit(X, y), X)
"""

VALUES = """
def scaled(transformer, regressor=line):
    return TransformedTargetRegressor(regressor, transformer=transformer)

V[:, 2] = np.arange(240) % 9
save(VotingRegressor(named([
    BaggingRegressor(**drawn, max_features=0.5),
    AdaBoostRegressor(**drawn),
    GradientBoostingRegressor(n_estimators=4, init=value_tree),
    HistGradientBoostingRegressor(max_iter=4, categorical_features=[2]),
    StackingRegressor(named([line, value_tree]), final_estimator=value_tree),
    scaled(StandardScaler(), value_tree),
    scaled(QuantileTransformer(n_quantiles=30, output_distribution="normal")),
    scaled(PowerTransformer()),
    scaled(PowerTransformer("box-cox")),
    TransformedTargetRegressor(line, func=np.log1p, inverse_func=np.expm1),
])).fit(V, v), V)
"""

LABELS = """
Y = np.stack([y == 0, y == 1, X[:, 0] > 0], axis=1).astype(int)
save(ClassifierChain(logistic, order=[2, 0, 1]).fit(X, Y), X)
"""

TARGETS = """
T = np.stack([v, v ** 2, v[::-1]], axis=1)
save(RegressorChain(RandomForestRegressor(4), order=[1, 2, 0]).fit(V, T), V)
"""

OUTLIERS = """
save(IsolationForest(n_estimators=20, max_features=0.5, contamination=0.1).fit(X), X)
"""

SCRIPTS = {
    "votes": VOTES,
    "pairs": PAIRS,
    "binary": BINARY,
    "values": VALUES,
    "labels": LABELS,
    "targets": TARGETS,
    "outliers": OUTLIERS,
}


FIT_ALL = f"""
import os
for name, script in {SCRIPTS!r}.items():
    os.mkdir(name)
    os.chdir(name)
    exec({START!r} + script, {{}})
    os.chdir("..")
"""


@pytest.fixture(scope="module", params=OTHER_VERSIONS)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The models of one version, in a folder for each script."""
    made = tmp_path_factory.mktemp("models")
    fit_elsewhere(request.param, FIT_ALL, made)
    return made


@pytest.mark.parametrize("name", SCRIPTS)
def test_ensembles_of_other_versions(folder: Path, name: str) -> None:
    """Every member is compiled as its own version computes it."""
    made = folder / name
    with loader.open_model(made / "clf.sav") as trained:
        compiled = pipeline.compile_trained(trained)
    rows, answers = np.load(made / "rows.npy"), np.load(made / "answers.npy")
    if answers.dtype.kind == "f":
        np.testing.assert_allclose(compiled.predict(rows), answers, rtol=1e-10)
    else:
        np.testing.assert_array_equal(compiled.predict(rows), answers)
