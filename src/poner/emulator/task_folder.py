"""The private task folder: the function's code, unpacked as Lambda unpacks it."""

from __future__ import annotations

import calendar
import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from poner.errors import EmulatorError
from poner.limits import UNZIPPED_BYTES

DEFAULT_MODE = 0o644
"""Mode of a file whose zip entry carries none (a zip not made on Unix)."""


def fill_task_folder(code: Path, task_folder: Path) -> None:
    """Unpack a zip, or copy a folder, into `task_folder`, which must not exist yet.

    Modes and times are kept: whether a bundled .pyc is still valid depends on its source's time.

    Raises:
        EmulatorError: there is no such code, or the zip is damaged, too large or unsafe.
    """
    if code.is_dir():
        try:
            shutil.copytree(code, task_folder)
        except OSError as error:
            raise EmulatorError(
                f"{code} could not be copied: {error}.", "Leave out what cannot be read."
            ) from error
        return
    if not code.is_file():
        raise EmulatorError(
            f"There is no zip and no folder at {code}.",
            "Give the function's zip, or the folder that holds its handler.",
        )
    try:
        with zipfile.ZipFile(code) as archive:
            _unpack(archive, task_folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError) as error:
        raise EmulatorError(
            f"{code} is not a zip that can be unpacked: {error}.", "Build it anew."
        ) from error


def _unpack(archive: zipfile.ZipFile, task_folder: Path) -> None:
    """Unpack folders and files first, symbolic links last, so that nothing is written through one.

    Raises:
        EmulatorError: it is larger than Lambda takes, or an entry would lie outside.
    """
    size_bytes = sum(entry.file_size for entry in archive.infolist())
    if size_bytes >= UNZIPPED_BYTES:
        raise EmulatorError(
            f"The unzipped code has {size_bytes} bytes.",
            f"Lambda takes less than {UNZIPPED_BYTES}: leave something out.",
        )
    task_folder.mkdir()
    links: list[tuple[Path, str]] = []
    for entry in archive.infolist():
        target = task_folder / _inside(entry.filename)
        mode = entry.external_attr >> 16
        if stat.S_ISLNK(mode):
            links.append((target, os.fsdecode(archive.read(entry))))
        elif entry.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        else:
            _write_file(archive, entry, target, stat.S_IMODE(mode) or DEFAULT_MODE)
    _write_links(links, task_folder)


def _inside(name: str) -> Path:
    """The entry's path below the task folder.

    Raises:
        EmulatorError: it leads out of the folder.
    """
    if name.startswith("/") or ".." in name.split("/"):
        raise EmulatorError(
            f"The zip holds the entry {name!r}, which leads out of its folder.",
            "Do not run it: build the zip anew from files you trust.",
        )
    return Path(name)


def _write_file(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, mode: int) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(entry) as source, target.open("wb") as sink:
        shutil.copyfileobj(source, sink)
    modified_s = calendar.timegm((*entry.date_time, 0, 0, 0))
    os.utime(target, (modified_s, modified_s))
    target.chmod(mode)


def _write_links(links: Sequence[tuple[Path, str]], task_folder: Path) -> None:
    """Write the symbolic links; none may resolve to a place outside, then or at the end.

    Raises:
        EmulatorError: a link leads out of the folder, or takes the place of a file.
    """
    root = os.path.realpath(task_folder)
    for link, destination in links:
        _check_inside(link.parent, root)  # which may itself be a link by now
        link.parent.mkdir(parents=True, exist_ok=True)
        try:
            link.symlink_to(destination)
        except FileExistsError as error:
            raise EmulatorError(
                f"The zip holds {link.name!r} twice: as a link and as something else.",
                "Build the zip anew.",
            ) from error
        _check_inside(link, root)
    for link, _ in links:  # a later link can lead an earlier one elsewhere
        _check_inside(link, root)


def _check_inside(path: Path, root: str) -> None:
    if os.path.commonpath([root, os.path.realpath(path)]) != root:
        raise EmulatorError(
            f"The zip holds the link {path.name!r}, which leads out of its folder.",
            "Do not run it: build the zip anew from files you trust.",
        )


def check_handler(handler: str, task_folder: Path) -> None:
    """Refuse a handler whose module is not in the task folder.

    Raises:
        EmulatorError: says which file is missing.
    """
    module, dot, _ = handler.rpartition(".")
    if not dot or not module:
        raise EmulatorError(
            f"{handler!r} does not name a module and a function.",
            "Write the handler as module.function, such as lambda_function.lambda_handler.",
        )
    name = module.replace(".", "/")
    path = task_folder / name
    if path.is_dir() or any(path.parent.glob(f"{path.name}.*")):
        return
    raise EmulatorError(
        f"The handler {handler!r} needs {name}.py, which the code does not hold.",
        "Check the handler's name, and that the file lies at the top of the zip or folder.",
    )
