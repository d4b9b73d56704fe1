"""What stands in the way of a deploy on the side of AWS."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar, cast

import pytest

from poner.aws_lambda import quotas
from poner.aws_lambda.runtimes import RUNTIMES
from poner.deployer.cloud import CloudReads
from poner.deployer.doctor import Intention, any_account, check_account
from poner.deployer.failures import (
    BucketError,
    CloudError,
    CredentialsError,
    PermissionMissingError,
)
from poner.deployer.policy import make_policy
from poner.deployer.resources import AccountLimits, Function, FunctionSetup, Identity, Role, Version
from poner.deployer.settings import TAG, DeploySettings
from poner.findings import Finding
from tests.support.clouds import BUCKET, open_moto

T = TypeVar("T")
TODAY = datetime.date(2026, 11, 22)
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:cancer"
INTENTION = Intention("cancer", "python3.13", DeploySettings(), (20_000,))
ANNA = Identity("123456789012", "aws", "arn:aws:iam::123456789012:user/anna")
USUAL_LIMITS = AccountLimits(1_000, 900, 10_000, 80_000_000)
NO_CREDENTIALS = CredentialsError("There are no credentials.", "Sign in.")


@dataclass
class Account:
    """What an account answers to the questions of the doctor; errors are raised."""

    region: str = "eu-west-1"
    identity: Identity | CloudError = ANNA
    function: Function | CloudError | None = None
    role: Role | None = None
    limits: AccountLimits | CloudError | None = USUAL_LIMITS
    buckets: tuple[str, ...] = ()
    allowed: dict[str, tuple[str, ...]] = field(default_factory=lambda: {"*": ("*",)})
    """Actions by resource; `*` stands for all of either."""
    tells: bool = True
    """Whether IAM may be asked what is allowed."""

    def get_identity(self) -> Identity:
        """Whose credentials these are."""
        return _given(self.identity)

    def get_function(self, name: str) -> Function | None:
        """The only function."""
        return _given(self.function)

    def get_role(self, name: str) -> Role | None:
        """The only role."""
        return self.role

    def get_account_limits(self) -> AccountLimits | None:
        """What may run at once."""
        return _given(self.limits)

    def list_uploads(self, bucket: str, prefix: str) -> tuple[str, ...]:
        """Nothing, in a bucket that is there."""
        if bucket not in self.buckets:
            raise BucketError(f"There is no bucket {bucket}.", "Make it.")
        return ()

    def find_denied(
        self,
        principal_arn: str,
        actions: Iterable[str],
        resource: str = "*",
        context: Mapping[str, str] | None = None,
    ) -> tuple[str, ...] | None:
        """What is allowed neither for this resource nor for all."""
        if not self.tells:
            return None
        granted = self.allowed.get("*", ()) + self.allowed.get(resource, ())
        return tuple(action for action in actions if not {action, "*"} & set(granted))


def _given(value: T | CloudError) -> T:
    if isinstance(value, CloudError):
        raise value
    return value


def look(account: Account, intention: Intention = INTENTION, today: datetime.date = TODAY):
    """The findings by their checks."""
    found = check_account(lambda: cast(CloudReads, account), intention, today)
    assert len({finding.check for finding in found}) == len(found)
    return {finding.check: finding for finding in found}


def function_with(
    runtime: str = "python3.13", reserved: int | None = None, **tags: str
) -> Function:
    """A function as it stands on AWS."""
    setup = FunctionSetup(
        "00", runtime, "x86_64", "a.b", 128, 3, "", "arn:aws:iam::1:role/r", (), {}, "Text"
    )
    version = Version("$LATEST", ARN, setup, "2026-11-22T00:00:00Z")
    return Function(version, tags or {TAG: "cancer"}, reserved)


def test_an_account_that_lacks_nothing() -> None:
    """All is well: every check says so, and has no remedy."""
    found = look(Account())
    assert {finding.state for finding in found.values()} == {"ok"}
    assert {finding.remedy for finding in found.values()} == {""}
    assert list(found) == [
        "region", "credentials", "permissions", "function", "runtime", "concurrency",
        "code storage",
    ]  # fmt: skip


def test_no_region() -> None:
    """Without a region there is one thing to fix, and what depends on it is told in one line."""

    def refuse() -> CloudReads:
        raise CloudError("There is no region.", "Name one.")

    found = check_account(refuse, INTENTION, TODAY)
    assert [(finding.check, finding.state) for finding in found] == [
        ("region", "fix"), ("account", "warning"), ("runtime", "ok"),
    ]  # fmt: skip
    assert found[0].remedy == "Name one."


def test_no_such_profile() -> None:
    """A profile that is not there is a matter of credentials."""

    def refuse() -> CloudReads:
        raise NO_CREDENTIALS

    found = check_account(refuse, INTENTION, TODAY)
    assert found[0] == Finding("credentials", "fix", "There are no credentials.", "Sign in.")


def test_no_credentials() -> None:
    """The region is known all the same; the bucket is named among what was not checked."""
    intention = replace(INTENTION, settings=DeploySettings(bucket="zips"))
    found = look(Account(identity=NO_CREDENTIALS), intention)
    assert found["region"].state == "ok"
    assert found["credentials"].state == "fix"
    assert "bucket" in found["account"].found
    assert list(found) == ["region", "credentials", "account", "runtime"]


def test_whose_account_it_is() -> None:
    """The account and the user are named."""
    assert look(Account())["credentials"].found == "Account 123456789012, as user/anna."


def test_a_free_name() -> None:
    """No function of that name: it can be made."""
    assert look(Account())["function"].found == "The name cancer is free in eu-west-1."


def test_a_function_of_poners() -> None:
    """A function with poner's tag can be changed."""
    found = look(Account(function=function_with()))["function"]
    assert (found.state, found.found) == (
        "ok",
        "Function cancer exists in eu-west-1 and is managed by poner.",
    )


def test_a_function_of_somebody_elses() -> None:
    """The name is taken."""
    found = look(Account(function=function_with(owner="somebody")))["function"]
    assert found.state == "fix"
    assert "not made by poner" in found.found


def test_a_role_of_somebody_elses() -> None:
    """A role stands in the way unless one is given, which is then not looked for."""
    account = Account(role=Role("poner-cancer-eu-west-1", "arn:aws:iam::1:role/r", {}))
    given = replace(INTENTION, settings=DeploySettings(role="arn:aws:iam::1:role/own"))
    assert look(account)["function"].state == "fix"
    assert look(account, given)["function"].state == "ok"


def test_a_function_that_may_not_be_looked_at() -> None:
    """A refusal becomes a finding, and the checks after it are made."""
    refusal = PermissionMissingError("lambda:GetFunction is not allowed.", "Have it allowed.")
    found = look(Account(function=refusal))
    assert found["function"].state == "fix"
    assert found["concurrency"].state == "ok"


def test_permissions_that_cannot_be_found_out() -> None:
    """IAM may keep what is allowed to itself: then the policy says what is needed."""
    found = look(Account(tells=False))["permissions"]
    assert found.state == "warning"
    assert "poner doctor --policy" in found.remedy


def test_permissions_that_are_missing() -> None:
    """What is not allowed is named, the first few of it."""
    found = look(Account(allowed={}))["permissions"]
    assert found.state == "fix"
    assert "lambda:AddPermission" in found.found
    assert " more." in found.found


def test_permissions_for_the_projects_own_resources() -> None:
    """The policy that poner prints is enough, though it allows next to nothing for `*`."""
    document = make_policy("cancer", "eu-west-1", Identity("123456789012", "aws"), DeploySettings())
    allowed: dict[str, tuple[str, ...]] = {}
    for statement in document["Statement"]:
        resources = statement["Resource"]
        for resource in [resources] if isinstance(resources, str) else resources:
            example = resource if resource == "*" else resource.replace("*", "x")
            allowed[example] = (*allowed.get(example, ()), *statement["Action"])
    account = Account(allowed=allowed)
    assert look(account)["permissions"].state == "ok"
    function = allowed[ARN]
    allowed[ARN] = tuple(name for name in function if name != "lambda:PublishVersion")
    found = look(account)["permissions"]
    assert found.found == "These credentials are not allowed to do lambda:PublishVersion."


@pytest.mark.parametrize(
    ("today", "state"),
    [
        ("2027-03-31", "ok"),
        ("2027-04-01", "warning"),
        ("2027-07-30", "warning"),
        ("2027-07-31", "fix"),
    ],
)
def test_a_runtime_for_a_new_function(today: str, state: str) -> None:
    """AWS mends python3.11 until 2027-06-30 and creates it until 2027-07-31."""
    intention = replace(INTENTION, runtime="python3.11")
    found = look(Account(), intention, datetime.date.fromisoformat(today))["runtime"]
    assert found.state == state
    assert "2027-07-31" in found.found
    assert ("--runtime python3.12" in found.remedy) == (state != "ok")


@pytest.mark.parametrize(("today", "state"), [("2027-08-30", "warning"), ("2027-08-31", "fix")])
def test_a_runtime_that_the_function_has(today: str, state: str) -> None:
    """AWS still changes functions for a month when it does not create them any more."""
    account = Account(function=function_with("python3.11"))
    intention = replace(INTENTION, runtime="python3.11")
    assert look(account, intention, datetime.date.fromisoformat(today))["runtime"].state == state


def test_a_runtime_that_there_is_not() -> None:
    """The runtimes that there are, are named."""
    found = look(Account(), replace(INTENTION, runtime="python2.7"))["runtime"]
    assert found.state == "fix"
    assert "python3.14" in found.remedy


def test_the_last_runtime_that_poner_knows() -> None:
    """There is no newer one to name."""
    name = list(RUNTIMES)[-1]
    day = RUNTIMES[name].block_create
    assert (
        "newer version of poner"
        in look(Account(), replace(INTENTION, runtime=name), day)["runtime"].remedy
    )


def test_concurrency_that_aws_does_not_tell() -> None:
    """That is said once, for concurrency and code storage."""
    found = look(Account(limits=None))
    assert found["concurrency"].state == "warning"
    assert "code storage" not in found


def test_limits_that_may_not_be_asked() -> None:
    """A deploy does without them, so it is a warning."""
    refusal = PermissionMissingError("lambda:GetAccountSettings is not allowed.", "Have it.")
    assert look(Account(limits=refusal))["concurrency"] == Finding(
        "concurrency", "warning", "lambda:GetAccountSettings is not allowed.", "Have it."
    )


def test_a_new_accounts_concurrency() -> None:
    """Ten environments at once are few."""
    found = look(Account(limits=AccountLimits(10, 10, 0, 1_000_000)))["concurrency"]
    assert found.state == "warning"
    assert "429" in found.found


@pytest.mark.parametrize(
    ("reserved", "had", "state"),
    [(800, None, "ok"), (801, None, "warning"), (801, 801, "ok"), (801, 1, "ok")],
)
def test_reserved_concurrency(reserved: int, had: int | None, state: str) -> None:
    """Of 900 that are unreserved 100 have to stay so; what the function has counts as free."""
    intention = replace(INTENTION, settings=DeploySettings(reserved_concurrency=reserved))
    account = Account(function=function_with(reserved=had))
    assert look(account, intention)["concurrency"].state == state


@pytest.mark.parametrize(
    ("taken", "state"), [(880_000, "ok"), (880_001, "warning"), (980_001, "fix")]
)
def test_code_storage(taken: int, state: str) -> None:
    """The zips must fit in what is left; a warning from nine tenths on."""
    account = Account(limits=AccountLimits(1_000, 1_000, taken, 1_000_000))
    assert look(account)["code storage"].state == state


def test_a_bucket_that_is_there() -> None:
    """A bucket that is named is looked at."""
    intention = replace(INTENTION, settings=DeploySettings(bucket="zips"))
    assert look(Account(buckets=("zips",)), intention)["bucket"].state == "ok"
    assert look(Account(), intention)["bucket"].state == "fix"


@pytest.mark.parametrize("identity", [ANNA, NO_CREDENTIALS])
def test_a_bucket_that_is_needed(identity: Identity | CloudError) -> None:
    """A zip too large for a call needs a bucket, which takes no credentials to say."""
    intention = replace(INTENTION, zip_bytes=(quotas.DIRECT_UPLOAD_BYTES + 1,))
    account = Account(identity=identity, limits=AccountLimits(1_000, 900, 0, 1 << 40))
    assert look(account, intention)["bucket"].state == "fix"


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_any_account(region: str, partition: str) -> None:
    """Without credentials a policy is for any account in the region's partition."""
    assert any_account(region) == Identity("*", partition)


def test_a_real_api(moto: str) -> None:
    """Through boto3: what moto does not know is a warning, and nothing is raised."""
    found = check_account(
        open_moto, replace(INTENTION, settings=DeploySettings(bucket=BUCKET)), TODAY
    )
    states = {finding.check: finding.state for finding in found}
    assert states.pop("concurrency") == "warning"
    assert states.pop("permissions") == "warning"
    assert set(states.values()) == {"ok"}
    assert "bucket" in states
