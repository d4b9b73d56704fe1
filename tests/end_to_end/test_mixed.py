"""The whole walk with what tables really hold: texts, gaps, several outputs, outliers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import poner

N = 300


def make_frame() -> pandas.DataFrame:
    """Numbers and texts with gaps, a column of names that no model uses, and booleans."""
    random = np.random.default_rng(0)
    age = random.normal(50, 10, N)
    colour = random.choice(["red", "green", "blue", "añil"], N).astype(object)
    age[::7], colour[::5] = np.nan, None
    return pandas.DataFrame(
        {
            "age at visit": age,
            "hair colour": pandas.Series(colour, dtype=object),
            "income": random.lognormal(size=N),
            "size": random.choice(["S", "M", "L"], N),
            "name": [f"person {number}" for number in range(N)],
            "smokes": random.random(N) < 0.5,
        }
    )


FRAME = make_frame()
ILL = np.where(
    (FRAME["size"] == "S") ^ (FRAME["income"] > 1) ^ (FRAME["hair colour"] == "red"), "ill", "well"
)
COLUMNS = ColumnTransformer(
    [
        ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), ["age at visit", "income"]),
        ("colour", OneHotEncoder(handle_unknown="ignore"), ["hair colour"]),
        ("size", OneHotEncoder(drop="first"), ["size"]),
        ("smokes", "passthrough", ["smokes"]),
    ]
)


def records(frame: pandas.DataFrame) -> list[dict[str, Any]]:
    """The rows as a caller's own JSON would have them."""
    frame = frame.astype({"smokes": int}).astype(object)  # JSON's true is no number
    text = frame.where(frame.notna(), None).to_json(orient="records")
    return list(json.loads(text))


def test_a_pipeline_of_numbers_and_texts(tmp_path: Path) -> None:
    """Saved, built, run here: texts and nulls as JSON get the pipeline's own answers."""
    model = make_pipeline(COLUMNS, LogisticRegression()).fit(FRAME, ILL)
    folder = poner.save(model, FRAME, ILL, tmp_path / "model")
    bundle = poner.build(folder, out=tmp_path / "build", notify=lambda line: None)
    signature = bundle.manifest.signature
    kinds = ["number", "category", "number", "category", "number", "number"]
    assert [feature.kind for feature in signature.features] == kinds
    assert signature.ignored == {4}  # no step reads the names
    assert signature.features[1].categories == ("añil", "blue", "green", "red")
    expected = model.predict(FRAME).tolist()
    with poner.local(bundle) as url:
        assert poner.predict(url, FRAME[:40]) == expected[:40]
        assert poner.predict(url, records(FRAME[:10])) == expected[:10]
        unknown = FRAME[:1].assign(**{"hair colour": "puce", "name": "nobody"})
        assert poner.predict(url, unknown) == model.predict(unknown).tolist()


def test_the_compiled_pipeline_in_a_notebook(tmp_path: Path) -> None:
    """Compiled, saved, loaded: probabilities for DataFrames, lists and dicts."""
    model = make_pipeline(COLUMNS, LogisticRegression()).fit(FRAME, ILL)
    compiled = poner.compile(model, FRAME, ILL)
    loaded = poner.load(compiled.save(tmp_path / "model.poner"))
    own = model.predict_proba(FRAME)
    for X in (FRAME, FRAME.to_numpy(dtype=object), FRAME.to_numpy(dtype=object).tolist()):
        np.testing.assert_allclose(loaded.predict_proba(X), own, rtol=1e-12)
    np.testing.assert_allclose(loaded.predict_proba(records(FRAME)), own, rtol=1e-9)
    np.testing.assert_array_equal(loaded.predict(FRAME, threads=3), model.predict(FRAME))


def test_boosting_with_categories_from_the_dtype(tmp_path: Path) -> None:
    """HistGradientBoosting with pandas' categories, gaps and texts it has never seen."""
    frame = FRAME.drop(columns="name").astype({"hair colour": "category", "size": "category"})
    model = HistGradientBoostingClassifier(max_iter=10, categorical_features="from_dtype")
    model.fit(frame, ILL)
    folder = poner.save(model, frame, ILL, tmp_path / "model")
    loaded = poner.load(poner.compile(folder).save(tmp_path / "model.poner"))
    np.testing.assert_array_equal(loaded.predict_proba(frame), model.predict_proba(frame))
    unseen = FRAME.drop(columns="name")[:5].assign(size="XXL")
    gaps = frame[:5].assign(size=pandas.Series([None] * 5, dtype=frame["size"].dtype))
    np.testing.assert_array_equal(loaded.predict_proba(unseen), model.predict_proba(gaps))


def test_poner_predict_reads_a_csv_with_texts(tmp_path: Path) -> None:
    """On the command line: build with labels, then a CSV as pandas writes it."""
    model = make_pipeline(COLUMNS, LogisticRegression()).fit(FRAME, ILL)
    poner.save(model, FRAME, ILL, tmp_path / "model", labels={"ill": "sick", "well": "fine"})
    FRAME[:20].astype({"smokes": int}).to_csv(tmp_path / "rows.csv", index=False)
    code = "from poner.cli import main; main()"
    for arguments in (["build", "model"], ["predict", "rows.csv", "--json"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    expected = model.predict(FRAME[:20]).tolist()
    assert [answer["prediction"] for answer in answers] == expected
    assert {(a["prediction"], a["label"]) for a in answers} == {("ill", "sick"), ("well", "fine")}


@pytest.mark.parametrize("kind", ["classes", "values"])
def test_several_outputs(kind: str, tmp_path: Path) -> None:
    """A model of three outputs answers with three, from the file to the URL."""
    random = np.random.default_rng(0)
    X = random.normal(size=(120, 4))
    if kind == "classes":
        y = np.array(["a", "b", "c"])[random.integers(0, 3, (120, 3))]
        model: Any = RandomForestClassifier(5, random_state=0).fit(X, y)
    else:
        y = random.normal(size=(120, 3))
        model = LinearRegression().fit(X, y)
    folder = poner.save(model, X, pandas.DataFrame(y, columns=["one", "two", "three"]), tmp_path)
    bundle = poner.build(folder, out=tmp_path / "build", notify=lambda line: None)
    assert bundle.manifest.signature.target == "one, two, three"
    expected = model.predict(X[:10]).tolist()
    with poner.local(bundle) as url:
        answers = poner.predict(url, X[:10])
    if kind == "classes":
        assert answers == expected
        assert bundle.manifest.signature.classes == (("a", "b", "c"),) * 3
    else:
        np.testing.assert_allclose(np.array(answers, float), expected, rtol=1e-12)
