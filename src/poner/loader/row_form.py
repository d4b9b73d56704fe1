"""Finds the form of rows that a model with classes of the user's own takes: arrays or DataFrames.

scikit-learn's own classes take arrays. A class of the user's own may choose columns by name, or use
methods of a DataFrame; only asking the model tells.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import assert_never

from poner.artifacts import Oracle, Table
from poner.errors import ModelUnreadableError
from poner.loader.child_process import ChildProcess
from poner.signature import Feature, JsonScalar, Signature
from poner.table import read_table

MOST_ROWS = 5
"""Most training rows that the model is asked for."""

RELOAD_TIMEOUT_S = 300.0

NO_FRAMES = (
    "The model does not answer rows as an array, and DataFrames could not be tried: pandas is not "
    "installed where the model is read. If its classes need them, add --require pandas==VERSION."
)


def frame_columns(
    child: ChildProcess,
    oracle: Oracle,
    signature: Signature,
    training_rows: Table,
    *,
    frames_first: bool,
    notify: Callable[[str], None] = lambda line: None,
) -> tuple[str, ...] | None:
    """The columns' names, if the model takes DataFrames; None if it takes arrays.

    Args:
        child: the process that has loaded the model for arrays.
        oracle: asks that process.
        signature: names of the training columns, and their values.
        training_rows: rows that the model answers; without any, a row of the signature is tried.
        frames_first: whether a model that takes both gets DataFrames.
        notify: receives a line if DataFrames could not be tried.

    Raises:
        ModelUnreadableError: the child has ended.
    """
    columns = [feature.column for feature in signature.features]
    rows = training_rows.take(slice(MOST_ROWS))
    if not len(rows):
        rows = read_table([list(map(_some_value, signature.features))], signature)
    if not frames_first and _answers(child, oracle, rows):
        return None
    takes_frames = _reloads(child, columns)
    if takes_frames and _answers(child, oracle, rows):
        return tuple(columns)
    _reloads(child, None)
    if not takes_frames and not frames_first:
        notify(NO_FRAMES)
    return None


def _some_value(feature: Feature) -> JsonScalar | None:
    """A value of a feature that the model may take."""
    match feature.kind:
        case "number":
            return 0.0 if feature.minimum is None else feature.minimum
        case "category":
            return next(iter(feature.categories), None)
        case _:
            assert_never(feature.kind)


def _answers(child: ChildProcess, oracle: Oracle, rows: Table) -> bool:
    try:
        oracle.answer("predict", rows)
    except ModelUnreadableError:
        if child.over is not None:
            raise
        return False
    return True


def _reloads(child: ChildProcess, columns: Sequence[str] | None) -> bool:
    """Whether the child loads the model for rows of this form: DataFrames need pandas."""
    try:
        request = {"do": "reload", "columns": None if columns is None else list(columns)}
        child.ask(request, timeout_s=RELOAD_TIMEOUT_S)
    except ModelUnreadableError:
        if child.over is not None:
            raise
        return False
    return True
