"""The bundler: content of a Bundle, reproducible bytes, and refusals."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import struct
import subprocess
import zipfile
from pathlib import Path

import pytest

from poner.aws_lambda.functions import FunctionSettings
from poner.aws_lambda.runtimes import RUNTIMES
from poner.bundle import ENGINE_DEFAULTS, Bundle, read_bundle
from poner.bundler import make_native_bundle
from poner.compiled_model import CompiledModel, load
from poner.compiler.tables import add_section
from poner.errors import BundleError, ParityError, PonerError, UsageError
from poner.hosts import HOSTS
from poner.served_model import read_section
from tests.conftest import Cancer


def make(compiled: CompiledModel, out: Path, runtime: str = "python3.11", **options: str) -> Bundle:
    """A Bundle; skips where the runtime's Python is not on this machine."""
    try:
        HOSTS[runtime].find_interpreter()
    except PonerError as error:
        pytest.skip(str(error))
    return make_native_bundle(
        compiled,
        out,
        runtime=RUNTIMES[runtime],
        architecture=options.get("architecture", "x86_64"),
        settings=FunctionSettings(),
    )


def test_a_limit_that_the_model_was_not_compiled_with_is_refused(
    article_compiled: CompiledModel, tmp_path: Path
) -> None:
    """The function reads the limit from the proved bytes, which the bundler leaves as they are."""
    with pytest.raises(UsageError, match="at most 65,536 bytes, but the settings say 7"):
        make_native_bundle(
            article_compiled,
            tmp_path / "build",
            runtime=RUNTIMES["python3.11"],
            architecture="x86_64",
            settings=FunctionSettings(body_limit_bytes=7),
        )


@pytest.mark.parametrize("runtime", list(RUNTIMES))
def test_every_runtime_is_proved_from_its_zip(
    article_compiled: CompiledModel, tmp_path: Path, runtime: str
) -> None:
    """The function is started from the zip on the target's Python and gives the model's answers."""
    bundle = make(article_compiled, tmp_path / "build", runtime)
    verification = bundle.manifest.verification
    assert verification.python_version.startswith(HOSTS[runtime].python_version)
    assert article_compiled.evidence is not None
    assert verification.rows == len(article_compiled.evidence.rows)
    assert verification.requests > 100


def test_arm64_ships_the_arm_kernel_and_says_what_was_tried(
    article_compiled: CompiledModel, tmp_path: Path
) -> None:
    """The zip holds the kernel of its architecture; the manifest says which one could be run."""
    bundle = make(article_compiled, tmp_path / "build", architecture="arm64")
    with zipfile.ZipFile(bundle.function_zip) as archive:
        kernel = archive.read("poner_runtime/_kernel.abi3.so")
    assert kernel[18] == 183  # EM_AARCH64
    assert bundle.manifest.architecture == "arm64"
    assert bundle.manifest.verification.architecture in ("x86_64", "arm64")


def test_builds_are_byte_identical(article_compiled: CompiledModel, tmp_path: Path) -> None:
    """The same model gives the same zip and the same manifest."""
    first = make(article_compiled, tmp_path / "first")
    second = make(article_compiled, tmp_path / "second")
    for name in ("function.zip", "manifest.json"):
        assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes()


def test_zip_has_fixed_dates_sorted_names_and_fixed_modes(article_bundle: Bundle) -> None:
    """Nothing of this machine or moment is in the zip."""
    with zipfile.ZipFile(article_bundle.function_zip) as archive:
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    for entry in entries:
        mode = 0o100755 if entry.filename.endswith(".so") else 0o100644
        assert entry.external_attr >> 16 == mode


def test_zip_stays_small(article_bundle: Bundle) -> None:
    """The article's model ships in less than 150 KB."""
    assert article_bundle.function_zip.stat().st_size < 150_000


def test_bytecode_is_used_without_looking_at_the_sources(
    article_bundle: Bundle, tmp_path: Path
) -> None:
    """Bytecode is of the unchecked-hash kind, and Python loads it instead of compiling."""
    with zipfile.ZipFile(article_bundle.function_zip) as archive:
        archive.extractall(tmp_path)
    compiled = sorted(tmp_path.rglob("*.pyc"))
    assert len(compiled) == len(list(tmp_path.rglob("*.py")))
    assert all(int.from_bytes(path.read_bytes()[4:8], "little") == 0b01 for path in compiled)
    assert all(str(tmp_path).encode() not in path.read_bytes() for path in compiled)
    interpreter = HOSTS[article_bundle.manifest.runtime].find_interpreter()
    code = "import sys; sys.path.insert(0, sys.argv[1]); import lambda_function"
    done = subprocess.run(
        [interpreter, "-I", "-S", "-v", "-c", code, tmp_path], capture_output=True, text=True
    )
    assert "lambda_function.cpython" in done.stderr
    assert f"wrote '{tmp_path}" not in done.stderr


def test_the_settings_are_the_engines(article_bundle: Bundle) -> None:
    """The manifest has numbers for settings left to the engine, and keeps chosen settings."""
    settings = article_bundle.manifest.settings
    assert (settings.memory_mb, settings.timeout_s) == (128, 3)
    chosen = FunctionSettings(memory_mb=300).with_defaults(*ENGINE_DEFAULTS["sklearn"], 65_536)
    assert (chosen.memory_mb, chosen.timeout_s) == (300, 30)


def test_training_data_stays_here(article_bundle: Bundle, cancer: Cancer) -> None:
    """The zip holds no row of the training data, only ranges and quantiles of features."""
    with zipfile.ZipFile(article_bundle.function_zip) as archive:
        content = archive.read("model.poner")
    for row in cancer.X:
        assert row.tobytes() not in content
    served, _ = read_section(content)
    assert served.signature.features == article_bundle.manifest.signature.features


def test_the_bytes_that_were_proved_are_shipped(
    article_compiled: CompiledModel, article_bundle: Bundle, tmp_path: Path
) -> None:
    """model.poner in the zip has the hash of the proved file; other bytes are not packed."""
    assert article_compiled.evidence is not None
    with zipfile.ZipFile(article_bundle.function_zip) as archive:
        content = archive.read("model.poner")
    assert hashlib.sha256(content).hexdigest() == article_compiled.evidence.sha256
    served = dataclasses.replace(article_compiled.served, number_type="float64")
    tables = content[: struct.unpack_from("<Q", content, 40)[0]]
    other = add_section(tables, served.to_section(article_compiled.provenance))
    with pytest.raises(ParityError, match="differ from those that were proved"):
        make(dataclasses.replace(article_compiled, content=other), tmp_path / "build")
    assert not list(tmp_path.iterdir())


def test_a_bundle_reads_back(article_bundle: Bundle) -> None:
    """read_bundle returns the Bundle that was made."""
    assert read_bundle(article_bundle.folder) == article_bundle


def test_a_changed_zip_is_found_out(article_compiled: CompiledModel, tmp_path: Path) -> None:
    """A zip that is not the proved one is refused."""
    bundle = make(article_compiled, tmp_path / "build")
    with bundle.function_zip.open("ab") as file:
        file.write(b"x")
    with pytest.raises(BundleError, match=r"function\.zip"):
        read_bundle(bundle.folder)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 1}', "\udcff"], ids=repr)
def test_a_damaged_manifest_is_said(tmp_path: Path, text: str) -> None:
    """A manifest that cannot be read is an error, not a traceback."""
    (tmp_path / "manifest.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(BundleError):
        read_bundle(tmp_path)


def test_a_folder_with_other_things_is_not_replaced(
    article_compiled: CompiledModel, tmp_path: Path
) -> None:
    """A folder other than a bundle is left untouched; a bundle is replaced."""
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(BundleError, match="not a bundle"):
        make(article_compiled, tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
    make(article_compiled, tmp_path / "build")
    make(article_compiled, tmp_path / "build")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["build", "thesis.txt"]


def test_a_function_that_answers_otherwise_is_not_written(
    article_compiled: CompiledModel, tmp_path: Path
) -> None:
    """If the zip's kernel does not give the model's bits, no bundle is written."""
    evidence = article_compiled.evidence
    assert evidence is not None
    scores = evidence.answers["decision_function"] + 1e-13
    answers = {**evidence.answers, "decision_function": scores}
    other = dataclasses.replace(evidence, answers=answers)
    with pytest.raises(ParityError, match="decision_function"):
        make(dataclasses.replace(article_compiled, evidence=other), tmp_path / "build")
    answers = {**evidence.answers, "predict": 1 - evidence.predictions}
    flipped = dataclasses.replace(evidence, answers=answers)
    with pytest.raises(ParityError, match="predicted classes"):
        make(dataclasses.replace(article_compiled, evidence=flipped), tmp_path / "build")
    assert not list(tmp_path.iterdir())


def test_a_compiled_file_without_its_proof_is_not_packed(
    article_compiled: CompiledModel, tmp_path: Path
) -> None:
    """A model read from a file has no evidence to compare with."""
    loaded = load(article_compiled.save(tmp_path / "model.poner"))
    with pytest.raises(ParityError):
        make(loaded, tmp_path / "build")


def test_the_manifest_says_what_was_proved(article_bundle: Bundle) -> None:
    """Rows tried, rows equal, largest difference, files with hashes, and what quotas leave."""
    manifest = json.loads((article_bundle.folder / "manifest.json").read_text())
    parity = manifest["parity"]
    assert parity["rows_tried"] == parity["rows_equal"] > 900
    assert [output["output"] for output in parity["outputs"]] == [
        "decision_function", "predict_proba", "predict",
    ]  # fmt: skip
    for output in parity["outputs"]:
        assert output["rows_equal"] == output["rows_tried"]
        assert output["largest_difference"] == 0
    assert set(parity["rows_by_kind"]) == {"training", "thresholds", "drawn", "typical"}
    assert {quota["name"] for quota in manifest["quotas"]} == {
        "zipped_bytes",
        "unzipped_bytes",
        "layers",
    }
    assert all(len(member["sha256"]) == 64 for member in manifest["function"]["members"])
