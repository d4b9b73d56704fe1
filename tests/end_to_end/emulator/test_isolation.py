"""The environment of a function, and its isolation from this machine: L49 to L54, L65."""

import errno
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from poner.confinement import landlock
from poner.confinement.linux import LIBC
from poner.emulator import LocalFunction, local_lambda, running
from tests.end_to_end.emulator.conftest import RUNTIME, START_DAEMON, Running
from tests.support.recorded import VARIABLES

EVAL = """
import errno, multiprocessing, os, pwd, resource, shutil, signal, subprocess, sys, tempfile, time

def attempt(action, *arguments):
    try:
        action(*arguments)
    except OSError as error:
        return errno.errorcode[error.errno]

def fill(path):
    with open(path, "wb", 0) as file:
        for _ in range(40):
            file.write(bytes(2**24))

def handler(event, context):
    return eval(event)
"""
"""A handler that answers with the value of an expression."""

RECORDED = {
    "LAMBDA_RUNTIME_DIR": "/var/runtime",
    "LAMBDA_TASK_ROOT": "/var/task",
    "LANG": "en_US.UTF-8",
    "LD_LIBRARY_PATH": (
        "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:"
        "/var/task:/var/task/lib:/opt/lib"
    ),
    "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
    "PWD": "/var/task",
    "PYTHONPATH": "/var/runtime",
    "SHLVL": "0",
    "TZ": ":UTC",
    "_HANDLER": "app.handler",
}
"""Values of variables (L49)."""


@pytest.fixture
def inside(start: Callable[..., Running], obstacle: str | None) -> Callable[[str], Any]:
    """Evaluates an expression in an isolated function; skips where none can be isolated."""
    if obstacle is not None:
        pytest.skip(obstacle)
    function = start(EVAL)
    return lambda expression: function.invoke(expression).json()


def test_the_variables_are_the_recorded_ones(start, version, isolated):
    """L49: the complete set; the values too, where the function is isolated."""
    function = start(EVAL, runtime=f"python{version}")
    seen = function.invoke("dict(os.environ)").json()
    assert seen.pop("MARK") == function.mark
    added = {"LC_CTYPE"} if version == "3.13" else set()
    assert seen.keys() == VARIABLES | added | (set() if isolated else {"TMPDIR"})
    differing = {name for name, value in RECORDED.items() if seen[name] != value}
    of_folders = {name for name, value in RECORDED.items() if "/" in value}
    assert differing == (set() if isolated else of_folders)


def test_the_search_path_is_the_recorded_one(start, version, isolated):
    """L54: the interpreter's own packages come before the runtime from 3.13 on, else last."""
    function = start(EVAL, runtime=f"python{version}")
    seen, task, runtime = function.invoke(
        "[sys.path, os.environ['LAMBDA_TASK_ROOT'], os.environ['LAMBDA_RUNTIME_DIR']]"
    ).json()
    number = version.replace(".", "")
    if isolated:
        opt, library = "/opt", f"/var/lang/lib/python{version}"
    else:
        opt, library = str(Path(task).with_name("opt")), seen[5]
    packages = [f"{library}/site-packages"] if isolated else []
    assert seen == [
        task,
        f"{opt}/python/lib/python{version}/site-packages",
        f"{opt}/python",
        *(packages if version == "3.13" else []),
        runtime,
        f"{Path(library).parent}/python{number}.zip",
        library,
        f"{library}/lib-dynload",
        *(packages if version == "3.9" else []),
    ]


def test_the_working_folder_is_the_task_folder(start, isolated):
    """L51: cwd /var/task; `exit` is there, as Lambda's Python runs `site`."""
    seen = start(EVAL).invoke("[os.getcwd(), os.environ['PWD'], callable(exit)]").json()
    assert seen[0] == seen[1]
    assert seen[2] is True
    assert (seen[0] == "/var/task") is isolated


def test_this_machine_s_files_are_not_there(inside, tmp_path, monkeypatch):
    """No home folder, no file of the user's, nothing of ours, no process of others."""
    secret = tmp_path / "secret"
    secret.write_text("mine")
    assert inside(f"attempt(open, {str(secret)!r})") == "ENOENT"
    assert inside(f"attempt(os.listdir, {str(Path.home())!r})") == "ENOENT"
    assert set(inside("os.listdir('/')")) <= {
        *("bin", "dev", "etc", "gnu", "lib", "lib32", "lib64", "nix"),
        *("opt", "proc", "sbin", "tmp", "usr", "var"),
    }
    assert inside("sorted(os.listdir('/var'))") == ["lang", "rapid", "runtime", "task"]
    assert inside("os.listdir('/tmp')") == []
    assert inside("attempt(open, '/etc/shadow')") == "ENOENT"
    assert inside("len([name for name in os.listdir('/proc') if name.isdigit()])") == 2


@pytest.mark.parametrize(
    "folder", ["/", "/etc", "/opt", "/usr", "/var", "/var/lang", "/var/runtime", "/var/task"]
)
def test_only_tmp_can_be_written(inside, folder):
    """L51: the task, the layers and the system are read-only."""
    assert inside(f"attempt(open, os.path.join({folder!r}, 'new'), 'w')") == "EROFS"
    assert inside("attempt(open, '/tmp/new', 'w')") is None


def test_the_function_is_not_root(inside):
    """L51: the user's name is recorded; its home folder cannot be made, as users of Lambda know."""
    assert inside("[os.getuid() > 0, os.getgid() > 0, os.geteuid() == os.getuid()]") == [True] * 3
    assert inside("pwd.getpwuid(os.getuid()).pw_name") == "sbx_user1051"
    assert inside("os.path.expanduser('~')") == "/home/sbx_user1051"
    assert inside("attempt(os.makedirs, os.path.expanduser('~'))") == "EROFS"
    assert inside("attempt(os.setuid, 0)") in ("EPERM", "EINVAL")
    assert inside("attempt(open, '/proc/sys/kernel/core_pattern', 'w')") in ("EROFS", "EACCES")


def test_there_is_no_shared_memory(inside):
    """L53: /dev/shm is unusable, so that multiprocessing has no locks."""
    assert inside("attempt(multiprocessing.Lock)") in ("ENOSYS", "ENOENT")
    assert inside("os.path.exists('/dev/shm')") is False


def test_devices_and_pipes_work(inside):
    """What programs take for granted is there: null, random numbers, descriptors, a shell."""
    assert inside("len(open('/dev/urandom', 'rb').read(8))") == 8
    assert inside("open('/dev/null', 'w').write('gone')") == 4
    assert inside("os.readlink('/dev/fd')") == "/proc/self/fd"
    assert inside("subprocess.check_output('echo $((6 * 7)) | cat', shell=True, text=True)") == (
        "42\n"
    )


@pytest.mark.parametrize(
    ("limit", "value"),
    [("NOFILE", 1024), ("NPROC", 1024), ("MEMLOCK", 65_536), ("STACK", 8_388_608), ("CORE", 0)],
)
def test_limits(inside, limit, value):
    """L52: descriptors, processes, locked memory, the stack; core dumps stay off."""
    assert inside(f"resource.getrlimit(resource.RLIMIT_{limit})[0]") == value


def test_a_full_tmp(start, isolated):
    """L65: /tmp takes 512 MB, which are not the function's memory; beside, any one file does."""
    function = start(EVAL, timeout_s=60)
    fill = "attempt(fill, tempfile.gettempdir() + '/big')"
    assert function.invoke(fill).json() == ("ENOSPC" if isolated else "EFBIG")
    size = "os.stat(tempfile.gettempdir() + '/big').st_size"
    assert 500 * 2**20 < function.invoke(size).json() <= 512 * 2**20
    function.invoke("os.remove(tempfile.gettempdir() + '/big')")
    assert function.invoke("attempt(open, tempfile.gettempdir() + '/new', 'w')").json() is None


def test_a_function_that_deletes_its_tmp(start, isolated):
    """A function that removes /tmp loses its files; the next process has a /tmp again."""
    function = start(EVAL)
    function.invoke("[open(tempfile.gettempdir() + '/a', 'w')] and None")
    function.invoke("shutil.rmtree(tempfile.gettempdir(), ignore_errors=True)")
    function.invoke("os._exit(1)")
    assert function.invoke("os.listdir(tempfile.gettempdir())").json() == []
    assert function.invoke("attempt(open, tempfile.gettempdir() + '/a', 'w')").json() is None


def test_environments_do_not_see_each_other(start, isolated):
    """The /tmp of one environment is not the other's, and a crash of one does not end the other."""
    function = start(EVAL, concurrency=2)
    write = "[open(tempfile.gettempdir() + '/mine', 'w'), time.sleep(1)] and None"
    with ThreadPoolExecutor() as threads:
        slow = threads.submit(function.invoke, write)
        while not function.processes():
            time.sleep(0.01)
        assert function.invoke("os.listdir(tempfile.gettempdir())").json() == []
        assert function.invoke("os._exit(1)").json()["errorType"] == "Runtime.ExitError"
        assert slow.result().json() is None


DAEMON = f"""
import signal
{START_DAEMON}
def handler(event, context):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    start_daemon()
    time.sleep(event)
"""
"""Ignores SIGTERM, and leaves a daemon."""


def test_a_timeout_ends_daemons_too(start, isolated):
    """L59: an environment is replaced as a whole; ignoring SIGTERM does not help."""
    function = start(DAEMON, timeout_s=1)
    assert function.invoke(0).status == 200
    assert len(function.processes()) == 2
    assert function.invoke(30).json()["errorType"] == "Sandbox.Timedout"
    assert function.processes() == []
    assert function.invoke(0).json() is None


def test_the_end_of_the_emulator_ends_daemons_too(start, isolated):
    """Several at once; `start` sees that none is left."""
    function = start(DAEMON)
    for _ in range(3):
        function.invoke(0)
    assert len(function.processes()) == 4


CLOSES = """
import os, sys
def handler(event, context):
    if event == "file":
        sys.stdout.close()
        print("lost")
    if event == "descriptors":
        os.closerange(0, 10)
        os.write(1, b"lost")
    return "well"
"""


@pytest.mark.parametrize("what", ["file", "descriptors"])
def test_a_function_that_writes_to_closed_output(start, isolated, what):
    """An exception of its own; what comes next is answered, with a log."""
    function = start(CLOSES)
    assert function.invoke(what).header("X-Amz-Function-Error") == "Unhandled"
    function.invoke(what)
    assert function.log[-1].startswith("REPORT ")
    if what == "file":
        assert function.invoke("nothing").json() == "well"


OPEN = """
import os, stat
opened = {}
for name in os.listdir("/proc/self/fd"):
    try:
        opened[int(name)] = stat.filemode(os.fstat(int(name)).st_mode)[0]
    except OSError:
        pass  # that of the listing
def handler(event, context):
    return opened
"""


def test_only_its_output_is_open(start, isolated):
    """Nothing of poner's own is handed down: null, and three times the log, before any import."""
    function = start(OPEN)
    function.invoke()
    opened = {int(key): value for key, value in function.invoke().json().items()}
    assert {key: opened[key] for key in sorted(opened) if opened[key] != "s"} == {
        0: "c",
        1: "p",
        2: "p",
        3: "p",
    }
    assert len(opened) <= 6


def test_a_function_cannot_end_its_sandbox(inside):
    """The function cannot kill, stop or inspect process 1."""
    assert inside("os.kill(1, signal.SIGKILL)") is None
    assert inside("os.kill(1, signal.SIGSTOP)") is None
    assert inside("os.kill(1, signal.SIGINT)") is None
    assert inside("attempt(open, '/proc/1/mem', 'rb')") == "EACCES"
    assert inside("6 * 7") == 42


def test_a_sandbox_that_somebody_kills_is_replaced(start, isolated):
    """An invocation under way ends as killed, and the next one is answered."""
    function = start(EVAL)
    function.invoke("1")
    (pid,) = function.processes()
    status = Path(f"/proc/{pid}/status").read_text().split("PPid:")[1]
    os.kill(int(status.split()[0]), signal.SIGKILL)
    deadline_s = time.monotonic() + 30
    while function.invoke("6 * 7").json() != 42:
        assert time.monotonic() < deadline_s


def test_processes_are_limited_where_the_kernel_counts_them(start, obstacle):
    """L52: 1,024 for each function, for all but root."""
    if obstacle is not None or os.geteuid() == 0:
        pytest.skip(obstacle or "root may start any number")
    source = "import os\n" + EVAL
    forks = "attempt(lambda: [os.fork() or time.sleep(60) for _ in range(1100)])"
    assert start(source, timeout_s=60).invoke(forks).json() == "EAGAIN"


def test_abstract_sockets_of_this_machine_are_out_of_reach(inside):
    """D-Bus may listen on one; a function's own can be reached, as on Lambda."""
    if landlock.abi_version(LIBC) < 6:
        pytest.skip("this kernel's Landlock does not tell whose an abstract socket is")
    name = f"\0poner-test-{os.getpid()}"
    connect = "attempt((s := __import__('socket').socket(1)).connect, {!r})"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        assert inside(connect.format(name)) == "EPERM"
    own = "[(own := __import__('socket').socket(1)).bind('\\0own'), own.listen()]"
    assert inside(f"{own} and {connect.format(chr(0) + 'own')}") is None


def test_where_it_cannot_be_isolated_that_is_said_once(code, monkeypatch):
    """One line that names the reason, before anything else; the function runs all the same."""
    monkeypatch.setattr(local_lambda, "why_not_isolated", lambda launch: "the reason")
    said: list[str] = []
    with running(LocalFunction(code, "app.handler", RUNTIME), warn=said.append):
        pass
    assert said == [local_lambda.NOT_ISOLATED.format("the reason")]


IN_VAIN = """
import sys, urllib.request
from pathlib import Path
from poner.confinement import landlock
from poner.confinement.linux import LIBC
from poner.emulator import LocalFunction, running
with running(LocalFunction(Path(sys.argv[1]), "app.handler", sys.argv[2])) as urls:
    print(urllib.request.urlopen(urls.url + "echo").status)
"""


def test_a_kernel_without_user_namespaces(code):
    """If the kernel refuses a trial of the isolation, the function runs without isolation."""
    if shutil.which("unshare") is None:
        pytest.skip("no unshare to make such a place with")
    script = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
    place = ["unshare", "--user", "--map-root-user", "sh", "-c", script, "sh"]
    if subprocess.run([*place, "true"], capture_output=True).returncode != 0:
        pytest.skip("no user namespaces to take away")
    command = [*place, sys.executable, "-c", IN_VAIN, str(code), RUNTIME]
    done = subprocess.run(command, capture_output=True, text=True)
    said = [line for line in done.stderr.splitlines() if "isolated" in line]
    assert done.stdout == "200\n"
    assert said == [
        local_lambda.NOT_ISOLATED.format(
            f"[Errno {errno.ENOSPC}] No space left on device: 'unshare'"
        )
    ]
