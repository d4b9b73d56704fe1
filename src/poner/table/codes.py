"""Category codes: the numbers that stand for texts, and the vocabulary of known texts."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from poner.artifacts import is_missing

UNKNOWN_CODE = -1.0
"""The code of a text that is not in the vocabulary; `poner_runtime.handler` has the same."""


class CategoryCodes(dict[Any, float]):
    """The code of each text of a vocabulary; NaN for a missing value.

    A key must be a text or a missing value; any other key raises TypeError.

    >>> codes = CategoryCodes(["red", "blue"])
    >>> codes["blue"], codes["pink"], codes[None]
    (1.0, -1.0, nan)
    """

    def __init__(self, vocabulary: Iterable[str] = (), *, grows: bool = False) -> None:
        """Give each known text its code.

        Args:
            vocabulary: the known texts; a text's code is its index.
            grows: whether a new text gets the next code, instead of `UNKNOWN_CODE`.
        """
        self.vocabulary, self.grows = list(vocabulary), grows
        super().__init__({text: float(code) for code, text in enumerate(self.vocabulary)})
        self.update(
            {None: math.nan, math.nan: math.nan, np.nan: math.nan}
        )  # so that the lookup stays fast

    def __missing__(self, value: object) -> float:
        """The code of a new text, or of another form of a missing value."""
        if not isinstance(value, str):
            if is_missing(value):
                return math.nan
            raise TypeError("not a text")
        if not self.grows:
            return UNKNOWN_CODE
        self.vocabulary.append(str.__str__(value))  # an enum's `str` is its name
        return self.setdefault(self.vocabulary[-1], float(len(self.vocabulary) - 1))
