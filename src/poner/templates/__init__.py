"""templates: the project that a newcomer starts from.

In comes a folder, out go three files a data scientist would have written: train.py, poner.toml
and README.md. Here is also what train.py needs to search quickly. This stage never trains,
builds or runs anything itself, and never overwrites a file.
"""

from __future__ import annotations

import re
import tempfile
from importlib import resources
from pathlib import Path

from poner.errors import UsageError

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
    paths = tuple(folder / file_name for file_name in PROJECT_FILES)
    present = [path for path in paths if path.exists()]
    if present:
        raise UsageError(
            f"{', '.join(map(str, present))} would be overwritten.",
            "Name another folder, or move what is there out of the way.",
        )
    template = resources.files(__name__) / "project"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".init-") as scratch:
            for path in paths:
                text = (template / path.name).read_text(encoding="utf-8")
                text = text.replace(_TEMPLATE_NAME, name or _TEMPLATE_NAME)
                Path(scratch, path.name).write_text(text, encoding="utf-8")
            for path in paths:
                Path(scratch, path.name).rename(path)
    except OSError as error:
        raise UsageError(
            f"The project cannot be written to {folder}: {error.strerror}.",
            "Name a folder that can be written to.",
        ) from error
    return paths
