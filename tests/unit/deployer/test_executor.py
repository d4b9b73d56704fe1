"""Steps one by one: what is waited for, what is hidden, and what ends in an error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from poner.deployer.descriptions import as_json, plan_lines
from poner.deployer.executor import Executor, Made
from poner.deployer.failures import BusyError, ExistsError, MissingError, RoleNotReadyError
from poner.deployer.resources import FunctionState
from poner.deployer.steps import (
    CreateRole,
    DeleteLogGroup,
    MoveAlias,
    Step,
    UpdateConfiguration,
)
from poner.errors import DeployError
from tests.support.shipping import NAME, PUBLIC, SECRET, Account, OneFault, TickingClock

READY = FunctionState("Active", "Successful")
PENDING = FunctionState("Pending", "Successful", "It is being created.")


def do(account: Account, step: Step) -> float:
    """Do one step; how long it slept."""
    ticking = TickingClock()
    Executor(account.cloud, Made(), ticking.clock).do(step)
    return ticking.now_s


@pytest.fixture
def deployed(account: Account) -> Account:
    """An account with two versions of a function."""
    account.deploy(account.bundle("1"))
    account.deploy(account.bundle("2"))
    return account


def move(version: str) -> MoveAlias:
    """The alias to a version."""
    return MoveAlias(NAME, "live", version, None, 0, None, ())


# waiting


def test_role_is_waited_for(account: Account) -> None:
    """A role that Lambda cannot assume yet is tried with growing pauses, 90 seconds long."""
    account.cloud.role_refusals = 8
    assert account.deploy(account.bundle()).version == "1"


def test_role_is_not_waited_for_without_end(account: Account) -> None:
    """After that the error says what may be wrong with the role."""
    account.deploy(account.bundle())
    setup = replace(account.function.latest.setup, role_arn="arn:aws:iam::1:role/none")
    ticking = TickingClock()
    with pytest.raises(RoleNotReadyError):
        Executor(account.cloud, Made(), ticking.clock).do(UpdateConfiguration(NAME, setup, ()))
    assert 90 < ticking.now_s < 100


def test_busy_is_waited_for(deployed: Account) -> None:
    """A change that is under way is waited for, in pauses of at most five seconds."""
    deployed.cloud.before = OneFault(BusyError("Busy.", "Wait."), 1, 7)
    assert do(deployed, move("1")) == 0.25 + 0.5 + 1 + 2 + 4 + 5 + 5


def test_change_is_waited_for(deployed: Account) -> None:
    """A step that changes $LATEST ends when the change is done, so that the next one can begin."""
    deployed.cloud.update_polls = 3
    assert do(deployed, UpdateConfiguration(NAME, deployed.function.latest.setup, ())) > 0
    assert deployed.cloud.get_state(NAME) == READY


def states(deployed: Account, *told: FunctionState) -> None:
    """Let the cloud tell these states, and the last of them from then on."""
    remaining: Iterator[FunctionState] = iter(told)
    last = told[-1]
    deployed.cloud.get_state = lambda name, version="$LATEST": next(remaining, last)


def test_alias_waits_for_its_version(deployed: Account) -> None:
    """Traffic never goes to a version that is not ready, as an interrupted deploy may leave one."""
    states(deployed, PENDING, PENDING, READY)
    assert do(deployed, move("1")) == 0.25 + 0.5
    assert deployed.live[0] == "1"


def test_alias_does_not_move_to_what_failed(deployed: Account) -> None:
    """A version that AWS could not make ready gets no traffic, and AWS's reason is told."""
    states(deployed, FunctionState("Failed", "Successful", "The subnet is full."))
    with pytest.raises(DeployError, match=r"could not make cancer ready: The subnet is full\."):
        do(deployed, move("1"))
    assert deployed.live[0] == "2"


def test_idle_version_is_ready(deployed: Account) -> None:
    """A version that nobody called for weeks is Inactive, and wakes when it is called."""
    states(deployed, FunctionState("Inactive", "Successful"))
    assert do(deployed, move("1")) == 0


def test_failed_update(deployed: Account) -> None:
    """A change that AWS took and could not make ends in its words, even if it gives none."""
    states(deployed, FunctionState("Active", "InProgress"), FunctionState("Active", "Failed"))
    with pytest.raises(DeployError, match="it gives no reason"):
        do(deployed, UpdateConfiguration(NAME, deployed.function.latest.setup, ()))


def test_never_ready(deployed: Account) -> None:
    """After ten minutes it is said that it is still going on."""
    states(deployed, PENDING)
    with pytest.raises(DeployError, match="still being changed after 600 s"):
        do(deployed, move("1"))


# what is done already


def test_removed_by_somebody_else(account: Account) -> None:
    """What should be removed and is not there is as good as removed."""
    assert do(account, DeleteLogGroup("/aws/lambda/none")) == 0


def test_missing_is_not_removed(account: Account) -> None:
    """What should be changed and is not there is an error."""
    with pytest.raises(MissingError):
        do(account, move("1"))


def test_exists(account: Account) -> None:
    """What should be made and is there is told, so that it is looked at."""
    step = CreateRole("role", {}, {})
    do(account, step)
    with pytest.raises(ExistsError):
        do(account, step)


def test_note_is_given_once(account: Account) -> None:
    """A step that is done again does not repeat what it could not do."""
    made = Made()
    made.note("once")
    made.note("once")
    assert made.notes == ["once"]


# zips


@pytest.mark.parametrize("gone", [True, False], ids=["gone", "changed"])
@pytest.mark.parametrize("zip_", ["function.zip", "layers/numpy.zip"])
def test_built_anew_meanwhile(account: Account, zip_: str, gone: bool) -> None:
    """A zip that a build replaced while the user was asked is not sent under the old hash."""
    bundle = account.bundle("1", ("numpy",))
    proposal = account.propose(bundle)
    path = bundle.folder / zip_
    if gone:
        path.unlink()
    else:
        path.write_bytes(b"other")
    with pytest.raises(DeployError, match="was removed or changed after the plan was made"):
        account.carry_out(proposal)
    assert b"other" not in str(account.snapshot).encode()
    assert account.cloud.get_function(NAME) is None
    bundle = account.bundle("1", ("numpy",))
    assert account.deploy(bundle).version == "1"


# secrets


def everything_told(account: Account, *more: Any) -> str:
    """All that a user, a log or another program gets to see."""
    journals = [path.read_text() for path in account.state.rglob("*") if path.is_file()]
    return "\n".join([*account.lines, *journals, *map(str, more), *map(repr, more)])


def test_no_secret_in_plans(account: Account) -> None:
    """Values of variables are in no plan, old or new, for people or for machines."""
    bundle = account.bundle()
    for environment in ({"KEY": SECRET}, {"KEY": f"{SECRET}-2"}, {"OTHER": SECRET}, {}):
        wish = replace(PUBLIC, environment=environment)
        plan = account.plan(bundle, wish)
        told = everything_told(account, plan, *plan_lines(plan), as_json(plan))
        assert SECRET not in told
        assert "environment" in told
        account.deploy(bundle, wish)
    assert SECRET not in everything_told(account)
