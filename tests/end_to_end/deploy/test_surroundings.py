"""Accounts in unexpected states are refused, or repaired."""

from __future__ import annotations

import json

import pytest

from tests.fakes.faulty_proxy import Fault, FaultyProxy
from tests.support.clouds import ACCOUNT, make_bucket
from tests.support.commands import run
from tests.support.deploying import Project, account, client

DEPLOY = ("deploy", "--yes", "--skip-check")
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


def make_function(project: Project, name: str) -> None:
    """A function that poner did not make."""
    role = client("iam").create_role(RoleName="theirs", AssumeRolePolicyDocument=TRUST)
    client("lambda").create_function(
        FunctionName=name,
        Role=role["Role"]["Arn"],
        Code={"ZipFile": project.bundle.function_zip.read_bytes()},
        Runtime="python3.13",
        Handler="a.b",
    )


@pytest.mark.parametrize("command", ["deploy", "status"])
def test_endpoint_where_nobody_is_is_said(
    project: Project, monkeypatch: pytest.MonkeyPatch, command: str
):
    """An endpoint without a server is an error that says what to check."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    done = run(command, "--region", "eu-nowhere-7")
    assert (done.code, done.out) == (1, "")
    assert done.error[0].startswith("Error: lambda:GetFunction cannot be called: ")
    assert done.error[1] == "  Check the network, the region and, if it is set, AWS_ENDPOINT_URL."


@pytest.mark.parametrize("region", ["nowhere", "eu west 1", "-", "../..", "eu-west-1.example.com"])
def test_text_that_is_no_region_is_said(
    project: Project, monkeypatch: pytest.MonkeyPatch, region: str
):
    """A text that is not a region gives two sentences, and nothing is written."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    done = run("plan", "--region", region)
    assert (done.code, done.out) == (1, "")
    assert len(done.error) == 2
    assert all(line.endswith(".") and not line.endswith("..") for line in done.error)


def test_no_region_anywhere_is_said(project: Project):
    """Without a region, the error says how to name one."""
    settings = project.folder / "poner.toml"
    settings.write_text('[deploy]\nauth = "none"\n')
    done = run("plan")
    assert done.code == 1
    assert done.error == [
        "Error: No AWS region is set.",
        "  Put `region` under [deploy] in poner.toml, or use --region or AWS_REGION.",
    ]


def test_unknown_profile_is_said(project: Project):
    """An unknown profile is an error that says how to list profiles."""
    done = run("plan", "--profile", "nobody")
    assert done.code == 1
    assert "The profile cannot be used" in done.error[0]
    assert "`aws configure list-profiles`" in done.error[1]


def test_no_credentials_are_said(project: Project, monkeypatch: pytest.MonkeyPatch):
    """Missing credentials are an error that says how to sign in."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    done = run("plan")
    assert done.code == 1
    assert "There are no usable AWS credentials" in done.error[0]
    assert "`aws configure`" in done.error[1]


def test_region_without_the_function_is_said(project: Project):
    """A missing function is an error that names region and account."""
    project.deploy()
    for command in ("status", "url", "logs", "rollback", "promote"):
        done = run(command, "--region", "us-west-2")
        assert (done.code, done.out) == (1, "")
        assert done.error == [
            f"Error: There is no function cancer in us-west-2 (account {ACCOUNT}).",
            "  Deploy it with `poner deploy`, or name the region and profile of the function.",
        ]


def test_absent_bucket_is_said_before_anything_is_written(project: Project, faults: FaultyProxy):
    """A missing bucket is an error before any write, even if this bundle does not need it."""
    project.configure('bucket = "no-such-bucket-anywhere"\n')
    done = run(*DEPLOY)
    assert done.code == 1
    assert done.error[0] == "Error: There is no bucket 'no-such-bucket-anywhere'."
    assert "`bucket` under [deploy]" in done.error[1]
    assert not faults.writes


def test_bucket_of_another_region_is_said_before_anything_is_written(
    project: Project, faults: FaultyProxy, moto: str
):
    """A bucket of another region is an error before any write."""
    make_bucket(moto, "a-bucket-far-away", "us-west-2")
    faults.reset()
    project.configure('bucket = "a-bucket-far-away"\n')
    done = run(*DEPLOY)
    assert done.code == 1
    assert "'a-bucket-far-away' is in us-west-2, not in eu-west-1." in done.error[0]
    assert not faults.writes


def test_function_of_somebody_else_is_refused(project: Project, faults: FaultyProxy):
    """Someone else's function is refused by every command."""
    make_function(project, "cancer")
    for command in ("plan", "deploy --yes", "status", "logs", "rollback", "destroy --yes"):
        done = run(*command.split())
        assert (done.code, done.out) == (1, "")
        assert "was not made by poner: it has no tag poner:function=cancer" in done.error[0]
        assert len(done.error) == 2
    assert not faults.writes


def test_role_of_somebody_else_is_refused(project: Project, faults: FaultyProxy):
    """Someone else's role is refused instead of being changed."""
    client("iam").create_role(RoleName="poner-cancer-eu-west-1", AssumeRolePolicyDocument=TRUST)
    done = run(*DEPLOY)
    assert done.code == 1
    assert "The role poner-cancer-eu-west-1 was not made by poner" in done.error[0]
    assert not faults.writes


def test_who_may_not_ask_iam_can_look_and_roll_back(project: Project, faults: FaultyProxy):
    """Without rights to IAM, status and rollback work: they do not read the role."""
    project.deploy()
    project.rebuild(memory_mb=256)
    project.deploy()
    faults.fail_always("GetRole", Fault.DENIED)
    for command in ("status", "url", "logs", "rollback"):
        assert run(command).code == 0


def delete_role() -> None:
    """Delete the role and its policy."""
    iam = client("iam")
    iam.delete_role_policy(RoleName="poner-cancer-eu-west-1", PolicyName="poner-logs")
    iam.delete_role(RoleName="poner-cancer-eu-west-1")


def delete_role_policy() -> None:
    """Delete the role's policy only."""
    client("iam").delete_role_policy(RoleName="poner-cancer-eu-west-1", PolicyName="poner-logs")


def delete_alias() -> None:
    """Delete the alias with its URL; moto needs an extra call for the permissions."""
    functions = client("lambda")
    for sid in ("FunctionURLAllowPublicAccess", "FunctionURLAllowInvokeAction"):
        functions.remove_permission(FunctionName="cancer", Qualifier="live", StatementId=sid)
    functions.delete_function_url_config(FunctionName="cancer", Qualifier="live")
    functions.delete_alias(FunctionName="cancer", Name="live")


def delete_url() -> None:
    """Delete the URL; its permissions stay."""
    client("lambda").delete_function_url_config(FunctionName="cancer", Qualifier="live")


def delete_permission() -> None:
    """Delete one of the two permissions."""
    client("lambda").remove_permission(
        FunctionName="cancer", Qualifier="live", StatementId="FunctionURLAllowInvokeAction"
    )


def delete_log_group() -> None:
    """Delete the log group."""
    client("logs").delete_log_group(logGroupName="/aws/lambda/cancer")


def keep_logs_for_ever() -> None:
    """Remove the retention."""
    client("logs").delete_retention_policy(logGroupName="/aws/lambda/cancer")


DAMAGES = {
    "role": delete_role,
    "policy of the role": delete_role_policy,
    "alias": delete_alias,
    "Function URL": delete_url,
    "permission": delete_permission,
    "log group": delete_log_group,
    "retention": keep_logs_for_ever,
}
"""What somebody removes by hand."""


def test_what_was_removed_by_hand_is_put_back(project: Project, faults: FaultyProxy):
    """Removed resources are put back, without a new version."""
    project.deploy()
    undisturbed = account()
    faults.reset()
    for what, damage in DAMAGES.items():
        damage()
        assert account() != undisturbed
        assert what in run("plan").out
        project.deploy()
        assert account() == undisturbed
    assert "PublishVersion" not in faults.writes


def test_what_was_changed_by_hand_is_changed_back(project: Project):
    """Settings are changed back; changes to $LATEST alone publish no version."""
    project.deploy()
    functions = client("lambda")
    functions.update_alias(FunctionName="cancer", Name="live", FunctionVersion="$LATEST")
    done = project.deploy()
    assert "version: $LATEST -> 1" in done.err
    assert functions.get_alias(FunctionName="cancer", Name="live")["FunctionVersion"] == "1"


def test_another_machine_takes_over(project: Project, faults: FaultyProxy):
    """Another machine continues without the state folder, since AWS has the state."""
    done = project.deploy()
    assert not project.journals
    faults.reset()
    again = project.deploy()
    assert again.out == done.out
    assert not faults.writes
