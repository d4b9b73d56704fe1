"""The tables of kernel/math, computed anew with decimal numbers of 50 and 420 digits."""

from __future__ import annotations

import re
from decimal import Decimal, localcontext
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

TABLES = Path(__file__).parents[3] / "src/poner_runtime/kernel/math/tables.c"


def rows_of(name: str) -> list[list[str]]:
    """The rows of a table of tables.c."""
    (body,) = re.findall(rf"{name}\[\d+\] = {{\n(.*?)\n}};", TABLES.read_text(), re.DOTALL)
    return [re.split(r",\s*", row.strip("{}, ")) for row in re.findall(r"{[^}]*}|0x\w{16}", body)]


def log_of(inverse: str) -> Decimal:
    """The logarithm of a number whose inverse stands in a table."""
    return -Decimal(float.fromhex(inverse)).ln()


def test_powers_of_two() -> None:
    """Row i is 2^(i/128): the nearest double's bits less i << 45, and its relative error."""
    with localcontext() as context:
        context.prec = 50
        for i, (tail, bits) in enumerate(rows_of("EXP_TABLE")):
            power = Decimal(2) ** (Decimal(i) / 128)
            nearest = float(power)
            assert int(bits, 16) == int(np.float64(nearest).view(np.uint64)) - (i << 45)
            error = power / Decimal(nearest) - 1
            assert float.fromhex(tail) == pytest.approx(float(error), rel=1e-12, abs=1e-40)


def test_logarithms_of_log() -> None:
    """Each logarithm is a multiple of 2^-43, and that of its number but for 2^-65."""
    with localcontext() as context:
        context.prec = 50
        for inverse, log in rows_of("LOG_TABLE"):
            assert (float.fromhex(log) * 2**43).is_integer()
            assert abs(log_of(inverse) - Decimal(float.fromhex(log))) < Decimal(2) ** -65


def test_logarithms_of_floats() -> None:
    """Each logarithm is the double nearest that of its number."""
    with localcontext() as context:
        context.prec = 50
        for inverse, log in rows_of("LOGF_TABLE"):
            assert abs(log_of(inverse) - Decimal(float.fromhex(log))) < Decimal(2) ** -53


def test_logarithms_of_pow() -> None:
    """Inverses are whole 256ths; logarithms are multiples of 2^-43 and a second part."""
    with localcontext() as context:
        context.prec = 50
        for inverse, log, tail in rows_of("POWER_TABLE"):
            assert (float.fromhex(inverse) * 256).is_integer()
            high = (log_of(inverse) * 2**43).to_integral_value() / 2**43
            assert Decimal(float.fromhex(log)) == high
            assert float.fromhex(tail) == float(log_of(inverse) - high)


def test_rows_of_logarithms_descend() -> None:
    """Intervals follow each other, so inverses fall from row to row."""
    for name in ("LOG_TABLE", "LOGF_TABLE", "POWER_TABLE"):
        inverses = [float.fromhex(row[0]) for row in rows_of(name)]
        assert all(one >= other for one, other in pairwise(inverses))


def test_two_over_pi() -> None:
    """64 zeros, then the bits of 2/pi, with pi by Machin's formula."""
    with localcontext() as context:
        context.prec = 420

        def arctan_of_inverse(n: int) -> Decimal:
            term = total = Decimal(1) / n
            for k in range(1, 700):
                term /= -n * n
                total += term / (2 * k + 1)
            return total

        pi = 16 * arctan_of_inverse(5) - 4 * arctan_of_inverse(239)
        words = [int(row[0], 16) for row in rows_of("TWO_OVER_PI")]
        bits = sum(word << (64 * (19 - i)) for i, word in enumerate(words))
        assert bits == int(2 / pi * 2 ** (64 * 19))
