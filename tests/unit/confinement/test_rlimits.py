"""How much memory a confined process may take: the free memory of machine and cgroups."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from poner.confinement.rlimits import LEAST_BYTES, available_bytes, memory_limit

GIB = 1 << 30
MACHINE = "MemTotal: 33554432 kB\nMemAvailable: 16777216 kB\n"
V1, V2 = "4:memory:/user/job\n1:cpu:/\n", "0::/user/job\n"


@pytest.mark.parametrize(
    ("files", "available"),
    [
        ({}, None),
        ({"/proc/meminfo": MACHINE}, 16 * GIB),
        (
            {
                "/proc/meminfo": MACHINE,
                "/proc/self/cgroup": V2,
                "/sys/fs/cgroup/user/memory.max": f"{3 * GIB}\n",
                "/sys/fs/cgroup/user/memory.current": f"{2 * GIB}\n",
                "/sys/fs/cgroup/user/memory.stat": f"anon 1\ninactive_file {GIB // 2}\n",
                "/sys/fs/cgroup/user/job/memory.max": "max\n",
                "/sys/fs/cgroup/user/job/memory.current": f"{2 * GIB}\n",
            },
            3 * GIB // 2,
        ),
        (
            {
                "/proc/meminfo": MACHINE,
                "/proc/self/cgroup": V1,
                "/sys/fs/cgroup/memory/memory.limit_in_bytes": f"{2 * GIB}\n",
                "/sys/fs/cgroup/memory/memory.usage_in_bytes": f"{GIB}\n",
                "/sys/fs/cgroup/memory/user/job/memory.limit_in_bytes": "9223372036854771712\n",
                "/sys/fs/cgroup/memory/user/job/memory.usage_in_bytes": "1\n",
            },
            GIB,
        ),
        (
            {
                "/proc/self/cgroup": "0::/\n",
                "/sys/fs/cgroup/memory.max": f"{GIB}\n",
                "/sys/fs/cgroup/memory.current": f"{2 * GIB}\n",
            },
            0,
        ),
    ],
    ids=["nothing says", "the machine", "a cgroup", "an older cgroup", "used up"],
)
def test_the_memory_that_is_there(files: Mapping[str, str], available: int | None) -> None:
    """The free memory is the least of the machine's and of each cgroup's around this process."""
    assert available_bytes(files.get) == available


def test_what_a_process_may_take_of_it() -> None:
    """A process may take most of the free memory, or less if asked, but at least a minimum."""
    assert memory_limit(64 * GIB, 10 * GIB) == 9 * GIB
    assert memory_limit(GIB, 10 * GIB) == GIB
    assert memory_limit(GIB, None) == GIB
    assert memory_limit(GIB, 0) == LEAST_BYTES
