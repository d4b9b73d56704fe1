"""The engines that need packages, from real wheels on real interpreters, through the emulator."""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import NMF
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import poner
from poner import pipeline, smoke_test
from poner.aws_lambda.functions import FunctionSettings
from poner.aws_lambda.quotas import DIRECT_UPLOAD_BYTES
from poner.aws_lambda.runtimes import RUNTIMES
from poner.bundle import Bundle
from poner.compiled_model import CompiledModel
from poner.errors import NotSupportedError, ParityError
from tests.conftest import COLUMNS, WIRE_NAMES, Cancer, Legacy
from tests.end_to_end.test_flow import ANSWERS
from tests.support.differentials import DIFFERENTIALS

MISSING = ANSWERS[1].partition(" ")[2]


def post(url: str, body: str) -> tuple[int, str]:
    """A request as curl sends it; status and body."""
    import urllib.error
    import urllib.request

    request = urllib.request.Request(
        url, body.encode(), {"Content-Type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture(scope="module")
def article_model(
    article_estimator: Any, cancer: Cancer, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The article's model, fitted today and saved."""
    return poner.save(
        article_estimator,
        cancer.X,
        cancer.y,
        tmp_path_factory.mktemp("article") / "model",
        feature_names=COLUMNS,
        labels=["benign", "malignant"],
    )


def build(model: Path, out: Path, engine: str, runtime: str = "python3.13") -> Bundle:
    """A Bundle, quietly."""
    return poner.build(model, out, engine=engine, runtime=runtime, notify=lambda line: None)


def test_the_articles_exact_case(legacy: Legacy, tmp_path: Path) -> None:
    """Python 3.9, scikit-learn 1.2.1, numpy 1.24.1: five layers, and the answers of 2023."""
    bundle = poner.build(
        legacy.path,
        tmp_path / "build",
        engine="sklearn",
        runtime="python3.9",
        feature_names=WIRE_NAMES,
        require=["numpy==1.24.1"],
        notify=lambda line: None,
    )
    libraries = [
        (library.name, library.version)
        for layer in bundle.manifest.layers
        for library in layer.libraries
    ]
    names = ["joblib", "numpy", "scikit-learn", "scipy", "threadpoolctl"]
    assert [name for name, _ in libraries] == names
    assert len(bundle.manifest.layers) == 5
    assert ("numpy", "1.24.1") in libraries
    assert ("scikit-learn", "1.2.1") in libraries
    assert bundle.manifest.verification.python_version.startswith("3.9.")
    with poner.local(bundle) as url:
        rows = [dict(zip(WIRE_NAMES, row, strict=True)) for row in legacy.rows[:100].tolist()]
        assert poner.predict(url, rows) == legacy.predictions[:100]
        assert post(url, '{"meanConcavePoints": 0.07951}') == (400, MISSING)


@pytest.mark.parametrize("engine", ["onnx", "sklearn"])
def test_the_articles_model_on_todays_python(
    article_model: Path,
    article_compiled: CompiledModel,
    cancer: Cancer,
    tmp_path: Path,
    engine: str,
) -> None:
    """On python3.13 every engine answers the article's rows as the compiled model does."""
    bundle = build(article_model, tmp_path / "build", engine)
    manifest = bundle.manifest
    assert manifest.engine == engine
    assert manifest.bytecode
    assert all(layer.zip.size_bytes <= DIRECT_UPLOAD_BYTES for layer in manifest.layers)
    unzipped = {quota.name: quota.used for quota in manifest.quotas}["unzipped_bytes"]
    assert unzipped <= 200_000_000
    assert manifest.settings == FunctionSettings(
        memory_mb=1769, timeout_s=30, body_limit_bytes=65_536
    )
    log: list[str] = []
    with pipeline.run_locally(bundle, log=log.append) as url:
        rows = [dict(zip(WIRE_NAMES, row, strict=True)) for row in cancer.X.tolist()]
        assert poner.predict(url, rows[:50]) == article_compiled.predict(cancer.X[:50]).tolist()
        assert smoke_test.check_answer(url, manifest)
        body = json.dumps(rows[0])
        status, answer = post(url, body)
        assert (status, answer) == (200, '{"reason":"OK","prediction":1,"status":"200"}')
    platform = ("INIT", "START", "END", "REPORT")
    said = [line for line in log if not line.startswith(platform) and " POST / " not in line]
    assert said == []  # no warning of joblib's, scikit-learn's or onnxruntime's


@pytest.fixture(scope="module")
def factored(
    cancer: Cancer, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Callable[[Any], Any]]:
    """A saved model with a step of which there are no tables and no graph, and its predict."""
    model = make_pipeline(NMF(3, max_iter=300), LogisticRegression(max_iter=5000))
    model.fit(cancer.X, cancer.y)
    folder = tmp_path_factory.mktemp("factored") / "model"
    return poner.save(model, cancer.X, cancer.y, folder), model.predict


def test_auto_says_what_it_passed_over(
    factored: tuple[Path, Callable[[Any], Any]], cancer: Cancer, tmp_path: Path
) -> None:
    """scikit-learn itself goes along, and one line each says why."""
    model, predict = factored
    lines: list[str] = []
    bundle = poner.build(model, tmp_path / "build", runtime="python3.13", notify=lines.append)
    assert bundle.manifest.engine == "sklearn"
    native, onnx = bundle.manifest.passed_over
    assert native.startswith("native: Pipeline/nmf: ")
    assert onnx.startswith("onnx: ")
    assert [line for line in lines if line.startswith("Passed over")] == [
        f"Passed over {native}",
        f"Passed over {onnx}",
    ]
    with poner.local(bundle) as url:
        assert poner.predict(url, cancer.X[:20]) == predict(cancer.X[:20]).tolist()
        status, answer = post(url, json.dumps({f"x{i}": -1.0 for i in range(5)}))
        assert status == 400
        assert "does not take" in answer


def test_where_no_engine_can_the_first_reason_ends_the_build(
    factored: tuple[Path, Callable[[Any], Any]], tmp_path: Path
) -> None:
    """It says why the model is not native; the hint says what kept the last engine from it."""
    model, _ = factored
    with pytest.raises(NotSupportedError, match=r"^native: Pipeline/nmf: ") as caught:
        poner.build(model, tmp_path / "build", runtime="python3.9", notify=lambda line: None)
    assert caught.value.hint.startswith("sklearn: ")
    assert "python3.9" in caught.value.hint


def test_texts_and_gaps_in_a_pipeline_of_scikit_learn(tmp_path: Path) -> None:
    """A DataFrame's columns by name, texts and null, without pandas on Lambda."""
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.preprocessing import OrdinalEncoder

    random = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "age": random.normal(50, 10, 200),
            "sex": random.choice(["f", "m"], 200),
            "dose": np.where(random.random(200) < 0.2, np.nan, random.random(200)),
        }
    )
    y = X["age"] * 2.0 + (X["sex"] == "f") + X["dose"].fillna(3.0)
    encode = make_column_transformer((OrdinalEncoder(), ["sex"]), remainder="passthrough")
    model = make_pipeline(encode, HistGradientBoostingRegressor(max_iter=20)).fit(X, y)
    poner.save(model, X, y, tmp_path / "model")
    bundle = build(tmp_path / "model", tmp_path / "build", "sklearn")
    with poner.local(bundle) as url:
        np.testing.assert_allclose(
            poner.predict(url, X.head(10)), model.predict(X.head(10)), rtol=1e-12
        )
        assert smoke_test.check_answer(url, bundle.manifest)
        status, answer = post(url, '{"age": 50, "sex": "x", "dose": null}')
        reason = json.loads(answer)["reason"]
        assert (status, reason) == (400, "'sex' is a category the model does not know")


@pytest.mark.parametrize(
    "kind",
    ["lightgbm", pytest.param("xgboost", marks=pytest.mark.slow)],  # breadth: takes the same way
)
def test_models_of_other_libraries(cancer: Cancer, tmp_path: Path, kind: str) -> None:
    """LightGBM and XGBoost bring their own wheels; neither needs what Lambda does not have."""
    if kind == "lightgbm":
        from lightgbm import LGBMClassifier as Classifier

        model = Classifier(n_estimators=20, verbose=-1)
    else:
        from xgboost import XGBClassifier as Classifier

        model = Classifier(n_estimators=20)
    model.fit(cancer.X, cancer.y)
    poner.save(model, cancer.X, cancer.y, tmp_path / "model", feature_names=WIRE_NAMES)
    bundle = poner.build(
        tmp_path / "model", tmp_path / "build", runtime="python3.13", notify=lambda line: None
    )
    assert bundle.manifest.engine == "sklearn"
    names = {library.name for layer in bundle.manifest.layers for library in layer.libraries}
    assert kind in {name.removesuffix("-cpu") for name in names}
    assert not any(name.startswith("nvidia") for name in names)
    with poner.local(bundle) as url:
        assert poner.predict(url, cancer.X[:50]) == model.predict(cancer.X[:50]).tolist()


def test_a_class_of_the_users_own_goes_along(
    cancer: Cancer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module named in `include` is packed beside the model."""
    (tmp_path / "ratios.py").write_text(
        "import numpy as np\n"
        "from sklearn.base import BaseEstimator, TransformerMixin\n\n\n"
        "class Ratios(TransformerMixin, BaseEstimator):\n"
        "    def fit(self, X, y=None):\n"
        "        self.n_features_in_ = X.shape[1]\n"
        "        return self\n\n"
        "    def transform(self, X):\n"
        "        return np.asarray(X) / (1.0 + np.abs(X).sum(axis=1, keepdims=True))\n\n"
        "    def __sklearn_is_fitted__(self):\n"
        "        return True\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    import ratios  # the module just written

    model = make_pipeline(ratios.Ratios(), LogisticRegression()).fit(cancer.X, cancer.y)
    poner.save(model, cancer.X, cancer.y, tmp_path / "model", feature_names=WIRE_NAMES)
    monkeypatch.delitem(sys.modules, "ratios")
    bundle = poner.build(
        tmp_path / "model",
        tmp_path / "build",
        runtime="python3.13",
        include=[tmp_path / "ratios.py"],
        notify=lambda line: None,
    )
    assert bundle.manifest.engine == "sklearn"
    assert "ratios.py" in {member.path for member in bundle.manifest.function.members}
    with poner.local(bundle) as url:
        assert poner.predict(url, cancer.X[:50]) == model.predict(cancer.X[:50]).tolist()


def test_a_class_that_uses_the_dataframe_gets_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Columns by name, dates and texts; the module lies in folders, and pandas is packed."""
    file = tmp_path / "shop/data/preprocess.py"
    file.parent.mkdir(parents=True)
    file.write_text(
        "import pandas as pd\n"
        "from sklearn.base import BaseEstimator, TransformerMixin\n\n\n"
        "class Calendar(TransformerMixin, BaseEstimator):\n"
        "    def fit(self, X, y=None):\n"
        "        self.n_features_in_ = X.shape[1]\n"
        "        return self\n\n"
        "    def transform(self, X):\n"
        "        X = X.copy()\n"
        "        X['weekday'] = pd.to_datetime(X['day']).dt.dayofweek\n"
        "        X['web'] = X['code'].str.upper().str.startswith('W')\n"
        "        return X[['price', 'weekday', 'web']].astype(float)\n\n"
        "    def __sklearn_is_fitted__(self):\n"
        "        return True\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    from shop.data.preprocess import Calendar  # the module just written

    random = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "day": pd.date_range("2026-01-01", periods=60).strftime("%Y-%m-%d").to_list(),
            "code": random.choice(["w1", "W2", "s3"], 60),
            "price": random.normal(size=60),
        }
    )
    y = (X["price"] + (X["code"] != "s3") > 0.5).astype(int)
    model = make_pipeline(Calendar(), LogisticRegression()).fit(X, y)
    poner.save(model, X, y, tmp_path / "model")
    for name in ("shop.data.preprocess", "shop.data", "shop"):
        monkeypatch.delitem(sys.modules, name)
    bundle = poner.build(
        "model",
        "build",
        runtime="python3.13",
        include=["shop/data/preprocess.py"],
        notify=lambda line: None,
    )
    libraries = {own.name for layer in bundle.manifest.layers for own in layer.libraries}
    assert "pandas" in libraries
    with poner.local(bundle) as url:
        assert poner.predict(url, X.head(10)) == model.predict(X.head(10)).tolist()


def test_a_graph_that_answers_otherwise_is_refused(cancer: Cancer, tmp_path: Path) -> None:
    """A graph scales in float32, so the trees behind it take other branches: nothing is written."""
    from sklearn.ensemble import GradientBoostingRegressor
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), GradientBoostingRegressor(random_state=0))
    model.fit(cancer.X, cancer.X[:, 0])
    poner.save(model, cancer.X, cancer.y, tmp_path / "model")
    with pytest.raises(ParityError, match="onnx"):
        build(tmp_path / "model", tmp_path / "build", "onnx")
    assert not (tmp_path / "build").exists()


def test_a_graph_that_takes_unknown_texts_is_refused(tmp_path: Path) -> None:
    """Encoders of ONNX answer for a category that the model refuses; a doctor would not know."""
    from sklearn.compose import make_column_transformer
    from sklearn.preprocessing import OrdinalEncoder, StandardScaler

    X = pd.DataFrame({"age": [61.0, 48.0, 33.0, 55.0] * 10, "sex": ["f", "m", "f", "m"] * 10})
    encode = make_column_transformer((StandardScaler(), ["age"]), (OrdinalEncoder(), ["sex"]))
    model = make_pipeline(encode, LogisticRegression()).fit(X, [1, 0, 0, 1] * 10)
    poner.save(model, X, [1, 0, 0, 1] * 10, tmp_path / "model")
    with pytest.raises(ParityError, match="otherwise than the model"):
        build(tmp_path / "model", tmp_path / "build", "onnx")


@pytest.mark.slow  # two environments, for one line
def test_a_newer_runtime_is_taken_where_there_are_no_wheels(
    article_model: Path, tmp_path: Path
) -> None:
    """Today's scikit-learn has no wheel for Amazon Linux 2; one line says what was done."""
    lines: list[str] = []
    target = pipeline.Target(
        RUNTIMES["python3.11"], "x86_64", FunctionSettings(), (RUNTIMES["python3.13"],)
    )
    bundle = pipeline.build(
        article_model,
        tmp_path / "build",
        target,
        engine="sklearn",
        reporter=pipeline.Reporter(notify=lines.append),
    )
    assert bundle.manifest.runtime == "python3.13"
    assert any(line.startswith("Trying python3.13: ") for line in lines)


def test_a_file_of_two_meanings_runs_nothing_where_it_is_tried_or_shipped(tmp_path: Path) -> None:
    """What joblib would run of the file is not in the function, and ran nowhere on the way."""
    mark = tmp_path / "mark"
    rows = np.random.default_rng(0).normal(size=(40, 3))
    honest = LogisticRegression().fit(rows, (rows[:, 0] > 0).astype(int))
    file = tmp_path / "clf.sav"
    file.write_bytes(DIFFERENTIALS["frame"](honest, f"touch {mark}"))
    bundle = build(file, tmp_path / "build", "sklearn")
    with poner.local(bundle) as url:
        assert poner.predict(url, rows[:5]) == honest.predict(rows[:5]).tolist()
    with zipfile.ZipFile(bundle.function_zip) as archive:
        assert not any(b"touch" in archive.read(name) for name in archive.namelist())
    assert not mark.exists()


@pytest.mark.parametrize(
    "name",  # one input for all features, and one row at a time: breadth
    ["mixed", *(pytest.param(name, marks=pytest.mark.slow) for name in ("zipmap", "one_row"))],
)
def test_a_graph_of_the_users_own_is_served(name: str, tmp_path: Path) -> None:
    """model.onnx becomes a function that answers as scikit-learn did before the conversion."""
    graphs = Path(__file__).parents[1] / "data" / "graphs"
    expected = json.loads((graphs / "answers.json").read_text())[name]
    bundle = poner.build(graphs / f"{name}.onnx", tmp_path / "build", runtime="python3.12")
    assert bundle.manifest.engine == "onnx"
    with poner.local(bundle) as url:
        predicted = poner.predict(url, expected["rows"][:3])
    if isinstance(predicted[0], list):
        np.testing.assert_allclose(predicted, expected["predict"][:3], rtol=1e-5)
    else:
        assert predicted == expected["predict"][:3]
