"""The trial of a finished function: confinement, limits, and checks of its answers."""

from __future__ import annotations

import json
import socket
import sys
import textwrap
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from poner.bundler.trial import (
    Answers,
    Request,
    Response,
    ask,
    compare_answers,
    read_answers,
    unpacked,
)
from poner.errors import BundleError, ParityError
from poner.hosts import HOSTS
from poner.proof import Tolerance
from tests.support.proving import make_examples

HOST = HOSTS["python{}.{}".format(*sys.version_info)]
HANDLER = """
import json
class Model:
    def evaluate(self, rows, methods):
        return {"predict": [[1.0] for _ in rows]}
model = Model()
def lambda_handler(event, context):
    return {"statusCode": 200, "body": json.dumps({"prediction": 1})}
"""

Trial = Callable[[str], Answers]


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    """Tries a function whose module has these lines at its end."""

    def try_function(lines: str) -> Answers:
        path = tmp_path / "function.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("lambda_function.py", HANDLER + textwrap.dedent(lines))
        with unpacked(path, (), tmp_path) as folder:
            return ask(
                HOST,
                folder,
                {"batches": [[[1.0]]], "methods": ["predict"]},
                [Request(0, "{}", 1)],
                values=2,
                advice="Look.",
            )

    return try_function


def test_answers_are_read(trial: Trial) -> None:
    """What the model answers, and what the handler does; prints do not come between."""
    answers = trial("print('noise')")
    assert answers.python_version.startswith(f"{sys.version_info.major}.{sys.version_info.minor}")
    assert answers.told["evaluated"] == [{"predict": [[1.0]]}]
    assert [(answer.status, answer.body) for answer in answers.responses] == [
        (200, {"prediction": 1})
    ]


def test_the_function_reaches_nothing(
    trial: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function on trial reaches no server, no file or variable of the user, and no program."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    (tmp_path / "secret").write_text("secret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        answers = trial(f"""
            import os, socket, subprocess
            found = []
            def attempt(function, *arguments):
                try:
                    function(*arguments)
                    found.append(function.__name__)
                except OSError:
                    pass
            attempt(socket.create_connection, ("127.0.0.1", {server.getsockname()[1]}), 2)
            attempt(open, {str(tmp_path / "secret")!r})
            attempt(open, {str(tmp_path / "new")!r}, "w")
            attempt(os.chmod, {str(tmp_path / "secret")!r}, 0)
            attempt(os.listdir, os.path.expanduser("~root"))
            attempt(subprocess.run, ["true"])
            attempt(os.fork)
            found += [name for name in os.environ if name.startswith("AWS")]
            def lambda_handler(event, context):
                return {{"statusCode": 200, "body": json.dumps({{"found": found}})}}
        """)
    assert answers.responses[0].body == {"found": []}
    assert not (tmp_path / "new").exists()


def test_libraries_of_the_function_are_not_loaded_by_python(tmp_path: Path) -> None:
    """It would load them before it is confined; the one that poner lends is found."""
    path = tmp_path / "function.zip"
    lines = "import os\nfound = os.environ.get('LD_LIBRARY_PATH')\n"
    body = "json.dumps({'found': found})"
    answer = f"def lambda_handler(e, c): return {{'statusCode': 200, 'body': {body}}}"
    for names, wanted in (
        (["task/lib/libm.so.6", "task/libm.so.6"], None),
        (["opt/lib/libgomp.so.1", "opt/lib/libm.so.6"], None),
        (["opt/lib/libgomp.so.1"], "lib"),
    ):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("lambda_function.py", HANDLER + lines + answer)
        with unpacked(path, (), tmp_path) as folder:
            for name in names:
                place = folder / "files" / name
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text("no library")
            request = [Request(0, "{}", 1)]
            asked: dict[str, Any] = {"batches": [[[1.0]]], "methods": ["predict"]}
            told = ask(HOST, folder, asked, request, values=2, advice="Look.")
        found = told.responses[0].body["found"]
        assert found == wanted or Path(found).name == wanted


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("raise RuntimeError('a reason')", "did not start from its zips: RuntimeError: a reason"),
        ("import os; os._exit(0)", "invalid answer"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "signal 11"),
        ("bytearray(1 << 50)", "needs more memory than the"),
        ("import os\nwhile True: os.write(3, b'x' * 100_000)", "too long|stopped|did"),
        ("def lambda_handler(event, context): return {'statusCode': 200, 'body': '['}", "invalid"),
        ("def lambda_handler(event, context): raise ValueError('a value')", "a row: ValueError;"),
        ("def lambda_handler(event, context): return 1", "invalid answer"),
        ("def lambda_handler(event, context): return {'body': 'x' * 10**7}", "too long"),
    ],
)  # fmt: skip
def test_a_function_that_breaks_is_one_clean_error(trial: Trial, lines: str, said: str) -> None:
    """The error says what failed; of an exception at a row it shows only the type."""
    with pytest.raises(ParityError, match=said) as caught:
        trial(lines)
    assert "no bundle was written" in caught.value.message
    assert "a value" not in caught.value.message


GOOD: dict[str, Any] = {
    "version": "3.13.1",
    "answers": [{"statusCode": 200, "body": '{"prediction": 1}'}],
}


@pytest.mark.parametrize(
    "output",
    [
        b"",
        b"\xff",
        b"[]",
        b"[" * 200_000,
        json.dumps({**GOOD, "version": "3.13.1\x1b[31m"}).encode(),
        json.dumps({**GOOD, "answers": GOOD["answers"] * 2}).encode(),
        json.dumps({**GOOD, "answers": [{"statusCode": "x", "body": "{}"}]}).encode(),
        json.dumps({**GOOD, "answers": [{"statusCode": 1e999, "body": "{}"}]}).encode(),
        json.dumps({**GOOD, "answers": [{"statusCode": 200, "body": "[" * 200_000}]}).encode(),
        json.dumps({**GOOD, "answers": [{"statusCode": 200, "body": "1"}]}).encode(),
        json.dumps({**GOOD, "answers": {"statusCode": 200}}).encode(),
        b'{"version": ' + b"1" * 10_000 + b"}",
    ],
    ids=range(12),
)
def test_answers_of_another_form_are_invalid(output: bytes) -> None:
    """Malformed output of a hostile function is one clean error."""
    assert read_answers(json.dumps(GOOD).encode(), 1, "Look.").responses[0].status == 200
    with pytest.raises(ParityError, match="invalid answer"):
        read_answers(output, 1, "Look.")


def test_a_zip_that_does_not_fit_the_disk(tmp_path: Path) -> None:
    """Said with what to do; nothing is left of it."""
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(BundleError, match="could not be unpacked"),
        unpacked(tmp_path / "missing.zip", (), tmp_path),
    ):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("answered", "tied"), [("no", 0), ("yes", 1), ("maybe", None), (1, None), (["yes"], None)]
)
def test_a_class_with_the_same_score_is_counted(answered: Any, tied: int | None) -> None:
    """Rounding may choose between classes that the model's own scores hold for equal."""
    examples = make_examples([0], [[0.5, 0.5, 0.0]], classes=("no", "yes", "maybe"))
    requests = [Request(0, "{}", "no")]
    responses = [Response(200, {"prediction": answered})]
    how: Any = {"tolerance": Tolerance(1e-9), "advice": "Look."}
    if tied is None:
        with pytest.raises(ParityError, match="answers request 1 of 1 otherwise"):
            compare_answers(responses, requests, examples, **how)
    else:
        assert compare_answers(responses, requests, examples, **how) == tied
