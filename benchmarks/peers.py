"""The functions that a Bundle is compared with: an empty one, and the article's."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

from poner.emulator import LocalFunction
from poner.environments import run_uv
from poner.errors import InstallError
from poner.hosts import ENTRY, HANDLER, HOSTS
from poner.signature import MODEL_NAME

_EMPTY = Path(__file__).with_name("empty_handler.py")
_ARTICLE = Path(__file__).with_name("article_handler.py")


@dataclass(frozen=True)
class Peer:
    """A function to measure, with its sizes."""

    function: LocalFunction
    """The function."""
    zipped_bytes: int
    """Size of its zips."""
    unzipped_bytes: int
    """Size of its unpacked files."""


def empty_function(folder: Path, runtime: str) -> Peer:
    """A function that answers every event with 200: the lower bound for Python on Lambda."""
    folder.mkdir()
    shutil.copyfile(_EMPTY, folder / ENTRY)
    return _peer(folder, runtime, 128)


def article_function(
    folder: Path, runtime: str, model: bytes, names: tuple[str, ...], requirements: list[str]
) -> Peer:
    """The article's way: the pickle, its handler, and scikit-learn from wheels as they come.

    Raises:
        InstallError: the wheels could not be downloaded.
    """
    folder.mkdir()
    shutil.copyfile(_ARTICLE, folder / ENTRY)
    (folder / "names.json").write_text(json.dumps(names))
    (folder / MODEL_NAME).write_bytes(model)
    interpreter = HOSTS[runtime].find_interpreter()
    command = ["pip", "install", "--target", str(folder.absolute())]
    command += ["--only-binary", ":all:", "--python", str(interpreter), *requirements]
    done = run_uv(command)
    if done.returncode != 0:
        raise InstallError(
            f"The article's packages could not be installed: {done.stderr.strip()[-300:]}",
            "Check the network.",
        )
    return _peer(folder, runtime, 1769)


def unpacked(function: LocalFunction, folder: Path, *, bytecode: bool = True) -> Peer:
    """A function whose zips are unpacked once for all rounds, with or without their bytecode.

    Its size is that of the kept members, as compressed in the zips.
    """
    zips = (function.code, *function.layers)
    places = [folder / str(number) for number in range(len(zips))]
    zipped = unzipped = 0
    for path, place in zip(zips, places, strict=True):
        with zipfile.ZipFile(path) as archive:
            kept = [
                entry
                for entry in archive.infolist()
                if bytecode or not entry.filename.endswith(".pyc")
            ]
            archive.extractall(place, kept)
        zipped += sum(entry.compress_size for entry in kept)
        unzipped += sum(entry.file_size for entry in kept)
    code, *layers = places
    return Peer(replace(function, code=code, layers=tuple(layers)), zipped, unzipped)


def with_bytecode(peer: Peer) -> Peer:
    """The same function with bytecode that its own Python wrote beside the sources."""
    interpreter = peer.function.host.find_interpreter()
    command = [str(interpreter), "-I", "-m", "compileall", "-q", "-j", "0"]
    command += ["--invalidation-mode", "unchecked-hash", str(peer.function.code)]
    subprocess.run(command, check=False, stdout=sys.stderr)  # scipy ships sources that do not parse
    return _peer(peer.function.code, peer.function.runtime, peer.function.memory_mb)


def _peer(folder: Path, runtime: str, memory_mb: int) -> Peer:
    function = LocalFunction(
        folder,
        handler=HANDLER,
        runtime=runtime,
        memory_mb=memory_mb,
        timeout_s=60,
        environment={"PYTHONDONTWRITEBYTECODE": "1"},  # /var/task is read-only
    )
    return Peer(function, *measure_size(folder))


def measure_size(folder: Path) -> tuple[int, int]:
    """Size of a folder in bytes, as a zip (level 9) and unpacked."""
    buffer = io.BytesIO()
    unzipped = 0
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                unzipped += path.stat().st_size
                archive.write(path, path.relative_to(folder))
    return buffer.tell(), unzipped
