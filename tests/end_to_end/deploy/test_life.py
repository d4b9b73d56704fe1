"""A function's life on AWS by the command line, and its number of calls."""

from __future__ import annotations

import json

from tests.fakes.faulty_proxy import FaultyProxy
from tests.support.clouds import ACCOUNT, REGION
from tests.support.commands import run
from tests.support.deploying import Project, account, client


def live_version() -> str:
    """The version that the alias names."""
    return str(client("lambda").get_alias(FunctionName="cancer", Name="live")["FunctionVersion"])


def shares() -> dict[str, float]:
    """The versions with a share of the traffic."""
    alias = client("lambda").get_alias(FunctionName="cancer", Name="live")
    return dict(alias["RoutingConfig"]["AdditionalVersionWeights"])


def versions() -> list[str]:
    """The versions there are."""
    found = client("lambda").list_versions_by_function(FunctionName="cancer")["Versions"]
    return [one["Version"] for one in found]


def test_plan_says_what_would_be_made_and_makes_nothing(project: Project, faults: FaultyProxy):
    """A plan shows all steps with values and warns of a public URL; it changes nothing."""
    done = run("plan")
    assert done.code == 0
    assert [line[4:] for line in done.out.splitlines() if line.startswith("  + ")] == [
        "create log group /aws/lambda/cancer",
        "create role poner-cancer-eu-west-1",
        "create policy of the role poner-cancer-eu-west-1/poner-logs",
        "create function cancer",
        "create version of the function cancer",
        "create alias cancer:live",
        "create permissions cancer:live",
        "create Function URL cancer:live",
    ]
    assert "anyone who has the URL can call the function, and you pay for each call" in done.out
    assert f"cancer in {REGION}, account {ACCOUNT}:" in done.err
    assert not faults.writes


def test_plan_for_machines_is_one_line_of_json(project: Project):
    """`plan --json` prints one line with old and new values."""
    project.deploy()
    project.rebuild(memory_mb=256)
    done = run("plan", "--json")
    assert done.code == 0
    assert done.out.count("\n") == 1
    step = json.loads(done.out)["steps"][0]
    assert step["action"] == "change"
    assert step["resource"] == "settings of the function"
    assert step["changes"] == [{"field": "memory", "old": "128 MB", "new": "256 MB"}]


def test_calls_are_few(project: Project, faults: FaultyProxy):
    """Reads take at most 8 calls, a first deploy at most 16 writes, a second deploy none."""
    done = project.deploy()
    first = (faults.reads.total(), faults.writes.total())
    faults.reset()
    again = project.deploy()
    second = (faults.reads.total(), faults.writes.total())
    project.rebuild(memory_mb=256)
    project.deploy()
    faults.reset()
    assert run("rollback").code == 0
    back = (faults.reads.total(), faults.writes.total())
    print(f"(reads, writes): first deploy {first}, again {second}, rollback {back}")
    assert first[0] <= 8
    assert first[1] <= 16
    assert second[0] <= 8
    assert second[1] == 0
    assert back[0] <= 8
    assert back[1] == 1
    assert "Nothing to change." in again.err
    assert again.out == done.out


def test_output_of_a_deploy_is_the_url(project: Project):
    """A deploy prints only the URL on standard output, and a line a step on standard error."""
    done = project.deploy()
    url = client("lambda").get_function_url_config(FunctionName="cancer", Qualifier="live")
    assert done.out == url["FunctionUrl"] + "/\n"  # AWS gives it with the slash, moto without
    steps = [line for line in done.err.splitlines() if "/9 " in line]
    assert [line.split("/")[0] for line in steps] == [str(number) for number in range(1, 10)]
    assert run("url").out == done.out


def test_deploy_for_machines_is_one_line_of_json(project: Project):
    """`deploy --json` prints one line about the deployment."""
    done = project.deploy("--json")
    assert done.out.count("\n") == 1
    said = json.loads(done.out)
    assert (said["name"], said["region"], said["account"]) == ("cancer", REGION, ACCOUNT)
    assert (said["version"], said["auth"], said["canary"]) == ("1", "NONE", False)
    assert said["url"] + "\n" == run("url").out


def test_update_rolls_forward_and_back(project: Project):
    """Another model becomes a new version that answers; a rollback is undone by another deploy."""
    project.deploy()
    project.rebuild("other = 1")
    project.deploy()
    assert live_version() == "2"
    assert run("rollback").code == 0
    assert live_version() == "1"
    assert run("rollback", "2").code == 0
    assert live_version() == "2"
    assert run("rollback").code == 0
    project.deploy()
    assert live_version() == "2"
    assert versions() == ["$LATEST", "1", "2"]


def test_rollback_to_what_is_not_there_is_refused(project: Project, faults: FaultyProxy):
    """A rollback to a missing version, or before the first, is refused."""
    project.deploy()
    faults.reset()
    unknown, before = run("rollback", "7"), run("rollback")
    assert unknown.error == ["Error: cancer has no version 7.", "  It has 1; choose one of them."]
    assert before.error == [
        "Error: cancer has no version before 1.",
        "  `poner status` lists its versions.",
    ]
    assert (unknown.code, before.code) == (1, 1)
    assert not faults.writes


def test_canary_gets_its_share_until_it_is_promoted(project: Project):
    """The old version answers the rest; afterwards the new one answers all."""
    project.deploy()
    project.rebuild("other = 1")
    done = project.deploy("--canary", "10")
    assert "Version 2 gets 10% of the traffic." in done.err
    assert (live_version(), shares()) == ("1", {"2": 0.1})
    assert "canary      10% to version 2" in run("status").out
    assert run("promote").code == 0
    assert (live_version(), shares()) == ("2", {})
    again = run("promote")
    assert again.code == 1
    assert again.error[0] == "Error: cancer has no canary release: version 2 gets all traffic."


def test_canary_is_withdrawn_by_one_call(project: Project, faults: FaultyProxy):
    """A rollback withdraws a canary by one call; the old version answers everything."""
    project.deploy()
    project.rebuild("other = 1")
    project.deploy("--canary", "10")
    faults.reset()
    done = run("rollback")
    assert done.code == 0
    assert done.err.endswith("\nVersion 1 gets all traffic.\n")
    assert faults.writes.total() == 1
    assert (live_version(), shares()) == ("1", {})


def test_status_says_what_answers(project: Project):
    """`status` prints lines for people, and with --json one line."""
    project.deploy()
    project.rebuild("other = 1")
    project.deploy()
    lines = run("status").out.splitlines()
    assert lines[:5] == [
        "function    cancer",
        f"region      {REGION}, account {ACCOUNT}",
        f"url         {run('url').out.strip()} (NONE)",
        "answers     version 2",
        "rollback    to version 1",
    ]
    assert lines[6] == "log         /aws/lambda/cancer, kept 30 days"
    said = json.loads(run("status", "--json").out)
    assert [one["version"] for one in said["versions"]] == ["2", "1"]
    assert said["versions"][0]["code_sha256"] == project.bundle.manifest.function.sha256
    assert (said["live"], said["previous"], said["canary"]) == ("2", "1", {})


def test_versions_say_which_model_they_are(project: Project):
    """Versions name their model by its file's hash, or else by the hash of function.zip."""
    project.deploy()
    function = project.bundle.manifest.function.sha256
    assert f", function.zip sha256:{function}" in run("status").out
    project.rebuild(model_sha256="c0ffee")
    project.deploy()
    assert ", model sha256:c0ffee" in run("status").out


def test_old_versions_go(project: Project):
    """`keep` versions stay, and the version that a rollback returns to."""
    for number in range(4):
        project.rebuild(f"other = {number}")
        project.deploy()
    assert run("rollback", "3").code == 0
    project.configure("keep = 1\n")
    project.deploy()
    assert versions() == ["$LATEST", "3", "4"]
    assert run("rollback").code == 0
    assert live_version() == "3"


def test_destroy_leaves_what_poner_did_not_make(project: Project):
    """A removal leaves other resources unchanged; a second one finds nothing."""
    iam, logs = client("iam"), client("logs")
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    role = iam.create_role(RoleName="poner-cancer-eu-west-12", AssumeRolePolicyDocument=trust)
    logs.create_log_group(logGroupName="/aws/lambda/cancer-of-others")
    client("lambda").create_function(
        FunctionName="cancer-of-others",
        Role=role["Role"]["Arn"],
        Code={"ZipFile": project.bundle.function_zip.read_bytes()},
        Runtime="python3.13",
        Handler="a.b",
    )
    client("lambda").publish_layer_version(
        LayerName="cancer-numpy-0123456789ab", Content={"ZipFile": b"zip"}
    )
    before = account()
    project.deploy()
    assert account() != before
    done = run("destroy", "--yes")
    assert done.code == 0
    assert account() == before
    again = run("destroy", "--yes")
    assert again.code == 0
    assert "There is nothing to delete: poner has not deployed cancer in eu-west-1." in again.err


def test_url_changes_from_public_to_signed_and_back(project: Project):
    """A URL changes from public to signed and back, with both permissions."""
    project.deploy()
    public = account()
    project.configure("")
    settings = project.folder / "poner.toml"
    settings.write_text(settings.read_text().replace('"none"', '"iam"'))
    done = project.deploy()
    assert "anyone" not in done.err.rpartition("Note")[2]
    function = account()["functions"]["cancer"]
    assert function["urls"][0]["AuthType"] == "AWS_IAM"
    assert not function["policies"][0]
    project.configure("")
    project.deploy()
    assert account() == public
