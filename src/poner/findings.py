"""What poner doctor finds: a check, how it stands, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from poner.errors import PonerError

State = Literal["ok", "warning", "fix"]
"""ok: nothing to do. warning: not checked, or worth knowing. fix: blocks the command."""


@dataclass(frozen=True)
class Finding:
    """How one check turned out."""

    check: str
    """What was looked at, such as `credentials`."""
    state: State
    """How it stands."""
    found: str
    """What was found: one sentence."""
    remedy: str = ""
    """What to do: one sentence; empty where there is nothing to do."""


def of_error(check: str, error: PonerError, state: State = "fix") -> Finding:
    """What an error says, as a finding."""
    return Finding(check, state, error.message, error.hint)
