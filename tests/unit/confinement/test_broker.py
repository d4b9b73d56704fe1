"""Files that the keeper opens for a worker, without namespaces and without Landlock."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from poner.confinement.broker import LONGEST_PATH_BYTES, PAGE_BYTES, read_path
from tests.unit.confinement.conftest import run_on

MACHINE = "a user, without namespaces and landlock"

PROGRAM = """
import errno, json, os, sys
targets = json.loads(open(sys.argv[1] + "/targets.json").read())
outside, outcomes = targets["outside"], {}
def attempt(name, path, flags=os.O_RDONLY, folder=None):
    try:
        descriptor = os.open(path, flags, dir_fd=folder)
    except OSError as error:
        outcomes[name] = errno.errorcode[error.errno]
    else:
        with open(descriptor, "rb") if not os.path.isdir(path) else os.fdopen(descriptor) as file:
            outcomes[name] = file.read(7).decode()
files = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECTORY)
library = os.open(os.path.dirname(os.__file__), os.O_RDONLY | os.O_DIRECTORY)
os.chdir(sys.argv[1])
attempt("given", sys.argv[1] + "/given")
attempt("relative", "given")
attempt("of a folder", "given", folder=files)
attempt("long", "./" * 2000 + "given")
attempt("too long", "./" * 4000 + "given")
attempt("missing", "missing")
attempt("missing outside", outside + "/missing")
attempt("library", "os.py", folder=library)
attempt("nothing", "/dev/null")
attempt("own", "/proc/self/comm")
attempt("own by thread", "/proc/thread-self/comm")
attempt("outside", outside + "/secret")
attempt("outside by dots", os.path.relpath(outside + "/secret"))
by_dots = os.path.relpath(outside + "/secret", sys.argv[1])
attempt("outside by dots of a folder", by_dots, folder=files)
attempt("outside by link", "link")
attempt("outside by linked folder", "folder/secret")
attempt("outside by root", "/proc/self/root" + outside + "/secret")
attempt("outside by parent", "/proc/%d/cwd/secret" % os.getppid())
attempt("outside by prefix", sys.argv[1] + "-other")
attempt("a pipe", "pipe")
attempt("a terminal", "/dev/tty")
attempt("to write", "given", os.O_WRONLY)
os.chdir(outside)
attempt("outside from there", "secret")
print(json.dumps(outcomes))
"""


@pytest.fixture
def outside() -> Iterator[Path]:
    """A folder of the user's, which any user can reach."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "secret").write_text("secret")
        (folder / "program.py").write_text(PROGRAM)
        yield folder


def test_only_what_may_be_read_is_opened(folder: Path, outside: Path) -> None:
    """Only readable files are opened, by any path: the keeper resolves links before it checks."""
    files = folder / "files"
    (files / "given").write_text("given\n")
    (files / "link").symlink_to(outside / "secret")
    (files / "folder").symlink_to(outside)
    (folder / "files-other").write_text("secret")
    os.mkfifo(files / "pipe")
    done = run_on(MACHINE, outside / "program.py", folder, outside=str(outside))
    assert "broker" in done["in_force"]
    outcomes = json.loads(done["output"])
    found = {name for name, outcome in outcomes.items() if not outcome.startswith("E")}
    assert found == {
        *("given", "relative", "of a folder", "long", "library", "nothing", "own", "own by thread"),
    }
    assert outcomes["relative"] == outcomes["given"] == "given\n"
    assert outcomes["missing"] == outcomes["missing outside"] == "ENOENT"
    assert outcomes["too long"] == "ENAMETOOLONG"
    assert outcomes["outside"] == outcomes["outside by link"] == "EACCES"


@pytest.mark.skipif(sys.platform != "linux", reason="/proc/PID/mem is Linux's")
@pytest.mark.parametrize("offset", [0, 1, PAGE_BYTES // 2, PAGE_BYTES - 1])
def test_a_path_is_as_long_as_the_kernel_takes_wherever_it_stands(offset: int) -> None:
    """A path may have the kernel's full length, wherever in a page of memory it begins."""
    memory = ctypes.create_string_buffer(4 * PAGE_BYTES)
    start = offset - ctypes.addressof(memory) % PAGE_BYTES + PAGE_BYTES
    for length in (0, 1, LONGEST_PATH_BYTES):
        memory.raw = b"/" * start + b"a" * length + b"\0" + b"b" * PAGE_BYTES
        assert read_path(os.getpid(), ctypes.addressof(memory) + start) == "a" * length
    for length in (LONGEST_PATH_BYTES + 1, 2 * PAGE_BYTES - offset - 1):
        memory.raw = b"/" * start + b"a" * length + b"\0"
        with pytest.raises(OSError) as refused:
            read_path(os.getpid(), ctypes.addressof(memory) + start)
        assert refused.value.errno == errno.ENAMETOOLONG


def test_threads_and_a_full_table_of_files(folder: Path, outside: Path) -> None:
    """Many threads may ask at once; a worker whose table of files is full gets an error."""
    (outside / "program.py").write_text(
        "import concurrent.futures, errno, os, resource, sys\n"
        "def look(number):\n"
        "    with open(os.__file__, 'rb') as file:\n"
        "        return len(file.read())\n"
        "with concurrent.futures.ThreadPoolExecutor(8) as threads:\n"
        "    print(len(set(threads.map(look, range(500)))))\n"
        "opened = []\n"
        "try:\n"
        "    while True:\n"
        "        opened.append(os.open(os.__file__, os.O_RDONLY))\n"
        "except OSError as error:\n"
        "    print(errno.errorcode[error.errno])\n"
        "os.close(opened.pop())\n"
        "print(look(0) > 0)\n"
    )
    done = run_on(MACHINE, outside / "program.py", folder, threads=True)
    assert done["output"].split() == ["1", "EMFILE", "True"]
