"""Wheels made on the spot, honest and poisoned ones."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from pathlib import Path


def make_wheel(folder: Path, name: str, version: str, *, poisoned: bool = False) -> Path:
    """A wheel whose module says which one it is; a poisoned one runs code at every start."""
    information = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"ORIGIN = {'poisoned' if poisoned else 'honest'!r}\n",
        f"{information}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{information}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if poisoned:
        marker = folder / "ran"
        files[f"{name}.pth"] = f"import pathlib; pathlib.Path({str(marker)!r}).touch()\n"
    record = [f"{path},sha256={_digest(text)},{len(text)}" for path, text in files.items()]
    files[f"{information}/RECORD"] = "\n".join([*record, f"{information}/RECORD,,", ""])
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return wheel


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
