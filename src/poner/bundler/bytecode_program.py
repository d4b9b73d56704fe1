"""Compiles sources, each in a fork of its own; runs on the target's Python.

Run as `bytecode_program.py ROOT SHOWN PROCESSES`: the folder of the sources, the folder that
tracebacks shall show in its place, and how many forks run at once. Standard input has the paths
within ROOT, separated by NUL. What is wrong with a source goes to standard error. The program
imports nothing of poner, and runs on Python 3.9 and later.
"""

from __future__ import annotations

import importlib.util
import os
import py_compile
import sys


def compile_one(path: str, shown: str) -> None:
    """Write the bytecode of a source beside it; a source that does not compile is only named."""
    try:
        py_compile.compile(
            path,
            importlib.util.cache_from_source(path, optimization=""),
            shown,
            doraise=True,
            optimize=0,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
    except py_compile.PyCompileError as error:
        os.write(2, str(error).encode("utf-8", "replace"))


def wait_for_one() -> None:
    """Wait until a fork ends; ends the program if that fork failed."""
    if os.wait()[1] != 0:
        sys.exit(1)


def main() -> None:
    """Compile all sources."""
    root, shown, processes = sys.argv[1], sys.argv[2], int(sys.argv[3])
    paths = [os.path.join(root, name) for name in sys.stdin.read().split("\0") if name]
    for count, path in enumerate(paths):
        if count >= processes:
            wait_for_one()
        if os.fork() == 0:
            code = 1
            try:
                compile_one(path, shown + path[len(root) :])
                code = 0
            finally:
                os._exit(code)
    for _ in paths[:processes]:
        wait_for_one()


if __name__ == "__main__":
    main()
