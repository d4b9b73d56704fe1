"""Runs a Python program as another user, and as if the kernel lacked what confinement uses.

Run as `machines.py USER_ID WITHOUT... -- PROGRAM ARGUMENT...`, WITHOUT being of "namespaces",
"landlock" and "seccomp". What is lacking is refused by a filter of system calls of its own. Where
another user cannot read this Python, it is shown to everybody in a mount namespace of its own.
"""

from __future__ import annotations

import ctypes
import errno
import os
import runpy
import struct
import sys
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
X86 = os.uname().machine == "x86_64"
REFUSED = {
    "namespaces": {272 if X86 else 97: errno.EPERM, 165 if X86 else 40: errno.EPERM},
    "landlock": {444: errno.ENOSYS},
    "seccomp": {317 if X86 else 277: errno.EINVAL},
}
"""unshare and mount; landlock_create_ruleset; seccomp. Filters through prctl are refused below."""

PRCTL, PR_SET_SECCOMP = 157 if X86 else 167, 22


def refuse(numbers: dict[int, int], *, filters: bool) -> None:
    """Answer calls with errors from now on, for this process and those that it starts."""
    program = struct.pack("=HBBI", 0x20, 0, 0, 0)
    for number, error in numbers.items():
        program += struct.pack("=HBBI", 0x15, 0, 1, number)
        program += struct.pack("=HBBI", 0x06, 0, 0, 0x50000 | error)
    if filters:
        program += struct.pack("=HBBI", 0x15, 0, 3, PRCTL)
        program += struct.pack("=HBBI", 0x20, 0, 0, 16)
        program += struct.pack("=HBBI", 0x15, 0, 1, PR_SET_SECCOMP)
        program += struct.pack("=HBBI", 0x06, 0, 0, 0x50000 | errno.EINVAL)
    program += struct.pack("=HBBI", 0x06, 0, 0, 0x7FFF0000)
    kept = ctypes.create_string_buffer(program, len(program))
    given = struct.pack("=HxxxxxxQ", len(program) // 8, ctypes.addressof(kept))
    assert LIBC.prctl(38, 1, 0, 0, 0) == 0
    assert LIBC.prctl(PR_SET_SECCOMP, 2, given, 0, 0) == 0, os.strerror(ctypes.get_errno())


def show_to_everybody(folder: Path) -> None:
    """Make an interpreter in a folder that only root can enter readable, for this process alone."""
    closed = next(
        (place for place in (*folder.parents[::-1], folder) if not others_enter(place)), None
    )
    if closed is None:
        return
    assert LIBC.unshare(0x20000) == 0
    assert LIBC.mount(b"none", b"/", None, 0x4000 | 0x40000, None) == 0
    aside = Path("/mnt")
    assert LIBC.mount(bytes(folder), bytes(aside), None, 0x1000, None) == 0
    assert LIBC.mount(b"tmpfs", bytes(closed), b"tmpfs", 0, b"mode=755") == 0
    folder.mkdir(parents=True)
    assert LIBC.mount(bytes(aside), bytes(folder), None, 0x1000, None) == 0


def others_enter(place: Path) -> bool:
    """Whether any user may enter a folder."""
    return bool(place.stat().st_mode & 0o001)


def main() -> None:
    """Become the user, give up what the machine is to lack, and run the program."""
    user_id, *words = sys.argv[1:]
    split = words.index("--")
    without, program = words[:split], words[split + 1 :]
    if int(user_id) != os.getuid():
        show_to_everybody(Path(sys.base_prefix))
        os.setgroups([])
        os.setgid(int(user_id))
        os.setuid(int(user_id))
        LIBC.prctl(4, 1, 0, 0, 0)  # dumpable again, as a process of this user is from its start
    numbers: dict[int, int] = {}
    for word in without:
        numbers |= REFUSED[word]
    if numbers:
        refuse(numbers, filters="seccomp" in without)
    sys.argv = program
    runpy.run_path(program[0], run_name="__main__")


if __name__ == "__main__":
    main()
