"""The whole walk: save, build, run here, predict; from Python and from the command line."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest

import poner
from poner.errors import InputError, PredictionError
from tests.conftest import COLUMNS, WIRE_NAMES, Cancer

ANSWERS = (
    '200 {"reason":"OK","prediction":0,"status":"200"}',
    '400 {"reason":"\'body\' must contain values for: ' + ", ".join(WIRE_NAMES) + '",'
    '"prediction":"","status":"400"}',
    '200 {"reason":"OK","prediction":1,"status":"200"}',
    '400 {"reason":"\'body\' must contain values for: ' + ", ".join(WIRE_NAMES) + '",'
    '"prediction":"","status":"400"}',
)
"""What the article prints for its four requests."""


def cli(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """`poner` as a process of its own."""
    command = [sys.executable, "-c", "from poner.cli import main; main()", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_demo_ends_with_the_articles_four_answers(tmp_path: Path) -> None:
    """`poner demo` does all of it and prints the answers exactly as the article does."""
    done = cli("demo", "project", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert tuple(line for line in lines if re.match(r"\d{3} \{", line)) == ANSWERS
    assert "F1 0.98" in done.stdout
    assert "0.94" in done.stdout
    assert "cd project" in done.stderr


def test_the_flow_in_a_notebook(cancer: Cancer, tmp_path: Path) -> None:
    """save, compile, load, build, local, predict: with a DataFrame and every form of rows."""
    import pandas
    from sklearn.ensemble import RandomForestClassifier

    frame = pandas.DataFrame(cancer.X, columns=list(COLUMNS))
    target = pandas.Series(np.where(cancer.y == 1, "malignant", "benign"), name="diagnosis")
    forest = RandomForestClassifier(n_estimators=10, random_state=0).fit(frame, target)
    poner.save(forest, frame, target, tmp_path / "model")
    compiled = poner.compile(tmp_path / "model")
    assert compiled.parity is not None
    assert compiled.parity.rows_by_kind["training"] == 500
    loaded = poner.load(compiled.save(tmp_path / "model.poner"))
    expected = forest.predict(frame).tolist()
    assert loaded.predict(frame).tolist() == expected
    np.testing.assert_array_equal(loaded.predict_proba(cancer.X), forest.predict_proba(frame))
    bundle = poner.build(tmp_path / "model", out=tmp_path / "build", notify=lambda line: None)
    assert bundle.manifest.signature.target == "diagnosis"
    with poner.local(bundle) as url:
        assert poner.predict(url, frame[:20]) == expected[:20]
        assert poner.predict(url, cancer.X[:3]) == expected[:3]
        assert poner.predict(url, cancer.X[:3].tolist()) == expected[:3]
        by_wire_name = dict(zip(WIRE_NAMES, cancer.X[0].tolist(), strict=True))
        assert poner.predict(url, by_wire_name) == expected[:1]
        assert poner.predict(url, dict(zip(COLUMNS, cancer.X[0], strict=True))) == expected[:1]
        with pytest.raises(InputError, match="signature"):
            poner.predict(str(url), cancer.X[:1])
        with pytest.raises(PredictionError, match="Row 2"):
            poner.predict(url, [by_wire_name, {"worstArea": 1.0}])


def test_compile_takes_an_estimator(cancer: Cancer) -> None:
    """A fitted estimator compiles without a file, proved on the rows it is given."""
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier().fit(cancer.X, cancer.y)
    compiled = poner.compile(tree, cancer.X, cancer.y)
    assert compiled.parity is not None
    assert compiled.parity.rows_by_kind["training"] == 569
    assert compiled.predict(cancer.X).tolist() == tree.predict(cancer.X).tolist()


def test_poner_local_serves_until_ctrl_c(tmp_path: Path, article_bundle: object) -> None:
    """It prints one JSON line once it listens, answers, and leaves cleanly on SIGINT."""
    folder = article_bundle.folder  # type: ignore[attr-defined]
    command = [sys.executable, "-c", "from poner.cli import main; main()", "local", str(folder)]
    process = subprocess.Popen(
        [*command, "--port", "0", "--api-port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        urls = json.loads(process.stdout.readline())
        assert set(urls) == {"url", "api"}
        request = urllib.request.Request(urls["url"], b"{}", {"Content-Type": "application/json"})
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=30)
        assert caught.value.code == 400
        caught.value.close()
    finally:
        process.send_signal(signal.SIGINT)
        _, messages = process.communicate(timeout=30)
    assert process.returncode in (0, 130)
    assert "Traceback" not in messages
