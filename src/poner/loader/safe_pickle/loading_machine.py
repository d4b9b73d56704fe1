"""Runs a pickle and builds its objects under the allow-list."""

from __future__ import annotations

import io
from typing import Any

from .allowance import Allowance
from .builder import Builder
from .joblib_arrays import ArrayWrapper, read_array
from .machine import PickleMachine
from .opcodes import run


class LoadingMachine(Builder, PickleMachine):
    """Loads one pickle, and the pickles that joblib stores inside it."""

    def __init__(
        self,
        stream: io.BytesIO,
        own_modules: frozenset[str] = frozenset(),
        allowance: Allowance | None = None,
        depth: int = 0,
    ) -> None:
        PickleMachine.__init__(self, stream, depth)
        Builder.__init__(self, allowance or Allowance(len(stream.getbuffer())), own_modules)

    def array_behind(self, wrapper: ArrayWrapper) -> Any:
        """The array whose bytes follow its wrapper in the stream."""
        return read_array(wrapper, self, self.stream, self.nested)

    def nested(self) -> Any:
        """Load the pickle that begins at the current place of the stream."""
        return run(LoadingMachine(self.stream, self.own_modules, self.allowance, self.depth + 1))
