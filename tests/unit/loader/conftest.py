"""Fitted models that the loader's tests share, and a mark that no hostile file may leave."""

import io
import json
import pickle
import warnings

import joblib
import numpy as np
import pytest
import skops.io
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

import poner.loader.file_models


@pytest.fixture(scope="session")
def rows():
    """(80, 4) float64 rows; the last column is a category."""
    random = np.random.RandomState(7)
    X = random.normal(size=(80, 4))
    X[:, 3] = random.randint(0, 5, 80)
    return X


@pytest.fixture(scope="session")
def models(rows):
    """One fitted estimator of each kind that the file formats treat differently."""
    two = (rows[:, 0] + rows[:, 1] > 0).astype(int)
    texts = np.array(["red", "green", "blue"])[(rows[:, 3] % 3).astype(int)]
    columns = ColumnTransformer(
        [("log", FunctionTransformer(np.exp), [0, 1]), ("one", OneHotEncoder(), [3])]
    )
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2)
    gaps = rows.copy()
    gaps[::5, 0] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {
            "boosting": GradientBoostingClassifier(n_estimators=8).fit(rows, two),
            "forest": RandomForestClassifier(5, n_jobs=2, random_state=0).fit(rows, texts),
            "histogram": HistGradientBoostingClassifier(
                max_iter=5, categorical_features=[3], min_samples_leaf=5
            ).fit(gaps, two),
            "pipeline": Pipeline([("columns", columns), ("model", LogisticRegression())]).fit(
                rows, two
            ),
            "search": Pipeline([("scale", StandardScaler()), ("search", search)]).fit(rows, two),
            "regressor": Ridge().fit(rows, rows[:, 0] * 2),
        }


COMPRESSIONS = ("zlib", "gzip", "bz2", "xz", "lzma")


def dump_pickle(protocol):
    """A writer of one pickle protocol."""
    return lambda model: pickle.dumps(model, protocol)


def dump_joblib(compress):
    """A writer of joblib's format."""

    def dump(model):
        stream = io.BytesIO()
        joblib.dump(model, stream, compress=compress)
        return stream.getvalue()

    return dump


def dump_skops(model):
    """A writer of skops' format."""
    return bytes(skops.io.dumps(model))


WRITERS = {
    **{f"pickle {protocol}": dump_pickle(protocol) for protocol in range(6)},
    "joblib": dump_joblib(0),
    **{f"joblib {name}": dump_joblib((name, 3)) for name in COMPRESSIONS},
    "skops": dump_skops,
}


@pytest.fixture(scope="session", params=WRITERS)
def writer(request):
    """Each way to write a model file: estimator in, bytes out."""
    return WRITERS[request.param]


@pytest.fixture
def mark(tmp_path):
    """A file that a hostile model would make; the test fails if it exists afterwards."""
    path = tmp_path / "mark"
    yield path
    assert not path.exists(), "the hostile file ran"


@pytest.fixture(scope="session")
def writers():
    """All writers by name."""
    return WRITERS


class InProcess:
    """Stands for the load child: the same requests in this process, which is faster."""

    confined = ()
    over = None

    def __init__(self, *_, **__):
        from poner.loader.child.session import Session

        self.session = Session()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def ask(self, request, body=b"", *, timeout_s, **_):
        """One request."""
        from poner.loader.child.session import fault_message
        from poner.loader.child_process import fault_of
        from poner.loader.safe_pickle.faults import FileUnreadableError

        try:
            return self.session.handle(json.loads(json.dumps(request)), body)
        except FileUnreadableError as error:
            raise fault_of(fault_message(error)) from error


@pytest.fixture
def in_process(monkeypatch):
    """Load in this process; the listing still has a child of its own."""
    monkeypatch.setattr(poner.loader.file_models, "ChildProcess", InProcess)
