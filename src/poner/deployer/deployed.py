"""A function of poner's on AWS: what answers, what it logged, and the plans that change it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from poner.deployer import status
from poner.deployer.cloud import Cloud
from poner.deployer.deploying import do_plan
from poner.deployer.desired import log_group_name
from poner.deployer.executor import Clock
from poner.deployer.observing import observe_own
from poner.deployer.removal import plan_removal
from poner.deployer.resources import LogEvent
from poner.deployer.rollout import plan_promotion, plan_rollback
from poner.deployer.steps import Plan


@dataclass(frozen=True)
class DeployedFunction:
    """A function by its name; whether it is there is asked by each method.

    All methods raise DeployError where it is not there or was not made by poner, and CloudError
    where AWS cannot be asked.
    """

    cloud: Cloud = field(repr=False)
    """The account and region."""
    name: str
    """The function."""

    def read_status(self) -> status.Status:
        """Which version answers, at which URL, and what others there are."""
        return status.make_status(observe_own(self.cloud, self.name), self.name, self.cloud.region)

    def read_logs(self, since_ms: int, *, follow: bool = False) -> Iterator[LogEvent]:
        """Events of its log from a moment on; with `follow` also those to come, without end."""
        observe_own(self.cloud, self.name)
        return status.read_logs(self.cloud, log_group_name(self.name), since_ms, follow=follow)

    def plan_rollback(self, version: str | None = None) -> Plan:
        """Back to a version, or to the one that answered before; withdraws a canary."""
        return plan_rollback(self.name, observe_own(self.cloud, self.name), version)

    def plan_promotion(self) -> Plan:
        """All traffic to the canary."""
        return plan_promotion(self.name, observe_own(self.cloud, self.name))

    def plan_removal(self, bucket: str | None = None) -> Plan:
        """All that poner made for it goes, zips in the bucket too; no steps where nothing is."""
        return plan_removal(self.cloud, self.name, bucket=bucket)

    def carry_out(self, plan: Plan, *, notify: Callable[[str], None], clock: Clock) -> None:
        """Do one of these plans, with a line to `notify` for each step."""
        do_plan(self.cloud, plan, notify=notify, clock=clock)
