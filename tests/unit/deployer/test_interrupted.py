"""A deploy that is stopped at any point, or misses an answer, ends as an undisturbed one."""

from __future__ import annotations

import copy
import functools
import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

import pytest

from poner.aws_lambda import quotas
from poner.aws_lambda.cors import Cors
from poner.deployer.cloud import Cloud, CloudReads
from poner.deployer.failures import (
    BusyError,
    CloudError,
    ExistsError,
    MissingError,
    PermissionMissingError,
    RoleNotReadyError,
    UncertainError,
)
from poner.deployer.journal import JournalFile
from poner.deployer.settings import DeploySettings
from tests.fakes.fake_cloud import FakeCloud
from tests.support.shipping import BUCKET, Account, Killed, OneFault

SETTINGS = DeploySettings(
    auth="none",
    bucket=BUCKET,
    cors=Cors(("https://example.com",), ("POST",)),
    environment={"KEY": "secret"},
    reserved_concurrency=5,
    keep=1,
)
CLOSED = replace(SETTINGS, auth="iam", cors=None, environment={}, tags={"team": "health"})


@dataclass(frozen=True)
class Scenario:
    """Something to be disturbed, and what there is before it."""

    name: str
    prepare: Callable[[Account], object]
    act: Callable[[Account], object]


def _deploy_two(account: Account) -> None:
    account.deploy(account.bundle("1", ("numpy", "old")), SETTINGS)
    account.deploy(account.bundle("2", ("numpy", "onnx")), SETTINGS)


def _canary(account: Account) -> None:
    account.deploy(account.bundle("3", ("numpy", "new")), SETTINGS, percent=10)


DEPLOYS = (
    Scenario(
        "first",
        lambda account: None,
        lambda account: account.deploy(account.bundle("1", ("numpy", "onnx")), SETTINGS),
    ),
    Scenario(
        "update",
        _deploy_two,
        lambda account: account.deploy(account.bundle("3", ("numpy", "new")), CLOSED),
    ),
    Scenario("canary", _deploy_two, _canary),
    Scenario(
        "repair",
        lambda account: (_deploy_two(account), _damage(account)),
        lambda account: account.deploy(account.bundle("2", ("numpy", "onnx")), SETTINGS),
    ),
)
DESTROY = Scenario("destroy", _deploy_two, lambda account: account.destroy())


def _damage(account: Account) -> None:
    """What people do by hand."""
    (second,) = (one for one in account.cloud.get_statements("cancer", "live") if one.via_url)
    account.cloud.change_permissions("cancer", "live", (), (replace(second, via_url=False),))
    account.cloud.update_url("cancer", "live", "AWS_IAM", None)
    account.cloud.delete_role_policy("poner-cancer-eu-west-1", "poner-logs")
    account.cloud.delete_role("poner-cancer-eu-west-1")
    account.cloud.delete_log_group("/aws/lambda/cancer")


@contextmanager
def _prepared(scenario: Scenario, folder: Path) -> Iterator[Account]:
    """An account as it is before; every zip is too large for a call."""
    with mock.patch.object(quotas, "DIRECT_UPLOAD_BYTES", 0):
        yield Account(folder, copy.deepcopy(_prepare(scenario)))


@functools.cache
def _prepare(scenario: Scenario) -> FakeCloud:
    """The cloud as it is before, made once."""
    with tempfile.TemporaryDirectory() as folder:
        account = Account(Path(folder))
        scenario.prepare(account)
        return account.cloud


def _undisturbed(scenario: Scenario) -> tuple[dict, tuple[str, ...]]:
    """What there is in the end, and the writes in between."""
    methods: list[str] = []
    with tempfile.TemporaryDirectory() as folder, _prepared(scenario, Path(folder)) as account:
        account.cloud.before = methods.append
        scenario.act(account)
        return dict(account.snapshot), tuple(methods)


ENDS = {scenario.name: _undisturbed(scenario) for scenario in (*DEPLOYS, DESTROY)}


def _every_write(*scenarios: Scenario) -> list[object]:
    """Each write of each scenario, found by running it once."""
    return [
        pytest.param(scenario, number, id=f"{scenario.name}-{number}-{method}")
        for scenario in scenarios
        for number, method in enumerate(ENDS[scenario.name][1], start=1)
    ]


def _each_kind(
    *scenarios: Scenario, of: Callable[[str], bool] = lambda method: True
) -> list[object]:
    """Each kind of write, or of some of them, where a scenario makes it first."""
    places: dict[str, object] = {}
    for scenario in scenarios:
        for number, method in enumerate(ENDS[scenario.name][1], start=1):
            if of(method):
                name = f"{scenario.name}-{number}-{method}"
                places.setdefault(method, pytest.param(scenario, number, id=name))
    return list(places.values())


at_every_write = pytest.mark.parametrize(("scenario", "number"), _every_write(*DEPLOYS, DESTROY))
at_every_deploys_write = pytest.mark.parametrize(("scenario", "number"), _every_write(*DEPLOYS))
at_each_kind = pytest.mark.parametrize(("scenario", "number"), _each_kind(*DEPLOYS, DESTROY))
at_each_kind_of_deploys = pytest.mark.parametrize(("scenario", "number"), _each_kind(*DEPLOYS))


@pytest.fixture(autouse=True)
def _no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Journals do not wait for the disk here."""
    monkeypatch.setattr("os.fsync", lambda _: None)


def test_scenarios_do_all_there_is() -> None:
    """The scenarios together make every kind of call that changes an account."""
    writes = {name for name in vars(Cloud) if not name.startswith("_")} - set(vars(CloudReads))
    assert {method for _, methods in ENDS.values() for method in methods} == writes


@at_every_write
@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed(scenario: Scenario, number: int, moment: str, tmp_path: Path) -> None:
    """Killed before or after any call took place, the next run ends where one would have."""
    with _prepared(scenario, tmp_path) as account:
        fault = OneFault(Killed(), number)
        setattr(account.cloud, moment, fault)
        with pytest.raises(Killed):
            scenario.act(account)
        setattr(account.cloud, moment, lambda _: None)
        scenario.act(account)
        assert account.snapshot == ENDS[scenario.name][0]
        assert account.journals == []


@at_every_deploys_write
def test_killed_twice(scenario: Scenario, number: int, tmp_path: Path) -> None:
    """Killed, run again and killed at the next call, the third run ends where one would have."""
    with _prepared(scenario, tmp_path) as account:
        account.cloud.after = OneFault(Killed(), number)
        with pytest.raises(Killed):
            scenario.act(account)
        account.cloud.after = OneFault(Killed(), 1)
        if number < len(ENDS[scenario.name][1]):
            with pytest.raises(Killed):
                scenario.act(account)
        account.cloud.after = lambda _: None
        scenario.act(account)
        assert account.snapshot == ENDS[scenario.name][0]


@at_every_write
@pytest.mark.parametrize("moment", ["before", "after"])
def test_answer_lost(scenario: Scenario, number: int, moment: str, tmp_path: Path) -> None:
    """Where nobody knows whether a call took place, the same run finds out and goes on."""
    with _prepared(scenario, tmp_path) as account:
        fault = OneFault(UncertainError("No answer.", "Look."), number)
        setattr(account.cloud, moment, fault)
        scenario.act(account)
        assert fault.method
        assert account.snapshot == ENDS[scenario.name][0]
        assert account.journals == []


@pytest.mark.parametrize("scenario", DEPLOYS, ids=lambda scenario: scenario.name)
def test_many_answers_lost(scenario: Scenario, tmp_path: Path) -> None:
    """A network that loses every second answer makes a deploy slow, and no more."""
    answers = itertools.cycle([UncertainError("No answer.", "Look."), None])

    def lose(_: str) -> None:
        if error := next(answers):
            raise error

    with _prepared(scenario, tmp_path) as account:
        account.cloud.after = lose
        scenario.act(account)
        assert account.snapshot == ENDS[scenario.name][0]


@at_each_kind
def test_busy(scenario: Scenario, number: int, tmp_path: Path) -> None:
    """A resource that is being changed is waited for."""
    with _prepared(scenario, tmp_path) as account:
        account.cloud.before = OneFault(BusyError("An update is under way.", "Wait."), number, 3)
        scenario.act(account)
        assert account.cloud.before.count == len(ENDS[scenario.name][1]) + 3
        assert account.snapshot == ENDS[scenario.name][0]


@at_each_kind_of_deploys
def test_already_there(scenario: Scenario, number: int, tmp_path: Path) -> None:
    """A call that took place and is then refused since its result is there is as good as done."""
    with _prepared(scenario, tmp_path) as account:
        account.cloud.after = OneFault(ExistsError("It is there.", "Look."), number)
        scenario.act(account)
        assert account.snapshot == ENDS[scenario.name][0]


@pytest.mark.parametrize(
    ("scenario", "number"),
    _each_kind(*DEPLOYS, of=lambda method: not method.startswith(("delete_", "remove_"))),
)
def test_not_seen_yet(scenario: Scenario, number: int, tmp_path: Path) -> None:
    """What was just made and is not seen yet by another of AWS's machines is tried again."""
    with _prepared(scenario, tmp_path) as account:
        account.cloud.before = OneFault(MissingError("It is not there.", "Look."), number)
        scenario.act(account)
        assert account.snapshot == ENDS[scenario.name][0]


@pytest.mark.parametrize(
    ("scenario", "number"),
    _each_kind(*DEPLOYS, of=lambda method: method in ("create_function", "update_configuration")),
)
def test_role_not_ready(scenario: Scenario, number: int, tmp_path: Path) -> None:
    """A role that Lambda cannot assume yet is waited for."""
    with _prepared(scenario, tmp_path) as account:
        fault = OneFault(RoleNotReadyError("It cannot be assumed.", "Wait."), number, 5)
        account.cloud.before = fault
        scenario.act(account)
        assert fault.count == len(ENDS[scenario.name][1]) + 5
        assert account.snapshot == ENDS[scenario.name][0]


@at_each_kind_of_deploys
def test_permission_missing(scenario: Scenario, number: int, tmp_path: Path) -> None:
    """A missing permission is named, the journal says how far it came, and the next run goes on."""
    error = PermissionMissingError("May not do it.", "Ask.", "lambda:DoIt")
    with _prepared(scenario, tmp_path) as account:
        account.cloud.before = OneFault(error, number)
        with pytest.raises(PermissionMissingError) as caught:
            scenario.act(account)
        assert caught.value.action == "lambda:DoIt"
        (path,) = account.journals
        journal = JournalFile(path).read()
        assert journal is not None
        assert len(journal.done) == number - 1
        assert len(journal.planned) == len(ENDS[scenario.name][1])
        assert journal.planned[: number - 1] == journal.done
        assert account.lines[-1] == "The finished steps stay; `poner deploy` continues from there."
        account.cloud.before = lambda _: None
        scenario.act(account)
        assert account.snapshot == ENDS[scenario.name][0]
        assert account.journals == []


def test_permission_missing_while_removing(tmp_path: Path) -> None:
    """A removal that may not do all of it can go on once it may."""
    with _prepared(DESTROY, tmp_path) as account:
        error = PermissionMissingError("May not do it.", "Ask.", "lambda:DeleteLayerVersion")
        account.cloud.before = OneFault(error, 2)
        with pytest.raises(PermissionMissingError):
            DESTROY.act(account)
        account.cloud.before = lambda _: None
        DESTROY.act(account)
        assert account.snapshot == ENDS["destroy"][0]


@pytest.mark.parametrize("scenario", [DEPLOYS[0], DESTROY], ids=lambda scenario: scenario.name)
def test_answers_never_come(scenario: Scenario, tmp_path: Path) -> None:
    """Where a call is never answered and never takes place, it ends with that error."""
    error = UncertainError("No answer.", "Look.", "logs:CreateLogGroup")
    with _prepared(scenario, tmp_path) as account:
        account.cloud.before = OneFault(error, 1, 1_000)
        with pytest.raises(UncertainError):
            scenario.act(account)
        assert account.cloud.before.count == 6


def test_never_ready(tmp_path: Path) -> None:
    """A role that can never be assumed is not waited for without end."""
    with _prepared(DEPLOYS[0], tmp_path) as account:
        account.cloud.role_refusals = 1_000
        with pytest.raises(RoleNotReadyError):
            DEPLOYS[0].act(account)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_promotion_killed(moment: str, tmp_path: Path) -> None:
    """A promotion is one call, so it either took place or is to be asked for again."""
    with _prepared(DEPLOYS[2], tmp_path) as account:
        _canary(account)
        setattr(account.cloud, moment, OneFault(Killed(), 1))
        with pytest.raises(Killed):
            account.promote()
        setattr(account.cloud, moment, lambda _: None)
        if moment == "before":
            assert account.live == ("2", {"3": 0.1}, "previous=1")
            account.promote()
        assert account.live == ("3", {}, "previous=2")


def test_canary_then_promotion_is_a_deploy(tmp_path: Path) -> None:
    """A canary that was promoted leaves what a plain deploy leaves, once the next deploy tidied."""
    plain = replace(DEPLOYS[2], act=lambda account: _deploy_third(account))
    with _prepared(DEPLOYS[2], tmp_path) as account:
        _canary(account)
        account.promote()
        _deploy_third(account)
        assert account.snapshot == _undisturbed(plain)[0]


def _deploy_third(account: Account) -> None:
    account.deploy(account.bundle("3", ("numpy", "new")), SETTINGS)


@pytest.mark.parametrize("number", range(1, len(ENDS["first"][1]) + 1))
def test_another_bundle_after_a_kill(number: int, tmp_path: Path) -> None:
    """Layers of a deploy that was killed and given up are removed by the next one."""
    with _prepared(DEPLOYS[0], tmp_path) as account:
        account.cloud.after = OneFault(Killed(), number)
        with pytest.raises(Killed):
            DEPLOYS[0].act(account)
        account.cloud.after = lambda _: None
        account.deploy(account.bundle("other", ("torch",)), SETTINGS)
        published = "create_alias" in ENDS["first"][1][:number]
        kept = {"cancer-numpy:1", "cancer-onnx:1"} if published else set()
        assert {*account.layers} == {"cancer-torch:1"} | kept


def test_interrupt_is_told(tmp_path: Path) -> None:
    """Ctrl-C leaves the journal and says that a deploy can go on."""
    account = Account(tmp_path)
    account.cloud.before = OneFault(KeyboardInterrupt(), 3)
    with pytest.raises(KeyboardInterrupt):
        account.deploy(account.bundle())
    assert account.lines[-1] == "The finished steps stay; `poner deploy` continues from there."
    assert len(account.journals) == 1


def test_slow_account(tmp_path: Path) -> None:
    """A role that comes late and changes that take a while change nothing about the end."""
    with _prepared(DEPLOYS[1], tmp_path) as account:
        account.cloud.role_refusals = 4
        account.cloud.update_polls = 3
        DEPLOYS[1].act(account)
        assert account.snapshot == ENDS["update"][0]


def test_error_of_a_rollback_is_its_own(tmp_path: Path) -> None:
    """A rollback that may not be done says so."""
    account = Account(tmp_path)
    account.deploy(account.bundle("1"))
    account.deploy(account.bundle("2"))
    account.cloud.before = OneFault(PermissionMissingError("No.", "Ask.", "lambda:UpdateAlias"), 1)
    with pytest.raises(CloudError) as caught:
        account.rollback()
    assert caught.value.action == "lambda:UpdateAlias"
