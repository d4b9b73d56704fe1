"""What is deployed, as it is found; and the log, as it comes in."""

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
    """It says what answers, what gets a share, what is gone back to, and which model is where."""
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
    """What was deleted by hand is not said to be there."""
    account.deploy(account.bundle())
    account.delete_alias()
    account.cloud.delete_log_group(LOGS)
    found = status(account)
    assert (found.live, found.url, found.auth, found.log_group) == (None, None, None, None)


def test_previous_version_deleted(account: Account) -> None:
    """A version that is remembered and gone is nothing to go back to."""
    account.deploy(account.bundle("1"))
    account.deploy(account.bundle("2"))
    account.cloud.delete_version(NAME, "1")
    assert status(account).previous is None


def test_nothing(account: Account) -> None:
    """Where there is no function, it is said which account was asked."""
    with pytest.raises(DeployError, match=r"eu-west-1 \(account 123456789012\)"):
        status(account)


def event(number: int, time_ms: int) -> LogEvent:
    """An event."""
    return LogEvent(str(number), time_ms, f"line {number}")


def test_logs(account: Account) -> None:
    """Events from a moment on, in the order of their times."""
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
    """Events are given once each as they come, also those that come late."""
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
    """What came before the moment is not given, however little there is."""
    account.cloud.events[LOGS] = [event(1, 39_999)]
    sleep = arriving(account, [event(2, 39_500), event(3, 40_000)])
    found = islice(read_logs(account.cloud, LOGS, 40_000, follow=True, sleep=sleep), 1)
    assert [one.id for one in found] == ["3"]
