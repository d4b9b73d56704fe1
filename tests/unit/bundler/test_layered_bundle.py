"""Bundles with layers: proved from the finished zips, written whole, or not at all."""

from __future__ import annotations

import dataclasses
import errno
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from poner import loader
from poner.artifacts import Examples, Provenance, Table
from poner.aws_lambda.functions import FunctionSettings
from poner.aws_lambda.runtimes import RUNTIMES
from poner.bundle import Bundle, Library, SlimmingStep, read_bundle
from poner.bundler import LayeredFunction, make_layered_bundle, sklearn_function
from poner.bundler.trial import host_architecture
from poner.errors import (
    BundleError,
    InstallError,
    InterpreterNotFoundError,
    ParityError,
    QuotaError,
)
from poner.signature import Feature, Signature
from poner.table import as_lists, read_table
from tests.conftest import WIRE_NAMES, Legacy
from tests.support.layered import InstalledLayers, make_examples, make_function

X = np.random.default_rng(0).normal(size=(300, 3))
Y = (X[:, 0] > 0).astype(int)
MODEL = LogisticRegression().fit(X, Y)
EXAMPLES = make_examples(MODEL, X, classes=(0, 1), scores="predict_proba")
PROVENANCE = Provenance("clf.sav", "", "1.9.1", "2.4.6", "3.11.0")
OTHER = "arm64" if host_architecture() == "x86_64" else "x86_64"

Make = Callable[..., Bundle]


@pytest.fixture
def layers(tmp_path: Path) -> InstalledLayers:
    """A layer of what is installed here."""
    return InstalledLayers(tmp_path / "cache")


@pytest.fixture
def make(tmp_path: Path, layers: InstalledLayers) -> Make:
    """Makes the Bundle of a function for this Python."""

    def make_bundle(function: LayeredFunction, examples: Examples, **options: Any) -> Bundle:
        return make_layered_bundle(
            function,
            examples,
            PROVENANCE,
            tmp_path / "build",
            runtime=RUNTIMES["python3.11"],
            make_layers=layers,
            **{
                "architecture": host_architecture(),
                "settings": FunctionSettings(),
                **options,
            },
        )

    return make_bundle


def test_a_bundle_is_proved_and_written(make: Make, layers: InstalledLayers) -> None:
    """Function, layers and manifest; all rows compared, and 200 requests or nearly."""
    told: list[tuple[str, float]] = []
    bundle = make(
        make_function(MODEL, EXAMPLES),
        EXAMPLES,
        passed_over=("native: no",),
        progress=lambda what, share: told.append((what, share)),
    )
    assert read_bundle(bundle.folder) == bundle
    manifest = bundle.manifest
    assert (manifest.engine, manifest.passed_over) == ("sklearn", ("native: no",))
    assert [path.name for path in bundle.layer_zips] == [f"all-{host_architecture()}.zip"]
    assert all(path.is_file() for path in bundle.layer_zips)
    assert (manifest.verification.rows, manifest.verification.requests) == (300, 150)
    assert manifest.verification.python_version.startswith("3.11.")
    assert [output.output for output in manifest.parity.outputs] == ["predict_proba", "predict"]
    assert manifest.parity.rows_equal == manifest.parity.rows_tried == 300
    assert (manifest.settings.memory_mb, manifest.settings.timeout_s) == (1_769, 30)
    assert told[-1] == ("Trying the finished function", 1.0)
    (request,) = layers.requests
    assert request.reserved_bytes == manifest.function.unzipped_bytes
    assert request.requirements[0].startswith("scikit-learn==")


def test_sources_have_their_bytecode(make: Make) -> None:
    """Both the runtime's and the user's own modules have bytecode."""
    function = make_function(MODEL, EXAMPLES, modules={"features/scale.py": b"A = 1\n"})
    with zipfile.ZipFile(make(function, EXAMPLES).function_zip) as archive:
        names = archive.namelist()
    sources = [name for name in names if name.endswith(".py")]
    assert len([name for name in names if name.endswith(".pyc")]) == len(sources) == 7
    assert "features/__pycache__/scale.cpython-311.pyc" in names


def test_builds_are_byte_identical(make: Make) -> None:
    """The same model gives the same function and the same manifest."""
    contents = []
    for _ in range(2):
        bundle = make(make_function(MODEL, EXAMPLES), EXAMPLES)
        contents.append(
            [(bundle.folder / name).read_bytes() for name in ("function.zip", "manifest.json")]
        )
    assert contents[0] == contents[1]


def test_texts_gaps_and_the_users_modules_are_proved(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model whose class is in the user's module, on texts, None and NaN."""
    (tmp_path / "mine.py").write_text(
        "from sklearn.linear_model import LogisticRegression\n"
        "class Mine(LogisticRegression):\n    pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import mine  # type: ignore[import-not-found]  # written above
    import pandas as pd

    color = np.array(["red", 'say "x"', "new\nline", None], dtype=object)[np.arange(300) % 4]
    size = np.where(np.arange(300) % 5, X[:, 0], np.nan)
    frame = pd.DataFrame({"color": pd.Series(color, dtype=object), "size": size})
    columns = make_column_transformer((OneHotEncoder(), ["color", "size"]))
    model = make_pipeline(columns, mine.Mine()).fit(frame, Y)
    examples = make_examples(
        model, frame, classes=(0, 1), scores="predict_proba", missing_as_none=(0,)
    )
    modules = {"mine.py": (tmp_path / "mine.py").read_bytes()}
    bundle = make(make_function(model, examples, modules=modules), examples)
    assert bundle.manifest.verification.rows == 300
    assert bundle.manifest.verification.requests == 150


def test_another_model_beside_the_examples_is_found_out(make: Make, tmp_path: Path) -> None:
    """If the file is not the model that was asked, no bundle is written."""
    other = LogisticRegression(C=1e-3).fit(X, 1 - Y)
    with pytest.raises(ParityError, match=r"sklearn engine\) gives other predict_proba .* 300"):
        make(make_function(other, EXAMPLES), EXAMPLES)
    assert not (tmp_path / "build").exists()


def test_a_handler_that_answers_otherwise_is_found_out(make: Make) -> None:
    """The scores may agree; what a client is told counts by itself."""
    flipped = dataclasses.replace(EXAMPLES.signature, classes=(1, 0))
    function = make_function(MODEL, EXAMPLES)
    served = json.loads(function.files["model.json"])
    served["classes"][0].reverse()
    files = {**function.files, "model.json": json.dumps(served).encode()}
    with pytest.raises(ParityError, match="predicted classes"):
        make(dataclasses.replace(function, files=files), EXAMPLES)
    with pytest.raises(ParityError, match="answers request 1 of 150"):
        make(function, dataclasses.replace(EXAMPLES, signature=flipped))


def test_values_are_compared_within_the_tolerance(make: Make) -> None:
    """A regressor's difference is told, and what is beyond is refused."""
    model = LinearRegression().fit(X, X @ [1.0, 2.0, 3.0])
    examples = make_examples(model, X)
    own = examples.predictions
    near = dataclasses.replace(examples, answers={"predict": own * (1 + 1e-11)})
    parity = make(make_function(model, examples), near).manifest.parity
    assert 0 < parity.largest_difference < 1e-9
    far = dataclasses.replace(examples, answers={"predict": own * (1 + 1e-6)})
    with pytest.raises(ParityError, match="gives other predict than"):
        make(make_function(model, examples), far)


def test_every_output_is_compared(make: Make) -> None:
    """Scores of one method may agree where those of another differ; several outputs, too."""
    both = make_examples(MODEL, X, classes=(0, 1), scores="decision_function")
    answers = {**both.answers, **EXAMPLES.answers}
    both = dataclasses.replace(both, answers=answers)
    outputs = make(make_function(MODEL, both), both).manifest.parity.outputs
    assert {output.output for output in outputs} == {
        "decision_function",
        "predict_proba",
        "predict",
    }
    for output, own in answers.items():
        wrong = dataclasses.replace(both, answers={**answers, output: own[::-1]})
        what = "predicted classes" if output == "predict" else output
        with pytest.raises(ParityError, match=f"gives other {what} than the model"):
            make(make_function(MODEL, both), wrong)


def test_the_known_answer_is_asked_of_the_zips(make: Make) -> None:
    """One request more than the proof's own; it reads back as it was, class or value."""
    model = LinearRegression().fit(X, X @ [1.0, 2.0, 3.0])
    values = make_known(model)
    manifest = make(make_function(model, values), values).manifest
    known = manifest.known_answer
    assert known is not None
    assert json.loads(known.body) == dict(zip(("x0", "x1", "x2"), X[-1].tolist(), strict=True))
    assert known.agrees_with(float(model.predict(X[-1:])[0]))
    assert 0 < known.tolerance[0] < 1e-7
    assert manifest.verification.requests == 151
    classes = make_known(MODEL, classes=(0, 1), scores="predict_proba")
    bundle = make(make_function(MODEL, EXAMPLES), classes)
    read = read_bundle(bundle.folder).manifest.known_answer
    assert read == bundle.manifest.known_answer
    assert read is not None
    assert (type(read.prediction), read.prediction, read.tolerance) == (int, Y[-1], (0.0,))


def make_known(model: Any, **options: Any) -> Examples:
    """Examples whose last row stands for the typical one."""
    return make_examples(model, X, typical_last=True, **options)


def test_a_missing_library_is_named(make: Make, layers: InstalledLayers, tmp_path: Path) -> None:
    """The error quotes what Python said last, and says how to go on."""
    layers.missing = "sklearn"
    with pytest.raises(
        ParityError, match=r"did not start .*: ModuleNotFoundError: .*sklearn"
    ) as caught:
        make(make_function(MODEL, EXAMPLES), EXAMPLES)
    assert "--require" in caught.value.hint
    assert not (tmp_path / "build").exists()


def test_a_row_that_stops_it_is_not_repeated(make: Make) -> None:
    """Once it has started, the text of an error may hold a value: only its kind is told."""
    rows = as_lists(EXAMPLES.rows)
    for row in rows:
        row[1] = str(row[1])
    rows[5][1] = "12.345 secret"
    category = dataclasses.replace(EXAMPLES.signature.features[1], kind="category")
    features = (EXAMPLES.signature.features[0], category, EXAMPLES.signature.features[2])
    signature = dataclasses.replace(EXAMPLES.signature, features=features)
    table = read_table(rows, signature)
    examples = dataclasses.replace(EXAMPLES, rows=table, signature=signature)
    with pytest.raises(ParityError, match="stopped at a row: ValueError") as caught:
        make(make_function(MODEL, EXAMPLES), examples)
    assert "secret" not in str(caught.value)


def test_without_rows_nothing_is_proved(make: Make) -> None:
    """A build without rows to compare is refused."""
    empty = dataclasses.replace(
        EXAMPLES,
        rows=EXAMPLES.rows.take(slice(0)),
        rows_by_kind={"training": 0},
        answers={output: answers[:0] for output, answers in EXAMPLES.answers.items()},
    )
    with pytest.raises(ParityError, match="any row"):
        make(make_function(MODEL, EXAMPLES), empty)


def test_quotas_are_solved_before_it_is_tried(make: Make, layers: InstalledLayers) -> None:
    """Exceeded quotas are an error before the trial; a zip that needs S3 is a line."""
    layers.padding = np.random.default_rng(0).bytes(53_000_000)
    lines: list[str] = []
    bundle = make(make_function(MODEL, EXAMPLES), EXAMPLES, notify=lines.append)
    assert bundle.manifest.quotas[0].left < 0
    assert ["S3" in line for line in lines] == [True]
    layers.padding = bytes(262_144_000)
    layers.missing = "sklearn"
    with pytest.raises(QuotaError, match=r"function\.zip"):
        make(make_function(MODEL, EXAMPLES), EXAMPLES)


def test_the_other_architecture_is_proved_by_its_twin(make: Make, layers: InstalledLayers) -> None:
    """The same versions for this machine, slimmed as much; its layers are not in the bundle."""
    layers.libraries = (
        Library("numpy", "2.4.6", "numpy.whl", ""),
        Library("scipy", "1.17.1", "scipy.whl", ""),
    )
    layers.slimming = (SlimmingStep("tests", 1, 1, 1),)
    bundle = make(make_function(MODEL, EXAMPLES), EXAMPLES, architecture=OTHER)
    asked, twin = layers.requests
    assert asked.architecture == bundle.manifest.architecture == OTHER
    assert twin.architecture == bundle.manifest.verification.architecture == host_architecture()
    assert twin.requirements == ("numpy==2.4.6", "scipy==1.17.1")
    assert (asked.slim, twin.slim) == ("auto", "always")
    assert [path.name for path in bundle.layer_zips] == [f"all-{OTHER}.zip"]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
def test_the_old_bundle_stays_until_the_new_one_is_whole(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """A full disk or an interruption leaves what was there, and nothing beside it."""
    old = make(make_function(MODEL, EXAMPLES), EXAMPLES)
    before = {path: path.read_bytes() for path in sorted(old.folder.rglob("*.*"))}

    def fail(*_: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copyfile", fail)
        with pytest.raises((BundleError, KeyboardInterrupt)):
            make(make_function(MODEL, EXAMPLES), EXAMPLES)
    assert {path: path.read_bytes() for path in sorted(old.folder.rglob("*.*"))} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["build", "cache"]


@pytest.mark.parametrize("architecture", ["x86_64", pytest.param("arm64", marks=pytest.mark.slow)])
def test_the_articles_case_is_proved_from_real_layers(
    legacy: Legacy, tmp_path: Path, architecture: str
) -> None:
    """scikit-learn 1.2.1 and numpy 1.24.1 on Python 3.9: every score of 2023, to the tolerance."""
    examples = Examples(
        signature=Signature(tuple(Feature(name, name) for name in WIRE_NAMES), (0, 1)),
        rows=Table.of_numbers(legacy.rows),
        rows_by_kind={"training": len(legacy.rows)},
        answers={
            "decision_function": legacy.raw[:, None],
            "predict": np.array(legacy.predictions, dtype=float)[:, None],
        },
        number_type="float32",
        missing_as_none=(),
        typical=tuple(np.median(legacy.rows, axis=0).tolist()),
    )
    versions = {"scikit-learn": "1.2.1", "numpy": "1.24.1", "scipy": "1.10.0"}
    with loader.open_model(legacy.path, feature_names=WIRE_NAMES) as trained:
        assert trained.file is not None
        file = dataclasses.replace(trained.file, libraries=versions)
        function = sklearn_function(file, examples, requirements=(), body_limit_bytes=65_536)
    try:
        bundle = make_layered_bundle(
            function,
            examples,
            PROVENANCE,
            tmp_path / "build",
            runtime=RUNTIMES["python3.9"],
            architecture=architecture,
            settings=FunctionSettings(),
        )
    except (InstallError, InterpreterNotFoundError) as error:
        pytest.skip(str(error))
    manifest = bundle.manifest
    libraries = {
        library.name: library.version for layer in manifest.layers for library in layer.libraries
    }
    assert {name: libraries[name] for name in versions} == versions
    assert len(manifest.layers) == 5
    assert manifest.verification.rows == 569
    assert manifest.verification.python_version.startswith("3.9.")
    assert manifest.parity.largest_difference < 1e-9
    assert all(quota.left >= 0 for quota in manifest.quotas)
