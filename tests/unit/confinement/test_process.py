"""A confined process: started, spoken to, limited, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from poner.confinement.process import (
    ConfinedProcess,
    Limits,
    Program,
    Run,
    make_folder,
    remove_folder,
    run,
)
from poner.environments import look_for_python

LIMITS = Limits(cpu_s=60, memory_bytes=512 << 20)

Runner = Callable[..., Run]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for a confined process."""
    made = make_folder("poner-test-", Path(tempfile.gettempdir()))
    yield made
    remove_folder(made)


def write(folder: Path, lines: str) -> Program:
    """A program of some lines of Python, for this interpreter."""
    file = folder / "files" / "program.py"
    file.write_text(textwrap.dedent(lines))
    return Program(sys.executable, file)


@pytest.fixture
def confined(folder: Path) -> Runner:
    """Runs lines of Python confined."""

    def run_lines(
        lines: str, limits: Limits = LIMITS, *, timeout_s: float = 30, most_bytes: int = 1 << 20
    ) -> Run:
        program = write(folder, lines)
        return run(program, limits, folder, timeout_s=timeout_s, most_bytes=most_bytes)

    return run_lines


def test_a_program_writes_and_ends(confined: Runner) -> None:
    """Its output, its exit code, and its last line on standard error."""
    done = confined("import sys; print('out'); print('first\\nlast', file=sys.stderr); sys.exit(3)")
    assert (done.output, done.last_words, done.ending.returncode) == (b"out\n", "last", 3)
    assert (done.in_time, done.too_long, done.ending.out_of_memory) == (True, False, False)


@pytest.mark.parametrize("version", ["3.8", "3.9", "3.10", "3.12", "3.13", "3.14"])
def test_every_python_that_a_model_may_need(folder: Path, version: str) -> None:
    """Each Python is confined like this one; threads and compiled standard modules work."""
    interpreter = look_for_python(version)
    if interpreter is None:
        pytest.skip(f"there is no Python {version}")
    file = write(
        folder,
        """
        import ctypes, decimal, sys, threading
        thread = threading.Thread(target=print, args=(sys.version_info[:2],))
        thread.start()
        thread.join()
        """,
    ).file
    limits = Limits(60, 1 << 30, threads=True)
    done = run(Program(interpreter, file), limits, folder, timeout_s=60, most_bytes=1000)
    major, minor = version.split(".")
    assert done.output.decode() == f"({major}, {minor})\n", done
    assert {"limits", "no-new-privileges", "seccomp"} <= set(done.in_force)


def test_only_its_temporary_folder_can_be_written(confined: Runner, folder: Path) -> None:
    """Only its temporary folder can be written; without mounts, no file can."""
    done = confined("""
        import os
        for name in ("tmp", "files", "root", "."):
            place = os.path.join(os.environ["TMPDIR"], "..", name, "new")
            try:
                open(place, "w").close()
                print("done")
            except OSError:
                print("refused")
    """)
    first = b"done" if "mounts" in done.in_force else b"refused"
    assert done.output.split() == [first, b"refused", b"refused", b"refused"]
    assert sorted(path.name for path in (folder / "files").iterdir()) == ["program.py"]


def test_its_temporary_folder_is_bounded(confined: Runner) -> None:
    """Its temporary folder is in memory and holds at most 256 MB."""
    done = confined("""
        import os
        size = 0
        try:
            for number in range(100):
                with open(os.path.join(os.environ["TMPDIR"], str(number)), "wb") as file:
                    size += file.write(bytes(16 << 20))
        except OSError as error:
            print(size >> 20, error.strerror)
    """)
    if "mounts" not in done.in_force:
        pytest.skip("this kernel has no mounts of a process's own")
    written_mb, reason = done.output.decode().split(" ", 1)
    assert 128 <= int(written_mb) <= 256
    assert reason == "No space left on device\n"


def test_who_writes_too_much_is_ended(confined: Runner) -> None:
    """A process that writes too much is ended; its read output is bounded, too."""
    done = confined("while True: print('x' * 1000)", most_bytes=100_000)
    assert done.too_long
    assert len(done.output) < 100_000 + (1 << 20) + 1


def test_who_takes_too_long_is_ended(confined: Runner) -> None:
    """A process is ended by the clock; the kernel ends it by processor time."""
    done = confined("import time; time.sleep(60)", timeout_s=0.5)
    assert (done.in_time, done.ending.returncode) == (False, -9)
    done = confined("while True: pass", Limits(cpu_s=1, memory_bytes=512 << 20))
    assert (done.in_time, done.ending.returncode) == (True, -9)


def test_memory_is_refused_beyond_the_limit(confined: Runner) -> None:
    """Allocated memory is limited; reserved address space is not."""
    done = confined("""
        import mmap
        reserved = mmap.mmap(-1, 4 << 30, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
        bytearray(256 << 20)
        print("256 MB")
        bytearray(1 << 30)
    """)
    assert done.output == b"256 MB\n"
    assert done.last_words == "MemoryError"


def test_shared_memory_counts_as_well(confined: Runner) -> None:
    """No limit of the kernel counts shared memory, so the keeper measures it."""
    done = confined("""
        import mmap
        memory = mmap.mmap(-1, 4 << 30)
        for place in range(0, 4 << 30, 1 << 20):
            memory[place : place + (1 << 20)] = bytes(1 << 20)
    """)
    assert (done.ending.out_of_memory, done.ending.returncode) == (True, -9)


@pytest.mark.parametrize("threads", [False, True])
def test_threads_where_they_are_allowed(confined: Runner, threads: bool) -> None:
    """Threads can be allowed; a new process is refused in either case."""
    lines = """
        import os, threading
        for start in (lambda: threading.Thread(target=print).start(), os.fork):
            try:
                start()
                print("done")
            except (OSError, RuntimeError):
                print("refused")
    """
    done = confined(lines, Limits(60, 1 << 30, threads=threads))
    assert done.output.split() == [b"done" if threads else b"refused", b"refused"]


def test_a_swarm_of_threads_is_ended(confined: Runner) -> None:
    """Many threads with tiny stacks, which no other limit counts, are ended."""
    done = confined(
        """
        import threading, time
        threading.stack_size(32768)
        while True:
            threading.Thread(target=time.sleep, args=(60,)).start()
        """,
        Limits(60, 4 << 30, threads=True),
    )
    assert (done.ending.returncode, done.ending.out_of_memory) == (-9, False)


def test_what_is_in_force_is_said_before_the_program_runs(folder: Path) -> None:
    """The program has no descriptor through which it could change the report."""
    program = write(folder, "import os; print(os.listdir('/proc/self/fd')); input()")
    with ConfinedProcess(program, LIMITS, folder) as process:
        in_force = process.in_force(time.monotonic() + 20)
        assert "limits" in in_force
        assert process.process.stdout is not None
        descriptors = process.process.stdout.readline()
    assert len(descriptors.split()) == 5  # the three, the pipe that ends with it, the folder's own


def test_packages_are_confined_before_they_are_found(folder: Path, tmp_path: Path) -> None:
    """A .pth file of a package is run as Python starts; here it is run in confinement."""
    venv.create(tmp_path / "environment", symlinks=True)
    (packages,) = (tmp_path / "environment").glob("lib/python3*/site-packages")
    (packages / "installed.py").write_text("there = True")
    mark = str(tmp_path / "mark")
    line = f"import os, sys; sys.started = True; open({mark!r}, 'w')"
    (packages / "hostile.pth").write_text(line + "\n")
    file = write(folder, "import sys, installed; print(sys.started, installed.there)").file
    interpreter = tmp_path / "environment" / "bin" / "python"
    program = Program(interpreter, file, packages=True)
    done = run(program, LIMITS, folder, timeout_s=30, most_bytes=1000)
    assert (done.output, done.ending.returncode) == (b"True True\n", 0), done
    assert not Path(mark).exists()


PONER = """
import sys, time
from pathlib import Path
from poner.confinement.process import *
folder = Path(sys.argv[1])
program = Program(sys.executable, folder / "files" / "program.py")
with ConfinedProcess(program, Limits(60, 512 << 20), folder) as process:
    process.in_force(time.monotonic() + 20)
    print(process.process.pid, flush=True)
    time.sleep(60)
"""


def running(pid: int) -> bool:
    """Whether a process is there, and not only waiting to be reaped."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


@pytest.mark.parametrize("victim", ["poner", "keeper"])
def test_nothing_outlives_poner(folder: Path, victim: str) -> None:
    """However poner or the keeper is killed, the worker ends, which ignores every signal."""
    write(
        folder,
        """
        import signal, sys
        for number in range(1, 32):
            if number not in (9, 19):
                signal.signal(number, signal.SIG_IGN)
        while True:
            pass
        """,
    )
    command = [sys.executable, "-c", PONER, folder]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as poner:
        assert poner.stdout is not None
        keeper = int(poner.stdout.readline())
        children = Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split()
        (worker,) = map(int, children)
        os.kill({"poner": poner.pid, "keeper": keeper}[victim], signal.SIGKILL)
        deadline = time.monotonic() + 30
        while running(worker) or running(keeper):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert folder.exists() == (victim == "keeper")  # poner itself is there to remove it
        poner.kill()


def test_closing_ends_it(folder: Path) -> None:
    """At the end of the block the process and its folder are gone."""
    program = write(folder, "while True: pass")
    with ConfinedProcess(program, LIMITS, folder) as process:
        process.in_force(time.monotonic() + 20)
        keeper = process.process.pid
        children = Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split()
    assert not any(running(int(pid)) for pid in (keeper, *children))
