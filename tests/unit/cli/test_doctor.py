"""`poner doctor` on the command line."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from poner import deployer
from poner.cli import app
from poner.deployer.failures import CloudError, CredentialsError
from poner.deployer.policy import make_policy
from tests.unit.deployer.test_doctor import ANNA, Account

POLICY = ["doctor", "--policy"]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("PONER_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account without problems, in the requested region."""
    account = Account()

    def open_cloud(profile: str | None, region: str | None) -> Account:
        account.region = region or account.region
        return account

    monkeypatch.setattr(deployer, "open_cloud", open_cloud)
    return account


def test_findings_are_lines(account: Account, capfd: pytest.CaptureFixture[str]) -> None:
    """Each finding is a line with its remedy below it; a message sums up."""
    assert app.run(["doctor"]) == 0
    printed = capfd.readouterr()
    lines = printed.out.splitlines()
    place = lines.index("warning  bundle        There is no bundle in build yet.")
    assert lines[place + 1] == " " * 23 + "Make one with `poner build`."
    assert "ok       credentials   Account 123456789012, as user/anna." in lines
    assert "\x1b" not in printed.out
    assert printed.err == "0 to fix, 2 warnings.\n"


def test_something_to_fix_is_exit_code_1(
    account: Account, capfd: pytest.CaptureFixture[str]
) -> None:
    """A finding to fix gives exit code 1, for scripts."""
    account.identity = CredentialsError("There are no credentials.", "Sign in.")
    assert app.run(["doctor"]) == 1
    printed = capfd.readouterr()
    assert "fix      credentials   There are no credentials.\n" in printed.out
    assert printed.err == "1 to fix, 3 warnings.\n"


def test_findings_as_json(account: Account, capfd: pytest.CaptureFixture[str]) -> None:
    """One line, a list of objects with the same keys."""
    assert app.run(["doctor", "--json"]) == 0
    (line,) = capfd.readouterr().out.splitlines()
    found = json.loads(line)
    assert {tuple(finding) for finding in found} == {("check", "state", "found", "remedy")}
    assert {"check": "region", "state": "ok", "found": "eu-west-1.", "remedy": ""} in found


def test_the_project_says_what_is_wanted(
    account: Account, capfd: pytest.CaptureFixture[str]
) -> None:
    """Name, bucket and region are poner.toml's; a flag comes first."""
    text = '[project]\nname = "cancer"\n[deploy]\nregion = "us-east-1"\nbucket = "zips"\n'
    Path("poner.toml").write_text(text)
    assert app.run(["doctor"]) == 1
    out = capfd.readouterr().out
    assert "fix      bucket        There is no bucket zips.\n" in out
    assert "The name cancer is free in us-east-1." in out
    app.run(["doctor", "--region", "eu-north-1"])
    assert "The name cancer is free in eu-north-1." in capfd.readouterr().out


def test_the_policy(account: Account, capfd: pytest.CaptureFixture[str]) -> None:
    """--policy prints only the policy of this project in this account."""
    Path("poner.toml").write_text('[project]\nname = "cancer"\n')
    assert app.run(POLICY) == 0
    printed = capfd.readouterr()
    settings = deployer.DeploySettings()
    document = make_policy("cancer", "eu-west-1", ANNA, settings)
    assert json.loads(printed.out) == document
    assert printed.err == ""


def test_the_policy_without_credentials(
    account: Account, capfd: pytest.CaptureFixture[str]
) -> None:
    """Without credentials the policy is for any account, and a message says so."""
    account.identity = CredentialsError("There are no credentials.", "Sign in.")
    assert app.run(POLICY) == 0
    printed = capfd.readouterr()
    assert "arn:aws:lambda:eu-west-1:*:function:function" in printed.out
    assert printed.err.startswith("There are no credentials. The policy has * for the account")


def test_the_policy_without_a_region(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The policy needs a region, since most of its resources belong to one."""

    def refuse(profile: str | None, region: str | None) -> Account:
        raise CloudError("There is no region.", "Use --region.")

    monkeypatch.setattr(deployer, "open_cloud", refuse)
    assert app.run(POLICY) == 1
    printed = capfd.readouterr()
    assert printed.out == ""
    assert printed.err == "Error: There is no region.\n  Use --region.\n"


def test_a_machine_without_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Without credentials and project, boto3 and the doctor answer soon."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    start = time.monotonic()
    assert app.run(["doctor", "--region", "eu-west-1"]) == 1
    assert time.monotonic() - start < 10  # two seconds on a machine with nothing else to do
    assert "fix      credentials   There are no usable AWS credentials" in capfd.readouterr().out
