"""Writes to standard error in each way that Python and libraries have; run as a program."""

import logging
import threading
import warnings

from poner.cli.console import guard_standard_error

EVIL = "\x1b[32mgood\x9b0m\u202e\nError: forged"


def fail() -> None:
    """Fail with a text of others."""
    raise ValueError(EVIL)


class Loud:
    """Fails as it is removed."""

    def __del__(self) -> None:
        fail()


if __name__ == "__main__":
    guard_standard_error()
    warnings.warn(EVIL, stacklevel=1)
    logging.getLogger("library").warning("said %s", EVIL)
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    Loud()
