"""Bytecode for Lambda, compiled by the Python version that will run it.

/var/task and /opt are read-only, so without bytecode every cold start compiles the sources again.
The usual bytecode, bound to its source's date, would be stale there (L86).

The same sources give the same bytes on every machine with that Python. The references that marshal
writes depend on what the interpreter compiled before, so each file is compiled in its own fork; the
order of sets depends on the hash seed, so the seed is fixed.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from poner.errors import BundleError

_TASK_ROOT = "/var/task"

_PROGRAM = Path(__file__).with_name("bytecode_program.py")


def compile_sources(
    files: Mapping[str, bytes], interpreter: Path, scratch: Path
) -> dict[str, bytes]:
    """The bytecode files of all sources, by path in the zip.

    Args:
        files: contents by path; paths that end in .py are compiled.
        interpreter: a Python of the target's minor version.
        scratch: an empty folder to work in.

    Raises:
        BundleError: the interpreter could not compile them.
    """
    sources = [name for name in files if name.endswith(".py")]
    for name in sources:
        path = scratch / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[name])
    said = compile_folder(scratch, sources, interpreter, _TASK_ROOT)
    compiled = sorted(scratch.rglob("*.pyc"))
    if len(compiled) < len(sources):
        raise _cannot_compile(interpreter, said)
    return {path.relative_to(scratch).as_posix(): path.read_bytes() for path in compiled}


def compile_folder(folder: Path, sources: Iterable[str], interpreter: Path, shown: str) -> str:
    """Compile sources in a folder on all cores; returns the messages about those that fail.

    Args:
        folder: the sources' folder, which also receives the bytecode.
        sources: paths within the folder.
        interpreter: a Python of the target's minor version.
        shown: the folder on Lambda, which tracebacks show.

    Raises:
        BundleError: the interpreter does not work.
    """
    command = [str(interpreter), "-S", "-s", "-X", "utf8", "-W", "ignore", str(_PROGRAM)]
    environment = {name: value for name, value in os.environ.items() if name[:6] != "PYTHON"}
    done = subprocess.run(
        [*command, str(folder.resolve()), shown, str(os.cpu_count() or 1)],
        input="\0".join(sources),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        cwd=folder,
        env={**environment, "PYTHONHASHSEED": "0"},
        check=False,
    )
    if done.returncode != 0:
        raise _cannot_compile(interpreter, done.stderr)
    return done.stderr


def _cannot_compile(interpreter: Path, said: str) -> BundleError:
    return BundleError(
        f"{interpreter} could not compile: {' '.join(said.split())[-300:]}",
        "Check the sources and that this Python works, or choose another --runtime.",
    )
