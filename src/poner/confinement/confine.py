"""What a worker gives up before it runs its program. Each step is tried, none required.

Limits hold everywhere. On Linux come, where the kernel has them: namespaces with a root folder of
the worker's own, no capabilities, Landlock, and a filter of system calls.
"""

from __future__ import annotations

import os
import resource
import sys

from .rlimits import memory_limits, set_limits

TYPE_CHECKING = False  # the typing module takes as long to load as all that is done here
if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable, Sequence
    from typing import Callable

    from .broker import Broker

LARGEST_FILE_BYTES = 64 << 20
"""Largest file that the worker may write, also to standard error."""

TEMPORARY_BYTES = 256 << 20
"""What the worker's folder for temporary files holds, where it is in memory."""

OPEN_FILES = 1024

READABLE = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime", "/sys/devices/system")
"""Readable besides the system's folders: libraries' settings and facts about the processor."""

PREFIX_FOLDERS = ("bin", "lib", "lib32", "lib64")
"""Readable parts of Python's own folder, which may be a home folder or hold a project."""

PACKAGES = ("site-packages", "dist-packages")
"""Ends of the folders that packages are in: an editable install names a project's folder."""

PROCESS_FILES = ("/proc/cpuinfo", "/proc/meminfo")
"""Not all of /proc: the environment of other processes is in there."""

DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


class Room:
    """What the worker is given."""

    def __init__(
        self, folder: str, cpu_s: int, memory_bytes: int, threads: bool, readable: Sequence[str]
    ) -> None:
        self.folder = folder
        """Its own, with `files`, which it may read, and `tmp`, which it may write to."""
        self.cpu_s = cpu_s
        """Processor seconds after which the kernel ends it."""
        self.memory_bytes = memory_bytes
        """Most memory."""
        self.threads = threads
        """Whether it may start threads."""
        self.readable = readable
        """Files and folders besides, such as its program's."""
        self.broker: socket.socket | None = None
        """To the keeper, where it may have to open files for the worker."""

    @property
    def files(self) -> str:
        """The folder that it may read."""
        return os.path.join(self.folder, "files")

    @property
    def temporary(self) -> str:
        """The folder that it may write to."""
        return os.path.join(self.folder, "tmp")


def confine(room: Room) -> tuple[str, ...]:
    """Give up what the program does not need; must run before any thread is started.

    Returns:
        Words for what is in force now, such as `("limits", "namespaces", "seccomp")`.
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
    if _filter_calls(room, writable="mounts" in in_force):  # a folder on disk has no limit
        in_force.append("seccomp")
    return in_force


def _enter_namespaces(room: Room) -> list[str]:
    """A user's own namespaces, else root's; the network, then the files."""
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
    """See what is readable at its own place, and nothing else of this machine's files.

    Raises:
        OSError: it is not allowed here.
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
    """The keeper's part and the worker's; None where the kernel has Landlock, which needs none."""
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
    """Have the keeper open files, where nothing else hides them."""
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
    """Whether a step could be taken on this machine."""
    try:
        step()
    except OSError:
        return False
    return True


PROCESS_SELF = ("/proc/self", *PROCESS_FILES, *DEVICES)


def readable_paths(room: Room) -> Sequence[str]:
    """The interpreter, its packages, the program, and the system's libraries."""
    environment = os.path.dirname(os.path.dirname(os.path.abspath(sys.executable)))
    prefixes = {environment, sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}
    places = [os.path.join(prefix, name) for prefix in prefixes for name in PREFIX_FOLDERS]
    places += [path for path in sys.path if path.endswith(PACKAGES)]
    places += [os.path.join(environment, "pyvenv.cfg"), room.files, *room.readable]
    places += [os.path.realpath(place) for place in places]
    return [*dict.fromkeys(places), "/usr", "/lib", "/lib64", "/nix/store", "/gnu/store", *READABLE]


def outermost(paths: Iterable[str]) -> list[str]:
    """Paths of which none lies in another one, absolute and sorted."""
    kept: list[str] = []
    for path in sorted({os.path.abspath(path) for path in paths}):
        if not is_below(path, kept):
            kept.append(path)
    return kept


def is_below(path: str, folders: Iterable[str]) -> bool:
    """Whether a path is one of these folders, or in one."""
    return any(path == folder or path.startswith(folder.rstrip("/") + "/") for folder in folders)
