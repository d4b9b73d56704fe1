"""The journal of a running deploy, which the next deploy reads if this one is interrupted.

The state of the account comes from AWS. The journal adds the steps that were planned and done, and
the names of layers that no version may use yet. It is written before the first step and after each
step, and removed at the end. It holds names and times, but no values of settings.
"""

from __future__ import annotations

import contextlib
import functools
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from poner.errors import DeployError
from poner.storage import disk_faults, private_folder, write_file

JOURNAL_FORMAT = 1


@dataclass(frozen=True)
class Journal:
    """The progress of a deploy."""

    bundle: str
    """Hash of function.zip."""
    begun: str
    """Start time in ISO 8601."""
    planned: tuple[str, ...]
    """Titles of the planned steps."""
    done: tuple[str, ...] = ()
    """Titles of the finished steps."""
    layers: tuple[str, ...] = ()
    """Names of layers that this deploy, or interrupted deploys before it, publish or remove."""
    format: int = JOURNAL_FORMAT
    """Version of this layout."""


@functools.cache
def _adapter() -> TypeAdapter[Journal]:
    return TypeAdapter(Journal)


@dataclass
class JournalFile:
    """The file of a journal, which exists only during a deploy."""

    path: Path
    """Its path."""

    def read(self) -> Journal | None:
        """The journal of an interrupted deploy; None if there is no readable journal."""
        try:
            found = _adapter().validate_json(self.path.read_bytes())
        except (OSError, ValidationError):
            return None  # AWS knows the rest, except for layers that nothing uses
        return found if found.format == JOURNAL_FORMAT else None

    def write(self, journal: Journal) -> None:
        """Replace the journal; an interruption leaves the old or the new journal.

        Raises:
            DeployError: the file cannot be written.
        """
        remedy = "Free some space, or choose another folder with PONER_STATE_DIR."
        with disk_faults(f"The deploy's journal {self.path}", remedy, DeployError):
            private_folder(self.path.parent)
            write_file(self.path, _adapter().dump_json(journal, indent=2), private=True)

    def remove(self) -> None:
        """Remove the journal of a finished deploy."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)


def note_done(journal: Journal, title: str) -> Journal:
    """The journal with one more finished step."""
    return replace(journal, done=(*journal.done, title))


def journal_file(folder: Path, account: str, region: str, name: str) -> JournalFile:
    """The file of a function's journal."""
    return JournalFile(folder / "deploys" / f"{account}-{region}-{name}.json")
