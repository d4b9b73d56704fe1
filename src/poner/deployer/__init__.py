"""The deployer: a Bundle comes in, a Deployment on AWS goes out.

`propose` compares the account with the Bundle and makes a plan; `carry_out` executes it. A
`DeployedFunction` plans rollback, promotion and removal. The deployer must not read poner.toml,
print, or ask questions; only `aws/api.py` uses boto3. `export/` writes templates, `doctor.py` finds
what would block a deploy, and `descriptions.py` puts a plan into words.
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
    """The account and region of a profile and region; None for those that boto3 finds.

    Raises:
        CloudError: no region is known, or there is no such profile.
        MissingPackageError: the packages of the extra `deploy` are not installed.
    """
    check_extra("deploy", "Talking to AWS")
    from poner.deployer.aws import cloud  # imports boto3, which takes half a second

    return cloud.open_cloud(profile, region)
