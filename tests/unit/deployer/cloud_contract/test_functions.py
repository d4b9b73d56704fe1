"""Behaviour of a cloud that the deployer needs: functions and their versions.

Where moto 5.2.5 differs from AWS, the test says so, and asks moto for less.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from poner.deployer.cloud import Cloud
from poner.deployer.failures import (
    ExistsError,
    MissingError,
    RejectedError,
    RoleNotReadyError,
)
from poner.deployer.resources import LATEST, Alias, FunctionState
from tests.support.cloud_contract import TAGS, Account, make_setup
from tests.support.clouds import ACCOUNT, BUCKET, REGION

# functions


def test_function_is_read_as_it_was_made(account: Account):
    """A function has all the given settings, except the log format, which moto drops."""
    layer = account.cloud.publish_layer(
        "cancer-numpy", account.make_code(b"layer"), "", "python3.13", "arm64"
    )
    setup = account.make_function(
        architecture="arm64",
        memory_mb=512,
        timeout_s=30,
        layer_arns=(layer.arn,),
        environment={"KEY": "a secret"},
        log_format="JSON",
    )
    function = account.cloud.get_function("cancer")
    assert function is not None
    assert function.tags == TAGS
    assert function.reserved_concurrency is None
    assert function.latest.version == LATEST
    assert function.latest.arn == f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:cancer"
    expected = replace(setup, log_format=None) if account.is_moto else setup
    assert function.latest.setup == expected


def test_function_can_be_made_once(account: Account):
    """A second function of the same name is refused."""
    account.make_function()
    with pytest.raises(ExistsError):
        account.make_function()


def test_function_needs_a_role_that_is_there(account: Account):
    """A missing role gives the same error as a role that is too new."""
    code = account.make_code(b"first")
    setup = make_setup(f"arn:aws:iam::{ACCOUNT}:role/nobody", code)
    with pytest.raises(RoleNotReadyError):
        account.cloud.create_function("cancer", code, setup, {})


def test_function_needs_layers_that_are_there(account: Account):
    """A missing layer is refused: AWS refuses the value, moto reports the layer as missing."""
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:cancer-numpy:7"
    with pytest.raises(MissingError if account.is_moto else RejectedError):
        account.make_function(layer_arns=(arn,))


def test_function_comes_out_of_the_bucket(account: Account):
    """The code of the first and of the next version is the uploaded object."""
    role = account.make_role()
    for text in (b"large", b"larger"):
        key = f"poner/cancer/{text.decode()}.zip"
        code = replace(account.make_code(text), bucket=BUCKET, key=key)
        account.cloud.upload(code.path, BUCKET, key)
        if text == b"large":
            account.cloud.create_function("cancer", code, make_setup(role, code), {})
        else:
            account.cloud.update_code("cancer", code, "x86_64")
        assert account.cloud.get_function("cancer").latest.setup.code_sha256 == code.sha256


def test_state_of_a_function_that_is_ready(account: Account):
    """A ready function can be invoked and changed."""
    account.make_function()
    assert account.cloud.get_state("cancer") == FunctionState("Active", "Successful")


def test_state_of_no_function_is_an_error(cloud: Cloud):
    """The state of a missing function is an error."""
    with pytest.raises(MissingError):
        cloud.get_state("cancer")


def test_code_is_replaced(account: Account):
    """Architecture and code change in one call; moto leaves the architecture."""
    account.make_function()
    code = account.make_code(b"second")
    account.cloud.update_code("cancer", code, "arm64")
    setup = account.cloud.get_function("cancer").latest.setup
    assert setup.code_sha256 == code.sha256
    assert setup.architecture == ("x86_64" if account.is_moto else "arm64")


def test_configuration_is_replaced_as_a_whole(account: Account):
    """A new configuration removes old variables and layers."""
    layer = account.cloud.publish_layer(
        "cancer-numpy", account.make_code(b"layer"), "", "python3.13", "x86_64"
    )
    setup = account.make_function(layer_arns=(layer.arn,), environment={"OLD": "1"})
    wanted = replace(
        setup,
        runtime="python3.12",
        handler="other.handler",
        memory_mb=256,
        timeout_s=10,
        description="another model",
        layer_arns=(),
        environment={"NEW": "2"},
        log_format=None,
    )
    account.cloud.update_configuration("cancer", wanted)
    there = account.cloud.get_function("cancer").latest.setup
    assert replace(there, log_format=None) == wanted


def test_change_of_no_function_is_refused(account: Account):
    """Changing a missing function is an error."""
    with pytest.raises(MissingError):
        account.cloud.update_code("cancer", account.make_code(b"x"), "x86_64")
    with pytest.raises(MissingError):
        account.cloud.publish_version("cancer", account.make_code(b"x").sha256, "")


def test_tags_are_added(account: Account):
    """New tags are added; existing tags stay."""
    account.make_function()
    arn = account.cloud.get_function("cancer").latest.arn
    account.cloud.tag_function(arn, {"team": "other", "new": "tag"})
    assert account.cloud.get_function("cancer").tags == {**TAGS, "team": "other", "new": "tag"}


def test_concurrency_is_reserved(account: Account):
    """Reserved concurrency is read back."""
    account.make_function()
    account.cloud.set_concurrency("cancer", 5)
    assert account.cloud.get_function("cancer").reserved_concurrency == 5


# versions


def test_versions_keep_what_they_were_made_of(account: Account):
    """They are listed oldest first, without $LATEST, each with the description it was given."""
    account.make_function()
    numbers = [account.make_version(content) for content in (b"one", b"two", b"three")]
    assert numbers == ["1", "2", "3"]
    versions = account.cloud.list_versions("cancer")
    assert [version.version for version in versions] == numbers
    assert [version.number for version in versions] == [1, 2, 3]
    assert [version.setup.description for version in versions] == ["one", "two", "three"]
    assert versions[1].setup.code_sha256 == hashlib.sha256(b"two").hexdigest()
    assert account.cloud.get_state("cancer", "2").state == "Active"


def test_publishing_nothing_new_gives_the_last_version(account: Account):
    """Publishing unchanged code returns the last version, so a lost answer can be repeated."""
    setup = account.make_function()
    first = account.cloud.publish_version("cancer", setup.code_sha256, "one")
    assert account.cloud.publish_version("cancer", setup.code_sha256, "one") == first


def test_publishing_other_code_is_refused(account: Account):
    """Publishing code with another hash is refused; moto ignores the hash."""
    account.make_function()
    other = account.make_code(b"other").sha256
    if account.is_moto:
        assert account.cloud.publish_version("cancer", other, "") == "1"
    else:
        with pytest.raises(RejectedError):
            account.cloud.publish_version("cancer", other, "")


def test_version_is_deleted_once(account: Account):
    """A deleted version is missing; the others stay."""
    account.make_function()
    for content in (b"one", b"two"):
        account.make_version(content)
    account.cloud.delete_version("cancer", "1")
    assert [version.version for version in account.cloud.list_versions("cancer")] == ["2"]
    with pytest.raises(MissingError):
        account.cloud.delete_version("cancer", "1")


@pytest.mark.parametrize("alias", [Alias("live", "1", {}), Alias("live", "2", {"1": 0.1})])
def test_version_that_an_alias_names_is_not_deleted(account: Account, alias: Alias):
    """A version that an alias names, also as canary, cannot be deleted; moto deletes it."""
    account.make_function()
    for content in (b"one", b"two"):
        account.make_version(content)
    account.cloud.create_alias("cancer", alias)
    if account.is_moto:
        account.cloud.delete_version("cancer", "1")
    else:
        with pytest.raises(RejectedError):
            account.cloud.delete_version("cancer", "1")


def test_version_numbers_are_never_used_again(account: Account):
    """A deleted version's number is not used again; moto counts existing versions."""
    account.make_function()
    for content in (b"one", b"two"):
        account.make_version(content)
    account.cloud.delete_version("cancer", "2")
    assert account.make_version(b"three") == ("2" if account.is_moto else "3")
