"""Makes a transformer of some columns into one of all: the other columns pass unchanged.

The result is made of fitted ColumnTransformers, and keeps the order of the columns. Each
transformer in it gives as many columns as it takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..safe_pickle.faults import FileUnreadableError
from . import contents
from .contents import Source


def place_in_columns(
    transformers: Mapping[tuple[int, ...], Any], names: Sequence[str] | None, n_columns: int
) -> Any:
    """A transformer of all columns that has each of the transformers at its columns.

    Args:
        transformers: fitted, by the places of their columns.
        names: of all columns; None if they have none.
        n_columns: number of all columns.

    Raises:
        FileUnreadableError: this scikit-learn has no ColumnTransformer.
    """
    import numpy as np
    from sklearn.pipeline import Pipeline

    taken = {place for places in transformers for place in places}
    chosen = dict(transformers)
    chosen.update(((place,), None) for place in range(n_columns) if place not in taken)
    columns = _passing(sorted(chosen), n_columns)
    fitted = {f"columns{number}": chosen[run] for number, run in enumerate(sorted(chosen))}
    columns.transformers_ = [
        (name, own if fitted.get(name) is None else fitted[name], places)
        for name, own, places in columns.transformers_
    ]
    if names is not None:
        columns.feature_names_in_ = np.array(names, dtype=object)
    order = [place for run in sorted(chosen) for place in run]
    if order == list(range(n_columns)):
        return columns
    back = tuple(order.index(place) for place in range(n_columns))
    return Pipeline([("columns", columns), ("order", _passing([back], n_columns))])


def make_dense(n_columns: int) -> Any:
    """A transformer that passes all columns, as an array where they come as a sparse matrix."""
    return _passing([tuple(range(n_columns))], n_columns)


def _passing(runs: Sequence[tuple[int, ...]], n_columns: int) -> Any:
    """A fitted ColumnTransformer that passes the columns of each run, one run behind the other."""
    import numpy as np

    try:
        from sklearn.compose import ColumnTransformer
    except ImportError as error:
        raise FileUnreadableError(
            "This version of scikit-learn has no ColumnTransformer, which steps of single columns "
            "need.",
            "Save the model as one Pipeline, with scikit-learn 0.20 or later.",
        ) from error
    passing = [(f"columns{number}", "passthrough", list(run)) for number, run in enumerate(runs)]
    return ColumnTransformer(passing, sparse_threshold=0.0).fit(np.zeros((1, n_columns)))


def as_transformer(value: Any, source: Source) -> Any:
    """A transformer of a table's column that does what an encoder of a target does.

    Args:
        value: fitted; a LabelEncoder, or a transformer, which is returned unchanged.
        source: for messages.

    Raises:
        FileUnreadableError: it is another encoder of targets.
    """
    import numpy as np
    from sklearn.preprocessing import OrdinalEncoder

    if not contents.encodes_targets(value):
        return value
    if type(value).__name__ != "LabelEncoder":
        raise FileUnreadableError(
            f"{source.holds(value)}, which encodes a target and not a column of rows.",
            source.hint(f"If it encoded the target, give it as `--target-labels {source.quoted}`."),
        )
    classes = np.asarray(value.classes_)
    classes = classes.astype(float if classes.dtype.kind in "biuf" else object)
    return OrdinalEncoder(categories=[classes]).fit(classes.reshape(-1, 1))


def places_of(columns: Sequence[str], names: Sequence[str], source: Source) -> tuple[int, ...]:
    """The places of named columns.

    Raises:
        FileUnreadableError: there is no such column.
    """
    unknown = [name for name in columns if name not in names]
    if unknown:
        raise FileUnreadableError(
            f"{source.name} is for the column {unknown[0][:80]}, which is not among the columns "
            f"there: {', '.join(names[:20])}.",
            source.hint("Name these, or give the names of all columns with --features a,b,c."),
        )
    if len(set(columns)) < len(columns):
        raise FileUnreadableError(
            f"{source.name} is for the same column twice.", "Name each column once."
        )
    places = {name: place for place, name in enumerate(names)}
    return tuple(places[name] for name in columns)
