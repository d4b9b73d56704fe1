"""Lambda's quotas: what a Bundle takes of them, before anything leaves this machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from poner.aws_lambda import quotas
from poner.bundle import Quota, ZipRecord
from poner.errors import QuotaError


def check_quotas(
    function: ZipRecord, layers: Sequence[ZipRecord], notify: Callable[[str], None]
) -> tuple[Quota, ...]:
    """What the zips take of Lambda's limits and what they leave.

    A zip that is too large to go up in the call itself is no fault, since S3 takes it: its quota
    shows it (less than nothing is left), and a line says so.

    Args:
        function: function.zip.
        layers: the layers' zips.
        notify: is given a line for each zip that needs S3.

    Raises:
        QuotaError: what no upload solves: too much unzipped, or too many layers.
    """
    records = (function, *layers)
    unzipped_bytes = sum(record.unzipped_bytes for record in records)
    if unzipped_bytes > quotas.UNZIPPED_BYTES or len(layers) > quotas.LAYERS:
        sizes = ", ".join(f"{record.path} {record.unzipped_bytes:,}" for record in records)
        raise QuotaError(
            f"The function takes {unzipped_bytes:,} of Lambda's {quotas.UNZIPPED_BYTES:,} bytes "
            f"unzipped and {len(layers)} of its {quotas.LAYERS} layers: {sizes}.",
            "Take another engine (native needs no layers), leave out more (--slim always), fit a "
            "smaller model, or deploy it as a container image.",
        )
    for record in records:
        if record.size_bytes > quotas.DIRECT_UPLOAD_BYTES:
            notify(
                f"{record.path} takes {record.size_bytes:,} bytes, more than the "
                f"{quotas.DIRECT_UPLOAD_BYTES:,} that go up directly: it goes through an S3 bucket."
            )
    used = {
        "zipped_bytes": (quotas.DIRECT_UPLOAD_BYTES, max(record.size_bytes for record in records)),
        "unzipped_bytes": (quotas.UNZIPPED_BYTES, unzipped_bytes),
        "layers": (quotas.LAYERS, len(layers)),
    }
    return tuple(
        Quota(name, limit, amount, limit - amount) for name, (limit, amount) in used.items()
    )
