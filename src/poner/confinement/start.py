"""Starts a confined process: forks the worker, confines it and runs its program there.

The parent of the worker becomes the keeper.

Run as `python -I -S start.py FOLDER CPU_S MEMORY_BYTES THREADS ALIVE STATUS PACKAGES COUNT
READABLE... PROGRAM ARGUMENT...`: the fields of `confine.Room`, the descriptors of keeper.py,
whether installed packages can be imported, the number of readable paths, these paths, and the
program with its arguments.

-I keeps the environment, the user's packages and the current folder out. -S keeps installed
packages out until the process is confined: a package can add code that Python runs at startup. This
folder is imported by location, as `poner_confinement`, so no other module of poner is imported.
"""

from __future__ import annotations

import importlib
import os
import sys
from importlib.machinery import SourceFileLoader

TYPE_CHECKING = False  # importing typing takes as long as all else here
if TYPE_CHECKING:
    from typing import Any

FOLDER = os.path.dirname(os.path.realpath(__file__))
NAME = "poner_confinement"


def load_confinement() -> None:
    """Make the folder of this file importable as `poner_confinement`."""
    package = type(sys)(NAME)
    package.__path__ = [FOLDER]
    sys.modules[NAME] = package


def load_modules() -> list[Any]:
    """The modules of the keeper and the worker; their bytecode is cached like other modules'."""
    names = ["keeper", "confine"]
    if sys.platform == "linux":
        names += ["landlock", "mounts", "namespaces", "seccomp"]
    sys.dont_write_bytecode = False
    modules = [importlib.import_module(f"{NAME}.{name}") for name in names]
    sys.dont_write_bytecode = True  # as with -B, for all other modules
    return modules[:2]


def run_program(path: str) -> None:
    """Run a file as the main module."""
    sys.modules["__main__"] = module = type(sys)("__main__")
    module.__file__ = path
    SourceFileLoader("__main__", path).exec_module(module)


def main() -> None:
    """Fork: the parent becomes the keeper, the child the worker."""
    folder, *numbers = sys.argv[1:9]
    cpu_s, memory_bytes, threads, alive, status, packages, count = map(int, numbers)
    readable, program = sys.argv[9 : 9 + count], sys.argv[9 + count :]
    load_confinement()
    keeper, confine = load_modules()
    own = os.getpid()
    room = confine.Room(folder, cpu_s, memory_bytes, bool(threads), [FOLDER, *readable])
    ended, running = os.pipe()
    broker, room.broker = confine.make_broker(room)
    worker = os.fork()
    if worker:
        os.close(running)
        room.broker = None
        keeper.keep(worker, room, alive, ended, status, broker)
    del broker
    os.close(alive)
    os.close(ended)
    os.setpgid(0, 0)
    keeper.die_first()
    keeper.outlive_nobody(own)
    in_force = confine.confine(room)
    keeper.say_in_force(status, in_force)
    if packages:
        importlib.import_module("site").main()
    sys.argv = program
    run_program(program[0])


if __name__ == "__main__":
    main()
