"""Checks encoders and vectorizers: their fitted positions are indices of sparse matrices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .shapes import is_array, require

ENCODER = "OneHotEncoder"
"""How messages name the part that is checked."""

MOST_HASHED_FEATURES = 1 << 31
"""Bound of a hashed feature's index, which must fit 32 bits (_hashing_fast.pyx)."""


def check_one_hot(encoder: Any) -> None:
    """A feature has one column for each category or group of them that is not dropped."""
    state = vars(encoder)
    if "categories_" not in state or "_n_features_outs" not in state:
        return
    drops = state.get("_drop_idx_after_grouping", state.get("drop_idx_"))
    groups = state.get("_default_to_infrequent_mappings")
    groups = groups if state.get("_infrequent_enabled") else None
    n_features = len(encoder.categories_)
    widths = encoder._n_features_outs
    fits = type(widths) is list and len(widths) == n_features
    require(fits, ENCODER, "does not say how many columns each feature gets")
    for name, own in (("drops", drops), ("groups", groups)):
        require(
            own is None or len(own) == n_features,
            ENCODER,
            f"{name} categories of another number of features",
        )
    for place, categories in enumerate(encoder.categories_):
        _check_order(categories)
        group = None if groups is None else groups[place]
        count = len(categories) if group is None else _groups(group, len(categories))
        dropped = None if drops is None else drops[place]
        if dropped is not None:
            require(0 <= int(dropped) < count, ENCODER, "drops a category that does not exist")
            count -= 1
        fits = int(widths[place]) == count
        require(fits, ENCODER, "gives a feature a wrong number of columns")


def _check_order(categories: Any) -> None:
    """Numeric categories are sorted, with NaN last, since encoders use binary search."""
    import numpy as np

    require(isinstance(categories, np.ndarray), ENCODER, "has no categories")
    if categories.dtype.kind in "OUS":
        return
    known = categories[~np.isnan(categories)] if categories.dtype.kind == "f" else categories
    ordered = (known[1:] > known[:-1]).all() and len(categories) - len(known) <= 1
    last = not len(categories) or np.array_equal(categories[: len(known)], known)
    require(ordered and last, ENCODER, "has unsorted categories")


def _groups(group: Any, n_categories: int) -> int:
    """How many columns there are once rare categories share one."""
    fits = is_array(group, "iu", 1) and len(group) == n_categories > 0 and group.min() >= 0
    require(fits, ENCODER, "groups categories that do not exist")
    count = int(group.max()) + 1
    require(count <= n_categories, ENCODER, "groups categories that do not exist")
    return count


def check_vocabulary(vectorizer: Any) -> None:
    """Each word has a column of its own, from 0 on."""
    vocabulary = vars(vectorizer).get("vocabulary_")
    if vocabulary is None:
        return
    require(isinstance(vocabulary, Mapping), "vectorizer", "has no vocabulary")
    count = len(vocabulary)
    fits = all(0 <= int(place) < count for place in vocabulary.values())
    require(fits, "vectorizer", "has a word whose column does not exist")


def check_hasher(hasher: Any) -> None:
    """The number of hashed features is positive and fits 32 bits."""
    count = hasher.n_features
    fits = not isinstance(count, bool) and 0 < int(count) == count < MOST_HASHED_FEATURES
    require(fits, "hasher", "has an invalid number of features")


CHECKS = {
    "sklearn.preprocessing._encoders.OneHotEncoder": check_one_hot,
    "sklearn.feature_extraction.text.CountVectorizer": check_vocabulary,
    "sklearn.feature_extraction._dict_vectorizer.DictVectorizer": check_vocabulary,
    "sklearn.feature_extraction.text.HashingVectorizer": check_hasher,
    "sklearn.feature_extraction._hash.FeatureHasher": check_hasher,
}
"""By class: what is checked of its objects."""
