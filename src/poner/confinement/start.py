"""The worker's first lines: forks its keeper, gives up its rights, and runs its program.

Run as `python -I start.py FOLDER CPU_S MEMORY_BYTES THREADS ALIVE STATUS COUNT READABLE... PROGRAM
ARGUMENT...`: the fields of `confine.Room`, the descriptors of keeper.py, so many readable places,
and the program with its arguments. -I keeps the environment, the user's packages and the current
folder out. This folder is imported by its location, under a name of its own, so that nothing else
of poner comes along.
"""

from __future__ import annotations

import importlib
import os
import sys
from importlib.machinery import SourceFileLoader

FOLDER = os.path.dirname(os.path.realpath(__file__))
NAME = "poner_confinement"


def load_confinement() -> None:
    """Make the folder of this file importable as `poner_confinement`."""
    package = type(sys)(NAME)
    package.__path__ = [FOLDER]
    sys.modules[NAME] = package


def run_program(path: str) -> None:
    """Run a file as the main module."""
    sys.modules["__main__"] = module = type(sys)("__main__")
    module.__file__ = path
    SourceFileLoader("__main__", path).exec_module(module)


def main() -> None:
    """Become the keeper and, in a process of its own, the worker."""
    folder, *numbers = sys.argv[1:8]
    cpu_s, memory_bytes, threads, alive, status, count = map(int, numbers)
    readable, program = sys.argv[8 : 8 + count], sys.argv[8 + count :]
    load_confinement()
    keeper = importlib.import_module(NAME + ".keeper")
    confine = importlib.import_module(NAME + ".confine")
    own = os.getpid()
    ended, running = os.pipe()
    worker = os.fork()
    if worker:
        os.close(running)
        keeper.keep(worker, alive, ended, status, memory_bytes)
    os.close(alive)
    os.close(ended)
    os.setpgid(0, 0)
    keeper.die_first()
    keeper.outlive_nobody(own)
    room = confine.Room(folder, cpu_s, memory_bytes, bool(threads), [FOLDER, *readable])
    in_force = confine.confine(room)
    keeper.say_in_force(status, in_force)
    sys.argv = program
    run_program(program[0])


if __name__ == "__main__":
    main()
