"""What a Bundle should become: names, hashes, and what is refused before anything is asked."""

from __future__ import annotations

import datetime
import re
from dataclasses import replace
from pathlib import Path

import pytest

from poner.aws_lambda.cors import Cors
from poner.aws_lambda.runtimes import RUNTIMES
from poner.deployer.desired import (
    Desired,
    is_own_layer,
    make_desired,
    role_name,
)
from poner.deployer.resources import Identity
from poner.deployer.settings import TAG, DeploySettings
from poner.errors import DeployError, SettingsError
from tests.support.shipping import NAME, PUBLIC, SECRET, Account, CountedReads, make_bundle

IDENTITY = Identity("123456789012", "aws")
LONGEST = "n" * 64


def desire(
    folder: Path, identity: Identity = IDENTITY, region: str = "eu-west-1", **named: str
) -> Desired:
    """What a Bundle with a layer should become."""
    bundle = make_bundle(folder, "1", ("poner-numpy-onnxruntime-" + "x" * 100,), **named)
    return make_desired(bundle, DeploySettings(), identity, region)


# names


@pytest.mark.parametrize("name", ["a", "cancer", LONGEST])
def test_layers_are_ours(tmp_path: Path, name: str) -> None:
    """A layer's name is one that AWS takes, and that is known again as the function's."""
    (layer,) = desire(tmp_path, name=name).layers
    assert len(layer.name) <= 140
    assert layer.name.endswith(layer.code.sha256[:12])
    assert is_own_layer(layer.name, name)


@pytest.mark.parametrize(
    "name",
    ["cancer-numpy", "cancer-0123456789ab", "xcancer-n-0123456789ab", "cancer-n-0123456789AB"],
)
def test_layers_that_are_not_ours(name: str) -> None:
    """A layer without a hash at its end, or of another function, is not the function's."""
    assert not is_own_layer(name, "cancer")


def test_names_are_no_patterns() -> None:
    """A function's name is taken as it is written."""
    assert not is_own_layer("caXcer-n-0123456789ab", "ca.cer")


@pytest.mark.parametrize("name", ["cancer", LONGEST])
@pytest.mark.parametrize("region", ["eu-west-1", "ap-southeast-2", "us-gov-west-1"])
def test_role_names(name: str, region: str) -> None:
    """A role's name is one that IAM takes, and no other function's."""
    other = name[:-1] + "x"
    assert len(role_name(name, region)) <= 64
    assert role_name(name, region) != role_name(other, region)
    assert role_name(name, region) != role_name(name, "eu-west-2")


def test_partition(tmp_path: Path) -> None:
    """In China all ARNs are China's."""
    desired = desire(tmp_path, Identity("1" * 12, "aws-cn"), "cn-north-1")
    assert desired.setup.role_arn == f"arn:aws-cn:iam::{'1' * 12}:role/poner-cancer-cn-north-1"
    (arn,) = desired.setup.layer_arns
    assert arn.startswith("arn:aws-cn:lambda:cn-north-1:")
    assert desired.role is not None
    (statement,) = desired.role.policy["Statement"]
    assert statement["Resource"].startswith("arn:aws-cn:logs:cn-north-1:")


def test_description_fits(tmp_path: Path) -> None:
    """The description names engine and model, in the 256 characters that Lambda takes."""
    description = desire(tmp_path).setup.description
    assert re.fullmatch(
        rf"poner, onnx engine, interface [0-9a-f]{{12}}, model sha256:{'ab' * 32}", description
    )
    assert len(description) <= 256


# what is refused before any call


def refused(account: Account, settings: DeploySettings) -> str:
    """The message for settings that Lambda would refuse."""
    account.cloud = CountedReads(account.cloud)
    with pytest.raises(SettingsError) as caught:
        account.plan(account.bundle(), settings)
    assert not account.cloud.counts
    return str(caught.value)


def test_environment_too_large(account: Account) -> None:
    """More than 4 KB of variables are refused without any of their values; 4 KB are not."""
    fits = {"KEY": SECRET * 3 + "x" * (4_096 - len('{"KEY":""}') - 3 * len(SECRET))}
    account.plan(account.bundle(), replace(PUBLIC, environment=fits))
    message = refused(account, replace(PUBLIC, environment={"KEY": fits["KEY"] + "x"}))
    assert "exceeded the 4KB limit" in message
    assert SECRET not in message


@pytest.mark.parametrize("name", ["AWS_REGION", "_HANDLER", "AWS_LAMBDA_RUNTIME_API"])
def test_environment_reserved(account: Account, name: str) -> None:
    """Names that AWS keeps for itself are refused by name."""
    message = refused(account, replace(PUBLIC, environment={name: SECRET}))
    assert f"Reserved keys used in this request: {name}." in message
    assert SECRET not in message


@pytest.mark.parametrize("name", ["1KEY", "", "K", "KEY-1", "KEY 1"])
def test_environment_names(account: Account, name: str) -> None:
    """Names that Lambda does not take are refused."""
    message = refused(account, replace(PUBLIC, environment={name: SECRET}))
    assert f"{name!r} is not a valid name" in message
    assert SECRET not in message


@pytest.mark.parametrize(
    ("cors", "part"),
    [
        (Cors(allow_methods=("OPTIONS",)), "OPTIONS"),
        (Cors(allow_origins=("https://*.example.com",)), "AllowOrigins"),
        (Cors(allow_origins=("https://example.com/",)), "AllowOrigins"),
        (Cors(allow_origins=("example.com",)), "AllowOrigins"),
        (Cors(max_age_s=86_401), "MaxAge"),
        (Cors(allow_headers=("x\ny",)), "header"),
        (Cors(allow_origins=tuple(f"https://{i}.example" for i in range(101))), "101"),
    ],
    ids=["method", "wildcard", "slash", "no scheme", "age", "text", "count"],
)
def test_cors_refused(account: Account, cors: Cors, part: str) -> None:
    """CORS that Lambda does not take is refused, and the part is named."""
    assert part in refused(account, replace(PUBLIC, cors=cors))


@pytest.mark.parametrize(
    ("tags", "part"),
    [
        ({"": "x"}, "key ''"),
        ({"aws:team": "x"}, "belongs to AWS"),
        ({"team": "aws:x"}, "begins with aws:"),
        ({TAG: "other"}, "belongs to poner"),
        ({"a" * 129: "x"}, "129"),
        ({"team": "x" * 257}, "257"),
        ({"team": "a;b"}, "team"),
        ({f"k{number}": "" for number in range(50)}, "50"),
    ],
    ids=["empty", "aws", "aws value", "poner", "long key", "long value", "character", "count"],
)
def test_tags_refused(account: Account, tags: dict[str, str], part: str) -> None:
    """Tags that AWS does not take are refused before any call, and the tag is named."""
    assert part in refused(account, replace(PUBLIC, tags=tags))


def test_tags_taken(account: Account) -> None:
    """Letters of every alphabet, spaces and the marks that AWS lists; a value may be empty."""
    wish = replace(PUBLIC, tags={"Größe": "", "cost center": "a.b:c/d=e+f-g@h_1"})
    account.deploy(account.bundle(), wish)
    assert account.snapshot["functions"][NAME]["tags"] == {TAG: NAME, **wish.tags}


# runtimes


TODAY = datetime.date(2026, 11, 22)
ONE_DAY = datetime.timedelta(days=1)


def propose(account: Account, runtime: str, day: datetime.date) -> None:
    """A proposal on a day."""
    account.propose(account.bundle(runtime=runtime), today=day)


def test_runtime_of_the_article(account: Account) -> None:
    """python3.9 is deployed: AWS creates functions with it until February 2027."""
    propose(account, "python3.9", TODAY)


def test_runtime_not_created_any_more(account: Account) -> None:
    """A runtime that AWS creates no functions with is refused with the date."""
    day = RUNTIMES["python3.9"].block_create
    message = rf"AWS creates no function with python3\.9 since {day}\."
    with pytest.raises(DeployError, match=message) as caught:
        propose(account, "python3.9", day)
    assert "poner build --runtime" in caught.value.hint


def test_last_day_of_creating(account: Account) -> None:
    """The day itself is too late."""
    day = RUNTIMES["python3.10"].block_create
    propose(account, "python3.10", day - ONE_DAY)
    with pytest.raises(DeployError, match=r"creates no function with python3\.10"):
        propose(account, "python3.10", day)


def test_runtime_of_a_function_that_is_there(account: Account) -> None:
    """A function that is there may be changed a little longer, and then is refused, too."""
    account.deploy(account.bundle(runtime="python3.10"))
    bundle = account.bundle("2", runtime="python3.10")
    day = RUNTIMES["python3.10"].block_update
    account.propose(bundle, today=day - ONE_DAY)
    message = rf"AWS updates no function with python3\.10 since {day}\."
    with pytest.raises(DeployError, match=message):
        account.propose(bundle, today=day)


def test_old_runtime_cannot_be_gone_back_to(account: Account) -> None:
    """A function of a newer runtime is not changed to one that is not created any more."""
    account.deploy(account.bundle())
    with pytest.raises(DeployError, match=r"creates no function with python3\.9"):
        propose(account, "python3.9", RUNTIMES["python3.9"].block_create)


def test_version_of_an_old_runtime(account: Account) -> None:
    """A version that is there already needs nothing of AWS, and can be deployed for ever."""
    account.deploy(account.bundle(runtime="python3.10"))
    account.deploy(account.bundle("2"))
    proposal = account.propose(
        account.bundle(runtime="python3.10"), today=datetime.date(2030, 1, 1)
    )
    account.carry_out(proposal)
    assert account.live[0] == "1"


def test_runtime_that_nobody_knows(account: Account) -> None:
    """A runtime that poner has no dates for is left to AWS."""
    propose(account, "python3.15", TODAY)
