"""What a confined process cannot do, tried as root and as a user, on machines that lack something.

A taken-over process is a program that does what it likes: attacks.py.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.unit.confinement.conftest import MACHINES, Attacked

READING = {
    "read a file",
    "list a folder",
    "read the parent's variables",
    "read the parent's memory",
}
"""What a filter of system calls alone does not hold: it does not see paths."""


@pytest.mark.parametrize("machine", MACHINES)
def test_no_attack_succeeds(attacked: Callable[[str], Attacked], machine: str) -> None:
    """Neither servers, nor files, nor other processes, nor the kernel's wider surface."""
    found = attacked(machine)
    hidden = {"mounts", "landlock"} & set(found.in_force)
    done = {name for name, outcome in found.outcomes.items() if outcome == "done"}
    assert done - (set() if hidden else READING) == set()
    assert found.untouched
    assert len(found.outcomes) > 110
