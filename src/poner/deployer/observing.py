"""Reads the state of an account: at most eight calls for a function without layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from poner.deployer import resources
from poner.deployer.cloud import CloudReads
from poner.deployer.desired import (
    ROLE_POLICY,
    Desired,
    holds_what_it_says,
    is_own_layer,
    is_own_layer_version,
    is_upload_key,
    layer_name,
    log_group_name,
    role_name,
    upload_prefix,
)
from poner.deployer.settings import ALIAS, TAG
from poner.errors import DeployError


@dataclass(frozen=True)
class Observed:
    """The state of a function in an account and region."""

    identity: resources.Identity
    """The account."""
    function: resources.Function | None
    """The function; None, like its parts, if it does not exist."""
    versions: tuple[resources.Version, ...] = ()
    """Its numbered versions, oldest first."""
    aliases: tuple[resources.Alias, ...] = ()
    """Its aliases."""
    url: resources.Url | None = None
    """The Function URL on the alias `live`."""
    statements: tuple[resources.Statement, ...] = ()
    """Statements in the policy of the alias `live`."""
    role: resources.Role | None = None
    """The role with the name that poner gives."""
    role_policy: resources.Document | None = None
    """The inline policy of that role."""
    log_group: resources.LogGroup | None = None
    """The function's log group."""
    layers: Mapping[str, str] = field(default_factory=dict)
    """ARNs of the desired layers that exist, by name."""
    own_layers: frozenset[str] = frozenset()
    """ARNs of layer versions that deploys of this function published and a version uses."""
    uploads: Mapping[str, resources.StoredZip] = field(default_factory=dict)
    """Objects in the bucket whose keys have the form of this function's uploads."""
    limits: resources.AccountLimits | None = None
    """The account's limits; None if they do not matter or AWS does not tell."""

    @property
    def reserved_concurrency(self) -> int | None:
        """Environments reserved for the function; None if no number is reserved."""
        return self.function.reserved_concurrency if self.function else None

    @property
    def live(self) -> resources.Alias | None:
        """The alias to which the URL belongs."""
        return next((alias for alias in self.aliases if alias.name == ALIAS), None)


def observe(cloud: CloudReads, name: str, *, own_role: bool = True) -> Observed:
    """The state of a function, whoever made it.

    Args:
        cloud: the account and region.
        name: the function.
        own_role: whether to read the role that poner makes.
    """
    function = cloud.get_function(name)
    identity = cloud.get_identity() if function is None else _owner(function.latest.arn)
    role = cloud.get_role(role_name(name, cloud.region)) if own_role else None
    observed = Observed(
        identity,
        function,
        role=role,
        role_policy=cloud.get_role_policy(role.name, ROLE_POLICY) if role else None,
        log_group=cloud.get_log_group(log_group_name(name)),
    )
    if function is None:
        return observed
    return replace(
        observed,
        versions=cloud.list_versions(name),
        aliases=cloud.list_aliases(name),
        url=cloud.get_url(name, ALIAS),
        statements=cloud.get_statements(name, ALIAS),
    )


def observe_own(cloud: CloudReads, name: str) -> Observed:
    """The state of a function that poner made, without its role, which would need calls of IAM.

    Raises:
        DeployError: the function does not exist, or poner did not make it.
    """
    observed = observe(cloud, name, own_role=False)
    check_own(observed, name, cloud.region)
    if observed.function is None:
        raise DeployError(
            f"There is no function {name} in {cloud.region} (account {observed.identity.account}).",
            "Deploy it with `poner deploy`, or name the region and profile of the function.",
        )
    return observed


def observe_parts(cloud: CloudReads, observed: Observed, desired: Desired) -> Observed:
    """The state, completed with layers, uploads and account limits, if the Bundle needs them."""
    bucket = desired.settings.bucket
    wanted = desired.settings.reserved_concurrency
    is_settled = wanted in (None, observed.reserved_concurrency)
    listed = _list_layers(cloud, observed, desired)
    return replace(
        observed,
        layers=_find_layers(listed, desired),
        own_layers=frozenset(
            version.arn
            for versions in listed.values()
            for version in versions
            if is_own_layer_version(version, desired.name)
        ),
        uploads=read_uploads(
            cloud,
            desired.name,
            bucket,
            cloud.list_uploads(bucket, upload_prefix(desired.name)),
        )
        if bucket
        else {},
        limits=None if is_settled else cloud.get_account_limits(),
    )


def check_own(observed: Observed, name: str, region: str) -> None:
    """Check that poner made the function and its role.

    Raises:
        DeployError: a function or role of that name was made by someone else.
    """
    if observed.function is not None and observed.function.tags.get(TAG) != name:
        raise DeployError(
            f"The function {name} in {region} was not made by poner: it has no tag {TAG}={name}.",
            "Choose another name under [project] in poner.toml, or add the tag to hand over the "
            "function to poner.",
        )
    if observed.role is not None and observed.role.tags.get(TAG) != name:
        raise DeployError(
            f"The role {observed.role.name} was not made by poner: it has no tag {TAG}={name}.",
            "Choose another name under [project] in poner.toml, or name your own role as `role` "
            "under [deploy].",
        )


def read_uploads(
    cloud: CloudReads, name: str, bucket: str, keys: Iterable[str]
) -> dict[str, resources.StoredZip]:
    """The objects whose keys have the form of the function's uploads, whoever put them there."""
    own = (key for key in keys if is_upload_key(key, name))
    found = (cloud.get_upload(bucket, key) for key in own)
    return {stored.key: stored for stored in found if stored is not None}


def check_uploads(observed: Observed, desired: Desired) -> None:
    """Check that no object with other content has the key of a zip to deploy.

    Raises:
        DeployError: there is such an object.
    """
    for key in desired.uploads.keys() & observed.uploads.keys():
        if not holds_what_it_says(observed.uploads[key], desired.name):
            raise DeployError(
                f"s3://{desired.settings.bucket}/{key} is not the zip of that hash: its SHA-256 "
                "checksum is missing or differs.",
                "Move that object, or name another bucket as `bucket` under [deploy].",
            )


def _list_layers(
    cloud: CloudReads, observed: Observed, desired: Desired
) -> dict[str, tuple[resources.LayerVersion, ...]]:
    """The versions of the desired layers, and of the function's layers that are in use."""
    setups = [version.setup for version in observed.versions]
    if observed.function is not None:
        setups.append(observed.function.latest.setup)
    used = {layer_name(arn) for setup in setups for arn in setup.layer_arns}
    names = dict.fromkeys(layer.name for layer in desired.layers)
    names |= dict.fromkeys(sorted(name for name in used if is_own_layer(name, desired.name)))
    return {name: cloud.list_layer_versions(name) for name in names}


def _find_layers(
    listed: Mapping[str, tuple[resources.LayerVersion, ...]], desired: Desired
) -> dict[str, str]:
    found = {}
    for layer in desired.layers:
        for version in listed[layer.name]:
            if version.description == layer.description:
                found[layer.name] = version.arn
                break
    return found


def _owner(arn: str) -> resources.Identity:
    """The account in an ARN."""
    _, partition, _, _, account, *_ = arn.split(":")
    return resources.Identity(account, partition)
