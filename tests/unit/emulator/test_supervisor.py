"""Reading /proc and setting limits in the supervisor."""

import os
import resource
import subprocess
import sys

import pytest

from poner.confinement import processes
from poner.emulator.sandbox.supervision import Supervisor
from poner.emulator.sandbox.supervisor import zygote
from tests.support.processes import processes_of

MIB = 1024**2


def test_descendants_are_found_through_others():
    """Children and grandchildren in other sessions are descendants; this process is not."""
    program = "import subprocess; subprocess.run(['setsid', 'sleep', '60'])"
    with subprocess.Popen([sys.executable, "-c", program]) as child:
        while len(found := processes.descendants()) < 2:
            assert child.poll() is None
        assert child.pid in found
        assert os.getpid() not in found
        processes.kill(found)
        assert child.wait() == -9


def test_killing_what_has_ended_is_no_error():
    """Killing a process that has just ended is not an error."""
    child = subprocess.Popen(["true"])
    child.wait()
    processes.kill([child.pid])


def test_a_process_that_has_ended_holds_nothing():
    """The files in /proc of a process that has ended read as empty."""
    child = subprocess.Popen(["true"])
    child.wait()
    assert processes.held_bytes([child.pid], 0) == 0


def test_held_bytes_of_this_process():
    """The held bytes grow with written memory, not with reserved memory."""
    before = processes.held_bytes([os.getpid()], 10**12)
    held = bytearray(b"x") * (64 * MIB)
    grown = processes.held_bytes([os.getpid()], 10**12) - before
    exact = processes.held_bytes([os.getpid()], 0)
    assert len(held) <= grown + MIB
    assert grown < 80 * MIB
    assert exact >= len(held)


SMAPS = b"""\
00400000-00452000 r-xp 00000000 08:02 173521 /usr/bin/python3
Rss:                 400 kB
Pss:                 300 kB
Anonymous:             8 kB
VmFlags: rd ex
7f0000000000-7f0000001000 rw-p 00000000 00:00 0
Pss:                  16 kB
Anonymous:            16 kB
7f0000001000-7f0000002000 rw-s 00000000 00:01 42 /dev/zero (deleted)
Pss:                  32 kB
Anonymous:             0 kB
7f0000002000-7f0000003000 rw-s 00000000 00:01 43 /memfd:name with spaces (deleted)
Pss:                  64 kB
Anonymous:             0 kB
7f0000003000-7f0000004000 r--s 00000000 00:30 44 /tmp/model file
Pss:                 128 kB
Anonymous:             0 kB
7ffc00000000-7ffc00001000 rw-p 00000000 00:00 0 [stack]
Pss:                 256 kB
Anonymous:           256 kB
"""
"""As proc(5) shows them: 8 + 16 + 32 + 64 + 256 kB that are not a file's."""


def test_files_hold_their_own_pages():
    """Of a mapped file only privately written pages count; shared memory counts as memory."""
    assert processes.kept_bytes(SMAPS) == (8 + 16 + 32 + 64 + 256) * 1024


def test_resident_bytes():
    """Anonymous and shared memory, not pages of files."""
    status = b"Name:\tx\nVmRSS:\t  99 kB\nRssAnon:\t  10 kB\nRssFile:\t  7 kB\nRssShmem:\t  5 kB\n"
    assert processes.resident_bytes(status) == 15 * 1024


def test_limits_are_not_raised_beyond_what_is_allowed():
    """A lower hard limit stays; what is unlimited is kept where that is asked for."""
    program = (
        "import resource; from poner.emulator.sandbox.supervisor.zygote import set_limits\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (50, 100))\n"
        "stack = resource.getrlimit(resource.RLIMIT_STACK)[1]\n"
        "set_limits({resource.RLIMIT_NOFILE: (1024, 1024),\n"
        "            resource.RLIMIT_STACK: (8192, resource.RLIM_INFINITY)})\n"
        "assert resource.getrlimit(resource.RLIMIT_NOFILE) == (100, 100)\n"
        "assert resource.getrlimit(resource.RLIMIT_STACK) == (8192, stack)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("limit", zygote.LIMITS)
def test_limits_have_a_soft_one_within_the_hard_one(limit):
    """Or the kernel refuses them."""
    soft, hard = zygote.LIMITS[limit]
    assert hard == resource.RLIM_INFINITY or soft <= hard


def test_what_keeps_a_sandbox_from_being_made_is_told(tmp_path):
    """The error is poner's own to raise, and the supervisor goes on."""
    supervisor = Supervisor()
    plan = {"folder": str(tmp_path), "files": None, "memory_bytes": MIB, "tmp_bytes": MIB}
    with pytest.raises(OSError, match="nowhere"):
        supervisor.fork({**plan, "folder": str(tmp_path / "nowhere")})
    supervisor.fork(plan).close()
    supervisor.close()
    assert processes_of(str(tmp_path)) == []
