"""The supervisor's main loop: forks a sandbox for each plan."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
from typing import Any

from poner.confinement.processes import descendants, kill

from .init import Init
from .messages import receive, send
from .namespaces import become_subreaper, enter_files, enter_processes, leave_abstract_sockets

LIMITS = {
    resource.RLIMIT_NOFILE: (1024, 1024),
    resource.RLIMIT_MEMLOCK: (64 * 1024, 64 * 1024),
    resource.RLIMIT_STACK: (8 * 1024**2, resource.RLIM_INFINITY),
    resource.RLIMIT_CORE: (0, 0),
}
"""Lambda's limits (L52), soft and hard. Core dumps would go to this machine's crash reporter."""

PROCESSES = 1024
"""Most processes (L52), set only on a Linux that counts them by user namespace."""

PROCESSES_PER_NAMESPACE = (5, 14)
"""First Linux that counts processes by user namespace; earlier ones count all of the user's."""


def set_limits(limits: dict[int, tuple[int, int]]) -> None:
    """Set soft and hard limits, at most as high as the present hard limits."""
    for which, wanted in limits.items():
        _, most = resource.getrlimit(which)
        if most != resource.RLIM_INFINITY:
            wanted = min(wanted[0], most), min(wanted[1] % 2**64, most)
        resource.setrlimit(which, wanted)


def kernel_version() -> tuple[int, ...]:
    """The kernel's major and minor version, such as (6, 18)."""
    return tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2])


def run_sandbox(control: socket.socket, plan: dict[str, Any]) -> None:
    """Become the sandbox of the plan and serve it; answer with an error if that fails."""
    isolated = plan["files"] is not None
    try:
        if isolated:
            enter_processes()
            enter_files(plan["files"], plan["tmp_bytes"])
            leave_abstract_sockets()
        else:
            become_subreaper()
        os.chdir(plan["folder"])
        set_limits(LIMITS)
        if isolated and kernel_version() >= PROCESSES_PER_NAMESPACE:
            set_limits({resource.RLIMIT_NPROC: (PROCESSES, PROCESSES)})
        if not isolated:
            set_limits({resource.RLIMIT_FSIZE: (plan["tmp_bytes"], plan["tmp_bytes"])})
    except OSError as error:
        send(control, {"error": str(error)})
        return
    send(control, {})
    Init(control, plan["memory_bytes"], isolated=isolated).serve()


def main() -> None:
    """Fork a sandbox for every plan received, until poner closes its end of the socket."""
    control = socket.socket(fileno=0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel collects the sandboxes
    become_subreaper()
    while True:
        message, descriptors = receive(control)
        if not message:
            break
        if os.fork() == 0:
            try:
                control.close()
                run_sandbox(socket.socket(fileno=descriptors[0]), json.loads(message))
            finally:
                os._exit(0)
        os.close(descriptors[0])
    kill(descendants())
