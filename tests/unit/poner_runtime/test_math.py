"""kernel/math: the same bits everywhere, glibc's with FMA, close to numpy's and scipy's."""

from __future__ import annotations

import ctypes
import platform
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection
from scipy import special

from poner.compiler.operations.elementwise import Function
from poner_runtime import _kernel
from tests.support.math_bits import Bits, expected_bits, model_of
from tests.unit.poner_runtime.test_kernel import KERNEL, compiler

SUPPORT = Path(__file__).parents[2] / "support"
FLAGS = ("-std=c11", "-O2", "-ffp-contract=off", "-fno-math-errno", "-Wall", "-Wextra", "-Werror")
SETS = ("fused", "portable") if platform.machine() == "x86_64" else ("fused",)

IMPORTS = {"bcmp", "memchr", "memcmp", "memcpy", "memmove", "memset", "strncmp", "strtod"}
"""What the kernel may take from the C library: copying, comparing, reading a decimal number."""

ALWAYS_GLIBCS = {"exp", "expf", "fma", "log", "logf", "pow"}
FUSED_SINCE_2_39 = {"expm1", "log1p", "tanh"}
"""On x86_64 glibc got variants with FMA of these later; on arm64 they always use it."""

ULP = 2.0**-52
TOLERANCE = 8 * ULP
"""Relative: two functions of numpy or scipy are known to err by up to 4 ulp, ours by 4 at most."""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """kernel/math as a library of its own, which shows both sets of functions."""
    path = tmp_path_factory.mktemp("math") / "math.so"
    sources = map(str, (KERNEL / "math").glob("*.c"))
    subprocess.run([*compiler(), *FLAGS, "-shared", "-fPIC", "-o", str(path), *sources], check=True)
    return ctypes.CDLL(str(path))


@pytest.fixture(scope="module")
def compare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that compares with the C library."""
    path = tmp_path_factory.mktemp("compare") / "compare_math"
    sources = [SUPPORT / "compare_math.c", KERNEL / "math/fused.c", KERNEL / "math/tables.c"]
    command = [*compiler(), *FLAGS, f"-I{KERNEL}", *map(str, sources), "-lm", "-o", str(path)]
    subprocess.run(command, check=True)
    return path


def call(library: ctypes.CDLL, which: str, name: str, arguments: Bits) -> Bits:
    """The bits of one function's results, from one of the two sets."""
    kind, bits = (
        (ctypes.c_float, np.uint32) if name in {"EXPF", "LOGF"} else (ctypes.c_double, np.uint64)
    )
    place = {"POWER": len(Function), "EXPF": len(Function) + 1, "LOGF": len(Function) + 2}.get(name)
    number = place if place is not None else int(Function[name])
    pointers = (ctypes.c_void_p * (len(Function) + 3)).in_dll(library, f"poner_math_{which}")
    function = ctypes.CFUNCTYPE(kind, *[kind] * arguments.shape[1])(pointers[number])
    values = arguments.astype(bits).view(np.float32 if bits is np.uint32 else np.float64)
    results = [function(*row) for row in values.tolist()]
    return np.array(results, values.dtype).view(bits).astype(np.uint64)


@pytest.mark.parametrize("which", SETS)
@pytest.mark.parametrize("name", sorted(expected_bits()))
def test_both_sets_give_the_committed_bits(library: ctypes.CDLL, which: str, name: str) -> None:
    """With the processor's fused multiply-add and with one from integers, to the last bit."""
    table = expected_bits()[name]
    np.testing.assert_array_equal(call(library, which, name, table[:, :-1]), table[:, -1])


@pytest.mark.parametrize("name", sorted(expected_bits().keys() - {"EXPF", "LOGF"}))
def test_the_kernel_gives_the_committed_bits(name: str) -> None:
    """The built kernel computes every function as the table says."""
    table = expected_bits()[name]
    model = _kernel.open_model(model_of(name))
    answers = _kernel.evaluate(
        model, _kernel.PREDICT, np.ascontiguousarray(table[:, :-1]).tobytes()
    )
    np.testing.assert_array_equal(np.frombuffer(answers, np.uint64), table[:, -1])


@pytest.mark.parametrize("which", SETS)
def test_functions_are_glibcs(compare: Path, which: str) -> None:
    """200,000 arguments of each function: no result differs from glibc's, where that uses FMA."""
    library, version = platform.libc_ver()
    processor = Path("/proc/cpuinfo")
    arm64 = platform.machine() == "aarch64"
    if library != "glibc" or tuple(map(int, version.split("."))) < (2, 28):
        pytest.skip("not glibc from 2.28 on")
    if not arm64 and not re.search(r"^flags.* fma ", processor.read_text(), re.MULTILINE):
        pytest.skip("no processor with FMA")
    done = subprocess.run(
        [str(compare), "200000", which], capture_output=True, text=True, check=True
    )
    lines = (line.split() for line in done.stdout.splitlines())
    differences = {name: int(differing) for name, _, differing in lines}
    wanted = set(ALWAYS_GLIBCS)
    if arm64 or tuple(map(int, version.split("."))) >= (2, 39):
        wanted |= FUSED_SINCE_2_39
    if arm64:
        wanted |= {"exp2"}  # glibc's of x86_64 is never fused
    assert {name: differences[name] for name in wanted} == dict.fromkeys(wanted, 0), done.stderr


@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
def test_kernels_import_nothing_of_libm(architecture: str) -> None:
    """A built kernel needs Python and a few functions of the C library, none that rounds."""
    with (KERNEL / architecture / "_kernel.abi3.so").open("rb") as file:
        elf = ELFFile(file)
        symbols = elf.get_section_by_name(".dynsym")
        assert isinstance(symbols, SymbolTableSection)
        names = {s.name for s in symbols.iter_symbols() if s["st_shndx"] == "SHN_UNDEF" and s.name}
        needed = {tag.needed for tag in elf.get_section_by_name(".dynamic").iter_tags("DT_NEEDED")}
    assert {name for name in names if not name.startswith(("Py", "_Py"))} <= IMPORTS
    assert not {library for library in needed if library.startswith("libm.")}


def arguments_of(function: Function) -> np.ndarray:
    """10,000 arguments: common ones, and some of every size in the function's domain."""
    random = np.random.default_rng(int(function))
    small = random.uniform(-1, 1, 5000)
    wide = random.choice([-1.0, 1.0], 5000) * np.exp2(random.uniform(-30, 9, 5000))
    values = np.concatenate([small, wide])
    match function:
        case Function.LOG | Function.LOG2 | Function.LOG10 | Function.SQRT:
            return np.abs(values)
        case Function.LOG1P:
            return np.where(values > -1, values, -values)
        case Function.ARCSIN | Function.ARCCOS | Function.ARCTANH:
            return np.concatenate([small, small / 1e5])
        case Function.ARCCOSH:
            return 1.0 + np.abs(values)
        case Function.NORMAL_QUANTILE:
            return np.abs(small)
        case Function.NORMAL_CDF:
            return small * 5
        case _:
            return values


OTHERS: dict[Function, Callable[..., np.ndarray]] = {
    Function.EXP: np.exp,
    Function.EXP2: np.exp2,
    Function.EXPM1: np.expm1,
    Function.LOG: np.log,
    Function.LOG2: np.log2,
    Function.LOG10: np.log10,
    Function.LOG1P: np.log1p,
    Function.CBRT: np.cbrt,
    Function.SIN: np.sin,
    Function.COS: np.cos,
    Function.TAN: np.tan,
    Function.ARCSIN: np.arcsin,
    Function.ARCCOS: np.arccos,
    Function.ARCTAN: np.arctan,
    Function.SINH: np.sinh,
    Function.COSH: np.cosh,
    Function.TANH: np.tanh,
    Function.ARCSINH: np.arcsinh,
    Function.ARCCOSH: np.arccosh,
    Function.ARCTANH: np.arctanh,
    Function.EXPIT: special.expit,
    Function.ERF: special.erf,
    Function.NORMAL_CDF: special.ndtr,
    Function.NORMAL_QUANTILE: special.ndtri,
    Function.SQRT: np.sqrt,
    Function.FLOOR: np.floor,
    Function.CEIL: np.ceil,
    Function.RINT: np.rint,
    Function.TRUNC: np.trunc,
}


@pytest.mark.parametrize("function", list(OTHERS), ids=lambda function: function.name)
def test_functions_are_close_to_numpys(function: Function) -> None:
    """Within 8 ulp of what numpy or scipy computes; roundings and roots are exactly theirs."""
    arguments = arguments_of(function)
    model = _kernel.open_model(model_of(function.name))
    answers = np.frombuffer(_kernel.evaluate(model, _kernel.PREDICT, arguments.tobytes()))
    with np.errstate(all="ignore"):
        theirs = OTHERS[function](arguments)
    exact = {Function.SQRT, Function.FLOOR, Function.CEIL, Function.RINT, Function.TRUNC}
    tolerance = 0.0 if function in exact else TOLERANCE
    np.testing.assert_allclose(answers, theirs, rtol=tolerance, atol=0.0)
