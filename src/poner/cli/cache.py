"""`poner cache`: what poner keeps on this machine, and how to make it smaller."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

import typer
from rich.table import Table

from poner.cli.console import MESSAGES, print_json, say
from poner.storage import Entry, cache_folder, disk_faults, list_entries, prune

app = typer.Typer(help="Show what poner keeps on this machine, or make it smaller.")

_CONTENTS = {
    "environments": "Pythons with packages, for models of other versions",
    "libraries": "packages, compressed for Lambda",
    "layers": "layers, ready to be shipped",
    "resolutions": "versions that were chosen for packages",
    "proofs": "proofs of models that were built before",
    "faults": "details of bugs in poner",
}
"""What the entries of each kind are."""


@app.callback(invoke_without_command=True)
def show(
    context: typer.Context,
    json_: Annotated[bool, typer.Option("--json", help="Print the entries as JSON.")] = False,
) -> None:
    """Show what poner keeps on this machine, or make it smaller."""
    if context.invoked_subcommand is not None:
        return
    entries = list_entries()
    if json_:
        print_json(list(map(_as_json, entries)))
        return
    table = Table()
    table.add_column("kind")
    table.add_column("holds", overflow="fold")
    for heading in ("entries", "MB", "oldest, days"):
        table.add_column(heading, justify="right")
    for kind, content in _CONTENTS.items():
        held = [entry for entry in entries if entry.kind == kind]
        oldest = max((entry.unused_days for entry in held), default=0.0)
        table.add_row(kind, content, f"{len(held):,}", f"{_megabytes(held):,.1f}", f"{oldest:.0f}")
    MESSAGES.print(table)
    say(f"{cache_folder()} holds {_megabytes(entries):,.1f} MB.")
    say("`poner cache prune` removes what was not used for 30 days.")


@app.command("prune")
def prune_cache(
    older_than: Annotated[
        float,
        typer.Option(min=0, metavar="DAYS", help="Remove what was not used for so many days."),
    ] = 30,
    json_: Annotated[bool, typer.Option("--json", help="Print what was removed as JSON.")] = False,
) -> None:
    """Remove what was not used for long; a later build fetches or makes it again."""
    with disk_faults(cache_folder(), "Remove it as the user who made it."):
        removed, used = prune(older_than)
    if json_:
        print_json(list(map(_as_json, removed)))
    say(f"Removed {_count(removed)}, {_megabytes(removed):,.1f} MB.")
    if used:
        say(f"Kept {_count(used)} that another process uses now.")


def _count(entries: Sequence[Entry]) -> str:
    return "1 entry" if len(entries) == 1 else f"{len(entries):,} entries"


def _megabytes(entries: Iterable[Entry]) -> float:
    return sum(entry.size_bytes for entry in entries) / 1e6


def _as_json(entry: Entry) -> Mapping[str, object]:
    return {
        "kind": entry.kind,
        "path": str(entry.path),
        "size_bytes": entry.size_bytes,
        "unused_days": round(entry.unused_days, 2),
    }
