"""The keeper opens files for a worker, if neither mounts nor Landlock can hide files.

seccomp_unotify(2), Linux 5.9 and later: the kernel stops each open call of the worker and notifies
the keeper. The keeper reads the path, follows links, opens the file itself if the worker may read
it, and gives the worker the descriptor. So the worker cannot change the path after the check. The
worker's other filter (seccomp.py) refuses to open files for writing.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import signal
import socket
import stat
import struct

from .linux import LIBC
from .seccomp import as_argument, make_notifying_filter

TYPE_CHECKING = False  # importing typing takes as long as all else here
if TYPE_CHECKING:
    from collections.abc import Sequence

SECCOMP = {"x86_64": 317, "aarch64": 277}
"""Number of seccomp(2) by architecture."""
SET_MODE_FILTER, NEW_LISTENER = 1, 8

RECEIVE, ANSWER, ADD_DESCRIPTOR = 0xC0502100, 0xC0182101, 0x40182103
"""SECCOMP_IOCTL_NOTIF_*: linux/seccomp.h."""

NOTIFICATION = struct.Struct("=QIIiIQ6Q")
"""struct seccomp_notif: id, process, flags; number, architecture, place, arguments of the call."""

STUCK_S = 5
"""Seconds after which a keeper that hangs in a request is ended, together with the worker."""

HERE = -100
"""AT_FDCWD: the current folder of the process."""

PAGE_BYTES = 4096
LONGEST_PATH_BYTES = 4095
"""PATH_MAX of linux/limits.h, without the NUL that ends a path."""

KEPT_FLAGS = os.O_DIRECTORY | os.O_CLOEXEC
"""Flags of the worker's call that are kept; files are opened for reading only."""


class Broker:
    """The keeper's side: receives the worker's listener, then opens the files it asks for."""

    def __init__(self, worker: socket.socket, readable: Sequence[str]) -> None:
        """Prepare to receive the listener.

        Args:
            worker: the socket through which the worker sends its listener.
            readable: files and folders that the worker may read, with links resolved.
        """
        self._socket: socket.socket | None = worker
        self._readable = readable
        self.descriptor = worker.fileno()
        """Descriptor that is readable when the worker has a request."""

    def serve(self, worker: int) -> bool:
        """Answer one request of the worker; False once no request can follow."""
        if self._socket is None:
            return answer(self.descriptor, worker, self._readable)
        self.descriptor = take_over(self._socket)
        self._socket = None
        return self.descriptor >= 0


def hand_over(keeper: socket.socket) -> None:
    """In the worker: let the keeper open all files from now on.

    Raises:
        OSError: the kernel lacks notifications of seccomp.
    """
    machine = os.uname().machine
    program = make_notifying_filter(machine)
    if program is None:
        raise OSError(errno.ENOSYS, "no numbers of system calls")
    argument, kept = as_argument(program)
    listener = LIBC.syscall(SECCOMP[machine], SET_MODE_FILTER, NEW_LISTENER, argument)
    del kept
    if listener < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    keeper.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("=i", listener))])
    os.close(listener)
    keeper.close()


def take_over(worker: socket.socket) -> int:
    """In the keeper: receive the listener; -1 if the worker sends none."""
    _, ancillary, _, _ = worker.recvmsg(1, socket.CMSG_LEN(4))
    worker.close()
    for _, _, data in ancillary:
        return int(struct.unpack("=i", data[:4])[0])
    return -1


def answer(listener: int, worker: int, readable: Sequence[str]) -> bool:
    """Answer one open call of the worker; return whether more can follow.

    Args:
        listener: the worker's listener, which is readable.
        worker: id of the worker's process.
        readable: files and folders that the worker may read, with links resolved.
    """
    asked = bytearray(NOTIFICATION.size)
    signal.alarm(STUCK_S)  # RECEIVE hangs if the thread that asked was killed meanwhile
    try:
        fcntl.ioctl(listener, RECEIVE, asked)
    except OSError:
        return True  # the thread that asked has ended
    finally:
        signal.alarm(0)
    identifier, thread, _, number, _, _, first, second, third, *_ = NOTIFICATION.unpack(asked)
    opened = -1
    try:
        folder, place, flags = (first, second, third) if number in OPENAT else (HERE, first, second)
        opened = open_for(worker, readable, read_path(thread, place), as_int(folder), flags)
        given = struct.pack("=QIIII", identifier, 0, opened, 0, flags & os.O_CLOEXEC)
        value, error = fcntl.ioctl(listener, ADD_DESCRIPTOR, bytearray(given)), 0
    except OSError as failed:
        value, error = 0, -(failed.errno or errno.EACCES)
    finally:
        if opened >= 0:
            os.close(opened)
    try:
        fcntl.ioctl(listener, ANSWER, bytearray(struct.pack("=QqiI", identifier, value, error, 0)))
    except OSError:
        return True  # the worker has ended meanwhile
    return True


OPENAT = (257, 56)
"""Numbers of openat(2) on x86_64 and aarch64; the other call is x86_64's open(2)."""


def as_int(value: int) -> int:
    """The lower 32 bits as an int of C."""
    return int(ctypes.c_int(value & 0xFFFFFFFF).value)


def read_path(thread: int, place: int) -> str:
    """Read the path at an address of a thread's memory.

    Raises:
        OSError: EFAULT if the memory cannot be read, ENAMETOOLONG if the path is too long.
    """
    memory = os.open(f"/proc/{thread}/mem", os.O_RDONLY | os.O_CLOEXEC)
    try:
        path = b""
        while b"\0" not in path and len(path) <= LONGEST_PATH_BYTES:
            size = PAGE_BYTES - (place + len(path)) % PAGE_BYTES
            piece = os.pread(memory, size, place + len(path))
            if not piece:
                raise OSError(errno.EFAULT, "path")
            path += piece
    finally:
        os.close(memory)
    path, _, _ = path.partition(b"\0")
    if len(path) > LONGEST_PATH_BYTES:
        raise OSError(errno.ENAMETOOLONG, "path")
    return os.fsdecode(path)


def open_for(worker: int, readable: Sequence[str], path: str, folder: int, flags: int) -> int:
    """Open a file that the worker may read.

    Raises:
        OSError: the worker may not read it, or it does not exist.
    """
    own = f"/proc/{worker}"
    if not path:
        raise OSError(errno.ENOENT, "no path")
    if not path.startswith("/"):
        path = os.path.join(
            os.readlink(f"{own}/cwd" if folder == HERE else f"{own}/fd/{folder}"), path
        )
    for name in ("/proc/self", "/proc/thread-self"):
        if path == name or path.startswith(name + "/"):
            path = own + path[len(name) :]
    real = os.path.realpath(path)
    if not any(real == place or real.startswith(place + "/") for place in (own, *readable)):
        raise OSError(errno.EACCES if os.path.exists(real) else errno.ENOENT, path)
    opened = os.open(
        real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NOCTTY | os.O_NONBLOCK | flags & KEPT_FLAGS
    )
    mode = os.fstat(opened).st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or real.startswith("/dev/")):
        os.close(opened)
        raise OSError(errno.EACCES, path)
    return opened
