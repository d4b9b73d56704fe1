"""The deployer: a Bundle comes in, a Deployment on AWS goes out.

It looks at what is there, plans what differs, and does that; plans to go back, to go on and to
remove are made and done alike. It must not know poner.toml, print, or ask; and only `aws/api.py`
speaks to boto3.
"""

from poner.deployer.applying import Clock
from poner.deployer.cloud import Cloud, CloudError, CloudReads, Document, Identity, LogEvent
from poner.deployer.deploying import (
    Deployment,
    Proposal,
    Wish,
    carry_out,
    do_plan,
    propose,
)
from poner.deployer.descriptions import as_json, plan_lines
from poner.deployer.desired import log_group_name, make_desired
from poner.deployer.examination import Intention, any_account, examine
from poner.deployer.export import export_sam, export_terraform
from poner.deployer.observing import observe_own
from poner.deployer.planning import PUBLIC_NOTE
from poner.deployer.policy import make_policy
from poner.deployer.removal import plan_removal
from poner.deployer.rollout import plan_promotion, plan_rollback
from poner.deployer.settings import DeploySettings
from poner.deployer.status import Status, ask_version, make_status, read_logs
from poner.deployer.steps import MoveAlias, Plan
from poner.extras import check_extra

__all__ = [
    "NOBODY",
    "PUBLIC_NOTE",
    "Clock",
    "Cloud",
    "CloudError",
    "CloudReads",
    "DeploySettings",
    "Deployment",
    "Document",
    "Intention",
    "LogEvent",
    "MoveAlias",
    "Plan",
    "Proposal",
    "Status",
    "Wish",
    "any_account",
    "as_json",
    "ask_version",
    "carry_out",
    "do_plan",
    "examine",
    "export_sam",
    "export_terraform",
    "log_group_name",
    "make_desired",
    "make_policy",
    "make_status",
    "observe_own",
    "open_cloud",
    "plan_lines",
    "plan_promotion",
    "plan_removal",
    "plan_rollback",
    "propose",
    "read_logs",
]

NOBODY = Identity("000000000000", "aws")
"""Stands for the account where none is asked: templates do not hold it."""


def open_cloud(profile: str | None = None, region: str | None = None) -> Cloud:
    """The account and region that boto3 finds, or those that are named.

    Raises:
        CloudError: there is no region, or no such profile.
        MissingPackageError: the packages of the extra `deploy` are not installed.
    """
    check_extra("deploy", "Talking to AWS")
    from poner.deployer.aws import api  # with boto3, which takes half a second

    return api.open_cloud(profile, region)
