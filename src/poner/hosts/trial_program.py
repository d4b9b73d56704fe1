"""Runs confined, on the target's Python: starts a finished function and asks it.

Run as `trial_program.py FILES`, a folder with the function in `task`, its layers in `opt`, and
`asked.json`:

    handler    module and function that answer requests
    requests   bodies for the handler
    outputs    numbers of the native model's outputs by name, each asked for all of `rows`, a file
    batches    rows for the model of another engine, and
    methods    the outputs that it is asked for

What it answers goes to standard output: a line as soon as the function has started, then JSON. It
imports nothing of poner, and runs on Python 3.9 and later.
"""

from __future__ import annotations

import base64
import importlib
import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

STARTED = b"started\n"


def open_answers() -> int:
    """The descriptor for answers; what the function prints goes to standard error from now on."""
    answers = os.dup(1)
    os.dup2(2, 1)
    return answers


def find_modules(files: Path) -> None:
    """Import the function as Lambda does: its own modules, then those of its layers."""
    task, python = files / "task", files / "opt" / "python"
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    os.chdir(task)
    sys.path[:0] = [str(task), str(python / "lib" / version / "site-packages"), str(python)]


def evaluate(model: Any, asked: dict[str, Any], files: Path) -> dict[str, Any]:
    """The answers of the model itself."""
    if "batches" in asked:
        methods = asked["methods"]
        return {"evaluated": [model.evaluate(rows, methods) for rows in asked["batches"]]}
    rows = (files / "rows").read_bytes()
    outputs = {name: model.evaluate(number, rows) for name, number in asked["outputs"].items()}
    return {"outputs": {name: base64.b64encode(found).decode() for name, found in outputs.items()}}


def write_all(descriptor: int, content: bytes) -> None:
    """Write everything, however much a pipe takes at a time."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def main() -> None:
    """Start, ask and answer."""
    files = Path(sys.argv[1])
    asked = json.loads((files / "asked.json").read_text(encoding="utf-8"))
    answers = open_answers()
    find_modules(files)
    module, _, handler = asked["handler"].rpartition(".")
    function = importlib.import_module(module)
    write_all(answers, STARTED)
    # From here on the text of an error may hold a value, so only its kind is told.
    sys.excepthook = lambda kind, *_: print(kind.__name__, file=sys.stderr)  # noqa: T201
    told = evaluate(function.model, asked, files)
    answer = getattr(function, handler)
    told["answers"] = [answer({"body": body}, None) for body in asked["requests"]]
    told["version"] = platform.python_version()
    write_all(answers, json.dumps(told).encode())


if __name__ == "__main__":
    main()
