"""Finds out how fully this machine confines a process, and reports the gaps."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from poner.confinement.process import Limits, Program, make_folder, run
from poner.errors import ConfinementError
from poner.storage import scratch_folder

_PROGRAM = Path(__file__).with_name("nothing.py")
_TIMEOUT_S = 20.0

_FULLY = "Linux 5.9 or later with seccomp, on x86_64 or aarch64, confines it fully"


@dataclass(frozen=True)
class Confinement:
    """How far this machine confines a process."""

    in_force: tuple[str, ...]
    """Steps in force, as named by `confine.confine`."""
    memory_bytes: int
    """Most memory that a confined process can take at present."""
    system: str
    """Operating system, as in `sys.platform`."""

    @property
    def gaps(self) -> str:
        """What a confined process can still do, and why; empty if confinement is full."""
        return find_gaps(self.in_force, self.system)


def find_gaps(in_force: Collection[str], system: str) -> str:
    """What a confined process can still do, and why, as a clause; empty if confinement is full.

    Args:
        in_force: steps in force, as named by `confine.confine`.
        system: operating system, as in `sys.platform`.
    """
    if system != "linux":
        name = {"darwin": "macOS"}.get(system, system)
        return f"{name} limits its time, but hides neither your files nor the network from it"
    gaps = []
    if not {"mounts", "landlock", "broker"} & set(in_force):
        gaps.append(
            "it can read your files, since this machine has neither user namespaces, nor Landlock, "
            "nor seccomp with notifications"
        )
    if "seccomp" not in in_force:
        gaps.append(
            "it can reach other processes and servers of this machine, since the kernel does not "
            "filter system calls (seccomp)"
        )
    if "limits" not in in_force:
        gaps.append("its time and memory are not limited, since setrlimit fails")
    return "; ".join(gaps)


def look(memory_bytes: int = 1 << 60) -> Confinement:
    """Confine an empty program, and return the steps that were in force; takes some 30 ms.

    Args:
        memory_bytes: most memory; less if this machine has less free.

    Raises:
        ConfinementError: no confined process can be started.
    """
    program, limits = Program(sys.executable, _PROGRAM), Limits(60, memory_bytes)
    try:
        with scratch_folder() as parent:
            folder = make_folder("look-", parent)
            done = run(program, limits, folder, timeout_s=_TIMEOUT_S, most_bytes=0)
    except OSError as error:
        raise ConfinementError(
            f"No confined process can be started: {error.strerror or error}.",
            "Free some space for temporary files, or end other programs.",
        ) from error
    return Confinement(done.in_force, done.memory_bytes, sys.platform)


def check(*, required: bool, notify: Callable[[str], None]) -> None:
    """Warn in one line if this machine confines a process that reads or runs a model only partly.

    Args:
        required: raise an error instead of the warning.
        notify: called with the warning.

    Raises:
        ConfinementError: full confinement is required, but this machine lacks a part of it.
    """
    gaps = look().gaps
    if not gaps:
        return
    if required:
        raise ConfinementError(
            f"This machine confines a process that reads a model only partly: {gaps}.",
            f"{_FULLY}; or leave out --require-confinement for a model that you trust.",
        )
    notify(
        f"Warning: this machine confines a process that reads a model only partly: {gaps}. "
        "With --require-confinement poner refuses to go on."
    )
