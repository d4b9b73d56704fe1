"""Says what a model file holds, and finds an object inside a dict, list or tuple.

A *key* leads to an object inside: a dict's key as text, or a position in a list or tuple; dots lead
further in, such as `models.forest` or `0.scaler`.
"""

from __future__ import annotations

import shlex
from typing import Any, NamedTuple

from ..safe_pickle.faults import FileUnreadableError

MOST_SHOWN = 12
"""Objects of a container that a message names."""

DEEPEST_SHOWN = 3
"""Containers inside each other that a message looks into."""

TARGET_ENCODERS = ("sklearn.preprocessing._label", "sklearn.preprocessing.label")
"""Modules of LabelEncoder and its kin, before and since scikit-learn 0.22."""


class Source(NamedTuple):
    """Where an object comes from, as messages say it."""

    name: str
    """Name of the file, with the key behind a colon if the object is part of what it holds."""
    path: str
    """The same with the path, as the command line takes it."""
    model: str = "MODEL"
    """The only other model file beside it, as the command line takes it; MODEL if there are several
    or none."""

    def at(self, key: str) -> Source:
        """The source of an object inside this one."""
        joint = "." if ":" in self.name else ":"
        return self._replace(name=f"{self.name}{joint}{key}", path=f"{self.path}{joint}{key}")

    @property
    def quoted(self) -> str:
        """The path, as a shell takes it."""
        return shlex.quote(self.path)

    def hint(self, text: str) -> str:
        """A hint about options of the command line; for an estimator in memory, another."""
        return text if self.path else IN_MEMORY

    def holds(self, value: Any) -> str:
        """The beginning of a sentence: `scaler.pkl holds a StandardScaler`."""
        kind = kind_of(value)
        article = "an" if kind[0] in "AEIOaeio" or kind.startswith(AN_X) else "a"
        return f"{self.name} {'holds' if self.path else 'is'} {article} {kind}"


AN_X = ("SGD", "SV", "MLP", "LGBM", "XG", "NMF", "FA", "RBF")
"""Beginnings of names whose first letter is said with a vowel."""

IN_MEMORY = (
    "Give steps that were fitted one behind the other; one that changes some columns, or encodes "
    "one, belongs into a ColumnTransformer."
)
"""What to do about steps in memory that do not fit each other."""

MEMORY = Source("The model", "")
"""The source of an estimator that is in memory."""


class Entry(NamedTuple):
    """One object inside a container."""

    key: str
    """Leads to it from the container."""
    value: Any
    """The object."""


def entries_of(value: Any) -> list[Entry] | None:
    """The objects inside a dict, list, tuple or array of objects; None for anything else."""
    import numpy as np

    if isinstance(value, dict):
        return [Entry(str(key), part) for key, part in list(value.items())]
    if isinstance(value, np.ndarray) and value.dtype.hasobject:
        if not value.ndim:
            return entries_of(value.item())
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [Entry(str(place), part) for place, part in enumerate(value)]
    return None


def is_estimator(value: Any) -> bool:
    """Whether it is an object of a class that follows scikit-learn's protocol."""
    import sklearn.base

    return isinstance(value, sklearn.base.BaseEstimator)


def predicts(value: Any) -> bool:
    """Whether it is an estimator with `predict`."""
    return is_estimator(value) and hasattr(value, "predict")


def encodes_targets(value: Any) -> bool:
    """Whether it is a LabelEncoder, LabelBinarizer or MultiLabelBinarizer."""
    return is_estimator(value) and type(value).__module__ in TARGET_ENCODERS


def prepares_rows(value: Any) -> bool:
    """Whether it transforms rows and does nothing else."""
    return is_estimator(value) and hasattr(value, "transform") and not hasattr(value, "predict")


def prepares_columns(value: Any) -> bool:
    """Whether it is a dict with a transformer for each of several columns."""
    return isinstance(value, dict) and bool(value) and all(map(prepares_rows, value.values()))


def texts_of(value: Any) -> list[str] | None:
    """The texts of a list, tuple, pandas Index or array of texts; None for anything else."""
    listed = value.tolist() if hasattr(value, "tolist") else value
    if not isinstance(listed, (list, tuple)) or not listed:
        return None
    return [str(text) for text in listed] if all(isinstance(t, str) for t in listed) else None


def kind_of(value: Any) -> str:
    """What an object is, in a few words."""
    import numpy as np

    if isinstance(value, type):
        return f"class {value.__name__}"
    texts = texts_of(value)
    name = "array" if isinstance(value, np.ndarray) else type(value).__name__
    if texts is not None:
        return f"{name} of {len(texts)} texts"
    entries = entries_of(value)
    if entries is not None:
        kinds = {type(entry.value).__name__ for entry in entries}
        return f"{name} of {len(entries)}" + (f" {kinds.pop()}" if len(kinds) == 1 else "")
    if isinstance(value, np.ndarray) and value.shape:
        return f"{name} of shape {' x '.join(map(str, value.shape))}"
    return name


def flattened(value: Any, deepest: int = DEEPEST_SHOWN) -> list[Entry]:
    """The objects inside a container; containers that hold a model inside are opened, too."""
    found = []
    for entry in entries_of(value) or ():
        inner = flattened(entry.value, deepest - 1) if deepest else []
        if any(predicts(part.value) for part in inner):
            found += [Entry(f"{entry.key}.{part.key}", part.value) for part in inner]
        else:
            found.append(entry)
    return found


def listed(value: Any) -> str:
    """What a container holds: `model: SVC, columns: list of 5 texts`."""
    entries = flattened(value)
    shown = [f"{entry.key[:80]}: {kind_of(entry.value)}" for entry in entries[:MOST_SHOWN]]
    more = len(entries) - MOST_SHOWN
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def find_part(value: Any, key: str, source: Source) -> Any:
    """The object that a key leads to.

    Raises:
        FileUnreadableError: the key leads nowhere; names what is there.
    """
    found = _found(value, key)
    if found is not None:
        return found.value
    entries = entries_of(value)
    if entries is None:
        raise FileUnreadableError(
            f"{source.holds(value)}, so no key leads into it: {key[:80]}.",
            "Leave the key out, or name another file.",
        )
    raise FileUnreadableError(
        f"{source.name} has no {key[:80]}. It holds {listed(value) or 'nothing'}.",
        "Name one of these keys; a dot leads further in, such as models.forest or 0.scaler.",
    )


def _found(value: Any, key: str) -> Entry | None:
    entries = entries_of(value) or ()
    for entry in entries:
        if entry.key == key:
            return entry
    for entry in entries:
        if key.startswith(f"{entry.key}."):
            inner = _found(entry.value, key[len(entry.key) + 1 :])
            if inner is not None:
                return inner
    return None


def number_of_columns(estimator: Any) -> int | None:
    """The number of columns that an estimator was fitted on; None if it does not say."""
    count = getattr(estimator, "n_features_in_", None)
    return None if count is None else int(count)


def names_of_columns(estimator: Any) -> list[str] | None:
    """The names of the columns that an estimator was fitted on; None if they had none."""
    names = getattr(estimator, "feature_names_in_", None)
    return None if names is None else [str(name) for name in names]
