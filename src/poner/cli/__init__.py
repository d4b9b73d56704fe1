"""The command line: parses, builds values, calls the pipeline, and shows what came back.

Data goes to standard output, messages to standard error. Exit code 0 means done, 1 failed, 2
wrong usage. Nothing is decided here that the Python API would need too.
"""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run `poner` with this process's arguments."""
    try:
        from poner.cli.app import run
        from poner.cli.console import guard_standard_error
    except KeyboardInterrupt:  # importing takes half a second
        sys.stderr.write("Interrupted.\n")
        sys.exit(130)
    guard_standard_error()
    sys.exit(run(sys.argv[1:]))
