"""Clouds for the deployer's tests; none of them can reach AWS."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.clouds import faults, faulty_proxy, moto, moto_server, no_aws
from tests.support.shipping import Account

__all__ = ["faults", "faulty_proxy", "moto", "moto_server", "no_aws"]


@pytest.fixture(autouse=True)
def _never_aws(no_aws: None) -> None:
    """All tests of the deployer are cut off from AWS."""


@pytest.fixture
def account(tmp_path: Path) -> Account:
    """An empty account with a bucket."""
    return Account(tmp_path)


@pytest.fixture
def deployed(account: Account) -> Account:
    """An account with a public function."""
    account.deploy(account.bundle())
    return account
