"""Machines for the attacks: with and without the mechanisms of confinement, root or not."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import ziglang

from poner.confinement.process import make_folder, remove_folder

HERE = Path(__file__).parent
NOBODY = 65534

MACHINES = {
    f"{user}, without {' and '.join(without) or 'nothing'}": (user, without)
    for user in ("root", "a user")
    for without in ((), ("namespaces",), ("landlock",), ("namespaces", "landlock"))
}
"""Who runs poner, and what the kernel does not have."""


@dataclass(frozen=True)
class Attacked:
    """The results of the attacks on one machine."""

    outcomes: dict[str, str]
    """By attempt, "done" or the error."""
    own: dict[str, Any]
    """What the process said of itself."""
    in_force: tuple[str, ...]
    """What it had given up."""
    untouched: bool
    """Whether the user's file is as it was."""


def numbers() -> dict[str, int]:
    """Every system call of this architecture, from the kernel's headers that Zig brings along."""
    machine = {"x86_64": "x86"}.get(os.uname().machine, os.uname().machine)
    include = Path(ziglang.__file__).parent / "lib/libc/include" / f"{machine}-linux-any/asm"
    text = (include / "unistd_64.h").read_text()
    return {name: int(number) for name, number in re.findall(r"__NR_(\w+)\s+(\d+)", text)}


def run_on(machine: str, program: Path, folder: Path, **targets: Any) -> dict[str, Any]:
    """Run a program confined on one of the machines; returns the result of `process.run`."""
    user, without = MACHINES[machine]
    user_id = os.getuid()
    if user == "root" and user_id != 0:
        pytest.skip("the tests are not run by root")
    if user != "root" and user_id == 0:
        user_id = NOBODY
    given = {"program": str(program), "threads": False, **targets}
    (folder / "files" / "targets.json").write_text(json.dumps(given))
    if user_id != os.getuid():
        for place in (folder, *folder.rglob("*")):
            os.chown(place, user_id, user_id)
    command = [sys.executable, HERE / "machines.py", str(user_id), *without, "--"]
    done = subprocess.run(
        [*command, HERE / "runner.py", folder],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=120,
        env={"PATH": os.environ["PATH"], "AWS_SECRET_ACCESS_KEY": "secret"},
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for a confined process that any user can reach."""
    made = make_folder("poner-test-", Path(tempfile.gettempdir()))
    yield made
    remove_folder(made)


@pytest.fixture(scope="session")
def attacked() -> Callable[[str], Attacked]:
    """The results of the attacks on a machine; each machine is attacked once."""
    found: dict[str, Attacked] = {}

    def look(machine: str) -> Attacked:
        if machine not in found:
            found[machine] = attack(machine)
        return found[machine]

    return look


def attack(machine: str) -> Attacked:
    """Set up the targets, and run the attacks."""
    _, without = MACHINES[machine]
    made = make_folder("poner-test-", Path(tempfile.gettempdir()))
    try:
        with tempfile.TemporaryDirectory() as name:
            own = Path(name)
            own.chmod(0o777)
            precious = own / "precious"
            precious.write_text("mine")
            precious.chmod(0o666)
            before = precious.stat()
            with servers(own) as addresses:
                done = run_on(
                    machine,
                    HERE / "attacks.py",
                    made,
                    precious=str(precious),
                    outside=str(own),
                    numbers=numbers(),
                    writable="namespaces" not in without,
                    **addresses,
                )
            after = precious.stat()
            told = json.loads(done["output"]) if done["ending"]["returncode"] == 0 else None
            assert told is not None, done
            same = before.st_mode, before.st_mtime_ns, before.st_ctime_ns, before.st_nlink
            untouched = same == (
                after.st_mode,
                after.st_mtime_ns,
                after.st_ctime_ns,
                after.st_nlink,
            )
            untouched = untouched and sorted(path.name for path in own.iterdir()) == [
                "precious",
                "server",
            ]
    finally:
        remove_folder(made)
    return Attacked(told["outcomes"], told["own"], tuple(done["in_force"]), untouched)


class servers:  # noqa: N801 # a context
    """Servers that a confined process must not reach."""

    def __init__(self, folder: Path) -> None:
        self.path = str(folder / "server")
        self.abstract = f"\0poner-test-{os.getpid()}"
        self.opened: list[socket.socket] = []

    def __enter__(self) -> dict[str, Any]:
        for address in (self.path, self.abstract):
            server = socket.socket(socket.AF_UNIX)
            server.bind(address)
            server.listen()
            self.opened.append(server)
        Path(self.path).chmod(0o777)
        tcp = socket.create_server(("127.0.0.1", 0))
        self.opened.append(tcp)
        return {"socket": self.path, "abstract": self.abstract, "port": tcp.getsockname()[1]}

    def __exit__(self, *_: object) -> None:
        for server in self.opened:
            server.close()
