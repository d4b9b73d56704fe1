"""Bounds memory and time in proportion to the size of the model file.

A file holds every number of a fitted model once. So all that is copied while the file is read
(bytes of arrays, items of containers, attributes) adds up to at most the file's size. A file that
needs more repeats itself to take memory, and is refused. Each size is checked before memory of
that size is allocated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .faults import FileUnreadableError, damaged
from .formats import LARGEST_CONTENT_BYTES, SMALLER

SLACK = 1 << 20
"""Bytes or items that every file may use, however small it is."""

LARGEST_INTEGER_BITS = 1000
"""Most bits of an integer, so that it fits a float64 (1024 bits); honest models have seeds of 128
bits at most."""

MOST_TUPLE_KEYS = 10_000
"""Most dictionary keys that are tuples: a file can choose tuples whose hashes collide."""

LARGEST_KEY = 1 << 60
"""Bound of integer keys: an integer below 2**61 - 1 is its own hash, so hashes do not collide."""


class Allowance:
    """The bytes, items and keys that one file may still use."""

    def __init__(self, content_bytes: int) -> None:
        """Begin with the allowance of a file of this size.

        Args:
            content_bytes: the file's size without compression.
        """
        self.content_bytes = content_bytes
        """Bytes of content, including archives inside the file."""
        self.longest = content_bytes + SLACK
        """Most items of one array, and most of each dimension."""
        self.left = 2 * content_bytes + SLACK
        """Bytes and items that may still be copied."""
        self.tuple_keys = MOST_TUPLE_KEYS
        """Number of tuple keys that may still come."""

    def unpack(self, unpacked_bytes: int) -> None:
        """Add the unpacked size of an archive inside the file.

        Raises:
            FileUnreadableError: the total exceeds the largest model.
        """
        self.content_bytes += unpacked_bytes
        if self.content_bytes > LARGEST_CONTENT_BYTES:
            raise FileUnreadableError(
                f"The model file unpacks to more than {LARGEST_CONTENT_BYTES >> 20} MiB.", SMALLER
            )
        self.longest += unpacked_bytes
        self.left += 2 * unpacked_bytes

    def spend(self, amount: int) -> None:
        """Count bytes or items that are about to be copied.

        Raises:
            FileUnreadableError: the file has copied more than it holds.
        """
        self.left -= amount
        if self.left < 0:
            raise FileUnreadableError(
                "The model file repeats itself to take more memory than its content needs."
            )

    def check_shape(self, shape: Sequence[int], item_bytes: int) -> int:
        """Number of items of an array that is about to be made; counts its bytes.

        Dimensions of length 0 do not hide the others: (0, 10**12) is refused like (10**12,).

        Raises:
            FileUnreadableError: the file is too small for such an array.
        """
        count, product = 1, 1
        for length in shape:
            count *= length
            product *= max(length, 1)
        if product > self.longest or item_bytes > self.longest:
            raise damaged("it announces an array that is larger than the file")
        self.spend(count * item_bytes)
        return count

    def check_tuple_key(self) -> None:
        """Count one key that is a tuple.

        Raises:
            FileUnreadableError: the file has too many.
        """
        self.tuple_keys -= 1
        if self.tuple_keys < 0:
            raise FileUnreadableError(
                f"The model file has more than {MOST_TUPLE_KEYS:,} keys that are tuples.", SMALLER
            )


def check_integer(value: Any) -> None:
    """Refuse an integer beyond the range of float64; writing it as text could take minutes.

    Raises:
        FileUnreadableError: the integer is too large.
    """
    if type(value) is int and value.bit_length() > LARGEST_INTEGER_BITS:
        raise FileUnreadableError(
            f"The model file holds an integer of {value.bit_length()} bits; at most "
            f"{LARGEST_INTEGER_BITS} are read.",
            "Fit the model again with smaller integers, also as seeds.",
        )


def read_integer(text: str) -> int:
    """Parse an integer of a JSON document.

    Raises:
        FileUnreadableError: the integer is too large.
    """
    value = int(text)
    check_integer(value)
    return value


def is_plain_number_key(key: Any) -> bool:
    """Whether hashes of such keys cannot collide: an integer must be its own hash."""
    return not isinstance(key, int) or -LARGEST_KEY < key < LARGEST_KEY
