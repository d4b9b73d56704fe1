"""What the deployer relies on of a cloud: aliases, URLs, permissions and invocations.

Where moto 5.2.5 differs from AWS, the test says so, and asks moto for less.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from poner.aws_lambda.cors import Cors
from poner.deployer.cloud import Cloud
from poner.deployer.desired import PUBLIC_STATEMENTS
from poner.deployer.failures import (
    ExistsError,
    MissingError,
)
from poner.deployer.resources import Alias, Statement
from tests.support.cloud_contract import CORS, Account

# aliases


def test_alias_is_made_moved_and_shared(account: Account):
    """Weights come and go with updates."""
    account.make_function()
    for content in (b"one", b"two"):
        account.make_version(content)
    steps = [
        Alias("live", "1", {}, "first"),
        Alias("live", "1", {"2": 0.1}, "canary"),
        Alias("live", "2", {}, "promoted"),
    ]
    account.cloud.create_alias("cancer", steps[0])
    assert account.cloud.list_aliases("cancer") == (steps[0],)
    for step in steps[1:]:
        account.cloud.update_alias("cancer", step)
        assert account.cloud.list_aliases("cancer") == (step,)


def test_alias_can_be_made_once(account: Account):
    """A second one of the name is refused."""
    account.make_function()
    account.make_version(b"one")
    account.cloud.create_alias("cancer", Alias("live", "1", {}))
    with pytest.raises(ExistsError):
        account.cloud.create_alias("cancer", Alias("live", "1", {}))


def test_alias_needs_a_version(account: Account):
    """One that is not there is missing."""
    account.make_function()
    with pytest.raises(MissingError):
        account.cloud.create_alias("cancer", Alias("live", "9", {}))


def test_update_of_no_alias_is_refused(account: Account):
    """It is missing."""
    account.make_function()
    account.make_version(b"one")
    with pytest.raises(MissingError):
        account.cloud.update_alias("cancer", Alias("live", "1", {}))


# URLs and who may call them


@pytest.mark.parametrize("cors", [None, CORS, Cors(allow_origins=("*",))])
def test_url_is_read_as_it_was_made(live: Account, cors: Cors | None):
    """It ends in a slash, and has all that was said of CORS."""
    url = live.cloud.create_url("cancer", "live", "NONE", cors)
    assert url.url.startswith("https://")
    assert url.url.endswith(".on.aws/")
    assert (url.auth, url.cors) == ("NONE", cors)
    assert live.cloud.get_url("cancer", "live") == url


def test_url_keeps_its_address_when_it_changes(live: Account):
    """Auth and CORS are replaced."""
    made = live.cloud.create_url("cancer", "live", "NONE", None)
    changed = live.cloud.update_url("cancer", "live", "AWS_IAM", CORS)
    assert changed == replace(made, auth="AWS_IAM", cors=CORS)
    assert live.cloud.get_url("cancer", "live") == changed


def test_cors_is_taken_back(live: Account):
    """An empty structure removes it on AWS; moto leaves what is there."""
    live.cloud.create_url("cancer", "live", "NONE", CORS)
    changed = live.cloud.update_url("cancer", "live", "NONE", None)
    assert changed.cors == (CORS if live.is_moto else None)


def test_url_can_be_made_once(live: Account):
    """A second one is refused; moto replaces the first."""
    live.cloud.create_url("cancer", "live", "NONE", None)
    if live.is_moto:
        live.cloud.create_url("cancer", "live", "NONE", None)
    else:
        with pytest.raises(ExistsError):
            live.cloud.create_url("cancer", "live", "NONE", None)


def test_statements_of_a_public_url_are_read_as_they_were_added(live: Account):
    """Both that AWS wants since October 2025, with their conditions."""
    live.cloud.change_permissions("cancer", "live", (), PUBLIC_STATEMENTS)
    assert live.cloud.get_statements("cancer", "live") == PUBLIC_STATEMENTS


def test_statement_is_removed(live: Account):
    """The other stays; to remove it once more changes nothing."""
    live.cloud.change_permissions("cancer", "live", (), PUBLIC_STATEMENTS)
    for _ in range(2):
        live.cloud.change_permissions("cancer", "live", (PUBLIC_STATEMENTS[0].sid,), ())
        assert live.cloud.get_statements("cancer", "live") == PUBLIC_STATEMENTS[1:]


def test_permissions_of_a_missing_alias_cannot_be_changed(live: Account):
    """It is missing, as it is to whoever asks for one statement."""
    with pytest.raises(MissingError):
        live.cloud.change_permissions("cancer", "other", (), PUBLIC_STATEMENTS)


def test_statement_for_an_account_names_it(live: Account):
    """A principal that is not everybody is kept."""
    statement = Statement("friend", "lambda:InvokeFunctionUrl", "210987654321", "AWS_IAM")
    live.cloud.change_permissions("cancer", "live", (), (statement,))
    assert live.cloud.get_statements("cancer", "live") == (statement,)


# the end


def test_deleting_a_function_takes_all_with_it(live: Account):
    """Versions, alias, URL and policy are gone; a new function of the name has none of them."""
    live.cloud.create_url("cancer", "live", "NONE", None)
    live.cloud.change_permissions("cancer", "live", (), PUBLIC_STATEMENTS)
    live.cloud.delete_function("cancer")
    assert live.cloud.get_function("cancer") is None
    with pytest.raises(MissingError):
        live.cloud.delete_function("cancer")
    live.make_function()
    assert live.cloud.list_versions("cancer") == ()
    assert live.cloud.list_aliases("cancer") == ()
    assert live.cloud.get_url("cancer", "live") is None
    assert live.cloud.get_statements("cancer", "live") == ()


def test_version_answers_an_event(live: Account):
    """The payload goes in, the result comes out (both clouds give the event back)."""
    assert live.cloud.invoke("cancer", "1", b'{"a": 1}') == b'{"a": 1}'


def test_invoking_no_function_is_an_error(account: Account):
    """It is missing; moto, which runs nothing, gives any event back."""
    if account.is_moto:
        assert account.cloud.invoke("cancer", "1", b"{}") == b"{}"
    else:
        with pytest.raises(MissingError):
            account.cloud.invoke("cancer", "1", b"{}")


def test_signing_keeps_headers_and_adds_a_signature(cloud: Cloud):
    """The signature depends on the body."""
    url = "https://abc.lambda-url.eu-west-1.on.aws/"
    one = cloud.sign(url, b"1", {"Content-Type": "application/json"})
    two = cloud.sign(url, b"2", {"Content-Type": "application/json"})
    assert one["Content-Type"] == "application/json"
    assert one["Authorization"] != two["Authorization"]
