"""The numbers of system calls, and the filter's answers to calls."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest
import ziglang

from poner.confinement import seccomp
from poner.confinement.system_calls import (
    ALLOWED_NAMES,
    NUMBERS,
    REFUSED_NAMES,
    SCRATCH_NAMES,
)

HEADERS = {"x86_64": "x86", "aarch64": "aarch64"}
INCLUDE = Path(ziglang.__file__).parent / "lib/libc/include"
ALLOW, ENOSYS, EPERM, EAGAIN, EACCES = 0x7FFF0000, 0x50026, 0x50001, 0x5000B, 0x5000D


@pytest.mark.parametrize("machine", NUMBERS)
def test_numbers_are_the_kernels(machine: str) -> None:
    """Each name in the lists has the number of the kernel's headers, which Zig includes."""
    text = (INCLUDE / f"{HEADERS[machine]}-linux-any/asm/unistd_64.h").read_text()
    known = {name: int(number) for name, number in re.findall(r"__NR_(\w+)\s+(\d+)", text)}
    listed = {*ALLOWED_NAMES, *SCRATCH_NAMES, *REFUSED_NAMES}
    listed |= seccomp.make_checks(1, threads=True, writable=True).keys()
    assert NUMBERS[machine] == {name: known[name] for name in listed & known.keys()}


def answer(program: bytes, architecture: int, number: int, *arguments: int) -> int:
    """A filter's answer to a call; interprets the few instructions that poner's filter uses."""
    data = struct.pack("=iIQ6Q", number, architecture, 0, *arguments, *[0] * (6 - len(arguments)))
    place, value = 0, 0
    while True:
        code, if_equal, if_not, operand = struct.unpack_from("=HBBI", program, place * 8)
        place += 1
        if code == 0x20:
            (value,) = struct.unpack_from("=I", data, operand)
        elif code == 0x54:
            value &= operand
        elif code == 0x15:
            place += if_equal if value == operand else if_not
        else:
            assert code == 0x06
            return int(operand)


@pytest.mark.parametrize("machine", NUMBERS)
def test_the_filter_on_both_architectures(machine: str) -> None:
    """Calls are allowed, allowed by argument, refused, unknown, or of another architecture."""
    program = seccomp.make_filter(machine, 4711, threads=True, writable=False)
    assert program is not None
    own, numbers = seccomp.AUDIT_ARCHITECTURE[machine], NUMBERS[machine]
    for name, arguments, wanted in (
        ("read", (), ALLOW),
        ("socket", (1, 1, 0), EPERM),
        ("kill", (4711, 9), ALLOW),
        ("kill", (1, 9), EPERM),
        ("kill", (2**32 - 1, 9), EPERM),
        ("clone", (0x3D0F00,), ALLOW),
        ("clone", (17,), EAGAIN),
        ("clone", (0x3D0F00 | 0x10000000,), EAGAIN),
        ("openat", (0, 0, 0o2000000), ALLOW),
        ("openat", (0, 0, 0o1), EACCES),
        ("openat", (0, 0, 0o100), EACCES),
        ("openat", (0, 0, 0o20200002), EACCES),
        ("ioctl", (0, 0x5412), 0x50019),
        ("ioctl", (0, 2**32 | 0x5412), 0x50019),
        ("unlinkat", (), EPERM),
        ("prlimit64", (0, 7), ALLOW),
        ("prlimit64", (1, 7), EPERM),
    ):
        assert answer(program, own, numbers[name], *arguments) == wanted, (name, arguments)
    assert answer(program, own, 4000) == ENOSYS
    assert answer(program, own, 0x40000000 + numbers["read"]) == ENOSYS
    assert answer(program, 0x40000003, numbers["read"]) == 0x80000000


def test_writing_where_mounts_say_where() -> None:
    """With mounts, files may be written, but a file opened for reading is never truncated."""
    program = seccomp.make_filter("x86_64", 4711, threads=False, writable=True)
    assert program is not None
    own, numbers = seccomp.AUDIT_ARCHITECTURE["x86_64"], NUMBERS["x86_64"]
    modes = {0o1: ALLOW, 0o1101: ALLOW, 0o1002: ALLOW, 0o1000: EACCES, 0o3: EACCES, 0o1003: EACCES}
    for mode, wanted in modes.items():
        assert answer(program, own, numbers["open"], 0, mode) == wanted
    assert answer(program, own, numbers["unlink"]) == ALLOW


def test_another_architecture_has_no_filter() -> None:
    """An architecture with unknown numbers has no filter."""
    assert seccomp.make_filter("riscv64", 1, threads=False, writable=True) is None
