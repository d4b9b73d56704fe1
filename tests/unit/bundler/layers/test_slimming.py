"""Slimming: as few rules as needed, in order, and the bytes saved."""

from __future__ import annotations

from pathlib import Path

import pytest

from poner.aws_lambda import quotas
from poner.bundler.layers.libraries import Member
from poner.bundler.layers.linking import PlacedFile
from poner.bundler.layers.rules import RULES
from poner.bundler.layers.slimming import COMFORTABLE_BYTES, Files, slim_layers

MB = 1_000_000
RULE_NAMES = [rule.name for rule in RULES]


def make_file(
    path: str, size: int, packed: int = 0, rule: str | None = None, *, bytecode: bool = False
) -> PlacedFile:
    """A file of a layer, without its content."""
    member = Member(path, size, "", 0, 0, packed, True, rule, bytecode)
    return PlacedFile(f"python/{path}", Path("data"), member)


def make_library(core: int, tests: int = 0, stubs: int = 0, bytecode: int = 0) -> Files:
    """One library of such sizes."""
    return {
        "library": (
            make_file("core.so", core),
            make_file("tests/a.py", tests, tests // 4, "tests"),
            make_file("core.pyi", stubs, stubs // 4, "type stubs"),
            make_file("__pycache__/core.pyc", bytecode, bytecode=True),
        )
    }


def test_what_fits_stays_whole() -> None:
    """With enough room nothing is left out."""
    selection = slim_layers(make_library(150 * MB, 40 * MB), "auto", 0)
    assert (selection.steps, selection.bytecode) == ((), True)
    assert len(selection.files["library"]) == 4


def test_rules_go_on_until_it_fits() -> None:
    """The first rules that are enough are taken, and each says what it saved."""
    selection = slim_layers(make_library(150 * MB, 60 * MB, 8 * MB), "auto", 0)
    (step,) = selection.steps
    assert (step.rule, step.files, step.unzipped_bytes) == ("tests", 1, 60 * MB)
    assert step.zipped_bytes == 15 * MB + 76 + 2 * len("python/tests/a.py")
    assert [file.member.path for file in selection.files["library"]] == [
        "core.so",
        "core.pyi",
        "__pycache__/core.pyc",
    ]


def test_the_function_counts() -> None:
    """The function's size counts towards the same bound."""
    library = make_library(150 * MB, 40 * MB)
    assert slim_layers(library, "auto", 10 * MB).steps == ()
    assert slim_layers(library, "auto", 10 * MB + 1).steps != ()


def test_a_zip_over_the_direct_limit_is_slimmed() -> None:
    """A zip over the direct limit is slimmed even if the total is small."""
    files = {"library": (make_file("a.so", 90, quotas.DIRECT_UPLOAD_BYTES - 500),)}
    tests = make_file("tests/a.py", 500, 400, "tests")
    assert slim_layers(files, "auto", 0).steps == ()
    (step,) = slim_layers({"library": (*files["library"], tests)}, "auto", 0).steps
    assert step.rule == "tests"


def test_bytecode_goes_last_and_only_for_the_quota() -> None:
    """Over the comfortable bound bytecode stays; over the quota it goes, after all rules."""
    over = COMFORTABLE_BYTES + MB
    assert slim_layers(make_library(over, bytecode=10 * MB), "auto", 0).bytecode
    selection = slim_layers(make_library(over, bytecode=70 * MB), "auto", 0)
    assert not selection.bytecode
    assert [step.rule for step in selection.steps] == [*RULE_NAMES, "bytecode"]
    assert not any(file.member.bytecode for file in selection.files["library"])


@pytest.mark.parametrize(("slim", "rules"), [("always", RULE_NAMES), ("never", [])])
def test_always_and_never(slim: str, rules: list[str]) -> None:
    """`always` leaves out all that is safe, `never` nothing, whatever the sizes."""
    small = slim_layers(make_library(MB, MB), slim, 0)  # type: ignore[arg-type]
    large = slim_layers(make_library(205 * MB, 50 * MB), slim, 0)  # type: ignore[arg-type]
    assert [step.rule for step in small.steps] == [step.rule for step in large.steps] == rules
