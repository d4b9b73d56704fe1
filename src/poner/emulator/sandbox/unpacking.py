"""Unpacks code and layers, as Lambda does, into the folders in place of /var/task and /opt."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from poner.aws_lambda.quotas import UNZIPPED_BYTES
from poner.emulator.sandbox.members import Member, members_of, unreadable_is_refused
from poner.errors import EmulatorError

CHUNK_BYTES = 256 * 1024
"""Bytes of a file that are unpacked at a time."""


def unpack(code: Path, layers: Sequence[Path], task_folder: Path, opt_folder: Path) -> None:
    """Unpack the code into one folder, and all layers into another; neither may exist yet.

    Layers are unpacked in order: later ones overwrite earlier ones. Modes and times are kept: a
    bundled .pyc may be valid only with its source's time.

    Raises:
        EmulatorError: code or a layer is missing, damaged or unsafe, or they are too large.
    """
    with contextlib.ExitStack() as opened:
        code_members, *layer_members = (
            opened.enter_context(members_of(origin)) for origin in (code, *layers)
        )
        _check_sizes(code_members, layer_members)
        _write(code_members, task_folder)
        _write([member for members in layer_members for member in members], opt_folder)


def _check_sizes(code: Sequence[Member], layers: Sequence[Sequence[Member]]) -> None:
    """Refuse code and layers over Lambda's limit, with AWS's message (L66).

    Raises:
        EmulatorError: states limit and size.
    """
    sizes = [sum(member.size_bytes for member in members) for members in (code, *layers)]
    if sizes[0] >= UNZIPPED_BYTES:
        raise EmulatorError(
            f"Unzipped size must be smaller than {UNZIPPED_BYTES} bytes.",
            f"{code[0].origin} has {sizes[0]} bytes: leave files out.",
        )
    if sum(sizes) > UNZIPPED_BYTES:
        parts = [
            f"{members[0].origin} has {size}"
            for members, size in zip((code, *layers), sizes, strict=True)
            if members
        ]
        raise EmulatorError(
            "Function code combined with layers exceeds the maximum allowed size of "
            f"{UNZIPPED_BYTES} bytes. The actual size is {sum(sizes)} bytes.",
            f"Leave files out: {', '.join(parts)}.",
        )


def _write(members: Iterable[Member], folder: Path) -> None:
    """Write folders and files first, links last, so that no file is written through a link.

    Raises:
        EmulatorError: a member cannot be written, or is a link that leads out of the folder.
    """
    kept = {member.path: member for member in members}.values()
    folder.mkdir()
    for member in kept:
        is_folder = stat.S_ISDIR(member.mode)
        with unreadable_is_refused(member.origin):
            (folder / (member.path if is_folder else member.path.parent)).mkdir(
                parents=True, exist_ok=True
            )
    files = [member for member in kept if stat.S_ISREG(member.mode)]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        list(threads.map(lambda member: _write_file(member, folder / member.path), files))
    _write_links([member for member in kept if stat.S_ISLNK(member.mode)], folder)


def _write_file(member: Member, target: Path) -> None:
    with unreadable_is_refused(member.origin):
        with member.open() as source, target.open("wb") as sink:
            shutil.copyfileobj(source, sink, CHUNK_BYTES)
        os.utime(target, (member.modified_s, member.modified_s))
        target.chmod(stat.S_IMODE(member.mode))


def _write_links(links: Sequence[Member], folder: Path) -> None:
    """Write the symbolic links, then refuse any that resolves to a place outside the folder.

    Raises:
        EmulatorError: a link leads out of the folder, or takes the place of a folder.
    """
    for link in links:
        if (folder / link.path).is_dir():
            raise EmulatorError(
                f"{link.origin} holds the link '{link.path}' in the place of a folder.",
                "Make the zip anew.",
            )
        with unreadable_is_refused(link.origin), link.open() as content:
            (folder / link.path).symlink_to(os.fsdecode(content.read()))
    root = os.path.realpath(folder)
    for link in links:
        if os.path.commonpath([root, os.path.realpath(folder / link.path)]) != root:
            raise EmulatorError(
                f"{link.origin} holds the link '{link.path}', which leads out of its folder.",
                "Do not run it: make the zip anew from files you trust.",
            )
