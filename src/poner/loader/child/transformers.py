"""What is known of a fitted transformer's answer: its columns, and whether it is sparse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import contents


def names_given(transformer: Any, columns: Sequence[str] | None = None) -> list[str] | None:
    """The names of the columns that a transformer gives; None if it does not say.

    Args:
        transformer: fitted.
        columns: names of the columns that it takes, if it was fitted without names.
    """
    if contents.names_of_columns(transformer) is not None:
        columns = None
    try:
        return [str(name) for name in transformer.get_feature_names_out(columns)]
    except (AttributeError, ValueError, TypeError, KeyError, NotImplementedError):
        return None


def width_given(transformer: Any) -> int | None:
    """The number of columns that a transformer gives; None if it cannot be found."""
    import numpy as np

    names = names_given(transformer)
    if names is not None:
        return len(names)
    count = contents.number_of_columns(transformer)
    if count is None:
        return None
    try:
        answered = transformer.transform(np.zeros((1, count)))
    except (AttributeError, ValueError, TypeError, KeyError, IndexError):
        return None  # one that takes texts
    return int(answered.shape[1]) if len(getattr(answered, "shape", ())) == 2 else None


def gives_sparse(transformer: Any) -> bool:
    """Whether a transformer gives sparse matrices, as encoders and vectorizers do."""
    while getattr(transformer, "steps", None):
        transformer = transformer.steps[-1][1]
    state = getattr(transformer, "__dict__", {})
    return bool(
        state.get("sparse_output", state.get("sparse", False))  # OneHotEncoder since 1.2, before
        or state.get("sparse_output_")  # ColumnTransformer
        or state.get("encode") == "onehot"  # KBinsDiscretizer
        or type(transformer).__module__.startswith("sklearn.feature_extraction.")
    )


def takes_sparse(estimator: Any, width: int) -> bool:
    """Whether a fitted estimator answers for a sparse row; a dict of encoders does not."""
    from scipy.sparse import csr_matrix

    ask = getattr(estimator, "predict", getattr(estimator, "transform", None))
    if ask is None:
        return False
    try:
        ask(csr_matrix((1, width)))
    except (TypeError, ValueError):
        return False
    return True


def lacking_attribute(transformer: Any) -> str | None:
    """What an AttributeError says as a transformer is given one row; None if it raises none.

    A transformer that another version of scikit-learn fitted may lack attributes of this one.
    """
    import numpy as np

    known = getattr(transformer, "categories_", None)
    count = contents.number_of_columns(transformer) or 1
    row = [0.0] * count if known is None else [column[0] for column in known]
    try:
        transformer.transform(np.array([row], dtype=float if known is None else object))
    except AttributeError as error:
        return str(error)[:200]
    except (ValueError, TypeError, KeyError, IndexError):
        return None  # one that takes other rows
    return None
