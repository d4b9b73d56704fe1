"""The flow as a whole, where its parts meet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from poner import deployer, pipeline
from poner.bundle import Bundle
from tests.support.shipping import PUBLIC, Account


def deploy(account: Account, bundle: Bundle, settings: deployer.DeploySettings) -> list[str]:
    """The messages of a deploy with its check."""
    said: list[str] = []
    pipeline.deploy(
        account.cloud,
        deployer.Wish(bundle, settings),
        reporter=pipeline.Reporter(notify=said.append),
    )
    return said


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account with nothing in it."""
    monkeypatch.setenv("PONER_STATE_DIR", str(tmp_path / "state"))
    return Account(tmp_path)


def test_bundle_without_a_known_row_is_said(account: Account) -> None:
    """A Bundle without a known row gets a message that it was not checked."""
    bundle = account.bundle()
    assert bundle.manifest.known_answer is None
    assert "Note: the URL was not tested: the bundle has no row with a known answer." in deploy(
        account, bundle, PUBLIC
    )


def test_function_that_was_switched_off_before_is_not_asked(account: Account) -> None:
    """Where poner.toml says nothing of it any more, it stays off, and would answer 429."""
    off = deploy(account, account.bundle(), replace(PUBLIC, reserved_concurrency=0))
    later = deploy(account, account.bundle("2"), PUBLIC)
    assert not [line for line in (*off, *later) if "Testing" in line]
