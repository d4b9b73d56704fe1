"""The bar: the article's model of 2023 answers today, to the bit, on every Python of Lambda."""

from __future__ import annotations

import json
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest

from poner import pipeline
from poner.aws_lambda.functions import FunctionSettings
from poner.aws_lambda.runtimes import RUNTIMES
from poner.compiled_model import CompiledModel
from poner.errors import PonerError
from poner.hosts import HOSTS
from tests.conftest import WIRE_NAMES, Legacy

ASK = """
import json, os, sys
os.chdir(sys.argv[1])
sys.path.insert(0, sys.argv[1])
from lambda_function import lambda_handler
from poner_runtime import _kernel
from poner_runtime.model import Model
with open("model.poner", "rb") as file:
    model = Model(file.read())
answers = []
for line in sys.stdin:
    row = json.loads(line)
    score = _kernel.evaluate_row(model.tables, _kernel.DECISION_FUNCTION, tuple(row.values()))
    answers.append([score.hex(), json.loads(lambda_handler({"body": line}, None)["body"])])
json.dump(answers, sys.stdout)
"""


def test_569_of_569_in_process(legacy: Legacy, legacy_compiled: CompiledModel) -> None:
    """Compiled from the 2023 pickle: every raw score and prediction as recorded then."""
    np.testing.assert_array_equal(legacy_compiled.decision_function(legacy.rows), legacy.raw)
    assert legacy_compiled.predict(legacy.rows).tolist() == legacy.predictions


@pytest.mark.parametrize("runtime", list(RUNTIMES))
def test_569_of_569_from_the_zip(
    legacy: Legacy, legacy_compiled: CompiledModel, runtime: str, tmp_path: Path
) -> None:
    """Out of function.zip, under each Python: raw scores and the handler's answers."""
    from poner.bundler import make_native_bundle

    try:
        interpreter = HOSTS[runtime].find_interpreter()
    except PonerError as error:
        pytest.skip(str(error))
    bundle = make_native_bundle(
        legacy_compiled,
        tmp_path / "build",
        runtime=RUNTIMES[runtime],
        architecture="x86_64",
        settings=FunctionSettings(),
    )
    with zipfile.ZipFile(bundle.function_zip) as archive:
        archive.extractall(tmp_path / "task")
    rows = [json.dumps(dict(zip(WIRE_NAMES, row, strict=True))) for row in legacy.rows.tolist()]
    done = subprocess.run(
        [interpreter, "-I", "-S", "-c", ASK, tmp_path / "task"],
        input="\n".join(rows),
        capture_output=True,
        text=True,
        check=True,
    )
    answers = json.loads(done.stdout)
    assert [float.fromhex(score) for score, _ in answers] == legacy.raw.tolist()
    assert [body["prediction"] for _, body in answers] == legacy.predictions


def test_build_says_in_one_line_what_was_done(legacy: Legacy, tmp_path: Path) -> None:
    """A model of another version is read in an environment of that version; one line says so."""
    import datetime

    from poner.aws_lambda.runtimes import choose_runtimes

    lines: list[str] = []
    target = pipeline.Target(
        choose_runtimes(None, datetime.date(2026, 11, 22))[0], "x86_64", FunctionSettings()
    )
    try:
        bundle = pipeline.build(
            legacy.path,
            tmp_path / "build",
            target,
            feature_names=WIRE_NAMES,
            labels={"0": "benign", "1": "malignant"},
            reporter=pipeline.Reporter(notify=lines.append),
        )
    except PonerError as error:
        pytest.skip(str(error))
    assert len(lines) == 1
    assert "1.2.1" in lines[0]
    assert bundle.manifest.signature.labels == ("benign", "malignant")
    assert bundle.manifest.provenance.sklearn_version == "1.2.1"
