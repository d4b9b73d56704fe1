"""Hosts: what depends on the language stands in one value, and agrees with the language itself."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import pytest

from poner.aws_lambda.runtimes import RUNTIMES
from poner.hosts import ENTRY, HANDLER, HOSTS, OWN_MODULES

OWN = HOSTS[f"python{sys.version_info.major}.{sys.version_info.minor}"]
SOURCES = Path(__file__).parents[2] / "src" / "poner"


def test_every_runtime_has_its_host() -> None:
    """A function's host is found by the name of its runtime."""
    assert {name: host.runtime for name, host in HOSTS.items()} == RUNTIMES


def test_bytecode_lies_where_python_looks_for_it() -> None:
    """The path is the one that importlib makes of a source's."""
    assert OWN.bytecode_path("a/b.py") == importlib.util.cache_from_source("a/b.py")


def test_the_interpreter_is_of_its_version() -> None:
    """This machine's own Python proves functions for the runtime of its version."""
    assert OWN.find_interpreter() == Path(sys.executable)


def test_the_handler_is_in_the_entry() -> None:
    """The module that Lambda is told is the file in the zip, and no user's module has its name."""
    module, _, function = HANDLER.partition(".")
    assert (ENTRY, function) == (f"{module}.py", "lambda_handler")
    assert module in OWN_MODULES


def test_modules_of_layers_come_from_two_folders() -> None:
    """The folder of the version comes before the one of every version."""
    folders = HOSTS["python3.10"].layer_folders
    assert folders == ("python/lib/python3.10/site-packages", "python")


@pytest.mark.parametrize(("name", "locale"), [("python3.11", None), ("python3.12", "C.UTF-8")])
def test_variables_follow_the_version(name: str, locale: str | None) -> None:
    """The runtime's name, the client's folder, and from python3.12 on a locale."""
    variables = HOSTS[name].variables(Path("/var/runtime"))
    assert variables["AWS_EXECUTION_ENV"] == f"AWS_Lambda_{name}"
    assert variables["PYTHONPATH"] == "/var/runtime"
    assert variables.get("LC_CTYPE") == locale


def test_no_stage_names_a_language() -> None:
    """The bundler, the emulator and the deployer ask the host for what Python needs."""
    named = re.compile(r'f"python\{|cpython-|removeprefix\("python"\)|= "lambda_function\.')
    found = [
        str(path.relative_to(SOURCES))
        for stage in ("bundler", "emulator", "deployer")
        for path in (SOURCES / stage).rglob("*.py")
        if named.search(path.read_text())
    ]
    assert found == []
