"""Bytecode that Lambda uses as it is, made by the Python version that will run it.

/var/task is read-only: without bytecode every cold start compiles the sources again, and with the
usual kind, bound to a file's date, it would be stale. Source: reference measurements, 2026-11-22.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from poner.errors import BundleError

_TASK_ROOT = "/var/task"

_COMPILE = """
import importlib.util, os, py_compile, sys
root = sys.argv[1]
for folder, _, names in os.walk(root):
    for name in sorted(names):
        path = os.path.join(folder, name)
        shown = sys.argv[2] + path[len(root):]
        py_compile.compile(
            path, importlib.util.cache_from_source(path), shown, doraise=True, optimize=0,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
"""


def compile_sources(
    files: Mapping[str, bytes], interpreter: Path, scratch: Path
) -> dict[str, bytes]:
    """The bytecode files of all sources among the files, by their path in the zip.

    Args:
        files: by path; those that end in .py are compiled.
        interpreter: a Python of the target's minor version.
        scratch: an empty folder to work in.

    Raises:
        BundleError: the interpreter could not compile them.
    """
    for name, content in files.items():
        if name.endswith(".py"):
            path = scratch / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    command = [str(interpreter), "-I", "-S", "-c", _COMPILE, str(scratch), _TASK_ROOT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BundleError(
            f"{interpreter} could not compile the function: {done.stderr.strip()[-300:]}",
            "Check that this Python works, or choose another --runtime.",
        )
    return {
        path.relative_to(scratch).as_posix(): path.read_bytes()
        for path in sorted(scratch.rglob("*.pyc"))
    }
