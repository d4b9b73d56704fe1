"""cli: the commands of `poner`, one file each.

In: arguments. Out: data on standard output, messages on standard error, and an exit code:
0 done, 1 failed, 2 wrong usage. A command reads its options and poner.toml, calls the pipeline and
shows the result. It must not decide anything that the Python API needs, too.
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
