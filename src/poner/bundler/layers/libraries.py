"""Packed libraries: every file of a wheel and its bytecode, compressed once and cached.

Files that a slimming rule matches get no bytecode, since no code imports them.

The cache's key covers the wheel's hash, the runtime's Python and the compressor. Slimming and
packing read only the index; a layer's zip copies the packed contents.

```
libraries/KEY/index.json   the members: path, size, hashes, offset in data, slimming rule
libraries/KEY/data         the members' packed contents, one after the other
```
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

from poner.aws_lambda.runtimes import Runtime
from poner.bundle import Library
from poner.bundler.bytecode import compile_folder
from poner.bundler.layers.package_index import Wheel
from poner.bundler.layers.rules import find_rules
from poner.bundler.layers.shared_objects import SharedObject, read_shared_object
from poner.bundler.layers.wheels import install_wheels, read_wheel
from poner.bundler.zips import encoding, pack
from poner.hosts import HOSTS, MODULES_FOLDER
from poner.storage import hash_file, hold, make_key, read_record, write_record, writing

_RECIPE = 1
_ROOT = f"/opt/{MODULES_FOLDER}"

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a packed library."""

    path: str
    """Path, relative to the folder of all packages."""
    size_bytes: int
    """Size of the unpacked content."""
    sha256: str
    """Hash of the unpacked content, in hexadecimal."""
    crc32: int
    """Checksum of the unpacked content, for the zip."""
    offset: int
    """Start of the packed content in the library's data."""
    packed_bytes: int
    """Size of the packed content."""
    deflated: bool
    """Whether the packed content is compressed."""
    rule: str | None
    """Name of the slimming rule that leaves the file out; None if it is always kept."""
    bytecode: bool
    """Whether the file is bytecode that poner compiled."""


@dataclass(frozen=True)
class PackedLibrary:
    """One library, ready for layers."""

    library: Library
    """Name, version and wheel."""
    members: tuple[Member, ...]
    """Its files, sorted by path."""
    shared_objects: Mapping[str, SharedObject]
    """Machine and needed libraries of its shared objects, by path."""
    data: Path
    """The file with the packed contents."""


def keep_libraries(
    wheels: Sequence[Wheel],
    runtime: Runtime,
    architecture: str,
    cache: Path,
    scratch: Path,
    progress: Progress,
    *,
    verified: bool = False,
) -> tuple[PackedLibrary, ...]:
    """The packed libraries of wheels, in order; those missing in the cache are made.

    Args:
        wheels: the wheels to pack.
        runtime: the runtime whose Python compiles the sources.
        architecture: the architecture of the wheels.
        cache: poner's cache.
        scratch: a folder to work in.
        progress: called with the current stage and its completed share.
        verified: also check the hashes of cached contents.

    Raises:
        InstallError: a wheel cannot be fetched.
        InterpreterNotFoundError: there is no Python of the runtime's version.
        OSError: the disk is full.
    """
    folders = {wheel: _folder(wheel, runtime, cache) for wheel in wheels}
    kept = {wheel: _read(wheel, folders[wheel], verified) for wheel in wheels}
    missing = [wheel for wheel in wheels if kept[wheel] is None]
    if missing:
        interpreter = HOSTS[runtime.name].find_interpreter()
        installed = install_wheels(missing, runtime, architecture, scratch, progress)
        total, done = sum(wheel.size_bytes for wheel in missing) or 1, 0
        for wheel in missing:
            progress("Compressing", done / total)
            _make(installed[wheel], folders[wheel], interpreter, runtime)
            done += wheel.size_bytes
            kept[wheel] = _read(wheel, folders[wheel], verified=False)
        progress("Compressing", 1.0)
    return tuple(library for library in kept.values() if library is not None)


def _folder(wheel: Wheel, runtime: Runtime, cache: Path) -> Path:
    key = make_key(_RECIPE, encoding(), wheel.sha256, HOSTS[runtime.name].python_version)
    return cache / "libraries" / f"{wheel.name}-{key}"


def _read(wheel: Wheel, folder: Path, verified: bool) -> PackedLibrary | None:
    """The cached library; None if it is missing or damaged."""
    index = read_record(folder / "index.json") if hold(folder) else None
    data = folder / "data"
    if index is None or not data.is_file() or data.stat().st_size != index["size_bytes"]:
        return None
    if verified and hash_file(data) != index["sha256"]:
        return None
    shared = {path: SharedObject(**value) for path, value in index["shared_objects"].items()}
    members = tuple(Member(*values) for values in index["members"])
    library = Library(wheel.name, wheel.version, wheel.file, wheel.sha256)
    return PackedLibrary(library, members, shared, data)


def _make(installed: Path, folder: Path, interpreter: Path, runtime: Runtime) -> None:
    """Compile and compress an installed wheel."""
    files = read_wheel(installed)
    rules = find_rules(files)
    sources = [path for path in files if path.endswith(".py") and path not in rules]
    compile_folder(installed, sources, interpreter, _ROOT)
    compiled = _find_bytecode(sources, installed, runtime)
    contents = {**files, **{path: (installed / path).read_bytes() for path in compiled}}
    paths = sorted(contents)
    members: list[Member] = []
    offset, digest = 0, hashlib.sha256()
    with (
        writing(folder / "data", durable=False) as data,
        ThreadPoolExecutor(os.cpu_count()) as pool,
    ):
        for path, packed in zip(
            paths, pool.map(pack, (contents[path] for path in paths)), strict=True
        ):
            data.write(packed.data)
            digest.update(packed.data)
            member = Member(
                path=path,
                size_bytes=packed.size_bytes,
                sha256=hashlib.sha256(contents[path]).hexdigest(),
                crc32=packed.crc32,
                offset=offset,
                packed_bytes=len(packed.data),
                deflated=packed.deflated,
                rule=rules.get(path),
                bytecode=path in compiled,
            )
            members.append(member)
            offset += member.packed_bytes
    shared = {path: read_shared_object(content) for path, content in files.items()}
    record = {
        "size_bytes": offset,
        "sha256": digest.hexdigest(),
        "members": [astuple(member) for member in members],
        "shared_objects": {path: asdict(value) for path, value in shared.items() if value},
    }
    write_record(folder / "index.json", record)


def _find_bytecode(sources: Sequence[str], installed: Path, runtime: Runtime) -> tuple[str, ...]:
    """The bytecode files of the sources; sources that are not valid Python have none."""
    compiled = map(HOSTS[runtime.name].bytecode_path, sources)
    return tuple(path for path in compiled if (installed / path).is_file())
