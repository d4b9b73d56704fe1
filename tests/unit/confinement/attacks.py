"""Run confined: tries what a process that was taken over would try, and says what came of it.

Run as `attacks.py FILES`, with `targets.json` in that folder. Each attempt is "done", or the error.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import mmap
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

FILES = Path(sys.argv[1])
TARGETS = json.loads((FILES / "targets.json").read_text())
PRECIOUS, FOLDER, PARENT = TARGETS["precious"], TARGETS["outside"], TARGETS["parent"]
NUMBERS: dict[str, int] = TARGETS["numbers"]
LIBC: Any = ctypes.CDLL(None, use_errno=True)
NOTHING = os.open("/dev/null", os.O_RDONLY)
OUTCOMES: dict[str, str] = {}


def attempt(name: str, function: Any, *arguments: Any) -> None:
    """Try something, and note how it ended."""
    try:
        function(*arguments)
    except (OSError, ValueError) as error:
        number = getattr(error, "errno", None)
        OUTCOMES[name] = errno.errorcode.get(number or 0, type(error).__name__)
    else:
        OUTCOMES[name] = "done"


def call(name: str, *arguments: Any) -> int:
    """A system call by its name."""
    given = [value if isinstance(value, bytes) else ctypes.c_long(value) for value in arguments]
    answer = LIBC.syscall(ctypes.c_long(NUMBERS[name]), *given)
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return int(answer)


def fork(name: str, *arguments: int) -> None:
    """A call that makes another process, which ends at once."""
    if call(name, *arguments) == 0:
        os._exit(0)


def connect(family: int, kind: int, address: Any) -> None:
    """Reach a server."""
    with socket.socket(family, kind) as client:
        client.settimeout(2)
        client.connect(address)


def try_sockets() -> None:
    """Connect to servers of this machine, in every way."""
    unix = socket.AF_UNIX
    attempt("connect to a UNIX socket", connect, unix, socket.SOCK_STREAM, TARGETS["socket"])
    attempt("connect to an abstract socket", connect, unix, socket.SOCK_STREAM, TARGETS["abstract"])
    loopback = ("127.0.0.1", TARGETS["port"])
    attempt("connect to a TCP port", connect, socket.AF_INET, socket.SOCK_STREAM, loopback)
    attempt("send a datagram", connect, socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 53))
    attempt("open a netlink socket", socket.socket, 16, socket.SOCK_RAW)
    attempt("open a vsock socket", socket.socket, 40, socket.SOCK_STREAM)
    attempt("open a raw socket", socket.socket, socket.AF_INET, socket.SOCK_RAW, 1)
    attempt("open an ALG socket", socket.socket, 38, 5)
    attempt("open a pair of sockets", socket.socketpair)


def try_files() -> None:
    """Read and change the user's files, their names and attributes."""
    attempt("read a file", os.open, PRECIOUS, os.O_RDONLY)
    attempt("list a folder", os.listdir, FOLDER)
    attempt("write to a file", os.open, PRECIOUS, os.O_WRONLY)
    attempt("append to a file", os.open, PRECIOUS, os.O_RDWR | os.O_APPEND)
    attempt("open a file for reading and cut it", os.open, PRECIOUS, os.O_RDONLY | os.O_TRUNC)
    attempt("open a file with mode 3 and cut it", os.open, PRECIOUS, 3 | os.O_TRUNC)
    attempt("cut a file", os.truncate, PRECIOUS, 0)
    attempt("make a file", os.open, FOLDER + "/new", os.O_WRONLY | os.O_CREAT)
    attempt("make a file for reading", os.open, FOLDER + "/new", os.O_RDONLY | os.O_CREAT)
    attempt("make a nameless file", os.open, FOLDER, os.O_RDWR | os.O_TMPFILE)
    attempt("make a folder", os.mkdir, FOLDER + "/made")
    attempt("make a pipe with a name", os.mkfifo, FOLDER + "/pipe")
    attempt("remove a file", os.unlink, PRECIOUS)
    attempt("rename a file", os.rename, PRECIOUS, FOLDER + "/renamed")
    attempt("link a file", os.link, PRECIOUS, FOLDER + "/linked")
    attempt("make a symbolic link", os.symlink, PRECIOUS, FOLDER + "/symbolic")
    attempt("change a mode", os.chmod, PRECIOUS, 0o777)
    attempt("change a mode by fchmodat2", call, "fchmodat2", -100, PRECIOUS.encode(), 0o777, 0)
    attempt("change times", os.utime, PRECIOUS, (1, 1))
    attempt("change an owner", os.chown, PRECIOUS, os.getuid(), os.getgid())
    attempt("set an attribute", os.setxattr, PRECIOUS, "user.mark", b"x")
    attempt("remove an attribute", os.removexattr, PRECIOUS, "user.own")
    attempt(
        "set an attribute by setxattrat",
        call,
        "setxattrat",
        -100,
        PRECIOUS.encode(),
        0,
        b"user.m",
        0,
        0,
    )
    attempt(
        "take a handle of a file",
        call,
        "name_to_handle_at",
        -100,
        PRECIOUS.encode(),
        bytes(128),
        bytes(8),
        0,
    )
    attempt("open by openat2", call, "openat2", -100, PRECIOUS.encode(), bytes(24), 24)
    for name in ("inotify_init1", "fanotify_init"):
        attempt(name, call, name, 0, 0)
    own = os.open(FILES / "targets.json", os.O_RDONLY)
    attempt("change a mode by descriptor", os.fchmod, own, 0o777)
    attempt("change times by descriptor", os.utime, own, (1, 1))
    attempt("change an owner by descriptor", os.fchown, own, os.getuid(), os.getgid())
    attempt("set an attribute by descriptor", os.setxattr, own, "user.mark", b"x")
    attempt("lock a file", fcntl.flock, own, fcntl.LOCK_SH)
    attempt("lock part of a file", fcntl.lockf, own, fcntl.LOCK_SH)
    attempt("lease a file", fcntl.fcntl, own, 1024, 0)
    attempt("watch a folder", fcntl.fcntl, os.open("/usr", os.O_RDONLY), 1026, 1)


def try_processes() -> None:
    """Stop, limit and inspect other processes."""
    attempt("signal the parent", os.kill, PARENT, 0)
    attempt("signal all", os.kill, -1, 0)
    attempt("signal the group", os.kill, 0, 0)
    attempt("signal a thread", call, "tkill", PARENT, 0)
    attempt("signal a thread of a group", call, "tgkill", PARENT, PARENT, 0)
    attempt("queue a signal", call, "rt_sigqueueinfo", PARENT, 0, bytes(128))
    attempt("have a signal sent", fcntl.fcntl, NOTHING, 8, PARENT)
    attempt("limit the parent", call, "prlimit64", PARENT, 7, bytes(16), 0)
    attempt("read a limit of the parent", call, "prlimit64", PARENT, 7, 0, bytes(16))
    attempt("trace the parent", call, "ptrace", 16, PARENT, 0, 0)
    attempt("seize the parent", call, "ptrace", 0x4206, PARENT, 0, 0)
    for name in ("process_vm_readv", "process_vm_writev"):
        attempt(name, call, name, PARENT, 0, 0, 0, 0, 0)
    attempt("hold the parent", call, "pidfd_open", PARENT, 0)
    attempt("compare processes", call, "kcmp", PARENT, os.getpid(), 0, 0, 0)
    attempt("slow the parent", os.setpriority, os.PRIO_PROCESS, PARENT, 19)
    attempt("slow the parent's files", call, "ioprio_set", 1, PARENT, 7)
    attempt("move the parent to one processor", os.sched_setaffinity, PARENT, {0})
    attempt("schedule the parent", call, "sched_setscheduler", PARENT, 5, bytes(4))
    attempt("move the parent's pages", call, "migrate_pages", PARENT, 8, bytes(8), bytes(8))
    attempt("read the parent's variables", os.open, f"/proc/{PARENT}/environ", os.O_RDONLY)
    attempt("read the parent's memory", os.open, f"/proc/{PARENT}/mem", os.O_RDONLY)
    attempt("leave the group", os.setpgid, 0, 0)
    attempt("leave the session", os.setsid)
    attempt("outlive the keeper", call, "prctl", 1, 0, 0, 0, 0)


def try_programs() -> None:
    """Start processes and programs."""
    attempt("fork", fork, "clone", 17, 0, 0, 0, 0)
    attempt("fork by clone3", call, "clone3", bytes(88), 88)
    attempt("a new user namespace by clone", fork, "clone", 0x10000011, 0, 0, 0, 0)
    if "fork" in NUMBERS:
        attempt("fork by its first name", fork, "fork")
        attempt("vfork", call, "vfork")
    attempt("run a program", os.execv, "/bin/true", ["true"])
    attempt("run a program by descriptor", call, "execveat", NOTHING, b"", 0, 0, 0x1000)
    attempt("spawn a program", os.posix_spawn, "/bin/true", ["true"], {})
    attempt("a file in memory", call, "memfd_create", b"x", 0)
    attempt("a secret file in memory", call, "memfd_secret", 0)


def try_kernel() -> None:
    """Use other parts of the kernel."""
    for name, arguments in {
        "io_uring_setup": (1, bytes(128)),
        "userfaultfd": (1,),
        "bpf": (0, bytes(72), 72),
        "perf_event_open": (bytes(128), 0, -1, -1, 0),
        "keyctl": (0, -3, 0, 0, 0),
        "add_key": (b"user", b"poner-test", b"x", 1, -2),
        "request_key": (b"user", b"poner-test", 0, -2),
        "mount": (b"none", b"/tmp", b"tmpfs", 0, 0),
        "umount2": (b"/tmp", 0),
        "open_tree": (-100, b"/", 1),
        "fsopen": (b"tmpfs", 0),
        "pivot_root": (b".", b"."),
        "chroot": (b"/",),
        "unshare": (0x10000000,),
        "setns": (NOTHING, 0),
        "personality": (0x0400000,),
        "shmget": (0, 4096, 0o1600),
        "msgget": (0, 0o1600),
        "semget": (0, 1, 0o1600),
        "mq_open": (b"poner-test", 0o102, 0o600, 0),
        "process_madvise": (NOTHING, 0, 0, 0, 0),
        "syslog": (10, 0, 0),
        "seccomp": (2, 0, bytes(4)),
        "init_module": (0, 0, b""),
        "kexec_load": (0, 0, 0, 0),
        "swapon": (b"/x", 0),
        "reboot": (0, 0, 0, 0),
        "sethostname": (b"x", 1),
        "clock_settime": (0, bytes(16)),
        "acct": (0,),
        "quotactl": (0, 0, 0, 0),
        "vmsplice": (NOTHING, 0, 0, 0),
        "landlock_create_ruleset": (bytes(8), 8, 0),
        "setuid": (65533,),
        "capset": (bytes(8), bytes(24)),
    }.items():
        attempt(name, call, name, *arguments)
    attempt("type on a terminal", fcntl.ioctl, NOTHING, 0x5412, b"x")
    attempt("paste on a console", fcntl.ioctl, NOTHING, 0x541C, b"x")
    attempt("a call of x32", lambda: LIBC_check(0x40000000 + 39))


def LIBC_check(number: int) -> None:  # noqa: N802
    """A system call whose number is in no table."""
    if LIBC.syscall(ctypes.c_long(number)) < 0:
        raise OSError(ctypes.get_errno(), "")


def look() -> dict[str, Any]:
    """State of the process, and whether it still works."""
    status = Path("/proc/self/status").read_text()
    own = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    (Path(os.environ["TMPDIR"]) / "own").write_text("mine") if TARGETS["writable"] else None
    with mmap.mmap(-1, 4096) as memory:
        memory[:1] = b"x"
    os.kill(os.getpid(), 0)
    signal.raise_signal(signal.SIGCHLD)
    return {
        "capabilities": int(own["CapEff"], 16),
        "no_new_privileges": own["NoNewPrivs"].strip(),
        "variables": sorted(os.environ),
    }


for attack in (try_sockets, try_files, try_processes, try_programs, try_kernel):
    attack()
print(json.dumps({"outcomes": OUTCOMES, "own": look()}))
