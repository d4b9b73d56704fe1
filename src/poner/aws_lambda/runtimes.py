"""Lambda's managed Python runtimes: dates, systems, wheels that run on them (L84, L85)."""

from __future__ import annotations

import datetime
import sys
from dataclasses import dataclass

from poner.errors import PonerError, UsageError


@dataclass(frozen=True)
class Runtime:
    """One of Lambda's managed Python runtimes."""

    name: str
    """AWS's identifier, such as `python3.13`."""
    deprecated: datetime.date
    """End of security patches."""
    block_create: datetime.date
    """First day on which AWS refuses to create a function with it."""
    block_update: datetime.date
    """First day on which AWS refuses to update a function with it."""
    glibc: tuple[int, int]
    """Version of glibc, its C library."""

    def taken_until(self, *, has_it: bool) -> datetime.date:
        """First day on which AWS refuses to update (`has_it`) or create a function with it."""
        return self.block_update if has_it else self.block_create

    def wheel_platform(self, architecture: str) -> str:
        """The name that uv has for the platform of wheels that run on this runtime."""
        machine = {"x86_64": "x86_64", "arm64": "aarch64"}[architecture]
        tag = "manylinux2014" if self.glibc < (2, 28) else f"manylinux_2_{self.glibc[1]}"
        return f"{machine}-{tag}"

    @property
    def system(self) -> str:
        """Operating system, for messages."""
        name = "Amazon Linux 2" if self.glibc < (2, 34) else "Amazon Linux 2023"
        return f"{name}, glibc {self.glibc[0]}.{self.glibc[1]}"


_day = datetime.date

RUNTIMES = {
    runtime.name: runtime
    for runtime in (
        Runtime("python3.9", _day(2025, 12, 15), _day(2027, 2, 1), _day(2027, 3, 3), (2, 26)),
        Runtime("python3.10", _day(2026, 10, 31), _day(2027, 2, 1), _day(2027, 3, 3), (2, 26)),
        Runtime("python3.11", _day(2027, 6, 30), _day(2027, 7, 31), _day(2027, 8, 31), (2, 26)),
        Runtime("python3.12", _day(2028, 10, 31), _day(2028, 11, 30), _day(2029, 1, 10), (2, 34)),
        Runtime("python3.13", _day(2029, 6, 30), _day(2029, 7, 31), _day(2029, 8, 31), (2, 34)),
        Runtime("python3.14", _day(2029, 6, 30), _day(2029, 7, 31), _day(2029, 8, 31), (2, 34)),
    )
}
"""The runtimes poner builds for, oldest first. AWS moves these dates: a test compares them with the
data of cfn-lint (1.58.0, after AWS extended them in spring 2026)."""


def find_runtime(name: str, error: type[PonerError]) -> Runtime:
    """The runtime of that name.

    Raises:
        PonerError: of the class `error`; there is no such runtime.
    """
    if name not in RUNTIMES:
        raise error(
            f"poner does not know the runtime {name!r}.",
            f"Choose one of {', '.join(RUNTIMES)}.",
        )
    return RUNTIMES[name]


def choose_runtimes(name: str | None, today: datetime.date) -> tuple[Runtime, ...]:
    """The runtime of that name; without a name, that of this Python and all others.

    The others serve packages that have no wheel for the first: the nearest comes first, and the
    newer of two that are equally near. If Lambda creates no functions for this Python, all are
    counted from the newest.

    Raises:
        UsageError: there is no such runtime.
    """
    if name is not None:
        return (find_runtime(name, UsageError),)
    creatable = [runtime for runtime in RUNTIMES.values() if today < runtime.block_create]
    names = [runtime.name for runtime in creatable]
    own = f"python{sys.version_info.major}.{sys.version_info.minor}"
    start = names.index(own) if own in names else len(names) - 1
    places = sorted(range(len(names)), key=lambda place: (abs(place - start), -place))
    return tuple(creatable[place] for place in places)
