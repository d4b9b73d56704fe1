"""Models and data that many tests share; each is made once a session."""

from __future__ import annotations

import json
import lzma
import os
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poner import loader, pipeline
from poner.aws_lambda.functions import FunctionSettings
from poner.aws_lambda.runtimes import RUNTIMES, choose_runtimes
from poner.bundle import Bundle
from poner.compiled_model import CompiledModel
from poner.errors import PonerError

if TYPE_CHECKING:
    from sklearn.ensemble import GradientBoostingClassifier

os.environ.setdefault("UV_PYTHON_DOWNLOADS", "never")  # tests use the Pythons that are there

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a shell's background job
    signal.signal(signal.SIGINT, signal.default_int_handler)

DATA = Path(__file__).parent / "data"
WIRE_NAMES = (
    "meanConcavePoints",
    "worstRadius",
    "worstTexture",
    "worstArea",
    "worstConcavePoints",
)
COLUMNS = (
    "mean concave points",
    "worst radius",
    "worst texture",
    "worst area",
    "worst concave points",
)


@dataclass(frozen=True)
class Cancer:
    """The article's data: five features of 569 scans, 1 = malignant."""

    X: np.ndarray
    y: np.ndarray


@dataclass(frozen=True)
class Legacy:
    """The article's model of 2023 with what it answered then."""

    path: Path
    rows: np.ndarray
    raw: np.ndarray
    predictions: list[int]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """An empty folder, in memory where /dev/shm exists, so that a thousand writes are quick."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as name:
        yield Path(name)


@pytest.fixture(scope="session")
def cancer() -> Cancer:
    """The article's data."""
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer()
    names = list(data.feature_names)
    return Cancer(data.data[:, [names.index(column) for column in COLUMNS]], 1 - data.target)


@pytest.fixture(scope="session")
def legacy(tmp_path_factory: pytest.TempPathFactory) -> Legacy:
    """The article's model file and its answers on all 569 rows."""
    path = tmp_path_factory.mktemp("legacy") / "clf.sav"
    path.write_bytes(lzma.decompress((DATA / "legacy/clf.sav.xz").read_bytes()))
    answers = json.loads(lzma.decompress((DATA / "legacy/answers.json.xz").read_bytes()))["rows"]
    return Legacy(
        path=path,
        rows=np.array([answer["x"] for answer in answers]),
        raw=np.array([float.fromhex(answer["raw"]) for answer in answers]),
        predictions=[answer["prediction"] for answer in answers],
    )


@pytest.fixture(scope="session")
def legacy_compiled(legacy: Legacy) -> CompiledModel:
    """The legacy model compiled; skips where scikit-learn 1.2.1 cannot be installed."""
    try:
        with loader.open_model(legacy.path, feature_names=WIRE_NAMES) as trained:
            return pipeline.compile_trained(trained)
    except PonerError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no environment of scikit-learn 1.2.1: {error}")


@pytest.fixture(scope="session")
def article_estimator(cancer: Cancer) -> GradientBoostingClassifier:
    """The article's model fitted under today's scikit-learn."""
    from sklearn.ensemble import GradientBoostingClassifier

    return GradientBoostingClassifier(
        n_estimators=1500, max_depth=1, learning_rate=0.01, random_state=42
    ).fit(cancer.X, cancer.y)


@pytest.fixture(scope="session")
def article_compiled(
    article_estimator: GradientBoostingClassifier, cancer: Cancer
) -> CompiledModel:
    """The article's model fitted under today's scikit-learn, and compiled."""
    names = {"feature_names": WIRE_NAMES, "labels": {"0": "benign", "1": "malignant"}}
    with loader.open_estimator(article_estimator, X=cancer.X, **names) as trained:
        return pipeline.compile_trained(trained)


@pytest.fixture(scope="session")
def article_bundle(
    article_compiled: CompiledModel, tmp_path_factory: pytest.TempPathFactory
) -> Bundle:
    """A Bundle of the article's model for the Python that runs the tests."""
    import datetime

    from poner.bundler import make_native_bundle

    return make_native_bundle(
        article_compiled,
        tmp_path_factory.mktemp("bundle") / "build",
        runtime=choose_runtimes(None, datetime.date(2026, 11, 22))[0],
        architecture="x86_64",
        settings=FunctionSettings(),
    )


@pytest.fixture(scope="session", params=list(RUNTIMES))
def interpreter(request: pytest.FixtureRequest) -> Path:
    """A Python of each of Lambda's versions; skips those that are not on this machine."""
    from poner.hosts import HOSTS

    try:
        return HOSTS[request.param].find_interpreter()
    except PonerError as error:
        pytest.skip(str(error))
