"""Libraries that shared objects need on Lambda, and the added OpenMP."""

from __future__ import annotations

from pathlib import Path

import pytest

from poner.aws_lambda.runtimes import RUNTIMES
from poner.bundle import Library
from poner.bundler.layers.libraries import Member, PackedLibrary
from poner.bundler.layers.linking import place_files
from poner.bundler.layers.request import LayerRequest
from poner.bundler.layers.shared_objects import SharedObject, is_of_system, read_shared_object
from poner.errors import InstallError

REQUEST = LayerRequest((), RUNTIMES["python3.13"], "x86_64")
SYSTEM = ("libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2")


def make_library(
    name: str,
    needed: dict[str, tuple[str, ...]],
    *,
    machine: str = "EM_X86_64",
    tag: str = "manylinux2014_x86_64",
    rule: str | None = None,
) -> PackedLibrary:
    """A library of shared objects that need these, by their paths."""
    members = tuple(Member(path, 1, path, 0, 0, 1, False, rule, False) for path in needed)
    shared = {path: SharedObject(machine, names) for path, names in needed.items()}
    library = Library(name, "1.0", f"{name}-1.0-cp313-cp313-{tag}.whl", "")
    return PackedLibrary(library, members, shared, Path(name))


LIGHTGBM = make_library("lightgbm", {"lightgbm/lib/lib_lightgbm.so": ("libgomp.so.1", *SYSTEM)})
SKLEARN = make_library(
    "scikit-learn",
    {
        "sklearn/_a.cpython-313.so": ("libgomp-a34b3233.so.1.0.0", *SYSTEM),
        "scikit_learn.libs/libgomp-a34b3233.so.1.0.0": SYSTEM,
    },
)


def test_libraries_that_wheels_bring_along_are_found() -> None:
    """If all needed libraries are present, no line is shown and no file added."""
    notes: list[str] = []
    (files,) = place_files([SKLEARN], REQUEST, notes.append).values()
    assert [file.path for file in files] == [
        "python/sklearn/_a.cpython-313.so",
        "python/scikit_learn.libs/libgomp-a34b3233.so.1.0.0",
    ]
    assert notes == []


def test_lightgbm_is_lent_the_libgomp_of_scikit_learn() -> None:
    """The added libgomp is in lib/ of the layer that needs it, where Lambda searches."""
    placed = place_files([LIGHTGBM, SKLEARN], REQUEST, print)
    lent = placed["lightgbm"][-1]
    assert (lent.path, lent.data) == ("lib/libgomp.so.1", SKLEARN.data)
    assert lent.member.path == "scikit_learn.libs/libgomp-a34b3233.so.1.0.0"
    assert len(placed["scikit-learn"]) == 2


def test_a_library_that_cannot_start_is_an_error() -> None:
    """LightGBM without any libgomp would fail on Lambda, however well it works here."""
    with pytest.raises(InstallError, match=r"lightgbm 1\.0 cannot start.*libgomp") as caught:
        place_files([LIGHTGBM], REQUEST, print)
    assert "scikit-learn" in caught.value.hint


def test_a_part_that_cannot_be_loaded_is_said() -> None:
    """Numba's modules for other thread pools may lack theirs; the rest of numba works."""
    notes: list[str] = []
    numba = make_library(
        "numba", {"numba/tbbpool.so": ("libtbb.so.12", *SYSTEM), "numba/workqueue.so": SYSTEM}
    )
    place_files([numba], REQUEST, notes.append)
    (note,) = notes
    assert "numba/tbbpool.so needs libtbb.so.12" in note


def test_what_may_be_left_out_is_not_asked() -> None:
    """Shared objects that slimming may leave out are not checked."""
    tests = make_library("a", {"a/tests/_x.so": ("libnowhere.so.1",)}, rule="tests")
    notes: list[str] = []
    place_files([tests], REQUEST, notes.append)
    assert notes == []


def test_a_wheel_of_another_machine_is_an_error() -> None:
    """The error names the file; wheels for any machine may hold files for others."""
    wrong = make_library("a", {"a/_x.so": ()}, machine="EM_AARCH64")
    with pytest.raises(InstallError, match=r"a/_x\.so is built for EM_AARCH64"):
        place_files([wrong], REQUEST, print)
    place_files([make_library("a", {"a/x.so": ()}, machine="EM_386", tag="any")], REQUEST, print)


@pytest.mark.parametrize(
    ("name", "there"),
    [
        *((name, True) for name in SYSTEM),
        ("ld-linux-aarch64.so.1", True),
        ("libz.so.1", True),
        ("libgomp.so.1", False),
        ("libGL.so.1", False),
        ("libc.so.6-copy", False),
    ],
)
def test_lambda_has_a_few_libraries(name: str, there: bool) -> None:
    """The C library's family, the compiler's own two, and zlib; no libgomp, no X11."""
    assert is_of_system(name) is there


def test_the_host_has_its_own_python_library() -> None:
    """Of Python, Lambda has the library of the runtime's version, and no other."""
    place_files([make_library("a", {"a/_x.so": ("libpython3.13.so.1.0",)})], REQUEST, print)
    other = make_library("a", {"a/_x.so": ("libpython3.12.so.1.0",)})
    with pytest.raises(InstallError, match=r"needs libpython3\.12\.so\.1\.0"):
        place_files([other], REQUEST, print)


@pytest.mark.parametrize("content", [b"", b"x = 1", b"\x7fELF", b"\x7fELF" + bytes(60)])
def test_what_is_no_shared_object_is_none(content: bytes) -> None:
    """A text, or a file that only begins like a shared object, is not one."""
    assert read_shared_object(content) is None
