"""Plans in words: the same for people and for machines."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import get_args

import pytest

from poner.aws_lambda import quotas
from poner.aws_lambda.cors import Cors
from poner.deployer.descriptions import as_json, describe, plan_lines
from poner.deployer.removal import plan_removal
from poner.deployer.settings import DeploySettings
from poner.deployer.steps import Plan, Removal, Step
from tests.support.shipping import BUCKET, NAME, PUBLIC, Account

WISH = replace(PUBLIC, bucket=BUCKET, reserved_concurrency=5, keep=1, cors=Cors(("*",)))


@pytest.fixture
def plans(account: Account, monkeypatch: pytest.MonkeyPatch) -> list[Plan]:
    """Plans that together hold every kind of step."""
    monkeypatch.setattr(quotas, "DIRECT_UPLOAD_BYTES", 0)
    wishes = [
        (account.bundle("1", ("numpy",)), WISH),
        (account.bundle("2", ("torch",), memory_mb=256), replace(WISH, tags={"team": "health"})),
        (account.bundle("3"), DeploySettings(bucket=BUCKET, keep=1)),
    ]
    found = []
    for bundle, wish in wishes:
        found.append(account.plan(bundle, wish))
        account.deploy(bundle, wish)
    return [*found, plan_removal(account.cloud, NAME, bucket=BUCKET)]


def test_plans_hold_every_step(plans: list[Plan]) -> None:
    """The plans of these tests hold every kind of step there is."""
    kinds = {type(step) for plan in plans for step in plan.steps}
    assert kinds == {*get_args(Step), *get_args(Removal)} - {Removal}


def test_lines_say_what_changes(plans: list[Plan]) -> None:
    """Each step has a sign and a title of its own, and each change a line with a value."""
    for plan in plans:
        titles = [line for line in plan_lines(plan) if line.startswith(("  + ", "  ~ ", "  - "))]
        assert len(titles) == len(plan.steps)
        assert "None" not in "\n".join(plan_lines(plan))
        for step in plan.steps:
            described = describe(step)
            assert all(change.new or change.old for change in described.changes)


def test_json_says_the_same(plans: list[Plan]) -> None:
    """The JSON has the steps of the lines in their order, with the same values, and the notes."""
    for plan in plans:
        found = json.loads(json.dumps(as_json(plan)))
        lines = "\n".join(plan_lines(plan))
        assert found["notes"] == list(plan.notes)
        assert len(found["steps"]) == len(plan.steps)
        for step in found["steps"]:
            assert f"{step['action']} {step['resource']} {step['name']}" in lines
            assert all(change["new"] or change["old"] in lines for change in step["changes"])


def test_sum(plans: list[Plan]) -> None:
    """The sum counts what is made, changed and removed."""
    first, *_, last = plans
    assert "11 to create, 2 to change." in list(plan_lines(first))
    assert list(plan_lines(last))[-1].endswith(" to remove.")


def test_nothing() -> None:
    """A plan without steps says that, and its notes all the same."""
    assert list(plan_lines(Plan((), ("something.",)))) == ["Note: something.", "Nothing to change."]
    assert as_json(Plan(())) == {"steps": [], "notes": []}
