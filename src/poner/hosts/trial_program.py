"""Starts a finished function and sends it requests; runs confined, on the target's Python.

Run as `trial_program.py FILES`, a folder with the function in `task`, its layers in `opt`, and
`asked.json`:

    handler    module and function that answer requests
    requests   bodies of requests for the handler
    outputs    native engine: numbers of the outputs by name, for all rows in the file `rows`
    batches    other engines: rows for the model itself
    methods    other engines: outputs to compute for the batches

Standard output receives a line once the function has started, then the answers as JSON. The
program imports nothing of poner, and runs on Python 3.9 and later.
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
    """A descriptor for answers; from now on the function's prints go to standard error."""
    answers = os.dup(1)
    os.dup2(2, 1)
    return answers


def find_modules(files: Path) -> None:
    """Set the import path as Lambda does: the function's own modules, then its layers'."""
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
    """Write all of the content, in as many pieces as the pipe needs."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def main() -> None:
    """Start the function, send it the requests, and write its answers."""
    files = Path(sys.argv[1])
    asked = json.loads((files / "asked.json").read_text(encoding="utf-8"))
    answers = open_answers()
    find_modules(files)
    module, _, handler = asked["handler"].rpartition(".")
    function = importlib.import_module(module)
    write_all(answers, STARTED)
    # From here on an error's text may hold a value of the model's rows, so only its type is shown.
    sys.excepthook = lambda kind, *_: print(kind.__name__, file=sys.stderr)  # noqa: T201
    told = evaluate(function.model, asked, files)
    answer = getattr(function, handler)
    told["answers"] = [answer({"body": body}, None) for body in asked["requests"]]
    told["version"] = platform.python_version()
    write_all(answers, json.dumps(told).encode())


if __name__ == "__main__":
    main()
