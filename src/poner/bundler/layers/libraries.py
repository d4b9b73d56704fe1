"""Packed libraries: every file of a wheel and its bytecode, compressed once and kept.

What a rule of slimming may leave out is not compiled, since nothing imports it.

A library is kept under the hash of its wheel, the runtime's Python and what decides about the
bytes. Slimming and packing look only at its index; a layer's zip copies what is packed already.

```
libraries/KEY/index.json   the members: path, size, hashes, where in data, which rule leaves it out
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
    """Its path, beginning at the folder of all packages."""
    size_bytes: int
    """Its size."""
    sha256: str
    """Its hash, in hexadecimal."""
    crc32: int
    """Its checksum, as zips carry it."""
    offset: int
    """Where its packed content begins in the library's data."""
    packed_bytes: int
    """Size of its packed content."""
    deflated: bool
    """Whether that is compressed at all."""
    rule: str | None
    """The rule of slimming that leaves it out; None where it is always kept."""
    bytecode: bool
    """Whether it was compiled from one of the library's sources."""


@dataclass(frozen=True)
class PackedLibrary:
    """One library, ready to be put into layers."""

    library: Library
    """What it is."""
    members: tuple[Member, ...]
    """Its files, sorted by path."""
    shared_objects: Mapping[str, SharedObject]
    """What the linker asks of those that are shared objects, by path."""
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
    """The packed libraries of wheels, in their order; those that are not kept yet are made.

    Args:
        wheels: what to pack.
        runtime: whose Python compiles the sources.
        architecture: what the wheels are installed for.
        cache: poner's cache.
        scratch: a folder to work in.
        progress: told what is being done.
        verified: check also that the packed contents are those that were kept.

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
    """The library as it was kept; None where it was not, or is damaged."""
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
    """The bytecode files of sources; some have none, because they are not Python after all."""
    compiled = map(HOSTS[runtime.name].bytecode_path, sources)
    return tuple(path for path in compiled if (installed / path).is_file())
