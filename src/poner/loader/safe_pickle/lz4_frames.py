"""Decompresses LZ4 frames, which joblib writes with `compress="lz4"`.

The standard library has no LZ4, and the confined processes that read a model file cannot count on a
package in the model's environment. Sources: lz4's `lz4_Frame_format.md` (1.6.4) and
`lz4_Block_format.md`. Checksums are not compared: the pickle inside is checked as any other.
"""

from __future__ import annotations

MAGIC = b"\x04\x22\x4d\x18"

_BLOCK_BYTES = {4: 1 << 16, 5: 1 << 18, 6: 1 << 20, 7: 1 << 22}
"""Largest decompressed size of a block, by the code in the frame's descriptor."""

_WINDOW_BYTES = 1 << 16
"""How far back a match may begin; blocks may refer to earlier blocks."""

_STORED = 1 << 31
"""Bit of a block's size that marks a block without compression."""

_SHORTEST_MATCH = 4


class Lz4Decompressor:
    """Decompresses one frame, with the interface of `bz2.BZ2Decompressor`: a block a call."""

    def __init__(self) -> None:
        self.eof = False
        """Whether the frame has ended."""
        self._content = b""
        self._place = 0
        self._window = bytearray()

    def decompress(self, data: bytes, most_bytes: int) -> bytes:
        """The next block; empty at the frame's end, and where the content ends too early.

        Args:
            data: the whole frame at the first call, nothing at the later ones.
            most_bytes: not used, since the frame itself bounds its blocks (4 MiB at most).

        Raises:
            ValueError: the frame is damaged.
        """
        if data:
            self._content = data
            self._read_descriptor()
        size_field = self._take(4)
        if len(size_field) < 4:
            return b""
        size = int.from_bytes(size_field, "little")
        if size == 0:
            self.eof = True
            return b""
        packed = self._take(size % _STORED)
        if len(packed) < size % _STORED:
            return b""
        self._take(self._checksum_bytes)
        return self._unpack(packed, is_stored=size >= _STORED)

    def _read_descriptor(self) -> None:
        """Read the flags and the largest size of a block.

        Flags, from the highest bit: version (2 bits), independent blocks, checksums of blocks, size
        of the content, checksum of the content, reserved, dictionary.
        """
        header = self._take(len(MAGIC) + 2)
        if len(header) < len(MAGIC) + 2:
            raise ValueError("a frame without a descriptor")
        flags, block = header[-2:]
        if flags >> 6 != 1 or flags & 1 or block >> 4 not in _BLOCK_BYTES:
            raise ValueError("a frame of an unknown kind")
        self._checksum_bytes = 4 if flags & 16 else 0
        self._block_bytes = _BLOCK_BYTES[block >> 4]
        self._take((8 if flags & 8 else 0) + 1)  # the content's size, and the header's checksum

    def _take(self, size: int) -> bytes:
        taken = self._content[self._place : self._place + size]
        self._place += size
        return taken

    def _unpack(self, packed: bytes, *, is_stored: bool) -> bytes:
        start = len(self._window)
        if is_stored:
            self._window += packed
        else:
            unpack_block(packed, self._window, start + self._block_bytes)
        block = bytes(self._window[start:])
        if len(block) > self._block_bytes:
            raise ValueError("a block that is too long")
        del self._window[:-_WINDOW_BYTES]
        return block


def unpack_block(packed: bytes, output: bytearray, most_bytes: int) -> None:
    """Append a decompressed block to the output, at whose earlier bytes its matches may begin.

    A block is a list of sequences: a token with two lengths of 4 bits (15 means that more bytes of
    length follow), literal bytes, a distance of 2 bytes, and a match that is copied from there. The
    last sequence has literals only.

    Raises:
        ValueError: the block is damaged, or the output would be longer than `most_bytes`.
    """
    place, end = 0, len(packed)
    try:
        while True:
            token = packed[place]
            length, place = _length(packed, token >> 4, place + 1)
            literals = packed[place : place + length]
            place += length
            if place > end or len(output) + length > most_bytes:
                raise ValueError("a block of impossible size")
            output += literals
            if place == end:
                return
            distance = packed[place] | packed[place + 1] << 8
            length, place = _length(packed, token & 15, place + 2)
            _copy(output, distance, length + _SHORTEST_MATCH, most_bytes)
    except IndexError as error:
        raise ValueError("a block that ends too early") from error


def _length(packed: bytes, length: int, place: int) -> tuple[int, int]:
    """A length with its further bytes, and the place behind it."""
    if length == 15:
        while packed[place] == 255:
            length, place = length + 255, place + 1
        length, place = length + packed[place], place + 1
    return length, place


def _copy(output: bytearray, distance: int, length: int, most_bytes: int) -> None:
    """Append bytes that stand at a distance before the end; a match may run into itself."""
    start = len(output) - distance
    if not 0 < distance <= len(output) or len(output) + length > most_bytes:
        raise ValueError("a match outside of the content")
    match = output[start : start + length]
    if length > distance:
        match = (match * (length // distance + 1))[:length]
    output += match
