"""Clouds for the deployer's tests; none of them can reach AWS."""

from __future__ import annotations

import pytest

from tests.clouds import faults, faulty_proxy, moto, moto_server, no_aws

__all__ = ["faults", "faulty_proxy", "moto", "moto_server", "no_aws"]


@pytest.fixture(autouse=True)
def _never_aws(no_aws: None) -> None:
    """All tests of the deployer are cut off from AWS."""
