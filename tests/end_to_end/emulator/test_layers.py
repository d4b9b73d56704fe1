"""Layers, as the function sees them: L54, L55."""

import concurrent.futures
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from poner.emulator import LocalFunction, running
from poner.errors import EmulatorError

HANDLER = """
import ctypes, os, sys
try:
    import inner, outer
except ImportError:
    inner = outer = None

def handler(event, context):
    if event.get("library"):
        return ctypes.CDLL(event["library"]).answer()
    return {"path": sys.path, "task": os.environ["LAMBDA_TASK_ROOT"],
            "runtime": os.environ["LAMBDA_RUNTIME_DIR"], "environment": dict(os.environ),
            "modules": [inner and inner.__file__, outer and outer.__file__],
            "file": __file__, "version": "%d.%d" % sys.version_info[:2]}
"""


@pytest.fixture
def make_layer(tmp_path: Path) -> Callable[..., Path]:
    """Makes the zip of a layer from its files."""

    def make(name: str, files: dict[str, str | bytes]) -> Path:
        folder = tmp_path / name
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            data = content if isinstance(content, bytes) else content.encode()
            (folder / path).write_bytes(data)
        return Path(shutil.make_archive(str(folder), "zip", folder))

    return make


def opt_of(seen: dict[str, Any]) -> Path:
    """Where the layers are, by the environment: /opt or the folder that stands for it."""
    return Path(seen["environment"]["PATH"].rpartition(":")[2]).parent


def test_modules_of_layers(start, make_layer, version, isolated):
    """sys.path: the task, the layers' site-packages, their python/, the rest."""
    site_packages = f"python/lib/python{version}/site-packages"
    layers = (
        make_layer("one", {"python/inner.py": "", "python/outer.py": "wrong = 1 / 0"}),
        make_layer("two", {f"{site_packages}/inner.py": "", "python/outer.py": ""}),
    )
    function = start(HANDLER, runtime=f"python{version}", layers=layers)
    seen = function.invoke({}).json()
    opt = opt_of(seen)
    assert seen["version"] == version
    assert seen["path"][:3] == [seen["task"], str(opt / site_packages), str(opt / "python")]
    assert seen["modules"] == [str(opt / site_packages / "inner.py"), str(opt / "python/outer.py")]


def test_a_handler_from_a_layer(start, make_layer, version):
    """The handler's module need not be in the function's own code."""
    layer = make_layer("layer", {"python/package/entry.py": HANDLER})
    settings = {"handler": "package.entry.handler", "runtime": f"python{version}"}
    seen = start(layers=(layer,), **settings).invoke({}).json()
    assert seen["file"] == str(opt_of(seen) / "python/package/entry.py")


def test_libraries_of_layers(start, make_layer, tmp_path, version):
    """lib/ is on the dynamic loader's search path."""
    if shutil.which("gcc") is None:
        pytest.skip("no gcc to build a shared library with")
    source, library = tmp_path / "answer.c", tmp_path / "libponeranswer.so"
    source.write_text("int answer(void) { return 42; }\n")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source], check=True)
    layer = make_layer("layer", {f"lib/{library.name}": library.read_bytes()})
    function = start(HANDLER, runtime=f"python{version}", layers=(layer,))
    assert function.invoke({"library": library.name}).json() == 42


def test_environments_share_the_layers(start, make_layer):
    """They are unpacked once, for every environment of the function."""
    source = (
        "import time, inner\ndef handler(event, context): time.sleep(0.5); return inner.__file__\n"
    )
    layer = make_layer("layer", {"python/inner.py": ""})
    function = start(source, layers=(layer,), concurrency=2)
    with concurrent.futures.ThreadPoolExecutor(2) as threads:
        files = [answer.json() for answer in threads.map(function.invoke, ({}, {}))]
    assert sum("Init Duration" in line for line in function.log) == 2
    assert len(set(files)) == 1


def test_without_layers_opt_is_empty(start, isolated):
    """L54: the search paths name /opt all the same, but nothing of this machine's is there."""
    source = (
        "import os\n"
        "opt = os.path.dirname(os.environ['PATH'].split(':')[-1])\n"
        "def handler(event, context): return [opt, os.listdir(opt)]\n"
    )
    opt, content = start(source).invoke({}).json()
    assert ((opt == "/opt"), content) == (isolated, [])


def test_a_damaged_layer_is_found_before_anything_starts(code, tmp_path):
    """The file is named, and no folder is left behind."""
    (tmp_path / "damaged.zip").write_bytes(b"not a zip")
    function = LocalFunction(code, "app.handler", "python3.11", layers=(tmp_path / "damaged.zip",))
    with pytest.raises(EmulatorError, match=r"damaged\.zip"), running(function):
        pass
