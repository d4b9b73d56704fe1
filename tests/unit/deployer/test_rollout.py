"""Which version answers: canary releases, promotions, rollbacks, and what is kept for them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from poner.deployer.resources import Alias
from poner.deployer.steps import MoveAlias
from poner.errors import DeployError
from tests.support.shipping import NAME, PUBLIC, Account, CountedReads


@pytest.fixture
def three(account: Account) -> Account:
    """An account with three versions, of which the last answers."""
    for source in "123":
        account.deploy(account.bundle(source))
    return account


def share(account: Account, source: str, percent: int = 10) -> None:
    """A canary release."""
    assert account.deploy(account.bundle(source), percent=percent).canary


# canary


def test_canary(three: Account) -> None:
    """A share of the traffic goes to the new version; the one before goes on to be remembered."""
    share(three, "4")
    assert three.live == ("3", {"4": 0.1}, "previous=2")
    assert three.plan(three.bundle("4"), percent=10).steps == ()


@pytest.mark.parametrize("percent", [1, 29, 57, 99])
def test_share_is_exact(three: Account, percent: int) -> None:
    """The share that AWS has is the one that is compared with, for every percent."""
    share(three, "4", percent)
    assert three.live[1] == {"4": percent / 100}
    assert three.plan(three.bundle("4"), percent=percent).steps == ()


def test_other_share(three: Account) -> None:
    """A canary's share can be changed: one call, no version."""
    share(three, "4")
    (step,) = three.plan(three.bundle("4"), percent=50).steps
    assert step.changes[0].old == "10% to version 4"
    assert step.changes[0].new == "50% to version 4"


def test_promotion(three: Account) -> None:
    """All traffic goes to the canary, and a rollback to what answered before."""
    share(three, "4")
    three.promote()
    assert three.live == ("4", {}, "previous=3")
    assert three.plan(three.bundle("4")).steps == ()


def test_deploy_completes_a_canary(three: Account) -> None:
    """A deploy of the same bundle without a share promotes it."""
    share(three, "4")
    assert not three.deploy(three.bundle("4")).canary
    assert three.live == ("4", {}, "previous=3")


def test_deploy_withdraws_a_canary(three: Account) -> None:
    """A deploy of what answers already ends the canary release of another."""
    share(three, "4")
    three.deploy(three.bundle("3"))
    assert three.live == ("3", {}, "previous=2")


def test_canary_after_canary(three: Account) -> None:
    """A second canary takes the first one's place; what answers stays."""
    share(three, "4")
    share(three, "5", 20)
    assert three.live == ("3", {"5": 0.2}, "previous=2")


def test_canary_of_what_answers(three: Account) -> None:
    """A share for the version that answers is no canary, and the plan says so."""
    plan = three.plan(three.bundle("3"), percent=10)
    assert plan.steps == ()
    assert plan.notes[-1] == "Version 3 holds this bundle and already gets all of the traffic."
    assert not three.deploy(three.bundle("3"), percent=10).canary


def test_canary_of_another_role(three: Account) -> None:
    """An alias of two versions with different roles is refused before anything is published."""
    other = replace(PUBLIC, role="arn:aws:iam::123456789012:role/given")
    with pytest.raises(DeployError, match="need the same role, but version 3 has the role"):
        three.plan(three.bundle("4"), other, percent=10)
    assert three.plan(three.bundle("4"), other).steps


def test_first_deploy_as_a_canary(account: Account) -> None:
    """Without a version before, the first one gets all of the traffic."""
    plan = account.plan(account.bundle(), percent=10)
    assert "no earlier version to share the traffic" in plan.notes[-1]
    assert not account.deploy(account.bundle(), percent=10).canary
    assert account.live == ("1", {}, "")


def test_promotion_of_nothing(three: Account) -> None:
    """Without a canary release a promotion says which version answers."""
    with pytest.raises(DeployError, match="version 3 gets all traffic"):
        three.promote()


# rollback


def test_rollback(three: Account) -> None:
    """Back to the version before in one call; the next one goes further back."""
    assert three.count_writes(three.rollback) == 1
    assert three.live == ("2", {}, "previous=1")
    three.rollback()
    assert three.live == ("1", {}, "")
    with pytest.raises(DeployError, match="cancer has no version before 1"):
        three.rollback()


def test_rollback_to_a_version(three: Account) -> None:
    """Back to a version by its number."""
    three.rollback("1")
    assert three.live == ("1", {}, "")


def test_rollback_of_a_rollback(three: Account) -> None:
    """On to a later version again; the one that answered in between is remembered."""
    three.rollback("1")
    three.rollback("3")
    assert three.live == ("3", {}, "previous=1")


def test_rollback_to_what_answers(three: Account) -> None:
    """There is nothing to do, and that is said."""
    assert three.count_writes(lambda: three.rollback("3")) == 0


@pytest.mark.parametrize("version", [None, "3"])
def test_rollback_during_a_canary(three: Account, version: str | None) -> None:
    """A canary is withdrawn, and what was remembered stays."""
    share(three, "4")
    three.rollback(version)
    assert three.live == ("3", {}, "previous=2")


def test_rollback_to_the_canary(three: Account) -> None:
    """Going to the canary by its number is a promotion."""
    share(three, "4")
    three.rollback("4")
    assert three.live == ("4", {}, "previous=3")


def test_rollback_past_a_canary(three: Account) -> None:
    """Going back to an earlier version ends a canary release, too."""
    share(three, "4")
    three.rollback("2")
    assert three.live == ("2", {}, "previous=1")


def test_rollback_past_deleted_versions(three: Account) -> None:
    """Where the version that is remembered was deleted, the one below is taken."""
    three.cloud.delete_version(NAME, "2")
    three.rollback()
    assert three.live == ("1", {}, "")


@pytest.mark.parametrize("version", ["9", "live", "$LATEST", "01"])
def test_rollback_to_no_version(three: Account, version: str) -> None:
    """What is not the number of a version is refused with those that are."""
    with pytest.raises(DeployError) as caught:
        three.rollback(version)
    assert caught.value.hint == "It has 1, 2, 3; choose one of them."


def test_rollback_then_deploy(three: Account) -> None:
    """A new bundle after a rollback remembers what the rollback went to."""
    three.rollback()
    three.deploy(three.bundle("4"))
    assert three.live == ("4", {}, "previous=2")


def test_rollback_then_the_same_deploy(three: Account) -> None:
    """The same bundle after a rollback is the same version again."""
    three.rollback()
    three.deploy(three.bundle("3"))
    assert three.live == ("3", {}, "previous=2")
    assert three.versions == ["1", "2", "3"]


def test_rollback_after_the_latest_version(three: Account) -> None:
    """From an alias on $LATEST one goes back by number, or to what it remembers."""
    three.cloud.update_alias(NAME, Alias("live", "$LATEST", {}))
    with pytest.raises(DeployError, match="cancer has no version before"):
        three.rollback()
    three.rollback("2")
    assert three.live == ("2", {}, "previous=1")


def test_rollback_of_what_others_made(three: Account) -> None:
    """A function without poner's tag is left alone."""
    three.take_tags_away()
    with pytest.raises(DeployError, match="was not made by poner"):
        three.rollback()


def test_rollback_of_nothing(account: Account) -> None:
    """Without a function there is nothing to go back to, and it says where it looked."""
    with pytest.raises(DeployError, match="no function cancer in eu-west-1"):
        account.rollback()


def test_rollback_without_an_alias(three: Account) -> None:
    """Without an alias one is told what makes it."""
    three.delete_alias()
    with pytest.raises(DeployError, match="has no alias live"):
        three.rollback()


def test_rollback_asks_little(three: Account) -> None:
    """A rollback looks at the function and not at its role, and whether the version is ready."""
    three.cloud = CountedReads(three.cloud)
    three.rollback()
    assert sum(three.cloud.counts.values()) == 6 + 1 + 1  # one of them is the call that writes


# what is kept


def deploy_many(account: Account, sources: str, keep: int) -> None:
    """Versions with a layer each."""
    for source in sources:
        account.deploy(account.bundle(source, (f"of{source}",)), replace(PUBLIC, keep=keep))


def test_keep_five(account: Account) -> None:
    """The five newest versions stay, with their layers."""
    deploy_many(account, "1234567", 5)
    assert account.versions == ["3", "4", "5", "6", "7"]
    assert account.layers == [f"cancer-of{number}:1" for number in "34567"]


def test_keep_one(account: Account) -> None:
    """With one kept, the one to go back to stays as well; and that is the end of it."""
    deploy_many(account, "123", 1)
    assert account.versions == ["2", "3"]
    assert account.layers == ["cancer-of2:1", "cancer-of3:1"]
    wish = replace(PUBLIC, keep=1)
    assert account.plan(account.bundle("3", ("of3",)), wish).steps == ()


def test_keep_fewer_than_before(account: Account) -> None:
    """A smaller number prunes versions without any other change."""
    deploy_many(account, "1234", 5)
    bundle, wish = account.bundle("4", ("of4",)), replace(PUBLIC, keep=2)
    assert account.kinds(bundle, wish) == ["DeleteLayerVersion"] * 2 + ["DeleteVersion"] * 2
    account.deploy(bundle, wish)
    assert account.versions == ["3", "4"]
    assert account.plan(bundle, wish).steps == ()


def test_keep_what_other_aliases_name(account: Account) -> None:
    """A version that an alias made by hand names stays, with its layers, however old it is."""
    deploy_many(account, "1", 1)
    account.cloud.create_alias(NAME, Alias("audited", "1", {}))
    deploy_many(account, "234", 1)
    assert account.versions == ["1", "3", "4"]
    assert "cancer-of1:1" in account.layers


def test_keep_what_other_aliases_share(account: Account) -> None:
    """So does one that such an alias gives a share of its traffic."""
    deploy_many(account, "12", 1)
    account.cloud.create_alias(NAME, Alias("audited", "2", {"1": 0.5}))
    deploy_many(account, "345", 1)
    assert account.versions == ["1", "2", "4", "5"]


def test_keep_both_of_a_canary(account: Account) -> None:
    """During a canary release what answers, the canary and the one remembered stay."""
    deploy_many(account, "12", 1)
    for source in "345":
        bundle = account.bundle(source, (f"of{source}",))
        account.deploy(bundle, replace(PUBLIC, keep=1), percent=10)
    assert account.live == ("2", {"5": 0.1}, "previous=1")
    assert account.versions == ["1", "2", "5"]
    assert account.layers == ["cancer-of1:1", "cancer-of2:1", "cancer-of5:1"]


def test_keep_what_was_rolled_back_to(account: Account) -> None:
    """After a rollback the version that answers stays, and so does the newest."""
    deploy_many(account, "1234", 5)
    account.rollback("1")
    bundle, wish = account.bundle("1", ("of1",)), replace(PUBLIC, keep=1)
    account.deploy(bundle, wish)
    assert account.versions == ["1", "4"]
    assert account.plan(bundle, wish).steps == ()


def test_keep_layers_that_are_shared(account: Account) -> None:
    """A layer that a version still has stays when others that had it go."""
    wish = replace(PUBLIC, keep=1)
    for source in "123":
        account.deploy(account.bundle(source, ("numpy",)), wish)
    assert account.layers == ["cancer-numpy:1"]


def test_keep_layers_of_others(account: Account) -> None:
    """A layer that was added by hand is nobody's to remove when its version goes."""
    deploy_many(account, "1", 1)
    bundle = account.bundle("theirs", ("numpy",))
    (layer,) = account.propose(bundle).desired.layers
    theirs = account.cloud.publish_layer("tools", layer.code, "", "python3.13", "x86_64")
    setup = replace(account.function.latest.setup, layer_arns=(theirs.arn,))
    account.cloud.update_configuration(NAME, setup)
    account.cloud.publish_version(NAME, setup.code_sha256, "")
    deploy_many(account, "234", 1)
    assert "2" not in account.versions
    assert theirs.arn in account.snapshot["layers"]


def test_layers_of_a_longer_name(account: Account) -> None:
    """Functions `a` and `a-b` with the same packages have layers of their own."""
    wish = replace(PUBLIC, keep=1)
    account.deploy(account.bundle("1", ("numpy",), name="a-b"), wish)
    for source in "123":
        layers = ("numpy",) if source == "1" else ()
        account.deploy(account.bundle(source, layers, name="a"), wish)
    assert account.layers == ["a-b-numpy:1"]


def test_promotion_is_one_call(three: Account) -> None:
    """A promotion moves the alias and does nothing else."""
    share(three, "4")
    assert three.count_writes(three.promote) == 1


def test_new_alias_step_names_both(three: Account) -> None:
    """A canary's step says to whom the traffic goes and what stays."""
    (*_, step) = three.plan(three.bundle("4"), percent=10).steps
    assert isinstance(step, MoveAlias)
    assert (step.main, step.canary, step.percent, step.previous) == ("3", None, 10, "2")
