"""Models with a linear core from older scikit-learns: compiled, they answer as those do."""

from __future__ import annotations

from pathlib import Path

import pytest

from poner import loader, pipeline
from poner.errors import PonerError
from tests.support.compiling import fit_elsewhere
from tests.support.versions import OTHER_VERSIONS

SCRIPT = """
import pickle, warnings
import numpy as np
from sklearn.datasets import make_classification, make_multilabel_classification
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression, SGDClassifier, TweedieRegressor
from sklearn.neural_network import MLPClassifier

warnings.simplefilter("ignore")
X, y = make_classification(150, 6, n_informative=6, n_redundant=0, n_classes=3, random_state=0)
names, two = np.array(["a", "b", "c"])[y], y > 0
labels = make_multilabel_classification(150, 6, n_classes=3, random_state=0)
far = SGDClassifier(loss="log_loss", random_state=0).fit(X, names)
far.intercept_ -= 1e5  # every probability is 0
models = {
    "multinomial-2": LogisticRegression(multi_class="multinomial").fit(X, two),
    "cholesky-3": LogisticRegression(solver="newton-cholesky").fit(X, names),
    "far": far,
    "tweedie": TweedieRegressor(power=1.5).fit(X, np.exp(X[:, 0])),
    "quadratic": QuadraticDiscriminantAnalysis(priors=[0.2, 0.3, 0.5]).fit(X, names),
    "network": MLPClassifier(max_iter=5).fit(*labels),
    "isotonic": IsotonicRegression(out_of_bounds="nan").fit(X[:, 0].astype("f4"), y),
}
for name, model in models.items():
    with open(name + ".sav", "wb") as file:
        pickle.dump(model, file)
open("clf.sav", "w").close()
"""


@pytest.fixture(scope="module", params=OTHER_VERSIONS)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models of one version."""
    place = tmp_path_factory.mktemp("models")
    try:
        fit_elsewhere(request.param, SCRIPT, place).unlink()
    except PonerError as error:
        pytest.skip(error.message)
    return place


def test_models_of_older_versions(folder: Path) -> None:
    """The proof asks each model under its own scikit-learn, and finds no difference."""
    for file in sorted(folder.glob("*.sav")):
        with loader.open_model(file) as trained:
            parity = pipeline.compile_trained(trained).parity
        assert parity is not None, file.stem
        assert parity.rows_equal == parity.rows_tried, file.stem
