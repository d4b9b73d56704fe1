"""Findings of `poner doctor`: a check, its state, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from poner.errors import PonerError

State = Literal["ok", "warning", "fix"]
"""ok: nothing to do. warning: not checked, or worth knowing. fix: blocks the command."""


@dataclass(frozen=True)
class Finding:
    """The outcome of one check."""

    check: str
    """What was checked, such as `credentials`."""
    state: State
    """Its state."""
    found: str
    """What was found: one sentence."""
    remedy: str = ""
    """What to do: one sentence, or empty."""


def of_error(check: str, error: PonerError, state: State = "fix") -> Finding:
    """A finding with the two sentences of an error."""
    return Finding(check, state, error.message, error.hint)
