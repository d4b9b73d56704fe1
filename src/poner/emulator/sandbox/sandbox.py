"""poner's end of a sandbox: where one environment's processes run, one after another."""

from __future__ import annotations

import contextlib
import select
import socket
from dataclasses import replace
from pathlib import Path

from poner.emulator.sandbox.child import Child
from poner.emulator.sandbox.isolation import plan_of
from poner.emulator.sandbox.launch import Launch, command, variables


class Sandbox:
    """Namespaces or a private folder; what a process leaves in /tmp, the next one finds."""

    def __init__(self, launch: Launch, folder: Path) -> None:
        """Fork it; takes milliseconds, in any thread.

        Args:
            launch: what runs in it.
            folder: an empty folder of its own.

        Raises:
            OSError: the system would not have it.
        """
        layout = launch.layout(folder)
        self._temporary_folder = layout.temporary
        self._command = command(launch.function, layout)
        self._variables = variables(launch.function, layout)
        self._control = launch.supervisor.fork(plan_of(launch, folder))

    @property
    def ended(self) -> bool:
        """Whether somebody has killed it: it says nothing unless asked."""
        ready = select.poll()
        ready.register(self._control, select.POLLIN)
        return bool(ready.poll(0))

    def start(self, address: str) -> Child:
        """Start awslambdaric for the Runtime API at an address.

        Raises:
            OSError: the system would not start it, or the sandbox is gone.
        """
        if self._temporary_folder is not None:  # the function may have removed it
            self._temporary_folder.mkdir(exist_ok=True)
        return Child(
            self._control, self._command, {**self._variables, "AWS_LAMBDA_RUNTIME_API": address}
        )

    def close(self) -> None:
        """End it, and wait until nothing of it is left."""
        with contextlib.suppress(OSError):  # it has ended before
            self._control.shutdown(socket.SHUT_WR)
            self._control.recv(1)
        self._control.close()


def why_not_isolated(launch: Launch) -> str | None:
    """What keeps this machine from isolating the function; None if it can, which is tried."""
    isolated = replace(launch, isolated=True)
    folder = launch.scratch_folder / "trial"
    folder.mkdir()
    layout = isolated.layout(folder)
    program = [str(layout.interpreter), "-S", "-c", ""]
    try:
        control = launch.supervisor.fork(plan_of(isolated, folder))
    except OSError as error:
        return str(error)
    with control:
        try:
            child = Child(control, program, variables(launch.function, layout))
        except OSError as error:
            return str(error)
        returncode = child.ending().returncode
        said = (child.read_output() or b"").decode("utf-8", "replace")
        child.close()
    return None if returncode == 0 else f"{program[0]} ended with {returncode}: {said.strip()}"
