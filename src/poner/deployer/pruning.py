"""Prune: finds old versions, and layers and uploads that nothing uses."""

from __future__ import annotations

from collections.abc import Iterator, Set

from poner.deployer.desired import Desired, is_own_description, is_own_upload
from poner.deployer.observing import Observed
from poner.deployer.resources import Version
from poner.deployer.steps import DeleteLayerVersion, DeleteVersion, RemoveUpload, Step


def prune(
    desired: Desired, observed: Observed, named: Set[str | None], strays: Set[str]
) -> Iterator[Step]:
    """The removals after the desired version answers, among resources that poner made.

    Layers are removed before the versions that use them, which still run without them. A deploy
    that is interrupted in between can then still find the layers' ARNs.

    Args:
        desired: the desired state.
        observed: the present state.
        named: versions that aliases will name or remember; None stands for the new version.
        strays: ARNs of layer versions that an interrupted deploy published.
    """
    publishes = None in named
    kept = desired.settings.keep - publishes
    own = [
        version for version in observed.versions if is_own_description(version.setup.description)
    ]
    older = own[: max(0, len(own) - kept)]
    pruned = tuple(version for version in older if version.version not in named)
    for arn in sorted(_unused_layers(desired, observed, pruned, strays, publishes)):
        yield DeleteLayerVersion(arn)
    for version in pruned:
        yield DeleteVersion(desired.name, version.version)
    for key in sorted(observed.uploads.keys() - desired.uploads.keys()):
        assert desired.settings.bucket is not None, "uploads are looked for in a bucket"
        if is_own_upload(observed.uploads[key], desired.name):
            yield RemoveUpload(desired.settings.bucket, observed.uploads[key])


def _unused_layers(
    desired: Desired,
    observed: Observed,
    pruned: tuple[Version, ...],
    strays: Set[str],
    publishes: bool,
) -> set[str]:
    """Layers made by poner that only pruned versions, or the old $LATEST, use.

    If no version is published, $LATEST stays, and so do its layers.
    """
    latest = set(observed.function.latest.setup.layer_arns) if observed.function else set()
    remaining = [version.setup for version in observed.versions if version not in pruned]
    used = {arn for setup in remaining for arn in setup.layer_arns} | {*observed.layers.values()}
    before = {arn for version in pruned for arn in version.setup.layer_arns} | strays | latest
    return (before - used - (set() if publishes else latest)) & (observed.own_layers | strays)
