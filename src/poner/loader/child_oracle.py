"""Asks the model in the confined child process, within time limits."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from poner.artifacts import Table
from poner.errors import ModelStoppedError, ModelUnreadableError
from poner.loader.child import array_block
from poner.loader.child.frames import FrameError
from poner.loader.child_process import ChildProcess, wrong_answer
from poner.table import spell_unknown

ANSWER_TIMEOUT_S = 60.0
ALL_ANSWERS_TIMEOUT_S = 180.0
"""Time limit for all answers of a model together."""

SLOW_S = 20.0
"""Time for all answers together after which poner tells the user that the model is slow."""


class ChildOracle:
    """Asks the estimator in the child process."""

    def __init__(
        self,
        child: ChildProcess,
        more_s: float = 0.0,
        notify: Callable[[str], None] = lambda line: None,
    ) -> None:
        """Start with the whole time left.

        Args:
            child: a child process that has loaded the model.
            more_s: time in addition to the limits of a small model.
            notify: receives a line if an answer takes long.
        """
        self.child, self.notify = child, notify
        self.timeout_s = ANSWER_TIMEOUT_S + more_s
        self.all_s = self.left_s = ALL_ANSWERS_TIMEOUT_S + more_s
        """Time limit for all answers together, and the time that is left of it."""

    def answer(self, method: str, rows: Table, place: Sequence[str | int] = ()) -> NDArray[Any]:
        """Call one of the estimator's own methods; see `artifacts.Oracle`."""
        spelled = spell_unknown(rows)
        described, block = array_block.pack_arrays([spelled.numbers])
        request = {"do": "answer", "method": method, "place": list(place), "block": described}
        request |= {"vocabulary": list(spelled.vocabulary), "categories": spelled.categories}
        done, block = self._ask(request, block)
        answered = unpacked(done, block)
        if len(answered) != 1 or not answered[0].ndim or len(answered[0]) != len(rows):
            raise ModelStoppedError(
                f"The model's {method} returns a different number of answers than rows given.",
                "Check where the model file comes from; fit it again if it is yours.",
            )
        return answered[0]

    def _ask(self, request: Mapping[str, Any], block: bytes) -> tuple[dict[str, Any], bytes]:
        """Send a request to the child within the time that is left.

        Raises:
            ModelUnreadableError: the model refuses the rows.
            ModelStoppedError: the child can answer no further request, or the time is used up.
        """
        if self.left_s <= 0:
            raise ModelStoppedError(
                f"All answers of the model together took longer than {self.all_s:.0f} s.",
                "Check where the model file comes from: a fitted model answers in seconds.",
            )
        begun, left_s = time.monotonic(), self.left_s
        try:
            return self.child.ask(
                request,
                block,
                timeout_s=max(1.0, min(self.timeout_s, self.left_s)),
                doing=f"Asking the model for {request['method']}",
                notify=self.notify,
            )
        except ModelUnreadableError as error:
            if self.child.over is None:
                raise
            raise ModelStoppedError(error.message, error.hint) from error
        finally:
            self.left_s -= time.monotonic() - begun
            if self.left_s < self.all_s - SLOW_S <= left_s:
                self.notify(
                    f"The model answers slowly; poner stops it after {self.all_s:.0f} s in all."
                )


def unpacked(done: Mapping[str, Any], block: bytes) -> list[NDArray[Any]]:
    """The arrays of a reply.

    Raises:
        ModelUnreadableError: the description and the bytes do not match.
    """
    try:
        return array_block.unpack_arrays(done["block"], block)
    except (FrameError, KeyError) as error:
        raise wrong_answer() from error
