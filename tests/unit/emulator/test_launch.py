"""The environment variables: L49."""

from dataclasses import replace
from pathlib import Path

import pytest

from poner.emulator import LocalFunction
from poner.emulator.sandbox.launch import (
    BOOTSTRAP,
    Layout,
    command,
    layer_folders,
    variables,
)
from tests.support.recorded import VARIABLES

FUNCTION = LocalFunction(
    Path("code"), "app.handler", "python3.13", name="f", memory_mb=256, environment={"MINE": "1"}
)
LAYOUT = Layout(
    task=Path("/scratch/task"),
    opt=Path("/scratch/opt"),
    runtime=Path("/env/lib/python3.13/site-packages"),
    site_packages=Path("/env/lib/python3.13/site-packages"),
    language=Path("/env"),
    interpreter=Path("/env/bin/python"),
    bootstrap=BOOTSTRAP,
    temporary=Path("/scratch/tmp-0"),
)
RECORDED = VARIABLES | {"LC_CTYPE"}
"""The complete set (L49), from 3.12 on."""


def test_the_set_is_the_recorded_one():
    """L49: the recorded names, TMPDIR where /tmp is not the function's, the user's, no others."""
    with_each_process = {"AWS_LAMBDA_RUNTIME_API", "_X_AMZN_TRACE_ID"}
    made = variables(FUNCTION, LAYOUT).keys()
    assert made == RECORDED - with_each_process | {"TMPDIR", "MINE"}
    isolated = variables(FUNCTION, replace(LAYOUT, temporary=None)).keys()
    assert isolated == RECORDED - with_each_process | {"MINE"}


def test_values():
    """L49: values as recorded, paths being those that stand for Lambda's."""
    made = variables(FUNCTION, LAYOUT)
    assert made["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert made["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert made["AWS_LAMBDA_LOG_GROUP_NAME"] == "/aws/lambda/f"
    assert made["LAMBDA_TASK_ROOT"] == made["PWD"] == "/scratch/task"
    assert made["PYTHONPATH"] == made["LAMBDA_RUNTIME_DIR"]
    assert made["LAMBDA_RUNTIME_DIR"] == "/env/lib/python3.13/site-packages"
    assert (made["TZ"], made["_HANDLER"], made["SHLVL"]) == (":UTC", "app.handler", "0")


def test_the_json_format_is_told_to_the_runtime():
    """L78: JSON variables make the client write JSON lines; INFO is the default level."""
    made = variables(replace(FUNCTION, log_format="json"), LAYOUT)
    without = variables(FUNCTION, LAYOUT)
    added = {name: made[name] for name in made.keys() - without.keys()}
    assert added == {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"}


@pytest.mark.parametrize(("runtime", "there"), [("python3.11", False), ("python3.12", True)])
def test_lc_ctype_from_3_12(runtime, there):
    """L49: LC_CTYPE only in 3.12 and later."""
    assert ("LC_CTYPE" in variables(replace(FUNCTION, runtime=runtime), LAYOUT)) is there


def test_the_user_s_value_wins():
    """L50: users may set variables that are not reserved, such as PYTHONPATH."""
    function = replace(FUNCTION, environment={"PYTHONPATH": "/x"})
    assert variables(function, LAYOUT)["PYTHONPATH"] == "/x"


def test_nothing_of_this_machine_s_environment(monkeypatch):
    """L49: the child inherits no environment variables."""
    monkeypatch.setenv("HOME", "/home/secret")
    made = variables(FUNCTION, LAYOUT)
    assert not {"HOME", "USER", "HOSTNAME"} & made.keys()
    assert "secret" not in repr(made)


def test_layers_are_searched_last():
    """L49: /opt/lib and /opt/bin end the search paths."""
    made = variables(FUNCTION, LAYOUT)
    assert made["LD_LIBRARY_PATH"].endswith(":/scratch/task/lib:/scratch/opt/lib")
    assert made["PATH"] == "/env/bin:/usr/local/bin:/usr/bin/:/bin:/scratch/opt/bin"


@pytest.mark.parametrize("version", ["3.9", "3.13"])
def test_where_modules_of_layers_come_from(version):
    """L54: site-packages of the function's Python before python/."""
    function = replace(FUNCTION, runtime=f"python{version}")
    python = LAYOUT.opt / "python"
    assert layer_folders(function, LAYOUT.opt) == (
        python / f"lib/python{version}/site-packages",
        python,
    )


def test_the_command():
    """The command has -S and -B, and the folders follow the handler."""
    assert command(FUNCTION, LAYOUT) == [
        "/env/bin/python",
        "-S",
        "-B",
        str(BOOTSTRAP),
        "app.handler",
        "/env/lib/python3.13/site-packages",
        "/scratch/opt/python/lib/python3.13/site-packages",
        "/scratch/opt/python",
    ]
