"""poner's side of a sandbox, in which one environment's processes run one after another."""

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
    """Namespaces or a private folder; /tmp is kept from one process to the next."""

    def __init__(self, launch: Launch, folder: Path) -> None:
        """Fork the sandbox, in milliseconds; any thread may call this.

        Args:
            launch: the function that runs in the sandbox.
            folder: an empty folder for this sandbox alone.

        Raises:
            OSError: the system refused to make the sandbox.
        """
        layout = launch.layout(folder)
        self._temporary_folder = layout.temporary
        self._command = command(launch.function, layout)
        self._variables = variables(launch.function, layout)
        self._control = launch.supervisor.fork(plan_of(launch, folder))

    @property
    def ended(self) -> bool:
        """Whether the sandbox has ended: a living sandbox sends nothing unasked."""
        ready = select.poll()
        ready.register(self._control, select.POLLIN)
        return bool(ready.poll(0))

    def start(self, address: str) -> Child:
        """Start awslambdaric with the Runtime API at `address`.

        Raises:
            OSError: the system could not start it, or the sandbox has ended.
        """
        if self._temporary_folder is not None:  # the function may have removed it
            self._temporary_folder.mkdir(exist_ok=True)
        return Child(
            self._control, self._command, {**self._variables, "AWS_LAMBDA_RUNTIME_API": address}
        )

    def close(self) -> None:
        """End the sandbox, and wait until all of its processes have ended."""
        with contextlib.suppress(OSError):  # the sandbox has already ended
            self._control.shutdown(socket.SHUT_WR)
            self._control.recv(1)
        self._control.close()


def why_not_isolated(launch: Launch) -> str | None:
    """Why this machine cannot isolate the function; None if a trial succeeds."""
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
