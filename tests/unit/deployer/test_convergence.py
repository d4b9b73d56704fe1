"""Whatever was done before, and wherever it was stopped: an undisturbed deploy puts all right."""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from poner.deployer.cloud import UncertainError
from poner.deployer.comparison import compare_setups
from poner.deployer.settings import DeploySettings
from poner.deployer.traffic import named_versions
from poner.errors import DeployError
from tests.fakes.fake_cloud import FakeCloud
from tests.support.shipping import NAME, Account, Killed, OneFault

BUNDLES = (("1", ()), ("2", ("numpy",)), ("3", ("numpy", "onnx")), ("3", ("onnx",)))
SETTINGS = (
    DeploySettings(keep=1),
    DeploySettings(auth="none", keep=2, environment={"KEY": "secret"}),
    DeploySettings(auth="none", keep=1, reserved_concurrency=3, log_retention_days=0),
)

bundles = st.sampled_from(BUNDLES)
wishes = st.sampled_from(SETTINGS)
writes = st.integers(1, 16)
moments = st.sampled_from(["before", "after"])


class WatchedCloud(FakeCloud):
    """A cloud in which nothing that is in use may be removed, as long as the function is there."""

    def delete_version(self, name: str, version: str) -> None:
        """Remove a version that no alias names or remembers."""
        assert version not in self._in_use(name), f"version {version} is in use"
        super().delete_version(name, version)

    def delete_layer_version(self, arn: str) -> None:
        """Remove a layer version that no version in use has."""
        used = self._in_use(NAME)
        for version in self.list_versions(NAME):
            assert version.version not in used or arn not in version.setup.layer_arns, arn
        super().delete_layer_version(arn)

    def _in_use(self, name: str) -> set[str]:
        aliases = self.list_aliases(name)
        return {version for alias in aliases for version in named_versions(alias)}


class Deploys(RuleBasedStateMachine):
    """Deploys of a few Bundles, stopped anywhere, with rollbacks, promotions and damage between."""

    def __init__(self) -> None:
        super().__init__()
        self.scratch = tempfile.TemporaryDirectory()
        self.account = Account(Path(self.scratch.name), WatchedCloud())
        self.half_removed = False

    def teardown(self) -> None:
        """One more deploy; then all is as it should be."""
        self._settle(BUNDLES[2], SETTINGS[1])
        self.account.destroy(bucket=None)
        assert not any(self.account.snapshot.values())
        self.scratch.cleanup()

    @rule(which=bundles, wish=wishes, percent=st.sampled_from([0, 0, 10]))
    def deploy(self, which: Any, wish: DeploySettings, percent: int) -> None:
        """A deploy that goes well."""
        self.account.deploy(self.account.bundle(*which), wish, percent=percent)
        assert self.account.journals == []

    @rule(which=bundles, wish=wishes, percent=st.sampled_from([0, 10]), at=writes, moment=moments)
    def stop(self, which: Any, wish: DeploySettings, percent: int, at: int, moment: str) -> None:
        """A deploy that is killed."""
        setattr(self.account.cloud, moment, OneFault(Killed(), at))
        with contextlib.suppress(Killed):
            self.account.deploy(self.account.bundle(*which), wish, percent=percent)
        setattr(self.account.cloud, moment, lambda _: None)

    @rule(which=bundles, wish=wishes, at=writes, moment=moments)
    def lose_answer(self, which: Any, wish: DeploySettings, at: int, moment: str) -> None:
        """A deploy that misses an answer, and still goes well."""
        setattr(self.account.cloud, moment, OneFault(UncertainError("Lost.", "Look."), at))
        self.account.deploy(self.account.bundle(*which), wish)
        setattr(self.account.cloud, moment, lambda _: None)
        assert self.account.plan(self.account.bundle(*which), wish).steps == ()

    @rule(number=st.none() | st.integers(1, 6))
    def rollback(self, number: int | None) -> None:
        """A rollback, if there is anything to go back to."""
        with contextlib.suppress(DeployError):
            self.account.rollback(None if number is None else str(number))

    @rule()
    def promote(self) -> None:
        """A promotion, if a canary release is under way."""
        with contextlib.suppress(DeployError):
            self.account.promote()

    @rule(moment=moments, at=st.integers(1, 4))
    def destroy(self, moment: str, at: int) -> None:
        """A removal that is killed, or done; layers that it left only a removal finds again."""
        setattr(self.account.cloud, moment, OneFault(Killed(), at))
        self.half_removed = True
        with contextlib.suppress(Killed):
            self.account.destroy(bucket=None)
            self.half_removed = False
        setattr(self.account.cloud, moment, lambda _: None)

    @rule(timeout_s=st.integers(4, 5))
    def change_latest(self, timeout_s: int) -> None:
        """Somebody changes $LATEST by hand."""
        function = self.account.cloud.get_function(NAME)
        if function is not None and self.account.cloud.get_role("poner-cancer-eu-west-1"):
            setup = replace(function.latest.setup, timeout_s=timeout_s, layer_arns=())
            self.account.cloud.update_configuration(NAME, setup)

    @rule(which=bundles, wish=wishes)
    def settle(self, which: Any, wish: DeploySettings) -> None:
        """An undisturbed deploy puts all right."""
        self._settle(which, wish)

    def _settle(self, which: Any, wish: DeploySettings) -> None:
        account = self.account
        bundle = account.bundle(*which)
        deployment = account.deploy(bundle, wish)
        proposal = account.propose(bundle, wish)
        assert proposal.plan.steps == ()
        version, weights, _ = account.live
        assert (version, weights) == (deployment.version, {})
        (answering,) = (one for one in proposal.observed.versions if one.version == version)
        assert compare_setups(answering.setup, proposal.desired.setup) == ()
        assert proposal.observed.url is not None
        assert proposal.observed.url.auth == proposal.desired.auth
        assert {*proposal.observed.statements} == {*proposal.desired.statements}
        versions = (*proposal.observed.versions, account.function.latest)
        used = {arn for one in versions for arn in one.setup.layer_arns}
        assert self.half_removed or set(account.snapshot["layers"]) <= used
        assert account.journals == []


@pytest.fixture(autouse=True)
def _no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Journals do not wait for the disk here."""
    monkeypatch.setattr("os.fsync", lambda _: None)


TestConvergence = Deploys.TestCase
TestConvergence.settings = settings(
    max_examples=60,
    stateful_step_count=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
