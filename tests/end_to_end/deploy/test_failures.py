"""Faults on the way to AWS are overcome, or reported in two sentences."""

from __future__ import annotations

import pytest

from tests.fakes.faulty_proxy import Fault, FaultyProxy
from tests.support.commands import Done, run
from tests.support.deploying import Project, account

DEPLOY = ("deploy", "--yes", "--skip-check")

WRITES = {
    "CreateLogGroup": "logs:CreateLogGroup",
    "PutRetentionPolicy": "logs:PutRetentionPolicy",
    "CreateRole": "iam:CreateRole",
    "PutRolePolicy": "iam:PutRolePolicy",
    "CreateFunction": "lambda:CreateFunction",
    "PublishVersion": "lambda:PublishVersion",
    "CreateAlias": "lambda:CreateAlias",
    "CreateFunctionUrlConfig": "lambda:CreateFunctionUrlConfig",
    "AddPermission": "lambda:AddPermission",
}
"""The writes of a first deploy, and the permissions that they need."""

READS = {
    "GetFunction": "lambda:GetFunction",
    "GetCallerIdentity": "sts:GetCallerIdentity",
    "GetRole": "iam:GetRole",
    "DescribeLogGroups": "logs:DescribeLogGroups",
    "GetFunctionConfiguration": "lambda:GetFunctionConfiguration",
}
"""The reads of a first deploy."""


def check_failure(done: Done) -> str:
    """Check for two sentences without a traceback; returns the first."""
    assert done.code == 1
    assert done.out == ""
    assert len(done.error) == 2
    assert all(line.rstrip().endswith(".") for line in done.error)
    assert "Traceback" not in done.err
    return done.error[0]


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.SERVER_ERROR, Fault.LOST, Fault.CONFLICT])
def test_faults_that_pass_are_overcome(project: Project, faults: FaultyProxy, fault: Fault):
    """A passing fault in any call of a first deploy does not change its result."""
    reads = {} if fault is Fault.CONFLICT else READS
    project.deploy()
    undisturbed = account()
    assert run("destroy", "--yes").code == 0
    faults.reset()
    overcome = {**WRITES, **reads}
    for operation in overcome:
        faults.fail(operation, fault)
    done = run(*DEPLOY)
    assert done.code == 0, done.err
    assert account() == undisturbed
    assert not project.journals
    if fault is not Fault.LOST:  # which took place, and is only looked after
        assert all((faults.writes + faults.reads)[one] > 1 for one in overcome)


def test_missing_permissions_are_named_one_after_the_other(project: Project, faults: FaultyProxy):
    """Each missing permission is named; once all are granted, the deploy continues."""
    for operation in {**READS, **WRITES}:
        faults.fail_always(operation, Fault.DENIED)
    seen = []
    for _ in range(len(READS) + len(WRITES)):
        done = run(*DEPLOY)
        message = check_failure(done)
        action = message.split("are not allowed to do ")[1].split(":")
        seen.append(":".join(action[:2]))
        assert "`poner doctor --policy`" in done.error[1]
        (operation,) = [one for one, needed in {**READS, **WRITES}.items() if needed == seen[-1]]
        faults.allow(operation)
    assert sorted(seen) == sorted({**READS, **WRITES}.values())
    assert run(*DEPLOY).code == 0
    assert faults.writes["CreateFunction"] == 2
    assert not project.journals


@pytest.mark.parametrize(
    "operation", ["GetFunction", "DescribeLogGroups", "CreateRole", "AddPermission"]
)
def test_expired_credentials_are_said(project: Project, faults: FaultyProxy, operation: str):
    """Expired credentials are an error with a remedy; the next deploy continues."""
    faults.fail_always(operation, Fault.EXPIRED)
    done = run(*DEPLOY)
    assert "AWS does not accept the credentials (Expired" in check_failure(done)
    assert "`aws sso login`" in done.error[1]
    begun = operation in WRITES
    assert bool(project.journals) is begun
    assert ("`poner deploy` continues from there" in done.err) is begun
    faults.mend()
    goes_on = project.deploy()
    assert ("this one continues it" in goes_on.err) is begun


def test_faults_without_end_are_said(project: Project, faults: FaultyProxy):
    """Endless faults end the deploy after some attempts; a later deploy continues."""
    faults.fail_always("PublishVersion", Fault.SERVER_ERROR)
    message = check_failure(run(*DEPLOY))
    assert "It is unknown whether lambda:PublishVersion took place" in message
    assert faults.writes["PublishVersion"] == 1 + 6  # what was done before the first is progress
    assert len(project.journals) == 1
    faults.mend()
    project.deploy()
    assert not project.journals


def test_other_commands_fail_in_two_sentences(project: Project, faults: FaultyProxy):
    """Every other command reports faults in two sentences."""
    project.deploy()
    faults.reset()
    for fault, text in {
        Fault.DENIED: "These credentials are not allowed to do lambda:GetFunction",
        Fault.EXPIRED: "AWS does not accept the credentials",
        Fault.SERVER_ERROR: "lambda:GetFunction failed: AWS answered with 500",
        Fault.LOST: "lambda:GetFunction failed: AWS gave no complete answer",
    }.items():
        faults.fail_always("GetFunction", fault)
        for command in ("status", "url", "logs", "rollback", "promote", "destroy"):
            assert text in check_failure(run(command))
    assert not faults.writes


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.SERVER_ERROR, Fault.LOST])
def test_rollback_and_destroy_overcome_faults(project: Project, faults: FaultyProxy, fault: Fault):
    """Rollback and destroy overcome faults, since their steps may be repeated."""
    before = account()
    project.deploy()
    project.rebuild(memory_mb=256)
    project.deploy()
    for operation in ("UpdateAlias", "DeleteFunction", "DeleteRole", "DeleteLogGroup"):
        faults.fail(operation, fault)
    assert run("rollback").code == 0
    assert "answers     version 1" in run("status").out
    assert run("destroy", "--yes").code == 0
    assert account() == before
