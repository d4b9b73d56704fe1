"""What a confined process cannot do, tried as root and as a user, on machines that lack something.

A process that was taken over is a program that does what it likes: attacks.py.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.confinement.conftest import MACHINES, Attacked, run_on


@pytest.mark.parametrize("machine", MACHINES)
def test_no_attack_succeeds(attacked: Callable[[str], Attacked], machine: str) -> None:
    """No attack on servers, files, other processes or other parts of the kernel succeeds."""
    found = attacked(machine)
    done = {name for name, outcome in found.outcomes.items() if outcome == "done"}
    assert done == set()
    assert found.untouched
    assert len(found.outcomes) > 110


@pytest.mark.parametrize("machine", MACHINES)
def test_what_is_there_is_in_force(attacked: Callable[[str], Attacked], machine: str) -> None:
    """A machine that lacks one mechanism still has the others; all have seccomp and limits."""
    _, without = MACHINES[machine]
    wanted = {"limits", "no-new-privileges", "no-capabilities", "seccomp"}
    assert wanted <= set(attacked(machine).in_force)
    assert "mounts" not in attacked(machine).in_force or "namespaces" not in without
    assert "landlock" not in attacked(machine).in_force or "landlock" not in without


@pytest.mark.parametrize("machine", MACHINES)
def test_no_privilege_and_no_variable_is_left(
    attacked: Callable[[str], Attacked], machine: str
) -> None:
    """No privilege and no variable of the user's is left, even if poner runs as root."""
    own = attacked(machine).own
    assert (own["capabilities"], own["no_new_privileges"]) == (0, "1")
    assert set(own["variables"]) - {"LC_CTYPE"} == {"HOME", "LANG", "PATH", "TMPDIR"}


@pytest.mark.parametrize("user", ["root", "a user"])
def test_a_call_of_32_bits_ends_the_process(user: str, folder: Path, tmp_path: Path) -> None:
    """A call by int 0x80 ends the process: its numbers name other calls."""
    if os.uname().machine != "x86_64":
        pytest.skip("int 0x80 is x86's")
    program = tmp_path / "program.py"
    tmp_path.chmod(0o755)
    program.write_text(
        "import ctypes, mmap\n"
        "code = bytes.fromhex('53b814000000cd805bc3')  # push rbx; eax = 20, getpid; int 0x80\n"
        "memory = mmap.mmap(-1, 4096, prot=7)\n"
        "memory.write(code)\n"
        "place = ctypes.addressof(ctypes.c_char.from_buffer(memory))\n"
        "print('before', flush=True)\n"
        "print(ctypes.CFUNCTYPE(ctypes.c_int)(place)())\n"
    )
    open_to_all(program)
    done = run_on(f"{user}, without nothing", program, folder)
    assert (done["output"], done["ending"]["returncode"]) == ("before\n", -31)  # SIGSYS


def open_to_all(path: Path) -> None:
    """Let any user reach a file of pytest's, below folders that are its user's alone."""
    for place in path.parents:
        if place.stat().st_uid == os.getuid() and not place.stat().st_mode & 0o001:
            place.chmod(place.stat().st_mode | 0o011)
