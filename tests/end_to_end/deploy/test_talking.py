"""What commands ask, print and hide."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.fakes.faulty_proxy import Fault, FaultyProxy
from tests.support.commands import PONER, Done, Terminal, run, started
from tests.support.deploying import SECRET, Project, client

DEPLOY = ("deploy", "--yes", "--skip-check")
LOGS = "/aws/lambda/cancer"


def log(*messages: str, age_s: float = 0.0) -> None:
    """Let the function log."""
    now_ms = int((time.time() - age_s) * 1000)
    events = [{"timestamp": now_ms + n, "message": text} for n, text in enumerate(messages)]
    stream = {"logGroupName": LOGS, "logStreamName": "1"}
    logs = client("logs")
    if not logs.describe_log_streams(logGroupName=LOGS)["logStreams"]:
        logs.create_log_stream(**stream)
    logs.put_log_events(**stream, logEvents=events)


# questions


@pytest.mark.parametrize("command", ["deploy", "destroy"])
def test_without_a_terminal_and_yes_nothing_is_done(
    project: Project, faults: FaultyProxy, command: str
):
    """Without a terminal and --yes nothing is changed, and it counts as wrong usage."""
    if command == "destroy":
        project.deploy()
        faults.reset()
    done = run(command)
    assert (done.code, done.out) == (2, "")
    assert done.error == [
        "Error: Without a terminal, poner cannot ask.",
        "  Add --yes to agree in advance.",
    ]
    assert not faults.writes


@pytest.mark.parametrize(
    ("command", "said", "typed"),
    [("deploy", "Nothing was changed.", "n\n"), ("destroy", "Nothing was deleted.", "\n")],
)
def test_who_declines_has_changed_nothing(
    project: Project, faults: FaultyProxy, command: str, said: str, typed: str
):
    """The question follows the plan; its default is no, which changes nothing."""
    if command == "destroy":
        project.deploy()
        faults.reset()
    done = run(command, typed=typed)
    assert (done.code, done.out) == (1, "")
    assert done.err.splitlines()[-1].endswith(said)
    assert not faults.writes
    assert not project.journals


def test_who_agrees_gets_what_was_shown(project: Project):
    """A y suffices; an answer other than yes or no is asked for again."""
    done = run("deploy", "--skip-check", typed="what?\ny\n")
    assert done.code == 0
    assert done.out == run("url").out
    assert done.err.count("Make these changes? [y/N]") == 2


def test_end_of_input_is_an_interruption(project: Project, faults: FaultyProxy):
    """The end of input at the question is an interruption."""
    done = run("deploy", "--skip-check", typed="")
    assert (done.code, done.out) == (130, "")
    assert not faults.writes


def test_interruption_leaves_the_line_of_the_question(
    project: Project, monkeypatch: pytest.MonkeyPatch
):
    """An interruption keeps the line of the question, where terminals show ^C."""

    def interrupt(terminal: Terminal) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(Terminal, "readline", interrupt)
    done = run("deploy", typed="")
    assert done.code == 130
    assert done.err.endswith("Make these changes? [y/N]: \nInterrupted.\n")


def test_question_stays_on_a_real_terminal(project: Project):
    """The question stays on the terminal until the answer is typed."""
    terminal, its_other_end = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen(
        [sys.executable, "-c", PONER, "deploy", "--skip-check"],
        stdin=its_other_end,
        stdout=subprocess.PIPE,
        stderr=its_other_end,
        env={**environment, "TERM": "xterm-256color"},
        text=True,
    )
    os.close(its_other_end)
    shown = b""
    try:
        while not shown.endswith(b"Make these changes? [y/N]: "):
            assert select.select([terminal], [], [], 20)[0], "no question came"
            shown += os.read(terminal, 65_536)
        assert not select.select([terminal], [], [], 0.3)[0], "something is drawn over it"
        os.write(terminal, b"y\n")
        out, _ = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
        os.close(terminal)
    assert process.returncode == 0
    assert out == run("url").out


# wrong usage


@pytest.mark.parametrize(
    "arguments",
    [
        ("deploy", "--canary", "0"),
        ("deploy", "--canary", "100"),
        ("deploy", "--canary", "ten"),
        ("logs", "--since", "yesterday"),
        ("export", "pulumi"),
        ("rollback", "1", "2"),
        ("status", "--nothing"),
    ],
)
def test_wrong_usage_is_2_before_anything_is_asked(
    project: Project, faults: FaultyProxy, arguments: tuple[str, ...]
):
    """Wrong usage exits with 2 and a hint, before any question."""
    done = run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert len(done.error) == 2
    assert not faults.reads


def test_folder_without_a_bundle_is_said(project: Project, tmp_path: Path, faults: FaultyProxy):
    """Without a bundle, the error names the command that makes one."""
    done = run("deploy", "--yes", str(tmp_path))
    assert done.code == 1
    assert "There is no bundle in" in done.error[0]
    assert "`poner build`" in done.error[1]
    assert not faults.reads


def test_bundle_that_is_older_than_the_settings_is_said(project: Project):
    """Memory, timeout and name are those of the bundle until it is built again."""
    assert "older than poner.toml" not in run("plan").err
    settings = project.folder / "poner.toml"
    settings.write_text(settings.read_text() + "\n[function]\nmemory_mb = 512\n")
    done = run("plan")
    assert "older than poner.toml, which says memory_mb = 512; run `poner build`.\n" in done.err
    assert "memory: 128 MB" in done.out


# secrets


def test_no_secret_is_told(project: Project, faults: FaultyProxy, tmp_path: Path):
    """Values of environment variables are only on AWS: never printed, kept or in the bundle."""
    project.deploy()
    project.configure(f'[deploy.environment]\nPASSWORD = "{SECRET}"\nUSER = "u"\n')
    said = [run("plan"), run("plan", "--json"), run("export", "sam"), run("export", "terraform")]
    faults.fail_always("UpdateFunctionConfiguration", Fault.SERVER_ERROR)
    said.append(run(*DEPLOY))
    assert said[-1].code == 1
    journal = "".join(project.journals)
    assert journal
    faults.mend()
    said += [run(*DEPLOY), run(*DEPLOY, "--json"), run("status"), run("status", "--json")]
    assert [done.code for done in said if done is not said[4]] == [0] * 8
    functions = client("lambda")
    set_up = functions.get_function_configuration(FunctionName="cancer")["Environment"]
    assert set_up["Variables"] == {"PASSWORD": SECRET, "USER": "u"}
    said.append(run("destroy", "--yes"))
    assert SECRET not in journal
    assert not [done for done in said if SECRET in done.said]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.name for path in files if SECRET.encode() in path.read_bytes()] == ["poner.toml"]
    assert "environment PASSWORD: (hidden)" in said[0].out


def test_no_secret_is_in_the_file_of_a_fault(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """The file of a fault contains no secret."""
    project.configure(f'[deploy.environment]\nPASSWORD = "{SECRET}"\n')

    def broken(*arguments: object, **values: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("poner.deployer.aws.values.write_setup", broken)
    done = run(*DEPLOY)
    assert done.code == 1
    assert "This is a bug in poner" in done.err
    (fault,) = (tmp_path / "cache" / "faults").iterdir()
    assert "broken" in fault.read_text()
    assert SECRET not in fault.read_text() + done.said


# logs


def test_logs_are_printed_as_they_were_written(project: Project):
    """Oldest first; what is older than --since is left out."""
    project.deploy()
    log("an old one", age_s=3600)
    log("START RequestId: 1", "a line\nwith another", "END RequestId: 1\n")
    done = run("logs")
    assert done.code == 0
    assert done.out == "START RequestId: 1\na line\nwith another\nEND RequestId: 1\n"
    assert "an old one" in run("logs", "--since", "2h").out


def test_logs_for_machines_are_a_line_of_json_each(project: Project):
    """--json prints each log event as a line with its time."""
    project.deploy()
    log("one", "two\nlines")
    events = [json.loads(line) for line in run("logs", "--json").out.splitlines()]
    assert [event["message"] for event in events] == ["one", "two\nlines"]
    assert abs(events[0]["time_ms"] / 1000 - time.time()) < 60
    assert len({event["id"] for event in events}) == 2


def test_logs_are_printed_where_characters_are_few(project: Project):
    """Characters that the encoding of standard output lacks are escaped."""
    project.deploy()
    log("caf\u00e9 \u2603")
    assert run("logs", encoding="latin-1").out == "caf\u00e9 \\u2603\n"


def test_logs_are_followed_until_ctrl_c(project: Project, tmp_path: Path):
    """Followed events are printed once each, until Ctrl-C."""
    project.deploy()
    log("before")
    with started(tmp_path / "command", "logs", "--follow") as command:
        deadline_s = time.monotonic() + 20
        while "before" not in command.out() and time.monotonic() < deadline_s:
            time.sleep(0.02)
        log("after")
        while "after" not in command.out() and time.monotonic() < deadline_s:
            time.sleep(0.02)
        os.kill(command.pid, signal.SIGINT)
        done = command.wait()
    assert done == Done(130, "before\nafter\n", "Interrupted.\n")


def test_logs_of_a_group_that_was_removed_are_none(project: Project):
    """A removed log group has no events until the function logs again."""
    project.deploy()
    client("logs").delete_log_group(logGroupName=LOGS)
    assert run("logs") == Done(0, "", "The log of cancer has no events of the last 10m.\n")


def test_silence_in_the_log_is_said(project: Project):
    """An empty log is reported on standard error, for any --since."""
    project.deploy()
    done = run("logs", "--since", "99999d")
    assert (done.code, done.out) == (0, "")
    assert done.err == "The log of cancer has no events of the last 99999d.\n"
