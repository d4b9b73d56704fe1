"""The parts of a model, as a user names them: steps before it, keys, labels, feature names.

A part is written FILE, or FILE:KEY where the file holds a dict, list or tuple. A step may name the
columns that it changes: COLUMNS=FILE:KEY.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from poner.errors import UsageError


@dataclass(frozen=True)
class Part:
    """An object in a file."""

    file: Path
    """The file."""
    key: str | None = None
    """Leads to the object inside what the file holds; None for the whole."""
    columns: tuple[str, ...] = ()
    """Columns that a step changes; empty for all, or for those that it knows itself."""

    def __str__(self) -> str:
        """As a user writes it."""
        columns = f"{','.join(self.columns)}=" if self.columns else ""
        return f"{columns}{self.file}" + (f":{self.key}" if self.key is not None else "")

    @classmethod
    def parse(cls, text: str | Path, folder: Path = Path()) -> Part:
        """Read what a user wrote; of several ways to read it, the first that leads to a file.

        Args:
            text: FILE, FILE:KEY, COLUMNS=FILE or COLUMNS=FILE:KEY.
            folder: in which the file is looked for.

        Raises:
            UsageError: no file is there, or the name of a column is empty.
        """
        if isinstance(text, Path):
            return cls(folder / text)
        starts = [0, *(place + 1 for place, sign in enumerate(text) if sign == "=")]
        for start in starts:
            found = _file_and_key(text[start:], folder)
            if found is not None:
                columns = (
                    tuple(name.strip() for name in text[: start - 1].split(",")) if start else ()
                )
                break
        else:
            raise UsageError(
                f"There is no file {text}.",
                "Name a file, or one part of what a file holds: FILE:KEY; before it, a step may "
                "name the columns that it changes: a,b=FILE.",
            )
        if not all(columns):
            raise UsageError(f"{text} holds an empty name.", "Write it as a,b=scaler.pkl.")
        return cls(*found, columns)


def is_part(text: str) -> bool:
    """Whether a text is FILE or FILE:KEY of a file that is there."""
    return _file_and_key(text, Path()) is not None


def _file_and_key(text: str, folder: Path) -> tuple[Path, str | None] | None:
    """The file that a text begins with, and the key behind a colon; None if there is no file."""
    if (folder / text).is_file():
        return folder / text, None
    for place in (place for place, sign in enumerate(text) if sign == ":"):
        file, key = folder / text[:place], text[place + 1 :]
        if key and file.is_file():
            return file, key
    return None


@dataclass(frozen=True)
class Parts:
    """What a user says of the parts of a model, beside its file."""

    key: str | None = None
    """Leads to the model inside what its file holds."""
    before: tuple[Part, ...] = ()
    """Steps that rows pass before the model, in order."""
    before_keys: tuple[str, ...] = ()
    """Keys of further steps, which the model's own file holds; they come behind the others."""
    target_labels: Part | None = None
    """What encoded the target, or else labels by class or in order."""
    features: Part | None = None
    """The names of the features, as a list."""

    @classmethod
    def parse(
        cls,
        *,
        key: str | None = None,
        before: str | Path | Sequence[str | Path] = (),
        before_keys: str | Sequence[str] = (),
        target_labels: str | Path | None = None,
        features: str | Path | None = None,
        folder: Path = Path(),
    ) -> Parts:
        """Read what a user wrote for each; see `Part.parse`.

        Args:
            key: the model's key.
            before: the step, or steps in order.
            before_keys: keys of further steps in the model's own file.
            target_labels: what encoded the target, or labels.
            features: what lists the features.
            folder: in which the files are looked for.

        Raises:
            UsageError: a file is not there, or the name of a column is empty.
        """
        steps = [before] if isinstance(before, str | Path) else before
        return cls(
            key,
            tuple(Part.parse(step, folder) for step in steps),
            (before_keys,) if isinstance(before_keys, str) else tuple(before_keys),
            None if target_labels is None else Part.parse(target_labels, folder),
            None if features is None else Part.parse(features, folder),
        )

    def steps(self, model_file: Path) -> tuple[Part, ...]:
        """All steps before the model."""
        return (*self.before, *(Part(model_file, key) for key in self.before_keys))

    def files(self, model_file: Path) -> list[Path]:
        """Every file, the model's own first, each once."""
        named = [*self.before, self.target_labels, self.features]
        return list(dict.fromkeys([model_file, *(part.file for part in named if part is not None)]))


ALONE = Parts()
"""A file that holds a model and nothing else."""
