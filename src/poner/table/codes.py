"""Category codes: the numbers that stand for a category's texts, and the vocabulary of these."""

from __future__ import annotations

import math
from collections.abc import Iterable

UNKNOWN_CODE = -1.0
"""The code of a text that is not in the vocabulary; `poner_runtime.handler` has the same."""


class CategoryCodes(dict[str | None, float]):
    """The code of each text of a vocabulary; NaN for None, which is a missing value.

    >>> codes = CategoryCodes(["red", "blue"])
    >>> codes["blue"], codes["pink"]
    (1.0, -1.0)
    """

    def __init__(self, vocabulary: Iterable[str] = (), *, grows: bool = False) -> None:
        """Give each known text its code.

        Args:
            vocabulary: the known texts; a text's code is its index.
            grows: whether a new text gets the next code, instead of `UNKNOWN_CODE`.
        """
        self.vocabulary, self.grows = list(vocabulary), grows
        super().__init__({text: float(code) for code, text in enumerate(self.vocabulary)})
        self[None] = math.nan

    def __missing__(self, text: str) -> float:
        """The code of a text that is looked up for the first time."""
        if not self.grows:
            return UNKNOWN_CODE
        self.vocabulary.append(str(text))
        return self.setdefault(self.vocabulary[-1], float(len(self.vocabulary) - 1))
