"""Numbers that the compiler and the kernel share are equal in Python and in C."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path

import pytest

from poner.compiler import tables
from poner.compiler.converters import adaboost, hist_categories, imputation, polynomials
from poner.compiler.layout import coded, nodes, shallow
from poner.compiler.operations.distances import Metric, NeighbourWeights
from poner.compiler.operations.elementwise import Function, Pairing, PowerMethod
from poner.compiler.operations.lookup import Extrapolation
from poner.compiler.operations.operation import KernelForm
from poner.compiler.operations.rowwise import Reduction
from poner.compiler.program import MOST_JOINED, Output

KERNEL = Path(__file__).parents[3] / "src/poner_runtime/kernel"
LAYOUTS = {
    "PlainTrees": "sum_trees",
    "PlainLeafRows": "sum_leaf_rows",
    "ShallowTrees": "sum_shallow_trees",
    "CategoryTrees": "sum_category_trees",
    "CodedTrees": "sum_coded_trees",
}
"""The kernel's names of layouts; an operation's is its own in small letters."""


def source(name: str) -> str:
    """A C file of the kernel, without comments."""
    return re.sub(r"/\*.*?\*/", "", (KERNEL / name).read_text("utf-8"), flags=re.DOTALL)


def enumerators(name: str, first: str) -> list[str]:
    """The names of the enum of a C file that begins with this name, without the final count."""
    found = re.search(rf"enum\s*{{\s*({first}\b[^}}]*)}}", source(name))
    assert found, f"{name} has no enum that begins with {first}"
    names = [item.strip() for item in found[1].split(",") if item.strip()]
    return [item for item in names if not item.startswith("N_")]


def defined(name: str, constant: str) -> int:
    """The number of a #define of a C file."""
    found = re.search(rf"#define {constant} (.+)", source(name))
    assert found, f"{name} does not define {constant}"
    shift = re.fullmatch(r"\(1u << (\d+)\)", found[1].strip())
    return 1 << int(shift[1]) if shift else int(found[1].strip().rstrip("u"), 0)


def forms() -> Iterator[type[KernelForm]]:
    """The operations and layouts that have a number."""
    kinds: list[type] = [KernelForm]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        if hasattr(kind, "number") and kind.__module__.startswith("poner."):
            yield kind


def test_operations_have_the_numbers_of_the_kernels_table() -> None:
    """Each kernel form is a row of the table, and each row has its form."""
    rows = re.findall(r"X\((\d+), (\w+), \w+, \w+\)", source("operations.h"))
    ours = {
        LAYOUTS.get(form.__name__)
        or re.sub(r"(?<=[a-z])(?=[A-Z])", "_", form.__name__).lower(): form.number
        for form in forms()
    }
    assert ours == {name: int(number) for number, name in rows}


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (Pairing, "elementwise.c"),
        (PowerMethod, "elementwise.c"),
        (Reduction, "rowwise.c"),
        (Metric, "distances.c"),
        (NeighbourWeights, "neighbours.c"),
        (Extrapolation, "splines.c"),
    ],
)
def test_options_have_the_kernels_numbers(options: type[IntEnum], name: str) -> None:
    """The members of an enumeration stand in the order of the enum in C."""
    names = [member.name for member in sorted(options)]
    assert [member.value for member in sorted(options)] == list(range(len(names)))
    assert names == enumerators(name, names[0])


def test_functions_have_the_kernels_numbers() -> None:
    """The functions of a value stand in the order of the enum of kernel/math."""
    names = [f"PONER_{function.name}" for function in sorted(Function)]
    assert [*names, "PONER_N_FUNCTIONS"] == enumerators("math/math.h", names[0])


def test_outputs_have_the_kernels_numbers() -> None:
    """All that a file can be asked; ties and sums are for the proof alone."""
    listed = re.search(r"enum {([^}]*)} poner_output_name", source("kernel.h"))
    assert listed
    numbers = {name: int(value) for name, value in re.findall(r"PONER_(\w+) = (\d+)", listed[1])}
    assert {**numbers, "TIES": 5, "SUMS": 6} == {output.name: output.value for output in Output}


@pytest.mark.parametrize(
    ("ours", "name", "constant"),
    [
        (tables.FORMAT_VERSION, "kernel.h", "PONER_FORMAT_VERSION"),
        (MOST_JOINED, "kernel.h", "PONER_MAX_INPUTS"),
        (nodes.LEAF, "kernel.h", "PONER_LEAF"),
        (nodes.MISSING_LEFT, "kernel.h", "PONER_MISSING_LEFT"),
        (nodes.CATEGORICAL, "category_trees.c", "CATEGORICAL"),
        (nodes.FEATURE, "category_trees.c", "FEATURE"),
        (nodes.BLIND_LEVELS, "trees.c", "MAX_DEPTH"),
        (shallow.MAX_DEPTH, "shallow_trees.c", "MAX_DEPTH"),
        (shallow.MAX_SPLITS, "shallow_trees.c", "MAX_SPLITS"),
        (coded.NAN_IS_LEAST, "coded_trees.c", "NAN_IS_LEAST"),
        (coded.AS_BEFORE, "coded_trees.c", "AS_BEFORE"),
        (coded.MOST_LEVELS, "coded_trees.c", "MOST_LEVELS"),
        (hist_categories.SET_WORDS, "category_trees.c", "SET_WORDS"),
        (adaboost.MOST_MEMBERS, "medians.c", "MAX_COLUMNS"),
        (imputation.MOST_DONORS + 1, "imputation.c", "MAX_DONORS"),
        (polynomials.HIGHEST_DEGREE, "splines.c", "MAX_DEGREE"),
    ],
)
def test_limits_are_the_kernels(ours: int, name: str, constant: str) -> None:
    """A limit or a bit has one value on both sides."""
    assert ours == defined(name, constant)


def test_coded_trees_have_as_many_codes_as_the_kernel_has_room_for() -> None:
    """The kernel divides its room by the rows that it takes together."""
    room, lanes = defined("coded_trees.h", "MOST_CODED"), defined("trees.h", "LANES")
    assert room // lanes == coded.MOST_CODES
