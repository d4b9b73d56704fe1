"""Makes a transformer of some columns into one of all: the other columns pass unchanged.

The result is made of fitted ColumnTransformers, and gives the columns in the order in which the
next part takes them. A transformer that gives more columns than it takes has to name them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..safe_pickle.faults import FileUnreadableError
from . import contents
from .contents import Source


def check_version() -> None:
    """Whether this scikit-learn has what steps of single columns need.

    Raises:
        FileUnreadableError: it is older than 0.20.
    """
    import sklearn

    try:
        import sklearn.compose
    except ImportError as error:
        raise FileUnreadableError(
            f"scikit-learn {sklearn.__version__} has no ColumnTransformer and no OrdinalEncoder, "
            "which steps of single columns need.",
            "Fit and save the model again with scikit-learn 0.20 or later, as one Pipeline.",
        ) from error


class Placed(NamedTuple):
    """A transformer of some columns."""

    columns: tuple[str, ...]
    """Names of the columns that it takes."""
    transformer: Any
    """Fitted."""
    given: tuple[str, ...]
    """Names of the columns that it gives: those that it takes, if it gives as many."""

    @property
    def stays(self) -> bool:
        """Whether each column stays in its place."""
        return self.given == self.columns


def place_in_columns(
    placed: Sequence[Placed],
    names: Sequence[str],
    wanted: Sequence[str],
    source: Source,
    *,
    named: bool,
) -> Any:
    """A transformer of all columns that has each of the transformers at its columns.

    Args:
        placed: the transformers; the other columns pass unchanged.
        names: of all columns that it takes.
        wanted: names of all columns that it gives, in order.
        source: for messages.
        named: whether the columns have these names, or were numbered.

    Raises:
        FileUnreadableError: a name is of no column, or this scikit-learn has no ColumnTransformer.
    """
    import numpy as np
    from sklearn.pipeline import Pipeline

    runs = [(places_of(own.columns, names, source), own.transformer, own.given) for own in placed]
    taken = {place for places, _, _ in runs for place in places}
    runs += [((place,), None, (own,)) for place, own in enumerate(names) if place not in taken]
    runs.sort(key=lambda run: run[0])
    columns = _passing([places for places, _, _ in runs], len(names))
    columns.transformers_ = [
        (name, passing if fitted is None else fitted, places)
        for (name, passing, places), (_, fitted, _) in zip(columns.transformers_, runs)
    ]
    if named:
        columns.feature_names_in_ = np.array(names, dtype=object)
    made = [name for _, _, given in runs for name in given]
    if made == list(wanted):
        return columns
    lacking = [name for name in wanted if name not in made] or [n for n in made if n not in wanted]
    if lacking:
        raise FileUnreadableError(
            f"Behind {source.name} the columns are {', '.join(made[:20])}, and the next part takes "
            f"{', '.join(wanted[:20])}: {lacking[0]} is in one of them only.",
            source.hint("Name the columns that the first step takes with --features a,b,c."),
        )
    order = tuple(made.index(name) for name in wanted)
    return Pipeline([("columns", columns), ("order", _passing([order], len(made)))])


def make_dense(n_columns: int) -> Any:
    """A transformer that passes all columns, as an array where they come as a sparse matrix."""
    return _passing([tuple(range(n_columns))], n_columns)


def _passing(runs: Sequence[tuple[int, ...]], n_columns: int) -> Any:
    """A fitted ColumnTransformer that passes the columns of each run, one run behind the other."""
    check_version()
    import numpy as np
    from sklearn.compose import ColumnTransformer

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

    if not contents.encodes_targets(value):
        return value
    if type(value).__name__ != "LabelEncoder":
        raise FileUnreadableError(
            f"{source.holds(value)}, which encodes a target and not a column of rows.",
            source.hint(f"If it encoded the target, give it as `--target-labels {source.quoted}`."),
        )
    check_version()
    from sklearn.preprocessing import OrdinalEncoder

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
