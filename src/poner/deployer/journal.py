"""The journal of a deploy under way: what it did so far, for the next one if it is interrupted.

What is there is found out by asking AWS; the journal says what was being done, and keeps the names
of layers that nothing may refer to yet. It is written before the first step and after every one,
and removed at the end. It holds names and times, and never a setting's value.
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
    """What a deploy did."""

    bundle: str
    """Hash of its function.zip."""
    begun: str
    """When it began, in ISO 8601."""
    planned: tuple[str, ...]
    """Its steps, in words."""
    done: tuple[str, ...] = ()
    """Those that were done."""
    layers: tuple[str, ...] = ()
    """Names of the layers that it, and those interrupted before it, publish or remove."""
    format: int = JOURNAL_FORMAT
    """Version of this layout."""


@functools.cache
def _adapter() -> TypeAdapter[Journal]:
    return TypeAdapter(Journal)


@dataclass
class JournalFile:
    """A journal in a file, or no file where no deploy is under way."""

    path: Path
    """Where it lies."""

    def read(self) -> Journal | None:
        """The journal of a deploy that was interrupted; None if there is none to be read."""
        try:
            found = _adapter().validate_json(self.path.read_bytes())
        except (OSError, ValidationError):
            return None  # what it says is known to AWS as well, but for layers of no use to anyone
        return found if found.format == JOURNAL_FORMAT else None

    def write(self, journal: Journal) -> None:
        """Replace the journal; whatever happens, there is the old one or the new one.

        Raises:
            DeployError: the file cannot be written.
        """
        remedy = "Free some space, or choose another folder with PONER_STATE_DIR."
        with disk_faults(f"The deploy's journal {self.path}", remedy, DeployError):
            private_folder(self.path.parent)
            write_file(self.path, _adapter().dump_json(journal, indent=2), private=True)

    def remove(self) -> None:
        """Forget a deploy that is done."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)


def note_done(journal: Journal, title: str) -> Journal:
    """The journal with one more step done."""
    return replace(journal, done=(*journal.done, title))


def journal_file(folder: Path, account: str, region: str, name: str) -> JournalFile:
    """The journal of a function's deploys."""
    return JournalFile(folder / "deploys" / f"{account}-{region}-{name}.json")
