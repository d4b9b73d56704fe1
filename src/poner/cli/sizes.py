"""Tables of the sizes of zips beside Lambda's limits."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from poner.aws_lambda import quotas
from poner.bundle import FUNCTION_ZIP, SlimmingStep, ZipRecord
from poner.cli.console import MESSAGES
from poner.printable import printable


def show_sizes(zips: Sequence[ZipRecord]) -> None:
    """Print the size of each zip, zipped and unzipped, with Lambda's limits and what is left."""
    unzipped = sum(record.unzipped_bytes for record in zips)
    largest = max(record.size_bytes for record in zips)
    layers = sum(record.path != FUNCTION_ZIP for record in zips)
    table = _table("bytes", "zipped", "unzipped")
    for record in zips:
        name = printable(record.path)
        table.add_row(name, f"{record.size_bytes:,}", f"{record.unzipped_bytes:,}")
    table.add_section()
    if layers:
        table.add_row(f"together, {layers} of {quotas.LAYERS} layers", "", f"{unzipped:,}")
    table.add_row(
        "Lambda's limit",
        f"{'each ' if len(zips) > 1 else ''}{quotas.DIRECT_UPLOAD_BYTES:,}",
        f"{quotas.UNZIPPED_BYTES:,}",
    )
    table.add_row(
        "left",
        f"{quotas.DIRECT_UPLOAD_BYTES - largest:,}",
        f"{quotas.UNZIPPED_BYTES - unzipped:,}",
    )
    MESSAGES.print(table)


def show_slimming(steps: Sequence[SlimmingStep]) -> None:
    """Print what was left out of layers, and the bytes that this saved."""
    steps = [step for step in steps if step.files]
    if not steps:
        return
    table = _table("left out", "files", "zipped", "unzipped")
    for step in steps:
        sizes = (step.files, step.zipped_bytes, step.unzipped_bytes)
        table.add_row(printable(step.rule), *(f"{size:,}" for size in sizes))
    MESSAGES.print(table)


def _table(*headings: str) -> Table:
    table = Table()
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="right" if place else "left", overflow="fold")
    return table
