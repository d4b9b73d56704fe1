"""The function on AWS that a command acts on, with its project, Bundle and account."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from poner import client, deployer
from poner.bundle import Bundle, is_bundle, read_bundle
from poner.config import Config, read_config
from poner.errors import BundleError, UsageError
from poner.smoke_test import make_sign


@dataclass(frozen=True)
class DeployTarget:
    """A function in an account, with its project and its Bundle."""

    config: Config
    """The project's settings."""
    folder: Path
    """Folder of the Bundle, which need not exist."""
    bundle: Bundle | None
    """The Bundle; None if it has not been built."""
    function: deployer.DeployedFunction
    """The function in its account."""

    @property
    def place(self) -> str:
        """The function and its region, for messages."""
        return f"{self.function.name} in {self.function.cloud.region}"

    def make_wish(self, percent: int = 0) -> deployer.Wish:
        """What to deploy: the Bundle with the project's settings.

        Raises:
            BundleError: there is no Bundle.
        """
        bundle = self.bundle or read_bundle(self.folder)  # raises an error if there is no Bundle
        return deployer.Wish(bundle, self.config.deploy, percent)


def open_target(path: Path | None, profile: str | None, region: str | None) -> DeployTarget:
    """The function that the Bundle names, or that poner.toml names if there is no Bundle.

    A damaged Bundle is ignored if poner.toml names the function and no `path` is given.

    Args:
        path: folder of the Bundle; None for the folder that poner.toml names.
        profile: profile of AWS's configuration; None for that of poner.toml.
        region: AWS region; None for that of poner.toml.

    Raises:
        BundleError: the Bundle is damaged, or `path` holds no Bundle.
        UsageError: neither a Bundle nor poner.toml names a function.
    """
    config = read_config(Path.cwd())
    folder = path or Path(config.build.out)
    bundle = None
    if path is not None or is_bundle(folder):
        try:
            bundle = read_bundle(folder)
        except BundleError:
            if path is not None or "name" not in config.project.model_fields_set:
                raise
    elif not config.model_fields_set:
        raise UsageError(
            f"Neither poner.toml nor a bundle in {folder} names a function here.",
            "Go to the project's folder, or name the folder that `poner build` wrote.",
        )
    name = config.project.name if bundle is None else bundle.manifest.settings.name
    cloud = open_cloud(config, profile, region)
    return DeployTarget(config, folder, bundle, deployer.DeployedFunction(cloud, name))


def open_cloud(config: Config, profile: str | None, region: str | None) -> deployer.Cloud:
    """The account and region given here, else those of poner.toml, else those that boto3 finds."""
    return deployer.open_cloud(profile or config.deploy.profile, region or config.deploy.region)


def sign_for(url: str) -> client.Sign:
    """A function that signs requests with the project's credentials for the region in the URL.

    Raises:
        CloudError: there are no credentials, or no region is known.
    """
    named = re.search(r"\.lambda-url\.([a-z0-9-]+)\.on\.aws", url)
    return make_sign(open_cloud(read_config(Path.cwd()), None, named[1] if named else None))
