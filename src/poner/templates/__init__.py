"""templates: the project that a newcomer starts from.

In comes a folder, out go three files a data scientist would have written: train.py, poner.toml
and README.md. This stage trains, builds and runs nothing, and never overwrites a file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from poner.errors import UsageError
from poner.storage import ABSENT, disk_faults, fingerprint, place_new_file, scratch_folder

PROJECT_FILES = ("train.py", "poner.toml", "README.md")
"""The files of a project, in the order a newcomer reads them."""
FUNCTION_NAME = re.compile(r"[a-zA-Z0-9-_]{1,64}")
"""What Lambda takes as a function name (CreateFunction, FunctionName; 22 Nov 2026)."""
_TEMPLATE_NAME = "breast-cancer"


def create_project(folder: Path, *, name: str | None = None) -> tuple[Path, ...]:
    """Write the template project into `folder` and return the files written.

    Args:
        folder: made if it is not there; may hold other files.
        name: the function's name on Lambda; the template's own if None.

    Raises:
        UsageError: the name is none that Lambda takes, a file is there already, or the folder
            cannot be written to.
    """
    if name is not None and not FUNCTION_NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be the name of a Lambda function.",
            "Use at most 64 letters, digits, hyphens and underscores.",
        )
    contents = {file_name: _file_content(file_name, name) for file_name in PROJECT_FILES}
    remedy = "Name a folder that can be written to."
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


def _file_content(file_name: str, name: str | None) -> bytes:
    """The bytes of one of the project's files."""
    text = (resources.files(__name__) / "project" / file_name).read_text(encoding="utf-8")
    return text.replace(_TEMPLATE_NAME, name or _TEMPLATE_NAME).encode()


def _check_free(folder: Path, contents: Mapping[str, bytes], present: Mapping[str, str]) -> None:
    """Whether nothing is in the way; what an interrupted `poner init` wrote is not.

    Raises:
        UsageError: files are; names them.
    """
    written = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    taken = [name for name, found in present.items() if found not in (ABSENT, written[name])]
    if not taken and ABSENT not in present.values():
        taken = list(present)
    if taken:
        raise UsageError(
            f"{', '.join(str(folder / name) for name in taken)} would be overwritten.",
            "Name another folder, or move what is there out of the way.",
        )
