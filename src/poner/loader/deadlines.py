"""Limits the time of a child process, and tells the user when the work takes long."""

from __future__ import annotations

import time
from collections.abc import Callable

from poner.errors import ModelUnreadableError

SLOW_S = 10.0
"""Seconds after which poner tells the user which work takes long."""


class Deadline:
    """The time by which some work has to be done.

    >>> Deadline(300.0, "Reading clf.sav", print).left_s() <= SLOW_S
    True
    """

    def __init__(
        self,
        timeout_s: float,
        doing: str,
        notify: Callable[[str], None] = lambda line: None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start the clock.

        Args:
            timeout_s: most seconds that the work may take.
            doing: the work, as the subject of a sentence, such as `Reading the model`.
            notify: receives one line if the work takes long.
            clock: a monotonic clock, in seconds.
        """
        self.timeout_s = timeout_s
        self.doing = doing
        begun = clock()
        self.at = begun + timeout_s
        """Time of the deadline, by the clock."""
        self._notify, self._clock = notify, clock
        self._slow_at = begun + SLOW_S if timeout_s > SLOW_S else None

    def left_s(self) -> float:
        """Seconds to wait before asking again.

        Raises:
            ModelUnreadableError: the deadline has passed.
        """
        now = self._clock()
        if now >= self.at:
            raise ModelUnreadableError(
                f"{self.doing} took longer than {self.timeout_s:.0f} s, and was stopped.",
                "Check where the file comes from: a fitted model loads and answers in seconds.",
            )
        if self._slow_at is not None and now >= self._slow_at:
            self._slow_at = None
            self._notify(
                f"{self.doing} takes longer than {SLOW_S:.0f} s; poner stops it after "
                f"{self.timeout_s:.0f} s."
            )
        if self._slow_at is None:
            return self.at - now
        return min(self.at, self._slow_at) - now
