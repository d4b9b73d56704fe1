"""Finds what a deploy leaves behind: old versions, and layers and uploads that nothing uses."""

from __future__ import annotations

from collections.abc import Iterator, Set

from poner.deployer.desired import Desired, is_own_description, is_own_upload
from poner.deployer.observing import Observed
from poner.deployer.resources import Version
from poner.deployer.steps import DeleteLayerVersion, DeleteVersion, RemoveUpload, Step


def prune(
    desired: Desired, observed: Observed, named: Set[str | None], strays: Set[str]
) -> Iterator[Step]:
    """What is to be removed once the desired version answers, of what deploys of poner's made.

    Layers go before the versions that name them: those run on without, and a deploy that is
    interrupted in between still finds the layers' ARNs.

    Args:
        desired: what should be there.
        observed: what is there.
        named: versions that aliases will name or remember; None among them stands for one that is
            still to be published.
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
    """Layers of poner's that only pruned versions use, or that $LATEST did until now.

    Where nothing is published $LATEST stays as it is, and so do its layers.
    """
    latest = set(observed.function.latest.setup.layer_arns) if observed.function else set()
    remaining = [version.setup for version in observed.versions if version not in pruned]
    used = {arn for setup in remaining for arn in setup.layer_arns} | {*observed.layers.values()}
    before = {arn for version in pruned for arn in version.setup.layer_arns} | strays | latest
    return (before - used - (set() if publishes else latest)) & (observed.own_layers | strays)
