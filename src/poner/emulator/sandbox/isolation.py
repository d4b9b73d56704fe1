"""The files that an isolated function sees: Lambda's folders and the system's programs.

The interpreter appears in /var/lang, wherever it is installed; awslambdaric's packages hide the
interpreter's own. Home folders and other environments' files are absent.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from poner.confinement.mounts import system_folders
from poner.emulator.sandbox.launch import BOOTSTRAP, Launch

TMP_BYTES = 512 * 1024**2
"""Size of /tmp (L65). It lies in memory, but does not count towards the function's memory."""

SETTINGS = (
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "hosts",
    "resolv.conf",
    "nsswitch.conf",
    "host.conf",
    "gai.conf",
    "protocols",
    "services",
    "mime.types",
    "alternatives",
    "ssl/certs",
    "ssl/cert.pem",
    "ssl/openssl.cnf",
    "pki/tls/certs",
    "pki/tls/cert.pem",
    "pki/tls/openssl.cnf",
    "pki/ca-trust/extracted",
    "ca-certificates/extracted",
)
"""Visible files of /etc, if they exist: host names, certificates, time. Accounts and keys are
hidden."""

DEVICES = ("null", "zero", "full", "random", "urandom")
"""Visible devices of /dev. As on Lambda there is no shm (L53)."""

WRITTEN = {
    "etc/passwd": (
        "root:x:0:0:root:/root:/sbin/nologin\n"
        "sbx_user1051:x:993:990::/home/sbx_user1051:/sbin/nologin\n"
    ),
    "etc/group": "root:x:0:\nsbx_user1051:x:990:\n",
}
"""Files written for the sandbox: path and content. 993 is the supervisor's USER_ID."""

LINKS = {
    "dev/fd": "/proc/self/fd",
    "dev/stdin": "/proc/self/fd/0",
    "dev/stdout": "/proc/self/fd/1",
    "dev/stderr": "/proc/self/fd/2",
}
"""Symbolic links that every Linux system has."""


def plan_of(launch: Launch, folder: Path) -> dict[str, Any]:
    """The supervisor's plan of a sandbox; `folder` exists, and belongs to this sandbox alone."""
    return {
        "folder": str(launch.layout(folder).task),
        "files": _files(launch, folder) if launch.isolated else None,
        "memory_bytes": launch.function.memory_mb * 1024**2,
        "tmp_bytes": TMP_BYTES,
    }


def _files(launch: Launch, root: Path) -> dict[str, Any]:
    """The files of a sandbox below `root`; outer folders come before inner ones."""
    _, links = system_folders()
    return {
        "root": str(root),
        "binds": [(str(source), path) for source, path in _binds(launch)],
        "written": list(WRITTEN.items()),
        "links": list({**LINKS, **dict(links)}.items()),
    }


def _binds(launch: Launch) -> Iterator[tuple[Path, str]]:
    """The read-only files and folders: source, and place below the root."""
    for system_folder, seen in system_folders()[0]:
        yield Path(system_folder), seen
    for folder, names in (("etc", SETTINGS), ("dev", DEVICES)):
        for name in names:
            path = Path("/", folder, name)
            if path.exists():
                yield path.resolve(), f"{folder}/{name}"
    layout = launch.layout(launch.scratch_folder)
    folders = [
        (launch.task_folder, layout.task),
        (launch.opt_folder, layout.opt),
        (launch.runtime_folder, layout.runtime),
        (launch.language_folder, layout.language),
        (BOOTSTRAP, layout.bootstrap),
    ]
    inner = layout.site_packages.relative_to(layout.language)
    if (launch.language_folder / inner).is_dir():  # Debian's own Python has no such folder
        folders.append((launch.runtime_folder, layout.site_packages))
    for source, place in folders:
        yield source, str(place).lstrip("/")
