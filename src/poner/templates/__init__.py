"""templates: the example project of `poner init`.

In: a folder. Out: train.py, poner.toml and README.md in it. This stage must not overwrite a file,
and trains, builds and runs nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from poner.aws_lambda.functions import FUNCTION_NAME_LENGTH, check_function_name
from poner.errors import UsageError
from poner.storage import ABSENT, disk_faults, fingerprint, place_new_file, scratch_folder

PROJECT_FILES = ("train.py", "poner.toml", "README.md")
"""The files of a project, in reading order."""
_TEMPLATE_NAME = "breast-cancer"


def create_project(folder: Path, *, name: str | None = None) -> tuple[Path, ...]:
    """Write the project into a folder, and return its files.

    Args:
        folder: made if it does not exist; may hold other files.
        name: name of the function on Lambda; None for that of the folder, with hyphens for
            characters that Lambda does not take.

    Raises:
        UsageError: Lambda does not accept the name, a file exists already, or the folder cannot be
            written to.
    """
    if name is None:
        name = _name_after(folder)
    check_function_name(name, UsageError)
    contents = {file_name: _file_content(file_name, name) for file_name in PROJECT_FILES}
    remedy = "Name a folder in which you may write."
    with disk_faults(f"The project in {folder}", remedy, UsageError):
        present = {file_name: fingerprint(folder, file_name) for file_name in PROJECT_FILES}
        missing = [file_name for file_name, found in present.items() if found == ABSENT]
        _check_free(folder, contents, present)
        with scratch_folder(folder) as scratch:
            for file_name in missing:
                (scratch / file_name).write_bytes(contents[file_name])
            for file_name in missing:
                place_new_file(scratch / file_name, folder / file_name)
    return tuple(folder / file_name for file_name in PROJECT_FILES)


def _name_after(folder: Path) -> str:
    """A function's name from that of a folder; `model` if nothing of it can be used."""
    plain = re.sub(r"[^a-zA-Z0-9_]+", "-", folder.absolute().resolve().name)
    return plain.strip("-")[:FUNCTION_NAME_LENGTH].rstrip("-") or "model"


def _file_content(file_name: str, name: str) -> bytes:
    """The content of a file of the project."""
    text = (resources.files(__name__) / "project" / file_name).read_text(encoding="utf-8")
    return text.replace(_TEMPLATE_NAME, name).encode()


def _check_free(folder: Path, contents: Mapping[str, bytes], present: Mapping[str, str]) -> None:
    """Check that no other file would be overwritten; an interrupted `poner init` may go on.

    Raises:
        UsageError: files would be overwritten; names them.
    """
    written = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    taken = [name for name, found in present.items() if found not in (ABSENT, written[name])]
    if not taken and ABSENT not in present.values():
        taken = list(present)
    if taken:
        raise UsageError(
            f"{', '.join(str(folder / name) for name in taken)} would be overwritten.",
            "Name another folder, or move these files elsewhere.",
        )
