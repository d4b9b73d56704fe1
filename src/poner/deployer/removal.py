"""Plans the removal of everything that poner made for a function, and of nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from poner.deployer import steps
from poner.deployer.cloud import CloudReads
from poner.deployer.desired import (
    ROLE_POLICY,
    is_own_layer,
    is_own_layer_version,
    is_own_upload,
    upload_prefix,
)
from poner.deployer.failures import BucketError
from poner.deployer.observing import Observed, check_own, observe, read_uploads
from poner.deployer.settings import TAG


def plan_removal(cloud: CloudReads, name: str, *, bucket: str | None) -> steps.Plan:
    """The plan that removes all that deploys of the function made; the function goes first.

    It also finds what an interrupted removal left.

    Args:
        cloud: account and region.
        name: the function.
        bucket: bucket for large zips; None if the settings name no bucket.

    Raises:
        DeployError: the function was not made by poner.
        CloudError: AWS cannot be reached.
    """
    observed = observe(cloud, name)
    check_own(replace(observed, role=None), name, cloud.region)
    notes: list[str] = []
    removals = [
        *_function(name, observed),
        *_layers(cloud, name),
        *_role(name, observed, notes),
        *_log_group(cloud, name, observed, notes),
        *_uploads(cloud, name, bucket, notes),
    ]
    return steps.Plan(tuple(removals), tuple(notes))


def _function(name: str, observed: Observed) -> Iterator[steps.Step]:
    if observed.function is None:
        return
    numbers = ", ".join(version.version for version in observed.versions)
    names = ", ".join(alias.name for alias in observed.aliases)
    url = observed.url.url if observed.url else None
    parts = (("versions", numbers), ("aliases", names), ("URL", url))
    changes = tuple(steps.Change(field, old, None) for field, old in parts if old)
    yield steps.DeleteFunction(name, changes)


def _layers(cloud: CloudReads, name: str) -> Iterator[steps.Step]:
    for layer in cloud.list_layers(f"{name}-"):
        if is_own_layer(layer, name):
            for version in cloud.list_layer_versions(layer):
                if is_own_layer_version(version, name):
                    yield steps.DeleteLayerVersion(version.arn)


def _role(name: str, observed: Observed, notes: list[str]) -> Iterator[steps.Step]:
    if observed.role is None:
        return
    if observed.role.tags.get(TAG) != name:
        notes.append(f"The role {observed.role.name} stays: poner did not make it.")
        return
    if observed.role_policy is not None:
        yield steps.DeleteRolePolicy(observed.role.name, ROLE_POLICY)
    yield steps.DeleteRole(observed.role.name)


def _log_group(
    cloud: CloudReads, name: str, observed: Observed, notes: list[str]
) -> Iterator[steps.Step]:
    group = observed.log_group
    if group is None:
        return
    if cloud.get_log_group_tags(group.arn).get(TAG) == name:
        yield steps.DeleteLogGroup(group.name)
    else:
        notes.append(f"The log group {group.name} stays: poner did not make it.")


def _uploads(
    cloud: CloudReads, name: str, bucket: str | None, notes: list[str]
) -> Iterator[steps.Step]:
    if bucket is None:
        return
    try:
        keys = cloud.list_uploads(bucket, upload_prefix(name))
    except BucketError as error:  # the bucket was deleted first: the rest can still be removed
        notes.append(f"Uploads are not removed: {error.message}")
        return
    found = read_uploads(cloud, name, bucket, keys)
    own = [key for key in keys if key in found and is_own_upload(found[key], name)]
    yield from (steps.RemoveUpload(bucket, found[key]) for key in own)
    others = [key for key in keys if key not in own]
    if len(others) == 1:
        notes.append(f"s3://{bucket}/{others[0]} stays: poner did not put it there.")
    elif others:
        notes.append(
            f"{len(others):,} objects such as s3://{bucket}/{others[0]} stay: poner did not put "
            "them there."
        )
