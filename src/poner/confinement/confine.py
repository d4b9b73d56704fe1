"""Confines the worker before it runs its program. Steps that this machine lacks are skipped.

Every system has limits. Linux adds, as far as the kernel has them: namespaces with a separate root
folder, removal of capabilities, Landlock, and a filter of system calls.
"""

from __future__ import annotations

import os
import resource
import sys

from .rlimits import memory_limits, set_limits

TYPE_CHECKING = False  # importing typing takes as long as all else here
if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable, Sequence
    from typing import Callable

    from .broker import Broker

LARGEST_FILE_BYTES = 64 << 20
"""Largest file that the worker may write, standard error included."""

TEMPORARY_BYTES = 256 << 20
"""Size of the worker's folder for temporary files, if that folder is in memory."""

OPEN_FILES = 1024

READABLE = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime", "/sys/devices/system")
"""Readable files and folders besides the system's: settings of libraries, data on processors."""

PREFIX_FOLDERS = ("bin", "lib", "lib32", "lib64")
"""Readable parts of Python's own folder; the rest may be a home folder or a project."""

PACKAGES = ("site-packages", "dist-packages")
"""Names of package folders. Other folders of sys.path are hidden: an editable install adds a
project's folder."""

PROCESS_FILES = ("/proc/cpuinfo", "/proc/meminfo")
"""Readable files of /proc; the rest would show other processes' environment variables."""

DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


class Room:
    """The worker's folders and limits."""

    def __init__(
        self, folder: str, cpu_s: int, memory_bytes: int, threads: bool, readable: Sequence[str]
    ) -> None:
        self.folder = folder
        """The worker's own folder, with `files` to read and `tmp` to write to."""
        self.cpu_s = cpu_s
        """Processor seconds after which the kernel ends the worker."""
        self.memory_bytes = memory_bytes
        """Most memory of the worker."""
        self.threads = threads
        """Whether the worker may start threads."""
        self.readable = readable
        """Further readable files and folders, such as the program's."""
        self.broker: socket.socket | None = None
        """Socket to the keeper, if the keeper may have to open files for the worker."""

    @property
    def files(self) -> str:
        """The folder that the worker may read."""
        return os.path.join(self.folder, "files")

    @property
    def temporary(self) -> str:
        """The folder that the worker may write to."""
        return os.path.join(self.folder, "tmp")


def confine(room: Room) -> tuple[str, ...]:
    """Confine this process for good; must run before any thread is started.

    Returns:
        Names of the steps that are in force, such as `("limits", "namespaces", "seccomp")`.
    """
    in_force = ["limits"] if _limit(room) else []
    if sys.platform == "linux":
        in_force += _confine_linux(room)
    return tuple(in_force)


def _limit(room: Room) -> bool:
    limits = {
        resource.RLIMIT_CPU: room.cpu_s,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: LARGEST_FILE_BYTES,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        **memory_limits(room.memory_bytes),
    }
    if not room.threads:
        limits[resource.RLIMIT_NPROC] = 0
    return set_limits(limits)


def _confine_linux(room: Room) -> list[str]:
    from . import landlock
    from .linux import LIBC, PR_SET_NO_NEW_PRIVS, drop_capabilities, set_process_option

    in_force = []
    if _done(lambda: set_process_option(PR_SET_NO_NEW_PRIVS, 1)):
        in_force.append("no-new-privileges")
    in_force += _enter_namespaces(room)
    if _done(drop_capabilities):
        in_force.append("no-capabilities")
    abi = landlock.restrict(LIBC, [*readable_paths(room), *PROCESS_SELF], room.temporary)
    if abi is not None:
        in_force.append("landlock")
    if _hand_over_files(room, needed=not {"mounts", "landlock"} & set(in_force)):
        in_force.append("broker")
    if _filter_calls(room, writable="mounts" in in_force):  # only a folder in memory has a limit
        in_force.append("seccomp")
    return in_force


def _enter_namespaces(room: Room) -> list[str]:
    """Enter a user namespace, or namespaces as root; then hide the network and the files."""
    from .linux import CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWNS, call
    from .namespaces import enter_namespaces

    flags = CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWIPC
    if not _done(lambda: enter_namespaces(flags, os.geteuid(), os.getegid())) and not _done(
        lambda: call("unshare", flags)
    ):
        return []
    if _done(lambda: _enter_files(room)):
        return ["namespaces", "mounts"]
    return ["namespaces"]


def _enter_files(room: Room) -> None:
    """Enter a root folder that shows only the readable files, at their usual paths.

    Raises:
        OSError: this machine does not permit the mounts.
    """
    from . import mounts

    root = os.path.join(room.folder, "root")
    mounts.make_root(root)
    binds, links = mounts.system_folders()
    there = [*(source for source, _ in binds), *("/" + path for path, _ in links)]
    for path in outermost([*readable_paths(room), *DEVICES, *PROCESS_FILES]):
        if not is_below(path, there) and os.path.exists(path):
            binds.append((path, path.lstrip("/")))
    binds.append((f"/proc/{os.getpid()}", "proc/self"))
    mounts.fill_root(root, binds, links)
    temporary = root + room.temporary
    os.makedirs(temporary, exist_ok=True)
    mounts.mount_temporary(temporary, TEMPORARY_BYTES, "700")
    mounts.enter_root(root)
    os.chdir(room.temporary)


def make_broker(room: Room) -> tuple[Broker | None, socket.socket | None]:
    """The keeper's broker and the worker's socket; None if the kernel has Landlock."""
    if sys.platform != "linux":
        return None, None
    from . import landlock
    from .linux import LIBC

    if landlock.abi_version(LIBC):
        return None, None
    import socket

    from . import broker

    keeper, worker = socket.socketpair()
    readable = [*readable_paths(room), *PROCESS_FILES, *DEVICES]
    return broker.Broker(keeper, outermost(map(os.path.realpath, readable))), worker


def _hand_over_files(room: Room, *, needed: bool) -> bool:
    """Let the keeper open files, if nothing else hides them."""
    if room.broker is None:
        return False
    from . import broker

    with room.broker as keeper:
        return needed and _done(lambda: broker.hand_over(keeper))


def _filter_calls(room: Room, *, writable: bool) -> bool:
    from . import seccomp

    program = seccomp.make_filter(
        os.uname().machine, os.getpid(), threads=room.threads, writable=writable
    )
    return program is not None and _done(lambda: seccomp.install(program))


def _done(step: Callable[[], None]) -> bool:
    """Take a step; returns whether this machine permits it."""
    try:
        step()
    except OSError:
        return False
    return True


PROCESS_SELF = ("/proc/self", *PROCESS_FILES, *DEVICES)


def readable_paths(room: Room) -> Sequence[str]:
    """Paths of the interpreter, its packages, the program, and the system's libraries."""
    environment = os.path.dirname(os.path.dirname(os.path.abspath(sys.executable)))
    prefixes = {environment, sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}
    places = [os.path.join(prefix, name) for prefix in prefixes for name in PREFIX_FOLDERS]
    places += [path for path in sys.path if path.endswith(PACKAGES)]
    places += [os.path.join(environment, "pyvenv.cfg"), room.files, *room.readable]
    places += [os.path.realpath(place) for place in places]
    return [*dict.fromkeys(places), "/usr", "/lib", "/lib64", "/nix/store", "/gnu/store", *READABLE]


def outermost(paths: Iterable[str]) -> list[str]:
    """Absolute, sorted paths, without those that lie within another."""
    kept: list[str] = []
    for path in sorted({os.path.abspath(path) for path in paths}):
        if not is_below(path, kept):
            kept.append(path)
    return kept


def is_below(path: str, folders: Iterable[str]) -> bool:
    """Whether a path is one of these folders, or lies in one."""
    return any(path == folder or path.startswith(folder.rstrip("/") + "/") for folder in folders)
