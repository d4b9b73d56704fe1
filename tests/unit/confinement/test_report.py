"""What is said of a machine that confines only in part, and what is refused there."""

from __future__ import annotations

import pytest

from poner.confinement import report

FULL = ("limits", "namespaces", "mounts", "no-capabilities", "landlock", "seccomp")


@pytest.mark.parametrize(
    ("lacking", "said"),
    [
        ((), ""),
        (("mounts",), ""),
        (("landlock",), ""),
        (("mounts", "landlock"), "read your files"),
        (("seccomp",), "reach other processes"),
        (("limits",), "not limited"),
    ],
)
def test_gaps_are_named(lacking: tuple[str, ...], said: str) -> None:
    """Of mounts and Landlock either will do; what is missing is said with what follows of it."""
    gaps = report.find_gaps([word for word in FULL if word not in lacking], "linux")
    assert gaps == "" if said == "" else said in gaps


def test_other_systems_are_named() -> None:
    """MacOS limits the time, and no more."""
    assert report.find_gaps(("limits",), "darwin").startswith("macOS limits its time")


def test_a_machine_that_confines_says_nothing() -> None:
    """What was found is what a confined process said."""
    found = report.look(memory_bytes=300 << 20)
    assert (found.gaps, found.memory_bytes) == ("", 300 << 20)
    report.check(required=True, notify=pytest.fail)
