"""The worker's first lines: forks its keeper, gives up its rights, and runs its program.

Run as `python -I -S start.py FOLDER CPU_S MEMORY_BYTES THREADS ALIVE STATUS PACKAGES COUNT
READABLE... PROGRAM ARGUMENT...`: the fields of `confine.Room`, the descriptors of keeper.py,
whether installed packages can be imported, so many readable places, and the program with its
arguments.

-I keeps the environment, the user's packages and the current folder out. -S keeps installed
packages out until the process is confined: one can bring lines that Python runs as it starts. This
folder is imported by its location, under a name of its own, so that nothing else of poner comes
along.
"""

from __future__ import annotations

import importlib
import os
import sys
from importlib.machinery import SourceFileLoader

TYPE_CHECKING = False  # the typing module takes as long to load as all that is done here
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
    """The keeper's and the worker's module; with bytecode, as poner's modules have it anyway."""
    names = ["keeper", "confine"]
    if sys.platform == "linux":
        names += ["landlock", "mounts", "namespaces", "seccomp"]
    sys.dont_write_bytecode = False
    modules = [importlib.import_module(f"{NAME}.{name}") for name in names]
    sys.dont_write_bytecode = True  # as -B says, for what is not poner's
    return modules[:2]


def run_program(path: str) -> None:
    """Run a file as the main module."""
    sys.modules["__main__"] = module = type(sys)("__main__")
    module.__file__ = path
    SourceFileLoader("__main__", path).exec_module(module)


def main() -> None:
    """Become the keeper and, in a process of its own, the worker."""
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
