"""Who may call: the URL with its permissions and CORS, made, changed and put right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from poner.aws_lambda.cors import Cors
from poner.deployer.desired import PUBLIC_STATEMENTS
from poner.deployer.resources import Statement
from poner.deployer.settings import DeploySettings
from poner.deployer.steps import (
    CreateUrl,
    SetPermissions,
    UpdateUrl,
)
from tests.support.shipping import NAME, PUBLIC, Account

CORS = Cors(("https://example.com",), ("POST",), ("Content-Type", "X-Team"), (), True, 600)


def test_public_to_iam_and_back(deployed: Account) -> None:
    """A URL is closed before its permissions go, and opened after they came."""
    closed = DeploySettings(auth="iam")
    steps = deployed.plan(deployed.bundle(), closed).steps
    assert [type(step) for step in steps] == [UpdateUrl, SetPermissions]
    deployed.deploy(deployed.bundle(), closed)
    assert deployed.cloud.get_statements(NAME, "live") == ()
    steps = deployed.plan(deployed.bundle(), PUBLIC).steps
    assert [type(step) for step in steps] == [SetPermissions, UpdateUrl]
    url = deployed.cloud.get_url(NAME, "live").url
    assert deployed.deploy(deployed.bundle(), PUBLIC).url == url


def test_url_is_made_after_its_permissions(account: Account) -> None:
    """A public URL comes into being when both of its permissions are there."""
    steps = account.plan(account.bundle()).steps
    assert [type(step) for step in steps[-2:]] == [SetPermissions, CreateUrl]


def test_iam_from_the_start(account: Account) -> None:
    """A URL for signed requests has no permission for everyone, and no warning."""
    plan = account.plan(account.bundle(), DeploySettings())
    assert not [step for step in plan.steps if isinstance(step, SetPermissions)]
    assert plan.notes == ()


def test_public_is_said(deployed: Account) -> None:
    """Every plan of a public URL says so, also one that changes nothing."""
    (note,) = deployed.plan(deployed.bundle()).notes
    assert note.startswith('auth = "none": anyone who has the URL can call')


@pytest.mark.parametrize("missing", PUBLIC_STATEMENTS, ids=lambda one: one.sid)
def test_permission_deleted(deployed: Account, missing: Statement) -> None:
    """Either permission is put back, since without it the URL answers 403."""
    before = deployed.snapshot
    deployed.cloud.change_permissions(NAME, "live", (missing.sid,), ())
    steps = deployed.plan(deployed.bundle()).steps
    assert steps == (SetPermissions(NAME, "live", (), (missing,)),)
    deployed.deploy(deployed.bundle())
    assert deployed.snapshot == before


@pytest.mark.parametrize(
    "weak",
    [
        replace(PUBLIC_STATEMENTS[1], via_url=False),
        replace(PUBLIC_STATEMENTS[0], url_auth=None),
        replace(PUBLIC_STATEMENTS[1], action="lambda:*"),
    ],
    ids=["past the URL", "of any auth", "everything"],
)
def test_permission_weakened(deployed: Account, weak: Statement) -> None:
    """A permission of poner's name that allows more is replaced."""
    before = deployed.snapshot
    deployed.cloud.change_permissions(NAME, "live", (), (weak,))
    assert deployed.kinds(deployed.bundle()) == ["SetPermissions"]
    deployed.deploy(deployed.bundle())
    assert deployed.snapshot == before


def test_permission_left_behind(deployed: Account) -> None:
    """A permission of poner's without its URL is removed where the URL should not be public."""
    deployed.deploy(deployed.bundle(), DeploySettings())
    deployed.cloud.change_permissions(NAME, "live", (), PUBLIC_STATEMENTS[1:])
    assert deployed.kinds(deployed.bundle(), DeploySettings()) == ["SetPermissions"]


def test_permission_of_others(deployed: Account) -> None:
    """A permission that poner did not make stays, and is said if it lets everyone in."""
    everyone = Statement("open", "lambda:InvokeFunction")
    bucket = Statement("bucket", "lambda:InvokeFunction", "s3.amazonaws.com")
    house = Statement("house", "lambda:InvokeFunction", limited=True)
    deployed.cloud.change_permissions(NAME, "live", (), (everyone, bucket, house))
    plan = deployed.plan(deployed.bundle(), DeploySettings())
    (removed,) = [step.removed for step in plan.steps if isinstance(step, SetPermissions)]
    assert set(removed) == {statement.sid for statement in PUBLIC_STATEMENTS}
    assert plan.notes == (
        "The permission open, which poner did not make, allows anyone to do lambda:InvokeFunction.",
    )


def test_cors(deployed: Account) -> None:
    """CORS is set, changed and removed without a new version."""
    for cors in (CORS, replace(CORS, max_age_s=60), None):
        wish = replace(PUBLIC, cors=cors)
        assert deployed.kinds(deployed.bundle(), wish) == ["UpdateUrl"]
        deployed.deploy(deployed.bundle(), wish)
        assert deployed.cloud.get_url(NAME, "live").cors == cors
        assert deployed.plan(deployed.bundle(), wish).steps == ()


def test_cors_in_another_order(deployed: Account) -> None:
    """The order of a list and the case of a header's name are no change."""
    deployed.deploy(deployed.bundle(), replace(PUBLIC, cors=CORS))
    other = replace(CORS, allow_headers=("x-team", "content-type"))
    assert deployed.plan(deployed.bundle(), replace(PUBLIC, cors=other)).steps == ()


@pytest.mark.parametrize("cors", [Cors(), Cors(max_age_s=0)], ids=["empty", "no age"])
def test_cors_that_says_nothing(deployed: Account, cors: Cors) -> None:
    """CORS that allows nothing is none, as AWS has it, and not a change for ever."""
    assert deployed.plan(deployed.bundle(), replace(PUBLIC, cors=cors)).steps == ()
