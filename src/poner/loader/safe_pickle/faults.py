"""What can be wrong with a model file, or with a model that was written anew."""

from __future__ import annotations

from collections.abc import Sequence

SAVE_AGAIN = "Save the fitted estimator again with pickle, joblib or skops."


class FileRefusedError(Exception):
    """The file names, or does, what a fitted model has no need of."""

    def __init__(self, message: str, names: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        """What is refused: one sentence."""
        self.names: tuple[str, ...] = tuple(names)
        """The globals at fault, `module.name`."""


class FileUnreadableError(Exception):
    """The file is damaged, of an unknown format, or its model cannot be used."""

    def __init__(self, message: str, hint: str = SAVE_AGAIN) -> None:
        super().__init__(message)
        self.message = message
        """What is wrong: one sentence."""
        self.hint = hint
        """What to do about it: one sentence."""


def damaged(what: str) -> FileUnreadableError:
    """The error for a file that contradicts itself; `what` says where, as the end of a sentence."""
    return FileUnreadableError(f"The model file is damaged: {what}.")


class NotCanonicalError(Exception):
    """The bytes, or the graph, have no canonical form; the argument says why."""
