"""Behaviour of a cloud that the deployer needs: aliases, URLs, permissions and invocations.

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
    """Updates add and remove weights of an alias."""
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
    """A second alias of the same name is refused."""
    account.make_function()
    account.make_version(b"one")
    account.cloud.create_alias("cancer", Alias("live", "1", {}))
    with pytest.raises(ExistsError):
        account.cloud.create_alias("cancer", Alias("live", "1", {}))


def test_alias_needs_a_version(account: Account):
    """An alias for a missing version is refused."""
    account.make_function()
    with pytest.raises(MissingError):
        account.cloud.create_alias("cancer", Alias("live", "9", {}))


def test_update_of_no_alias_is_refused(account: Account):
    """Updating a missing alias is an error."""
    account.make_function()
    account.make_version(b"one")
    with pytest.raises(MissingError):
        account.cloud.update_alias("cancer", Alias("live", "1", {}))


# URLs and who may call them


@pytest.mark.parametrize("cors", [None, CORS, Cors(allow_origins=("*",))])
def test_url_is_read_as_it_was_made(live: Account, cors: Cors | None):
    """A URL ends in a slash, and has the given CORS."""
    url = live.cloud.create_url("cancer", "live", "NONE", cors)
    assert url.url.startswith("https://")
    assert url.url.endswith(".on.aws/")
    assert (url.auth, url.cors) == ("NONE", cors)
    assert live.cloud.get_url("cancer", "live") == url


def test_url_keeps_its_address_when_it_changes(live: Account):
    """A change of auth and CORS keeps the URL's address."""
    made = live.cloud.create_url("cancer", "live", "NONE", None)
    changed = live.cloud.update_url("cancer", "live", "AWS_IAM", CORS)
    assert changed == replace(made, auth="AWS_IAM", cors=CORS)
    assert live.cloud.get_url("cancer", "live") == changed


def test_cors_is_taken_back(live: Account):
    """An empty structure removes CORS on AWS; moto leaves it."""
    live.cloud.create_url("cancer", "live", "NONE", CORS)
    changed = live.cloud.update_url("cancer", "live", "NONE", None)
    assert changed.cors == (CORS if live.is_moto else None)


def test_url_can_be_made_once(live: Account):
    """A second URL is refused; moto replaces the first."""
    live.cloud.create_url("cancer", "live", "NONE", None)
    if live.is_moto:
        live.cloud.create_url("cancer", "live", "NONE", None)
    else:
        with pytest.raises(ExistsError):
            live.cloud.create_url("cancer", "live", "NONE", None)


def test_statements_of_a_public_url_are_read_as_they_were_added(live: Account):
    """Both statements that AWS requires since October 2025 are read, with their conditions."""
    live.cloud.change_permissions("cancer", "live", (), PUBLIC_STATEMENTS)
    assert live.cloud.get_statements("cancer", "live") == PUBLIC_STATEMENTS


def test_statement_is_removed(live: Account):
    """Removing a statement keeps the other; a second removal changes nothing."""
    live.cloud.change_permissions("cancer", "live", (), PUBLIC_STATEMENTS)
    for _ in range(2):
        live.cloud.change_permissions("cancer", "live", (PUBLIC_STATEMENTS[0].sid,), ())
        assert live.cloud.get_statements("cancer", "live") == PUBLIC_STATEMENTS[1:]


def test_permissions_of_a_missing_alias_cannot_be_changed(live: Account):
    """Changing the permissions of a missing alias is an error."""
    with pytest.raises(MissingError):
        live.cloud.change_permissions("cancer", "other", (), PUBLIC_STATEMENTS)


def test_statement_for_an_account_names_it(live: Account):
    """A statement for one account keeps its principal."""
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
    """Invoking a missing function is an error; moto, which runs nothing, returns any event."""
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
