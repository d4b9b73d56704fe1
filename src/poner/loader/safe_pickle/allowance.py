"""How much a model file may make safe_pickle build: in proportion to the file's own size.

Every number of a fitted model stands in its file once. So what is copied while the file is read
(bytes of arrays, items of containers, attributes) adds up to no more than the file has bytes, and
whatever asks for more repeats itself to take memory. Sizes are checked here before anything of
that size is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .faults import FileUnreadableError
from .formats import LARGEST_CONTENT_BYTES

SLACK = 1 << 20
"""Bytes or items that every file may have, however small."""

LARGEST_INTEGER_BITS = 1000
"""Integers fit a float64 (1024 bits); the largest of honest models are seeds of 128 bits."""

MOST_TUPLE_KEYS = 10_000
"""Keys that are tuples: their hashes can be made to collide."""

LARGEST_KEY = 1 << 60
"""Below 2**61 - 1 an integer is its own hash, so no two keys have the same."""


class Allowance:
    """What one file may still take."""

    def __init__(self, content_bytes: int) -> None:
        """A new allowance.

        Args:
            content_bytes: the file's size without compression.
        """
        self.content_bytes = content_bytes
        """Bytes of content, those of archives inside it included."""
        self.longest = content_bytes + SLACK
        """Most items of one array, and the longest of its dimensions."""
        self.left = 2 * content_bytes + SLACK
        """Bytes and items that may still be copied."""
        self.tuple_keys = MOST_TUPLE_KEYS
        """Keys that may still be tuples."""

    def unpack(self, unpacked_bytes: int) -> None:
        """Add what an archive inside the file unpacks to.

        Raises:
            FileUnreadableError: together that is more than a model can be.
        """
        self.content_bytes += unpacked_bytes
        if self.content_bytes > LARGEST_CONTENT_BYTES:
            raise FileUnreadableError(
                f"The model file unpacks to more than {LARGEST_CONTENT_BYTES >> 20} MiB."
            )
        self.longest += unpacked_bytes
        self.left += 2 * unpacked_bytes

    def spend(self, amount: int) -> None:
        """Take bytes or items that are about to be copied.

        Raises:
            FileUnreadableError: the file has copied more than it holds.
        """
        self.left -= amount
        if self.left < 0:
            raise FileUnreadableError(
                "The model file repeats itself to take more memory than its content needs."
            )

    def check_shape(self, shape: Sequence[int], item_bytes: int) -> int:
        """Number of items of an array that is about to be made; its bytes are taken.

        Dimensions of length 0 do not hide the others: (0, 10**12) is refused like (10**12,).

        Raises:
            FileUnreadableError: the file is too small for such an array.
        """
        count, product = 1, 1
        for length in shape:
            count *= length
            product *= max(length, 1)
        if product > self.longest or item_bytes > self.longest:
            raise FileUnreadableError(
                "The model file is damaged: it announces an array that is larger than the file."
            )
        self.spend(count * item_bytes)
        return count

    def check_tuple_key(self) -> None:
        """Take one key that is a tuple.

        Raises:
            FileUnreadableError: there are too many.
        """
        self.tuple_keys -= 1
        if self.tuple_keys < 0:
            raise FileUnreadableError(
                f"The model file has more than {MOST_TUPLE_KEYS} keys that are tuples."
            )


def check_integer(value: Any) -> None:
    """Refuse an integer that no float64 can hold, which would take minutes to write out.

    Raises:
        FileUnreadableError: it is that large.
    """
    if type(value) is int and value.bit_length() > LARGEST_INTEGER_BITS:
        raise FileUnreadableError(
            f"The model file holds an integer of {value.bit_length()} bits; at most "
            f"{LARGEST_INTEGER_BITS} are read."
        )


def read_integer(text: str) -> int:
    """The integer of a JSON document.

    Raises:
        FileUnreadableError: it is too large.
    """
    value = int(text)
    check_integer(value)
    return value


def is_plain_number_key(key: Any) -> bool:
    """Whether a key is no integer, or one whose hash no other integer shares."""
    return not isinstance(key, int) or -LARGEST_KEY < key < LARGEST_KEY
