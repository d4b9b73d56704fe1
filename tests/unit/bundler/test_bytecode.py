"""Bytecode: the same bytes for the same source, with every Python."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import sklearn

from poner.bundler.bytecode import compile_folder, compile_sources
from poner.errors import BundleError

SHARED = (
    b"def work(self, name):\n    return name in {'a', 'b', 'c', None} or (self, 'shared-text')\n"
)
OTHER = b"names = 'shared-text', 'work', 'self'\nclass A:\n    def work(self): ...\n"
OTHERS = {f"other_{number}.py": OTHER for number in range(5)}


def test_bytes_do_not_depend_on_what_else_is_compiled(interpreter: Path, tmp_path: Path) -> None:
    """A file compiled alone, and among others, gives the same bytecode on each of the Pythons."""
    alone = compile_sources({"shared.py": SHARED}, interpreter, tmp_path / "alone")
    among = compile_sources({**OTHERS, "shared.py": SHARED}, interpreter, tmp_path / "among")
    ((name, content),) = alone.items()
    assert among[name] == content
    assert b"/var/task/shared.py" in content


def test_bytes_do_not_depend_on_the_order(interpreter: Path, tmp_path: Path) -> None:
    """The order of compilation does not change the bytecode of scikit-learn's files."""
    source = Path(sklearn.__file__).parent
    for name in ("forwards", "backwards"):
        for part in ("manifold", "ensemble", "linear_model"):
            shutil.copytree(source / part, tmp_path / name / part)
    paths = sorted(tmp_path.glob("forwards/**/*.py"))
    files = [path.relative_to(tmp_path / "forwards").as_posix() for path in paths]
    compile_folder(tmp_path / "forwards", files, interpreter, "/opt/python")
    compile_folder(tmp_path / "backwards", files[::-1], interpreter, "/opt/python")
    compiled = list(tmp_path.glob("forwards/**/*.pyc"))
    assert len(compiled) > 50
    for path in compiled:
        other = tmp_path / "backwards" / path.relative_to(tmp_path / "forwards")
        assert path.read_bytes() == other.read_bytes(), path


def test_a_source_that_is_not_python_is_left_out(interpreter: Path, tmp_path: Path) -> None:
    """An invalid source in a folder is reported, and the other sources are compiled."""
    for name, content in {"good.py": b"x = 1\n", "bad.py": b"x = = 1\n", "nul.py": b"\0"}.items():
        (tmp_path / name).write_bytes(content)
    said = compile_folder(tmp_path, ["good.py", "bad.py", "nul.py"], interpreter, "/opt/python")
    (compiled,) = tmp_path.rglob("*.pyc")
    assert compiled.name.startswith("good.")
    assert "/opt/python/bad.py" in said


def test_modules_of_the_folder_do_not_disturb(interpreter: Path, tmp_path: Path) -> None:
    """A library may have files with the names of Python's own."""
    sources = dict.fromkeys(("os.py", "py_compile.py", "enum.py"), b"raise SystemExit(3)\n")
    assert len(compile_sources(sources, interpreter, tmp_path)) == 3


def test_a_function_whose_source_is_not_python_is_refused(
    interpreter: Path, tmp_path: Path
) -> None:
    """A source of the function that does not compile is an error."""
    with pytest.raises(BundleError, match=r"/var/task/bad\.py"):
        compile_sources({"bad.py": b"x = = 1\n"}, interpreter, tmp_path)


def test_a_python_that_does_not_work_is_said(tmp_path: Path) -> None:
    """An interpreter that fails is named."""
    with pytest.raises(BundleError, match=r"/bin/false"):
        compile_folder(tmp_path, ["a.py"], Path("/bin/false"), "/opt/python")
