"""The status of a deployed function, and its log."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

import pytest

from poner.deployer.observing import observe_own
from poner.deployer.resources import LogEvent
from poner.deployer.settings import DeploySettings
from poner.deployer.status import Status, make_status, read_logs
from poner.errors import DeployError
from tests.support.shipping import NAME, SECRET, Account

LOGS = "/aws/lambda/cancer"


def status(account: Account) -> Status:
    """`poner status`."""
    return make_status(observe_own(account.cloud, NAME), NAME, account.cloud.region)


def test_deployed(account: Account) -> None:
    """The status has the live version, the shares, the previous version, and each model."""
    for source in "12":
        account.deploy(account.bundle(source), DeploySettings(environment={"KEY": SECRET}))
    account.deploy(account.bundle("3"), DeploySettings(reserved_concurrency=5), percent=10)
    found = status(account)
    assert (found.live, found.canary, found.previous) == ("2", {"3": 0.1}, "1")
    assert [version.version for version in found.versions] == ["3", "2", "1"]
    assert found.versions[0].description.endswith(", model sha256:" + "ab" * 32)
    assert found.versions[0].code_sha256 == account.bundle("3").manifest.function.sha256
    assert (found.auth, found.reserved_concurrency) == ("AWS_IAM", 5)
    assert (found.log_group, found.retention_days) == (LOGS, 30)
    assert SECRET not in repr(found)


def test_damaged(account: Account) -> None:
    """The status leaves out resources that were deleted by hand."""
    account.deploy(account.bundle())
    account.delete_alias()
    account.cloud.delete_log_group(LOGS)
    found = status(account)
    assert (found.live, found.url, found.auth, found.log_group) == (None, None, None, None)


def test_previous_version_deleted(account: Account) -> None:
    """A remembered version that was deleted is not the previous version."""
    account.deploy(account.bundle("1"))
    account.deploy(account.bundle("2"))
    account.cloud.delete_version(NAME, "1")
    assert status(account).previous is None


def test_nothing(account: Account) -> None:
    """Without a function, the error names the account."""
    with pytest.raises(DeployError, match=r"eu-west-1 \(account 123456789012\)"):
        status(account)


def event(number: int, time_ms: int) -> LogEvent:
    """An event."""
    return LogEvent(str(number), time_ms, f"line {number}")


def test_logs(account: Account) -> None:
    """Events since a moment come in the order of their times."""
    account.cloud.events[LOGS] = [event(1, 900), event(3, 1_100), event(2, 1_000)]
    found = list(read_logs(account.cloud, LOGS, 1_000))
    assert [one.id for one in found] == ["2", "3"]


def test_no_logs(account: Account) -> None:
    """A function that nobody called has none."""
    assert list(read_logs(account.cloud, LOGS, 0)) == []


def arriving(account: Account, *batches: list[LogEvent]) -> Callable[[float], None]:
    """A sleep during which the next events come in."""
    coming = iter(batches)

    def sleep(_: float) -> None:
        account.cloud.events.setdefault(LOGS, []).extend(next(coming, []))

    return sleep


def test_followed_logs(account: Account) -> None:
    """Followed events are given once each, also late ones."""
    account.cloud.events[LOGS] = [event(1, 50_000)]
    sleep = arriving(
        account,
        [event(2, 51_000)],
        [event(3, 45_000)],  # six seconds late
        [],
        [event(4, 70_000), event(5, 70_000)],
        [event(6, 60_000)],
    )
    found = islice(read_logs(account.cloud, LOGS, 40_000, follow=True, sleep=sleep), 6)
    assert [one.id for one in found] == ["1", "2", "3", "4", "5", "6"]


def test_followed_logs_begin_where_asked(account: Account) -> None:
    """Following starts at the given moment, without earlier events."""
    account.cloud.events[LOGS] = [event(1, 39_999)]
    sleep = arriving(account, [event(2, 39_500), event(3, 40_000)])
    found = islice(read_logs(account.cloud, LOGS, 40_000, follow=True, sleep=sleep), 1)
    assert [one.id for one in found] == ["3"]
