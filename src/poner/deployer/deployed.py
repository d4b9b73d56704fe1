"""A deployed function: its status, its log, and plans to roll back, promote and remove it."""

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
    """A function by its name.

    All methods raise DeployError if the function does not exist or was not made by poner, and
    CloudError if AWS cannot be reached.
    """

    cloud: Cloud = field(repr=False)
    """The account and region."""
    name: str
    """The function."""

    def read_status(self) -> status.Status:
        """The version that answers, its URL, and the other versions."""
        return status.make_status(observe_own(self.cloud, self.name), self.name, self.cloud.region)

    def read_logs(self, since_ms: int, *, follow: bool = False) -> Iterator[LogEvent]:
        """Log events since a time; with `follow`, also future events, without end."""
        observe_own(self.cloud, self.name)
        return status.read_logs(self.cloud, log_group_name(self.name), since_ms, follow=follow)

    def plan_rollback(self, version: str | None = None) -> Plan:
        """A plan to return to a version, by default the previous one; ends a canary release."""
        return plan_rollback(self.name, observe_own(self.cloud, self.name), version)

    def plan_promotion(self) -> Plan:
        """A plan to send all traffic to the canary."""
        return plan_promotion(self.name, observe_own(self.cloud, self.name))

    def plan_removal(self, bucket: str | None = None) -> Plan:
        """A plan to remove all that poner made for the function, with zips in the bucket."""
        return plan_removal(self.cloud, self.name, bucket=bucket)

    def carry_out(self, plan: Plan, *, notify: Callable[[str], None], clock: Clock) -> None:
        """Execute one of these plans; `notify` gets a line for each step."""
        do_plan(self.cloud, plan, notify=notify, clock=clock)
