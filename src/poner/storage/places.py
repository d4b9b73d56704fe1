"""poner's own folders: the cache and the state."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path


def cache_folder() -> Path:
    """The folder for files that can be made again: PONER_CACHE_DIR, or the user's cache folder."""
    if chosen := os.environ.get("PONER_CACHE_DIR"):
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_cache_path("poner"))


def state_folder() -> Path:
    """The folder for unfinished work, such as a deploy: PONER_STATE_DIR, or the user's own."""
    if chosen := os.environ.get("PONER_STATE_DIR"):
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_state_path("poner"))


def private_folder(folder: Path) -> Path:
    """Make a folder that only its owner may enter (mode 0700), and return it.

    Folders above it that are missing are made the same way; those that exist keep their mode.

    Raises:
        OSError: it cannot be made.
    """
    missing = [folder]
    while not missing[-1].parent.exists():
        missing.append(missing[-1].parent)
    for place in reversed(missing):
        with contextlib.suppress(FileExistsError):
            place.mkdir(mode=0o700)
    status = folder.stat()  # follows a link, and fails where a file is in the way below
    if not stat.S_ISDIR(status.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
    if hasattr(os, "geteuid") and status.st_uid == os.geteuid() and status.st_mode & 0o077:
        folder.chmod(0o700)
    return folder
