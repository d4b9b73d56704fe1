"""Which format a model file has, by its first bytes, and its content without compression.

First bytes: joblib's compressor.py (1.6.0), gzip RFC 1952, zlib RFC 1950, the xz and lz4 format
descriptions, and PKZIP's APPNOTE.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from .faults import FileUnreadableError, damaged

SMALLER = "Fit a smaller model: with fewer or shallower trees, or on fewer training rows."

LARGEST_CONTENT_BYTES = 1 << 30
"""Largest model file, before and after decompression; Lambda takes a quarter of it."""

SMALLEST_LIMIT_BYTES = 64 << 20
MOST_COMPRESSED = 1000
"""A small file may not unpack to more than 64 MiB and 1000 times its size, which is as far as zlib
goes; models are compressed to a tenth."""

CHUNK_BYTES = 1 << 20

PICKLE = "pickle"
SKOPS = "skops"

DECOMPRESSORS: Mapping[str, tuple[bytes, Callable[[], Any]]] = {
    "zlib": (b"\x78", zlib.decompressobj),
    "gzip": (b"\x1f\x8b", lambda: zlib.decompressobj(wbits=31)),
    "bz2": (b"BZh", bz2.BZ2Decompressor),
    "xz": (b"\xfd7zXZ", lzma.LZMADecompressor),
    "lzma": (b"\x5d\x00", lambda: lzma.LZMADecompressor(format=lzma.FORMAT_ALONE)),
}
"""First bytes of each compression, and what takes it off."""

UNREADABLE: Mapping[bytes, tuple[str, str]] = {
    b"\x04\x22\x4d\x18": (
        "The model file is compressed with lz4, which is not read.",
        "Save it with joblib.dump(model, file, compress=('zlib', 3)).",
    ),
    b"ZF": (
        "The model file was written by a joblib before 0.10.",
        "Load it there and save it again with pickle.",
    ),
    b"\x93NUMPY": ("The file holds a numpy array, not a model.", "Give the file of the model."),
    b"\x89HDF": ("The file is HDF5, not a pickle, joblib or skops file.", "Save it with pickle."),
}
"""First bytes of what is known and not read."""


def largest_unpacked(packed_bytes: int) -> int:
    """Most bytes that a file of a size may unpack to."""
    return min(LARGEST_CONTENT_BYTES, SMALLEST_LIMIT_BYTES + MOST_COMPRESSED * packed_bytes)


def unpack(content: bytes) -> tuple[str, str, bytes]:
    """The format (`pickle` or `skops`), the compression or an empty string, and the content.

    Raises:
        FileUnreadableError: it is empty, too large, damaged, or known not to be a model.
    """
    if not content:
        raise FileUnreadableError("The model file is empty.")
    if content.startswith(b"PK\x03\x04"):
        return SKOPS, "", content
    for start, (message, hint) in UNREADABLE.items():
        if content.startswith(start):
            raise FileUnreadableError(message, hint)
    for name, (start, make) in DECOMPRESSORS.items():
        if content.startswith(start):
            return PICKLE, name, _decompress(name, make(), content)
    return PICKLE, "", content


def _decompress(name: str, decompressor: Any, content: bytes) -> bytes:
    """Bounded: a small file that unpacks to more than a model can be is refused."""
    pieces, size, rest = [], 0, content
    largest = largest_unpacked(len(content))
    try:
        while not decompressor.eof:
            piece = decompressor.decompress(rest, CHUNK_BYTES)
            rest = getattr(decompressor, "unconsumed_tail", b"")  # zlib keeps it outside
            if not piece and not rest and not decompressor.eof:
                raise FileUnreadableError("The model file ends too early.")
            pieces.append(piece)
            size += len(piece)
            if size > largest:
                raise FileUnreadableError(
                    f"The model file unpacks to more than {largest >> 20} MiB.",
                    "Save it without compression, or fit a smaller model.",
                )
    except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as error:
        raise damaged(f"{name}: {error}") from error
    return b"".join(pieces)
