"""What the child process cannot do, tried by a program that is confined like it."""

import json
import os
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import poner.loader.child_process
from poner import loader
from poner.errors import ModelUnreadableError
from poner.loader.child_process import ENVIRONMENT, START, ChildProcess

PREAMBLE = f"""
import sys
sys.path.insert(0, {str(START.parent)!r})
import importlib, json, os, resource, socket, subprocess
import start
start.load_reader()
confine = importlib.import_module("poner_reader.confine")
scratch = sys.argv[1]
in_force = confine.confine(scratch, 60, 4 << 30)
def attempt(function, *arguments):
    try:
        function(*arguments)
    except (OSError, subprocess.SubprocessError) as error:
        return type(error).__name__
    return "done"
result = {{"in_force": in_force}}
"""


@pytest.fixture
def confined(tmp_path):
    """Runs lines of Python under confinement; returns what they left in `result`."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    def run(lines):
        program = PREAMBLE + textwrap.dedent(lines) + "\nprint(json.dumps(result))\n"
        done = subprocess.run(
            [sys.executable, "-I", "-c", program, scratch],
            capture_output=True,
            text=True,
            check=True,
            env=ENVIRONMENT,
            cwd=scratch,
        )
        return json.loads(done.stdout)

    return run


def needs(result, word):
    """Skip where this kernel does not have it."""
    if word not in result["in_force"]:
        pytest.skip(f"this kernel does not offer {word}")


def test_limits_are_in_force_everywhere(confined):
    """Processor time, memory, file size and core dumps are bounded."""
    result = confined("""
        result["core"] = resource.getrlimit(resource.RLIMIT_CORE)
        result["cpu"] = resource.getrlimit(resource.RLIMIT_CPU)
        result["memory"] = resource.getrlimit(resource.RLIMIT_AS)
    """)
    assert result["core"] == [0, 0]
    assert result["cpu"] == [60, 60]
    assert result["memory"] == [4 << 30, 4 << 30]


def test_nothing_is_written_outside_the_scratch_folder(confined, tmp_path):
    """A file in the scratch folder can be made, one beside it cannot, nor an old one emptied."""
    own = tmp_path / "own"
    own.write_text("mine")
    result = confined(f"""
        result["inside"] = attempt(open, scratch + "/file", "w")
        result["outside"] = attempt(open, {str(tmp_path / "new")!r}, "w")
        result["truncated"] = attempt(open, {str(own)!r}, "w")
        result["removed"] = attempt(os.unlink, {str(own)!r})
    """)
    needs(result, "landlock")
    assert result["inside"] == "done"
    assert result["outside"] == result["truncated"] == result["removed"] == "PermissionError"
    assert own.read_text() == "mine"


def test_the_users_files_cannot_be_read(confined, tmp_path):
    """Credentials in a home folder, and the environment of the process that started it."""
    (tmp_path / "credentials").write_text("secret")
    result = confined(f"""
        result["file"] = attempt(open, {str(tmp_path / "credentials")!r})
        result["parent"] = attempt(open, "/proc/{os.getpid()}/environ")
        result["library"] = attempt(open, os.__file__)
    """)
    needs(result, "landlock")
    assert result["file"] == result["parent"] == "PermissionError"
    assert result["library"] == "done"


def test_no_program_can_be_started(confined):
    """Landlock denies execution of every file."""
    result = confined("""result["run"] = attempt(subprocess.run, ["/bin/true"])""")
    needs(result, "landlock")
    assert result["run"] in ("PermissionError", "BlockingIOError")


def test_no_connection_can_be_made(confined):
    """A server on this machine is out of reach, in its own network or through Landlock."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        result = confined(f"""
            result["connect"] = attempt(socket.create_connection, ("127.0.0.1", {port}), 5)
        """)
    if not {"no-network", "no-tcp"} & set(result["in_force"]):
        pytest.skip("this kernel offers neither network namespaces nor Landlock's network rules")
    assert result["connect"] != "done"


def test_no_privilege_is_left(confined):
    """Even where poner runs as root, the child has no capability."""
    result = confined("""
        lines = open("/proc/self/status").read().splitlines()
        result["status"] = dict(line.split(":\\t", 1) for line in lines if ":\\t" in line)
    """)
    needs(result, "no-capabilities")
    assert int(result["status"]["CapEff"], 16) == 0
    assert result["status"]["NoNewPrivs"] == "1"


def test_the_child_is_confined_before_it_reads(models, writers, tmp_path):
    """What was in force is part of the listing."""
    (tmp_path / "clf.sav").write_bytes(writers["pickle 4"](models["regressor"]))
    listed = loader.list_globals(tmp_path)
    assert "rlimits" in listed.confined


def run_child(program, tmp_path, monkeypatch, **options):
    """A ChildProcess that runs another program in place of the reader."""
    start = tmp_path / "start.py"
    start.write_text(textwrap.dedent(program))
    monkeypatch.setattr(poner.loader.child_process, "START", start)
    return ChildProcess(sys.executable, cpu_s=5, **options)


def test_the_child_sees_no_credentials(tmp_path, monkeypatch):
    """Its environment holds a handful of variables, and none of ours."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    program = """
        import json, os, sys
        text = json.dumps({"confined": sorted(os.environ)}).encode()
        sys.stdout.buffer.write(b"PNR1" + len(text).to_bytes(8, "little") + bytes(8) + text)
        done = b'{"done": {}}'
        sys.stdout.buffer.write(b"PNR1" + len(done).to_bytes(8, "little") + bytes(8) + done)
        sys.stdout.flush()
        sys.stdin.read()
    """
    with run_child(program, tmp_path, monkeypatch) as child:
        child.ask({"do": "list"}, timeout_s=20)
        seen = set(child.confined)
    assert seen - {"LC_CTYPE", "__CF_USER_TEXT_ENCODING"} == {*ENVIRONMENT, "HOME", "TMPDIR"}


def test_only_numpy_and_scikit_learn_are_imported(models, writers, tmp_path):
    """Neither poner nor anything beside what scikit-learn itself imports is in the child."""
    program = f"""
        import sys, json
        sys.path.insert(0, {str(START.parent)!r})
        import start
        start.load_reader()
        import importlib
        child = importlib.import_module("poner_reader.child")
        confine = importlib.import_module("poner_reader.confine")
        confine.confine(sys.argv[1], 60, 16 << 30)
        child.Session().handle({{"do": "load"}}, sys.stdin.buffer.read())
        print(json.dumps(sorted({{name.split(".")[0] for name in sys.modules}})))
    """
    done = subprocess.run(
        [sys.executable, "-I", "-c", textwrap.dedent(program), tmp_path],
        input=writers["pickle 4"](models["histogram"]),
        capture_output=True,
        check=True,
        env=ENVIRONMENT,
    )
    expected = json.loads(
        subprocess.run(
            [
                sys.executable,
                "-I",
                "-c",
                "import sys, json, sklearn.ensemble\n"
                "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))",
            ],
            capture_output=True,
            check=True,
            env=ENVIRONMENT,
        ).stdout
    )
    tops = set(json.loads(done.stdout))
    assert "poner" not in tops
    allowed = {*expected, *sys.stdlib_module_names, "start", "__mp_main__"}
    allowed |= {"poner_reader", "poner_runtime"}
    assert tops - allowed == set()


def test_prints_of_the_model_do_not_reach_the_exchange(tmp_path, monkeypatch):
    """Whatever is printed in the child goes to stderr; the frames stay whole."""
    program = f"""
        import sys
        sys.path.insert(0, {str(START.parent)!r})
        import start
        start.load_reader()
        import importlib
        child = importlib.import_module("poner_reader.child")
        channel = child.Channel()
        print("noise", flush=True)
        channel.send({{"confined": []}})
        def handle(request, body):
            print("more noise", flush=True)
            return {{"heard": body.decode()}}, b""
        child.serve(channel, handle)
    """
    with run_child(program, tmp_path, monkeypatch) as child:
        assert child.ask({}, b"hello", timeout_s=20)[0] == {"heard": "hello"}


@pytest.mark.parametrize(
    ("program", "word"),
    [
        ("import sys; sys.exit('a last word')", "a last word"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
        ("print('x' * 1000)", "exit code"),
        ("import sys; sys.stdout.write('PNR1' + chr(127) * 16 + 'x' * 100)", "exit code"),
        ("while True: pass", "SIGKILL"),
    ],
)
def test_a_child_that_breaks_is_one_clean_error(program, word, tmp_path, monkeypatch):
    """It ends, crashes, sends nonsense, or burns its processor time: the message says how."""
    with (
        run_child(program, tmp_path, monkeypatch) as child,
        pytest.raises(ModelUnreadableError) as caught,
    ):
        child.ask({"do": "list"}, b"x" * 1_000_000, timeout_s=3)
    assert word in caught.value.message or "too long" in caught.value.message
    assert not Path(child.scratch).exists()
