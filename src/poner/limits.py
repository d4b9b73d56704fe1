"""AWS Lambda's quotas and runtimes, as far as poner needs to know them.

Sources: docs/lambda_behaviour.md, L62 to L70, L84 and L85.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

DIRECT_UPLOAD_BYTES = 52_428_800
"""Largest zip that CreateFunction and PublishLayerVersion take in the call itself."""

UNZIPPED_BYTES = 262_144_000
"""Largest unzipped total of a function and its layers."""

LAYERS = 5
"""Most layers a function can have."""

LAYER_NAME_LENGTH = 140
"""Longest name of a layer; letters, digits, - and _."""

REQUEST_BYTES = 6_291_456
"""Largest event of a synchronous invocation (6 MiB)."""

ASYNCHRONOUS_REQUEST_BYTES = 1_048_576
"""Largest event of an asynchronous invocation (1 MiB)."""

RESPONSE_BYTES = 6_291_556
"""Largest result of a synchronous invocation (6 MiB + 100)."""

MEMORY_MB = range(128, 10_240 + 1)
"""Memory that a function can have, in steps of 1 MB."""

TIMEOUT_S = range(1, 1_800 + 1)
"""Timeouts that poner lets pass. AWS's guides say at most 900 s, and the model of its API allows
more: AWS itself answers for what lies between."""

INIT_TIMEOUT_S = 10.0
"""Time the init phase may take before it is stopped and run again in the first invocation."""

DEFAULT_MEMORY_MB = 128
"""Memory of a function that does not say otherwise."""

DEFAULT_TIMEOUT_S = 3
"""Timeout of a function that does not say otherwise."""


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
    """C library of its operating system."""

    def taken_until(self, *, has_it: bool) -> datetime.date:
        """First day on which AWS refuses it: later for a function that has it already."""
        return self.block_update if has_it else self.block_create

    @property
    def python_version(self) -> str:
        """The Python version, such as `3.13`."""
        return self.name.removeprefix("python")

    def wheel_platform(self, architecture: str) -> str:
        """The platform of wheels that run on it, as uv names it."""
        machine = {"x86_64": "x86_64", "arm64": "aarch64"}[architecture]
        tag = "manylinux2014" if self.glibc < (2, 28) else f"manylinux_2_{self.glibc[1]}"
        return f"{machine}-{tag}"

    @property
    def system(self) -> str:
        """Its operating system, for people."""
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
