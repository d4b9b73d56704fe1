"""Compiles sources, each in its own fork; runs on the target's Python (3.9 or later).

Run as `bytecode_program.py ROOT SHOWN PROCESSES`: the folder of the sources, the folder that
tracebacks show in its place, and the number of simultaneous forks. Standard input has the paths
within ROOT, separated by NUL. Errors in sources go to standard error. The program cannot import
poner.
"""

from __future__ import annotations

import importlib.util
import os
import py_compile
import sys


def compile_one(path: str, shown: str) -> None:
    """Write a source's bytecode beside it; an invalid source is reported and left out."""
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
    """Wait until a fork ends; exit if the fork failed."""
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
