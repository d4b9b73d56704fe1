"""Errors in a model file, or in a rewritten model."""

from __future__ import annotations

from collections.abc import Sequence

SAVE_AGAIN = "Save the fitted estimator again with pickle, joblib or skops."


class FileRefusedError(Exception):
    """The file names or uses something that no fitted model needs."""

    def __init__(self, message: str, names: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        """One sentence that says what is refused."""
        self.names: tuple[str, ...] = tuple(names)
        """The refused globals, as `module.name`."""


class FileUnreadableError(Exception):
    """The file is damaged, of an unknown format, or its model cannot be used."""

    def __init__(self, message: str, hint: str = SAVE_AGAIN) -> None:
        super().__init__(message)
        self.message = message
        """One sentence that says what is wrong."""
        self.hint = hint
        """One sentence that says what to do."""


def damaged(what: str) -> FileUnreadableError:
    """The error for a damaged file; `what` names the damage, as the end of a sentence."""
    return FileUnreadableError(f"The model file is damaged: {what}.")


class NotCanonicalError(Exception):
    """The bytes or the graph are not in canonical form; the argument says why."""
