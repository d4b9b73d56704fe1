"""Recognises the format of a model file by its first bytes, and removes compression.

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
"""Size of the largest model file, before and after decompression: four times Lambda's limit."""

SMALLEST_LIMIT_BYTES = 64 << 20
MOST_COMPRESSED = 1000
"""A file may unpack to at most 64 MiB plus 1000 times its size, about the limit of zlib. The usual
ratio of a compressed model is ten."""

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
"""For each compression: its first bytes, and the function that makes its decompressor."""

UNREADABLE: Mapping[bytes, tuple[str, str]] = {
    b"\x04\x22\x4d\x18": (
        "The model file is compressed with lz4, which poner cannot read.",
        "Save it with joblib.dump(model, file, compress=('zlib', 3)).",
    ),
    b"ZF": (
        "The model file was written by a joblib before 0.10.",
        "Load the model with that joblib, and save it again with pickle.",
    ),
    b"\x93NUMPY": ("The file holds a numpy array, not a model.", "Name the file of the model."),
    b"\x89HDF": ("The file is HDF5, not a pickle, joblib or skops file.", "Save it with pickle."),
}
"""First bytes of known formats that poner cannot read, with a message and a hint."""


def largest_unpacked(packed_bytes: int) -> int:
    """The largest size to which a file of the given size may unpack."""
    return min(LARGEST_CONTENT_BYTES, SMALLEST_LIMIT_BYTES + MOST_COMPRESSED * packed_bytes)


def unpack(content: bytes) -> tuple[str, str, bytes]:
    """The format (`pickle` or `skops`), the compression or an empty string, and the content.

    Raises:
        FileUnreadableError: the content is empty, too large, damaged, or of an unsupported format.
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
    """Decompress a file; refuse a small file that unpacks to more than a model may have."""
    pieces, size, rest = [], 0, content
    largest = largest_unpacked(len(content))
    try:
        while not decompressor.eof:
            piece = decompressor.decompress(rest, CHUNK_BYTES)
            rest = getattr(decompressor, "unconsumed_tail", b"")  # the others keep it themselves
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
