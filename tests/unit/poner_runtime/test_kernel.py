"""The kernel: files that it refuses, its build, and fuzzing."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from poner.compiled_model import CompiledModel
from poner.compiler.tables import write_tables
from poner_runtime import _kernel
from tests.support.growing import grow, plain_layout, sum_trees
from tests.support.mixing import mixed_model
from tests.support.seeds import SEEDS, seed_of

KERNEL = Path(__file__).parents[3] / "src/poner_runtime/kernel"
SOURCES = [path for path in sorted(KERNEL.rglob("*.c")) if path.name != "python_binding.c"]
FUZZ = Path(__file__).parent / "fuzz_kernel.c"
ITERATIONS = 200_000
"""Inputs of the short run; six million were run on 2026-11-22, without a finding."""


@pytest.fixture(scope="module")
def content(article_compiled: CompiledModel) -> bytes:
    """A compiled model's bytes."""
    return article_compiled.content


@pytest.fixture(scope="module")
def plain() -> bytes:
    """The bytes of plain trees of five features, in the form that any tree has."""
    return write_tables(sum_trees(grow(3, 5, n_features=5), 1, 5), layout=plain_layout)


def refusal(content: bytes) -> str:
    """The kernel's sentence about a file that it refuses."""
    with pytest.raises(_kernel.BadModelError) as caught:
        _kernel.open_model(content)
    return str(caught.value)


def patched(content: bytes, offset: int, form: str, value: int) -> bytes:
    """The bytes with one number replaced."""
    damaged = bytearray(content)
    struct.pack_into(form, damaged, offset, value)
    return bytes(damaged)


def step_offset(content: bytes, index: int) -> int:
    """Where a step's record begins."""
    n_arrays = struct.unpack_from("<I", content, 16)[0]
    return 56 + 24 * int(n_arrays) + 64 * index


def test_a_whole_model_opens(content: bytes) -> None:
    """The outputs are listed with their widths."""
    model = _kernel.open_model(content)
    assert dict(_kernel.list_outputs(model)) == {1: 1, 2: 1, 3: 2}


def test_what_is_no_model_is_refused(content: bytes) -> None:
    """A foreign, an empty and a shortened file each have their own error."""
    assert "too short" in refusal(b"")
    assert "not a compiled model" in refusal(b"PK\x03\x04" + bytes(100))
    assert "cut off" in refusal(content[:-1])
    assert "older version of poner; compile it again" in refusal(patched(content, 8, "<I", 2))
    assert "newer version" in refusal(patched(content, 8, "<I", 4))


@pytest.mark.parametrize(("offset", "size"), [(4, 60), (8, 1 << 63), ((1 << 64) - 8, 16)])
def test_a_section_outside_the_file_is_refused(content: bytes, offset: int, size: int) -> None:
    """A section with an offset or size outside the file is refused, also if the sum overflows."""
    damaged = patched(patched(content, 40, "<Q", offset), 48, "<Q", size)
    assert "cut off or damaged" in refusal(damaged)


@pytest.mark.parametrize(
    ("field", "form", "value", "sentence"),
    [
        (0, "<I", 99, "operation is unknown"),
        (0, "<I", 0, "operation is unknown"),
        (8, "<I", 0, "no valid width"),
        (12, "<I", 7, "wrong offset"),
        (16, "<I", 1, "before it is written"),
        (16, "<I", 0xFFFFFFFF, "wrong number of inputs"),
        (20, "<I", 0, "wrong number of inputs"),
        (32, "<I", 99, "array does not exist"),
    ],
)
def test_a_damaged_step_is_refused(
    content: bytes, field: int, form: str, value: int, sentence: str
) -> None:
    """Each field of a step's record is checked when the file is opened."""
    damaged = patched(content, step_offset(content, 0) + field, form, value)
    assert sentence in refusal(damaged)


@pytest.mark.parametrize(
    ("array", "value", "sentence"),
    [(0, 5, "a split's feature does not exist"), (1, 0xFFFF, "a tree's split does not exist")],
)
def test_damaged_shallow_trees_are_refused(
    content: bytes, array: int, value: int, sentence: str
) -> None:
    """The splits' features and the trees' splits must exist."""
    place = int(struct.unpack_from("<Q", content, 56 + 24 * array + 8)[0])
    damaged = patched(content, place + (8 if array == 0 else 0), "<H", value)
    assert sentence in refusal(damaged)


@pytest.mark.parametrize(
    ("field", "form", "value", "sentence"),
    [
        (0, "<d", 1.0, None),
        (8, "<I", 5, "feature does not exist"),
        (8, "<I", 0x80000000, "a leaf is invalid"),
        (12, "<I", 0, "not after it"),
        (12, "<I", 0xFFFFFFFF, "not after it"),
    ],
)
def test_a_damaged_node_is_refused(
    plain: bytes, field: int, form: str, value: float, sentence: str | None
) -> None:
    """A node's feature and children must exist; its threshold may be any number."""
    content = plain
    nodes = struct.unpack_from("<Q", content, 56 + 24 + 8)[0] + 16  # the first tree is a leaf
    damaged = patched(content, int(nodes) + field, form, value)  # type: ignore[arg-type]
    if sentence is None:
        _kernel.open_model(damaged)
    else:
        assert sentence in refusal(damaged)


def test_rows_of_the_wrong_length_are_refused(content: bytes) -> None:
    """The binding checks lengths before the kernel reads a row."""
    model = _kernel.open_model(content)
    with pytest.raises(ValueError, match="length"):
        _kernel.evaluate_row(model, 1, (1.0,))
    with pytest.raises(ValueError, match="length"):
        _kernel.evaluate(model, 1, bytes(7))
    with pytest.raises(ValueError, match="output"):
        _kernel.evaluate(model, 9, bytes(40))
    with pytest.raises(TypeError):
        _kernel.evaluate_row(model, 1, ("a", 1.0, 1.0, 1.0, 1.0))  # type: ignore[arg-type]


def test_one_row_and_a_batch_agree(content: bytes, cancer: object) -> None:
    """The single-row path and every batch size give the same bits."""
    model = _kernel.open_model(content)
    rows = np.random.default_rng(0).normal(size=(150, 5)) * 100
    batch = np.frombuffer(_kernel.evaluate(model, 2, rows.tobytes()))
    for count in (1, 2, 7, 8, 9, 63, 64, 65):
        part = np.frombuffer(_kernel.evaluate(model, 2, rows[:count].tobytes()))
        np.testing.assert_array_equal(part, batch[:count])
    single = [_kernel.evaluate_row(model, 2, tuple(row)) for row in rows.tolist()]
    np.testing.assert_array_equal(single, batch)


def test_the_kernel_is_built_for_both_architectures_with_old_glibc() -> None:
    """Both Lambda kernels are there, and ask for nothing newer than glibc 2.17."""
    for architecture, machine in (("x86_64", 62), ("arm64", 183)):
        binary = (KERNEL / architecture / "_kernel.abi3.so").read_bytes()
        assert binary[:4] == b"\x7fELF"
        assert struct.unpack_from("<H", binary, 18)[0] == machine
        versions = re.findall(rb"GLIBC_(\d+)\.(\d+)", binary)
        assert versions
        assert max((int(a), int(b)) for a, b in versions) <= (2, 17)


def test_our_declarations_are_pythons_own() -> None:
    """python_abi3.h agrees with the Python.h of an interpreter on this machine."""
    import sysconfig

    include = Path(sysconfig.get_path("include"))
    if not (include / "Python.h").exists():
        pytest.skip("this Python came without its headers")
    command = [*compiler(), "-std=c11", "-Wall", "-Wextra", "-Werror", "-DPONER_CHECK_ABI3"]
    command += [f"-I{include}", "-fsyntax-only", str(KERNEL / "python_binding.c")]
    subprocess.run(command, check=True)


def compiler() -> list[str]:
    """Gcc where it is there, because it has ASan; else Zig's compiler, which has UBSan alone."""
    return ["gcc"] if shutil.which("gcc") else [sys.executable, "-m", "ziglang", "cc"]


def test_fuzzing_starts_from_every_operation() -> None:
    """Each operation of the kernel is in one of the seeds."""
    table = (KERNEL / "operations.h").read_text("utf-8")
    numbers = {int(number) for number in re.findall(r"X\((\d+), \w+, \w+, \w+\)", table)}
    assert numbers
    for name in SEEDS:
        content = seed_of(name)
        n_arrays, n_steps = struct.unpack_from("<II", content, 16)
        for step in range(n_steps):
            numbers.discard(struct.unpack_from("<I", content, 56 + 24 * n_arrays + 64 * step)[0])
    assert not numbers


def test_fuzzing_finds_nothing(tmp_path: Path) -> None:
    """Damaged model files are refused or answered, under the sanitizers, without a finding."""
    mixed = mixed_model("class", classes=("no", "yes"), labels=("benign", "malignant"))
    seeds = [mixed.save(tmp_path / "mixed.poner"), *(tmp_path / f"{name}.poner" for name in SEEDS)]
    for name, path in zip(SEEDS, seeds[1:], strict=True):
        path.write_bytes(seed_of(name))
    sanitizers = "address,undefined" if compiler() == ["gcc"] else "undefined"
    command = [*compiler(), "-std=c11", "-O1", "-g", "-Wall", "-Wextra", "-Werror"]
    command += ["-ffp-contract=off", "-fno-math-errno"]
    command += [f"-fsanitize={sanitizers}", "-fno-sanitize-recover=all"]
    command += [f"-I{KERNEL}", str(FUZZ), *map(str, SOURCES), "-o", str(tmp_path / "fuzz")]
    subprocess.run(command, check=True)
    done = subprocess.run(
        [tmp_path / "fuzz", str(ITERATIONS), "7", *seeds],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    tried, opened, described, plain = map(int, re.findall(r"\d+", done.stdout))
    assert tried == ITERATIONS
    assert opened > ITERATIONS / 20
    assert described > ITERATIONS / 50
    assert plain > ITERATIONS / 20
