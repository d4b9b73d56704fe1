"""A filter of system calls: calls outside of the list are refused (seccomp(2)).

The same filter is used for root and ordinary users, with and without namespaces. Calls through the
32-bit entry of x86_64 end the process; calls of x32 have other numbers and are refused.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

from .linux import LIBC, PR_SET_SECCOMP
from .system_calls import ALLOWED_NAMES, NUMBERS, REFUSED_NAMES, SCRATCH_NAMES

TYPE_CHECKING = False  # importing typing takes as long as all else here
if TYPE_CHECKING:
    from typing import Any

AUDIT_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""AUDIT_ARCH_*: linux/audit.h."""

LOAD_WORD, AND, JUMP_IF_EQUAL, RETURN = 0x20, 0x54, 0x15, 0x06
"""Instructions of classic BPF: linux/bpf_common.h."""

INSTRUCTION_BYTES = 8

KILL_PROCESS, REFUSE, NOTIFY, ALLOW = 0x80000000, 0x00050000, 0x7FC00000, 0x7FFF0000
"""Results of a filter: linux/seccomp.h; REFUSE is combined with an error number."""

NUMBER_AT, ARCHITECTURE_AT, ARGUMENTS_AT = 0, 4, 16
"""Offsets in struct seccomp_data."""

CLONE_THREAD = 0x10000
NEW_NAMESPACES = 0x7E020080
"""CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID, NET and TIME."""

ACCESS_MODE, CREATE, TRUNCATE, TEMPORARY = 0o3, 0o100, 0o1000, 0o20000000
READ_ONLY, WRITE_ONLY, READ_WRITE = 0, 1, 2
"""Flags of open(2): asm-generic/fcntl.h."""

TERMINAL_CONTROLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
"""ioctl: TCGETS (isatty), TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX; no TIOCSTI."""

DESCRIPTOR_CONTROLS = (0, 1, 2, 3, 4, 1030, 1032)
"""fcntl: F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC, F_GETPIPE_SZ."""

PROCESS_OPTIONS = (3, 15, 16, 23, 0x53564D41)
"""prctl: PR_GET_DUMPABLE, PR_SET_NAME, PR_GET_NAME, PR_CAPBSET_READ, PR_SET_VMA."""


def make_checks(own_pid: int, *, threads: bool, writable: bool) -> dict[str, list[bytes]]:
    """System calls that are allowed for some arguments only, each with instructions that check.

    Args:
        own_pid: id of this process, the only one that may receive signals.
        threads: whether threads may be started.
        writable: whether files may be opened for writing; mounts must then restrict which.
    """
    everything = 0xFFFFFFFF
    flags: int = ACCESS_MODE | CREATE | TRUNCATE | TEMPORARY
    modes: tuple[int, ...] = (READ_ONLY,)
    if writable:  # before Linux 6.2 Landlock misses the truncation of a file opened for reading
        flags = ACCESS_MODE | TRUNCATE
        modes = (READ_ONLY, WRITE_ONLY, READ_WRITE, WRITE_ONLY | TRUNCATE, READ_WRITE | TRUNCATE)
    thread = (CLONE_THREAD,) if threads else ()
    return {
        "open": _examine(1, flags, modes, errno.EACCES),
        "openat": _examine(2, flags, modes, errno.EACCES),
        "clone": _examine(0, CLONE_THREAD | NEW_NAMESPACES, thread, errno.EAGAIN),
        **dict.fromkeys(("kill", "tkill", "tgkill"), _examine(0, everything, (own_pid,))),
        "prctl": _examine(0, everything, PROCESS_OPTIONS),
        "prlimit64": _examine(0, everything, (0, own_pid)),
        "ioctl": _examine(1, everything, TERMINAL_CONTROLS, errno.ENOTTY),
        "fcntl": _examine(1, everything, DESCRIPTOR_CONTROLS),
    }


def make_filter(machine: str, own_pid: int, *, threads: bool, writable: bool) -> bytes | None:
    """The filter's program; None if the architecture's system call numbers are unknown."""
    numbers = NUMBERS.get(machine)
    if numbers is None:
        return None
    program = [
        _instruction(LOAD_WORD, ARCHITECTURE_AT),
        _instruction(JUMP_IF_EQUAL, AUDIT_ARCHITECTURE[machine], if_equal=1),
        _instruction(RETURN, KILL_PROCESS),
        _instruction(LOAD_WORD, NUMBER_AT),
    ]
    for name in sorted(ALLOWED_NAMES | (SCRATCH_NAMES if writable else frozenset())):
        program += _answer(numbers.get(name), [_instruction(RETURN, ALLOW)])
    for name, block in make_checks(own_pid, threads=threads, writable=writable).items():
        program += _answer(numbers.get(name), block)
    for name in sorted(REFUSED_NAMES | SCRATCH_NAMES):
        program += _answer(numbers.get(name), [_instruction(RETURN, REFUSE | errno.EPERM)])
    program.append(_instruction(RETURN, REFUSE | errno.ENOSYS))
    return b"".join(program)


def make_notifying_filter(machine: str) -> bytes | None:
    """A filter that hands open calls to another process (broker.py) and allows all other calls.

    A call that the filter of `make_filter` refuses stays refused.
    """
    numbers = NUMBERS.get(machine)
    if numbers is None:
        return None
    program = [_instruction(LOAD_WORD, NUMBER_AT)]
    for name in ("open", "openat"):
        program += _answer(numbers.get(name), [_instruction(RETURN, NOTIFY)])
    return b"".join([*program, _instruction(RETURN, ALLOW)])


def as_argument(program: bytes) -> tuple[bytes, Any]:
    """A program as struct sock_fprog, and the buffer that must live during the system call."""
    instructions = ctypes.create_string_buffer(program, len(program))
    length = len(program) // INSTRUCTION_BYTES
    return struct.pack("@HP", length, ctypes.addressof(instructions)), instructions


def install(program: bytes) -> None:
    """Install a filter permanently; requires no-new-privileges or a capability.

    Raises:
        OSError: the kernel does not support filters.
    """
    argument, kept = as_argument(program)
    done = LIBC.prctl(PR_SET_SECCOMP, 2, argument, 0, 0)
    del kept
    if done != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), "seccomp")


def _instruction(code: int, value: int, if_equal: int = 0, if_not: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_equal, if_not, value)


def _answer(number: int | None, block: list[bytes]) -> list[bytes]:
    """Instructions that run a block if the call has this number; empty if `number` is None."""
    if number is None:
        return []
    return [_instruction(JUMP_IF_EQUAL, number, if_not=len(block)), *block]


def _examine(
    argument: int, mask: int, values: tuple[int, ...], error: int = errno.EPERM
) -> list[bytes]:
    """Allow a call if `argument & mask` is one of the values; otherwise refuse it with an error.

    Args:
        argument: index of the argument; its lower 32 bits are compared.
        mask: bits to compare.
        values: permitted values of these bits.
        error: error number of a refused call.
    """
    block = [_instruction(LOAD_WORD, ARGUMENTS_AT + 8 * argument), _instruction(AND, mask)]
    for value in values:
        block += [_instruction(JUMP_IF_EQUAL, value, if_not=1), _instruction(RETURN, ALLOW)]
    return [*block, _instruction(RETURN, REFUSE | error)]
