"""The deployer: a Bundle comes in, a Deployment on AWS goes out.

`propose` looks at what is there and plans what differs; `carry_out` does that. A `DeployedFunction`
plans to go back, to go on and to be removed. The deployer must not know poner.toml, print, or ask;
only `aws/api.py` speaks to boto3. Templates are in `export/`, what stands in the way of a deploy in
`doctor.py`, a plan's words in `descriptions.py`.
"""

from poner.deployer.cloud import Cloud
from poner.deployer.deployed import DeployedFunction
from poner.deployer.deploying import Deployment, Proposal, Wish, carry_out, propose
from poner.deployer.failures import CloudError
from poner.deployer.settings import DeploySettings
from poner.deployer.status import Status
from poner.deployer.steps import Plan
from poner.extras import check_extra

__all__ = [
    "Cloud",
    "CloudError",
    "DeploySettings",
    "DeployedFunction",
    "Deployment",
    "Plan",
    "Proposal",
    "Status",
    "Wish",
    "carry_out",
    "open_cloud",
    "propose",
]


def open_cloud(profile: str | None = None, region: str | None = None) -> Cloud:
    """The account and region that boto3 finds, or those that are named.

    Raises:
        CloudError: there is no region, or no such profile.
        MissingPackageError: the packages of the extra `deploy` are not installed.
    """
    check_extra("deploy", "Talking to AWS")
    from poner.deployer.aws import cloud  # imports boto3, which takes half a second

    return cloud.open_cloud(profile, region)
