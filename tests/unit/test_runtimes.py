"""The table of runtimes, compared with data that others keep up to date."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from poner.limits import RUNTIMES

LIFECYCLE = json.loads(
    files("cfnlint.data.AdditionalSpecs").joinpath("LmbdRuntimeLifecycle.json").read_text()
)
"""AWS's dates of each runtime, as the installed cfn-lint has them."""


@pytest.mark.parametrize("name", RUNTIMES)
def test_dates_are_those_of_cfn_lint(name: str):
    """A date that AWS moved is seen here once cfn-lint is updated."""
    runtime = RUNTIMES[name]
    assert (
        LIFECYCLE[name]
        | {
            "deprecated": runtime.deprecated.isoformat(),
            "create-block": runtime.block_create.isoformat(),
            "update-block": runtime.block_update.isoformat(),
        }
        == LIFECYCLE[name]
    )


def test_runtimes_are_all_of_python_that_can_be_created():
    """Every Python of cfn-lint's from 3.9 on is in the table."""
    pythons = {name for name in LIFECYCLE if name.startswith("python3.")}
    assert {name for name in pythons if int(name.partition(".")[2]) >= 9} == set(RUNTIMES)
