"""Makes layer zips from packed libraries, and caches them by their content.

In the cache `layers/KEY/NAME.zip` lies beside a record of its hash; a zip with another hash is made
again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from poner.aws_lambda import quotas
from poner.bundle import FileRecord, Layer, Library, ZipRecord
from poner.bundler.layers.linking import PlacedFile
from poner.bundler.layers.request import LayerRequest
from poner.bundler.layers.slimming import Selection
from poner.bundler.zips import Packed, encoding, write_zip
from poner.storage import hash_file, hold, make_key, read_record, write_record, writing

_FORMAT = 1


@dataclass(frozen=True)
class PlannedLayer:
    """A layer, before its zip is written."""

    name: str
    """Name of the published layer."""
    libraries: tuple[Library, ...]
    """Its libraries, sorted by name."""
    files: tuple[PlacedFile, ...]
    """Its files, sorted by path."""
    zip: Path
    """Path of its zip in the cache."""

    @property
    def is_kept(self) -> bool:
        """Whether the cache holds the zip, with the recorded hash."""
        digest = read_record(self._record) if hold(self.zip.parent) else None
        return digest is not None and hash_file(self.zip) == digest

    def write(self) -> None:
        """Write the zip and its record.

        Raises:
            BundleError: the files exceed the limits of a zip.
            OSError: the disk is full.
        """
        with writing(self.zip, durable=False) as file:
            write_zip(file, self._members())
        hold(self.zip.parent)
        write_record(self._record, hash_file(self.zip))

    def describe(self) -> Layer:
        """The record of the layer; call after it is written."""
        records = tuple(
            FileRecord(file.path, file.member.size_bytes, file.member.sha256) for file in self.files
        )
        record = ZipRecord(
            path=f"layers/{self.name}.zip",
            size_bytes=self.zip.stat().st_size,
            sha256=str(read_record(self._record)),
            unzipped_bytes=sum(record.size_bytes for record in records),
            members=records,
        )
        return Layer(self.name, record, self.libraries)

    @property
    def _record(self) -> Path:
        return self.zip.with_suffix(".json")

    def _members(self) -> Iterator[tuple[str, Packed]]:
        with ExitStack() as stack:
            sources = {
                path: stack.enter_context(path.open("rb"))
                for path in {file.data for file in self.files}
            }
            for file in self.files:
                member = file.member
                sources[file.data].seek(member.offset)
                data = sources[file.data].read(member.packed_bytes)
                yield file.path, Packed(data, member.deflated, member.size_bytes, member.crc32)


def plan_layers(
    selection: Selection, libraries: Sequence[Library], request: LayerRequest, cache: Path
) -> tuple[PlannedLayer, ...]:
    """The layers of a selection, sorted by name."""
    by_name = {library.name: library for library in libraries}
    layers = []
    for names in selection.layers:
        held = tuple(by_name[name] for name in names)
        # Of two files with the same path the later library's is kept, as when layers are unpacked.
        placed = {file.path: file for name in names for file in selection.files[name]}
        files = tuple(placed[path] for path in sorted(placed))
        content = [[file.path, file.member.sha256] for file in files]
        name = name_layer(held, request)
        key = make_key(_FORMAT, encoding(), name, content)
        layers.append(PlannedLayer(name, held, files, cache / "layers" / key / f"{name}.zip"))
    return tuple(sorted(layers, key=lambda layer: layer.name))


def name_layer(libraries: Sequence[Library], request: LayerRequest) -> str:
    """A valid name of a layer on AWS, such as `numpy-2_5_5-python3_13-x86_64`.

    A name that is too long is cut, and a digest of the whole name is added.
    """
    held = _plain("-".join(f"{library.name}-{library.version}" for library in libraries))
    suffix = _plain(f"-{request.runtime.name}-{request.architecture}")
    room = quotas.LAYER_NAME_LENGTH - len(suffix)
    if len(held) > room:
        digest = hashlib.sha256(held.encode()).hexdigest()[:8]
        held = f"{held[: room - len(digest) - 1]}-{digest}"
    return held + suffix


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]", "_", text)
