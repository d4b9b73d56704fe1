"""Checks a Bundle against Lambda's quotas, before any upload."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from poner.aws_lambda import quotas
from poner.bundle import Quota, ZipRecord
from poner.errors import QuotaError


def check_quotas(
    function: ZipRecord, layers: Sequence[ZipRecord], notify: Callable[[str], None]
) -> tuple[Quota, ...]:
    """The zips' use of Lambda's quotas, and the remainder.

    A zip too large for a direct upload is allowed, since it can go through S3: its quota has a
    negative remainder, and a line says so.

    Args:
        function: record of function.zip.
        layers: records of the layers' zips.
        notify: called with a line for each zip that needs S3.

    Raises:
        QuotaError: the unzipped size or the number of layers exceeds Lambda's limit.
    """
    records = (function, *layers)
    unzipped_bytes = sum(record.unzipped_bytes for record in records)
    if unzipped_bytes > quotas.UNZIPPED_BYTES or len(layers) > quotas.LAYERS:
        sizes = ", ".join(f"{record.path} {record.unzipped_bytes:,}" for record in records)
        raise QuotaError(
            f"The function takes {unzipped_bytes:,} of Lambda's {quotas.UNZIPPED_BYTES:,} bytes "
            f"unzipped and {len(layers)} of its {quotas.LAYERS} layers: {sizes}.",
            "Take another engine (native needs no layers), leave out more files (--slim always), "
            "fit a smaller model, or deploy the model as a container image.",
        )
    for record in records:
        if record.size_bytes > quotas.DIRECT_UPLOAD_BYTES:
            notify(
                f"{record.path} has {record.size_bytes:,} bytes, more than the "
                f"{quotas.DIRECT_UPLOAD_BYTES:,} of a direct upload: it goes through an S3 bucket."
            )
    used = {
        "zipped_bytes": (quotas.DIRECT_UPLOAD_BYTES, max(record.size_bytes for record in records)),
        "unzipped_bytes": (quotas.UNZIPPED_BYTES, unzipped_bytes),
        "layers": (quotas.LAYERS, len(layers)),
    }
    return tuple(
        Quota(name, limit, amount, limit - amount) for name, (limit, amount) in used.items()
    )
