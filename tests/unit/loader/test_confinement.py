"""The child process: confined before it reads; its answers are untrusted.

What confinement holds is tried in tests/unit/confinement.
"""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import poner.loader.child_process
from poner import loader
from poner.confinement import process
from poner.errors import ModelUnreadableError, StorageError
from poner.loader.child_process import ENVIRONMENT, START, ChildProcess


def test_the_child_is_confined_before_it_reads(models, writers, tmp_path):
    """The child is confined before it reads; the listing has the mechanisms in force."""
    (tmp_path / "clf.sav").write_bytes(writers["pickle 4"](models["regressor"]))
    listed = loader.list_globals(tmp_path)
    assert "limits" in listed.confined


def test_a_full_folder_for_temporary_files_is_one_clean_error(tmp_path, monkeypatch):
    """A full folder for temporary files is an error that says what to do."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    with pytest.raises(StorageError, match="Temporary files cannot be written") as caught:
        ChildProcess(sys.executable, cpu_s=5)
    assert "TMPDIR" in caught.value.hint


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
        text = json.dumps({"done": {"variables": sorted(os.environ)}}).encode()
        sys.stdout.buffer.write(b"PNR1" + len(text).to_bytes(8, "little") + bytes(8) + text)
        sys.stdout.flush()
        sys.stdin.read()
    """
    with run_child(program, tmp_path, monkeypatch) as child:
        done, _ = child.ask({"do": "list"}, timeout_s=20)
    seen = set(done["variables"]) - {"LC_CTYPE", "__CF_USER_TEXT_ENCODING"}
    assert seen == {*ENVIRONMENT, *process.ENVIRONMENT, "HOME", "TMPDIR"}


def test_only_numpy_and_scikit_learn_are_imported(models, writers, tmp_path):
    """Neither poner nor anything beside what scikit-learn itself imports is in the child."""
    program = f"""
        import sys, json
        sys.path.insert(0, {str(START.parent)!r})
        import start
        start.load_packages()
        import importlib
        child = importlib.import_module("poner_loader.child.session")
        content = sys.stdin.buffer.read()
        file = {{"name": "clf.sav", "path": "clf.sav", "bytes": len(content), "sklearn": None}}
        request = {{"do": "load", "files": [file], "modules": [], "before": [], "beside": ""}}
        request["model"] = {{"file": 0, "key": None, "columns": []}}
        request.update(target_labels=None, features=None, names=None)
        child.Session().handle(request, content)
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
    allowed |= {"poner_loader", "poner_runtime"}
    assert tops - allowed == set()


def test_prints_of_the_model_do_not_reach_the_exchange(tmp_path, monkeypatch):
    """Whatever is printed in the child goes to stderr; the frames stay whole."""
    program = f"""
        import sys
        sys.path.insert(0, {str(START.parent)!r})
        import start
        start.load_packages()
        import importlib
        child = importlib.import_module("poner_loader.child.session")
        channel = child.Channel()
        print("noise", flush=True)
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
    assert word in caught.value.message or "took longer" in caught.value.message
    assert not Path(child.scratch).exists()


OUT_OF_MEMORY = """
    import sys
    sys.path.insert(0, {folder!r})
    import start
    start.load_packages()
    import importlib
    child = importlib.import_module("poner_loader.child.session")
    child.serve(child.Channel(), lambda request, body: ({{}}, bytes(1 << 40)))
"""
SHARED_MEMORY = """
    import mmap
    memory = mmap.mmap(-1, 2 << 30)
    for place in range(0, 2 << 30, 1 << 20):
        memory[place : place + (1 << 20)] = bytes(1 << 20)
"""


@pytest.mark.parametrize("program", [OUT_OF_MEMORY.format(folder=str(START.parent)), SHARED_MEMORY])
def test_a_model_that_needs_more_memory_than_there_is(program, tmp_path, monkeypatch):
    """A model that needs too much memory is an error that states the memory available to it."""
    with (
        run_child(program, tmp_path, monkeypatch, memory_bytes=300_000_000) as child,
        pytest.raises(ModelUnreadableError) as caught,
    ):
        child.ask({"do": "list"}, timeout_s=30)
    assert "needs more memory than the 0.3 GB available to it" in caught.value.message
