"""`poner layer`: what it writes, prints and refuses."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from poner.aws_lambda import quotas
from poner.bundle import Layer, ZipRecord
from poner.bundler.layers import LayerSet
from poner.cli import app
from poner.cli.layer import check_unzipped
from poner.errors import InstallError, QuotaError

COMMAND = ["layer", "threadpoolctl==3.6.0", "--runtime", "python3.12"]
ZIP = "threadpoolctl-3_6_0-python3_12-arm64.zip"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder and an empty cache of poner's."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("PONER_CACHE_DIR", str(tmp_path / "cache"))


def run(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[str, str]:
    """Standard output and error of a command that works; skips where there are no wheels."""
    code = app.run([*COMMAND, *arguments])
    printed = capfd.readouterr()
    if "can neither be fetched nor found" in printed.err:
        pytest.skip("no wheels can be had")
    assert code == 0, printed.err
    return printed.out, printed.err


def test_zips_are_written_and_their_paths_printed(capfd: pytest.CaptureFixture[str]) -> None:
    """Paths go to standard output, and sizes beside Lambda's limits to standard error."""
    out, err = run(capfd, "--architecture", "arm64")
    assert out == f"layers/{ZIP}\n"
    with zipfile.ZipFile(out.strip()) as archive:
        assert "python/threadpoolctl.py" in archive.namelist()
    for word in ("262,144,000", "52,428,800", "1 of 5 layers", "with bytecode"):
        assert word in err


def test_json_says_all_of_it(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """--json prints one line: names, paths, sizes, hashes, libraries and left-out files."""
    out, err = run(
        capfd, "--architecture", "arm64", "--out", str(tmp_path), "--slim", "always", "--json"
    )
    made = json.loads(out)
    (layer,) = made["layers"]
    content = (tmp_path / ZIP).read_bytes()
    assert (layer["path"], layer["size_bytes"]) == (str(tmp_path / ZIP), len(content))
    assert layer["sha256"] == hashlib.sha256(content).hexdigest()
    assert [library["name"] for library in layer["libraries"]] == ["threadpoolctl"]
    assert made["bytecode"] is True
    assert made["slimming"][0]["rule"] == "tests"
    assert err == ""


def test_a_zip_of_poners_is_replaced(capfd: pytest.CaptureFixture[str]) -> None:
    """The next call replaces the zip that the last one wrote, and touches nothing else."""
    out, _ = run(capfd)
    path = Path(out.strip())
    whole, listed = path.read_bytes(), path.with_name("layers.json")
    path.write_bytes(b"of another poner")
    (path.parent / "other.zip").write_bytes(b"other")
    hashes = [hashlib.sha256(content).hexdigest() for content in (whole, path.read_bytes())]
    listed.write_text(listed.read_text().replace(*hashes))
    run(capfd)
    assert path.read_bytes() == whole
    assert hashes[0] in listed.read_text()
    names = sorted(file.name for file in path.parent.iterdir())
    assert names == sorted(["layers.json", "other.zip", path.name])


@pytest.mark.parametrize("name", [ZIP, "layers.json"])
def test_a_file_of_the_users_is_not_replaced(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, name: str
) -> None:
    """A file with a zip's or the list's name that poner did not write is named, and stays."""
    out = tmp_path / "out"
    out.mkdir()
    (out / name).write_bytes(b"mine")
    arguments = [*COMMAND, "--architecture", "arm64", "--out", str(out)]
    assert app.run(arguments) == 1
    printed = capfd.readouterr()
    if "can neither be fetched nor found" in printed.err:
        pytest.skip("no wheels can be had")
    assert f"are not replaced: {name}." in printed.err.replace("\n", " ")
    assert [(path.name, path.read_bytes()) for path in out.iterdir()] == [(name, b"mine")]


@pytest.mark.parametrize(
    "arguments",
    [
        ["layer"],
        ["layer", "joblib", "--runtime", "python2.7"],
        ["layer", "joblib", "--architecture", "sparc"],
        ["layer", "joblib", "--slim", "much"],
        ["layer", "joblib=1"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_2(
    arguments: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    """Wrong usage ends with 2 and writes nothing."""
    assert app.run(arguments) == 2
    printed = capfd.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("Error: ")
    assert not list(Path.cwd().iterdir())


def test_failures_are_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """An unavailable package ends with 1 and two sentences."""

    def refuse(*arguments: object, **options: object) -> None:
        raise InstallError("There is none.", "Take another.")

    monkeypatch.setattr("poner.cli.layer.make_layers", refuse)
    assert app.run(COMMAND) == 1
    assert capfd.readouterr().err == "Error: There is none.\n  Take another.\n"


def test_more_than_lambda_unpacks_is_refused() -> None:
    """The error has the sizes and the ways out that are left."""
    record = ZipRecord("layers/torch.zip", 90_000_000, "", quotas.UNZIPPED_BYTES + 1, ())
    made = LayerSet((Layer("torch", record, ()),), {}, (), bytecode=False)
    with pytest.raises(QuotaError, match=r"262,144,001 of Lambda's 262,144,000") as caught:
        check_unzipped(made, "never")
    assert "--slim always" in caught.value.hint
    with pytest.raises(QuotaError) as caught:
        check_unzipped(made, "always")
    assert "--slim" not in caught.value.hint
