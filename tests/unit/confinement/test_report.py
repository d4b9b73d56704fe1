"""Warnings about a machine that confines only in part, and refusals there."""

from __future__ import annotations

import pytest

from poner.confinement import report

FULL = ("limits", "namespaces", "mounts", "no-capabilities", "landlock", "broker", "seccomp")


@pytest.mark.parametrize(
    ("lacking", "said"),
    [
        ((), ""),
        (("mounts",), ""),
        (("landlock",), ""),
        (("mounts", "landlock"), ""),
        (("mounts", "landlock", "broker"), "read your files"),
        (("seccomp",), "reach other processes"),
        (("limits",), "not limited"),
    ],
)
def test_gaps_are_named(lacking: tuple[str, ...], said: str) -> None:
    """Mounts or Landlock suffice; the warning names missing mechanisms and their consequence."""
    gaps = report.find_gaps([word for word in FULL if word not in lacking], "linux")
    assert gaps == "" if said == "" else said in gaps


def test_other_systems_are_named() -> None:
    """On macOS only the time is limited, and the report says so."""
    assert report.find_gaps(("limits",), "darwin").startswith("macOS limits its time")


def test_a_machine_that_confines_says_nothing() -> None:
    """A machine that confines fully gives no warning."""
    found = report.look(memory_bytes=300 << 20)
    assert (found.gaps, found.memory_bytes) == ("", 300 << 20)
    report.check(required=True, notify=pytest.fail)
