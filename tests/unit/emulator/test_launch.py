"""The environment variables: section (e) of the reference."""

from dataclasses import replace
from pathlib import Path

import pytest

from poner.emulator import LocalFunction
from poner.emulator.launch import Launch, layer_folders, variables

FUNCTION = LocalFunction(
    Path("code"), "app.handler", "python3.13", name="f", memory_mb=256, environment={"MINE": "1"}
)
WITH_LAYERS = replace(FUNCTION, layers=(Path("layer.zip"),))
SCRATCH = Path("/scratch")
LAUNCH = Launch(FUNCTION, Path("/env/bin/python"), SCRATCH, SCRATCH / "task", SCRATCH / "opt")
RECORDED = {
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_XRAY_CONTEXT_MISSING",
    "AWS_XRAY_DAEMON_ADDRESS",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "LANG",
    "LC_CTYPE",
    "LD_LIBRARY_PATH",
    "PATH",
    "PWD",
    "PYTHONPATH",
    "SHLVL",
    "TZ",
    "_AWS_XRAY_DAEMON_ADDRESS",
    "_AWS_XRAY_DAEMON_PORT",
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
}
"""The complete set of section (e)."""


def test_the_set_is_the_recorded_one():
    """(e): the recorded names, TMPDIR for the private /tmp, the user's, and nothing else."""
    with_each_process = {"AWS_LAMBDA_RUNTIME_API", "_X_AMZN_TRACE_ID"}
    made = variables(LAUNCH, Path("/scratch/tmp-0")).keys()
    assert made == RECORDED - with_each_process | {"TMPDIR", "MINE"}


def test_values():
    """(e): values as recorded, paths being those that stand for Lambda's."""
    made = variables(LAUNCH, Path("/scratch/tmp-0"))
    assert made["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert made["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert made["AWS_LAMBDA_LOG_GROUP_NAME"] == "/aws/lambda/f"
    assert made["LAMBDA_TASK_ROOT"] == made["PWD"] == "/scratch/task"
    assert made["PYTHONPATH"] == made["LAMBDA_RUNTIME_DIR"]
    assert made["LAMBDA_RUNTIME_DIR"] == "/env/lib/python3.13/site-packages"
    assert (made["TZ"], made["_HANDLER"], made["SHLVL"]) == (":UTC", "app.handler", "0")


def test_the_json_format_is_told_to_the_runtime():
    """(g): its client writes the application's lines; INFO is the format's default level."""
    launch = replace(LAUNCH, function=replace(FUNCTION, log_format="json"))
    made, without = variables(launch, Path("/t")), variables(LAUNCH, Path("/t"))
    added = {name: made[name] for name in made.keys() - without.keys()}
    assert added == {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"}


@pytest.mark.parametrize(("runtime", "there"), [("python3.11", False), ("python3.12", True)])
def test_lc_ctype_from_3_12(runtime, there):
    """(e): LC_CTYPE only in 3.12 and later."""
    launch = replace(LAUNCH, function=replace(FUNCTION, runtime=runtime))
    assert ("LC_CTYPE" in variables(launch, Path("/t"))) is there


def test_the_user_s_value_wins():
    """(e): variables that are not reserved, such as PYTHONPATH, are the user's to set."""
    launch = replace(LAUNCH, function=replace(FUNCTION, environment={"PYTHONPATH": "/x"}))
    assert variables(launch, Path("/t"))["PYTHONPATH"] == "/x"


def test_nothing_of_this_machine_s_environment(monkeypatch):
    """(e): the child starts from an empty environment."""
    monkeypatch.setenv("HOME", "/home/secret")
    made = variables(LAUNCH, Path("/t"))
    assert not {"HOME", "USER", "HOSTNAME"} & made.keys()
    assert "secret" not in repr(made)


def test_layers_are_searched_last():
    """(e): /opt/lib and /opt/bin end the search paths; without layers nothing of /opt is there."""
    without = variables(LAUNCH, Path("/t"))
    made = variables(replace(LAUNCH, function=WITH_LAYERS), Path("/t"))
    changed = {name: made[name] for name in made if made[name] != without[name]}
    assert changed.pop("AWS_LAMBDA_LOG_STREAM_NAME")
    assert changed == {
        "LD_LIBRARY_PATH": f"{without['LD_LIBRARY_PATH']}:/scratch/opt/lib",
        "PATH": f"{without['PATH']}:/scratch/opt/bin",
    }


@pytest.mark.parametrize("version", ["3.9", "3.13"])
def test_where_modules_of_layers_come_from(version):
    """(e): site-packages of the function's Python before python/."""
    function = replace(WITH_LAYERS, runtime=f"python{version}")
    python = SCRATCH / "opt/python"
    assert layer_folders(function, SCRATCH / "opt") == (
        python / f"lib/python{version}/site-packages",
        python,
    )
    assert layer_folders(FUNCTION, SCRATCH / "opt") == ()
