"""Both clouds, so that each test of the contract runs on the fake and on AWS's client over moto."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from poner.deployer.cloud import Cloud
from poner.deployer.resources import Alias, Code
from tests.fakes.fake_cloud import FakeCloud
from tests.support.cloud_contract import Account
from tests.support.clouds import ACCOUNT, BUCKET, REGION, open_moto


@pytest.fixture(params=["fake", "moto"])
def account(request: pytest.FixtureRequest, tmp_path: Path) -> Account:
    """Each cloud, empty but for a bucket."""

    def make_code(content: bytes) -> Code:
        digest = hashlib.sha256(content).hexdigest()
        path = tmp_path / f"{digest}.zip"
        path.write_bytes(content)
        return Code(path, digest)

    if request.param == "fake":
        return Account(FakeCloud(REGION, ACCOUNT, buckets=[BUCKET]), False, make_code)
    request.getfixturevalue("moto")
    return Account(open_moto(), True, make_code)


@pytest.fixture
def cloud(account: Account) -> Cloud:
    """The cloud alone."""
    return account.cloud


@pytest.fixture
def live(account: Account) -> Account:
    """An account with a function whose alias `live` names version 1."""
    account.make_function()
    account.make_version(b"one")
    account.cloud.create_alias("cancer", Alias("live", "1", {}))
    return account
