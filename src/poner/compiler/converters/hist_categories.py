"""Categories of HistGradientBoosting: column order, and the nodes' sets of categories.

Source: scikit-learn 1.1 to 1.9, sklearn/ensemble/_hist_gradient_boosting/gradient_boosting.py,
binning.py, predictor.py and _predictor.pyx, read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FittedObject
from poner.compiler.converters.scope import Scope
from poner.compiler.fitted import get_array, get_list, get_object, get_vector
from poner.compiler.operations.operation import IndexArray
from poner.compiler.operations.trees import CategorySplits, Trees

SET_WORDS = 8
_MOST_CATEGORIES = 32 * SET_WORDS


def convert_preprocessor(estimator: FittedObject, scope: Scope, source: int) -> int:
    """The row as the trees read it: since scikit-learn 1.4 encoded categories come first."""
    if not isinstance(estimator.attributes.get("_preprocessor"), FittedObject):
        return source
    builder = scope.builder
    inside = scope.inside("_preprocessor", "_preprocessor")
    mask = get_vector(estimator, "is_categorical_").astype(bool)
    if len(mask) != builder.width(source):
        raise scope.damaged("it does not say which of its columns are categories")
    encoder, within = _find_encoder(get_object(estimator, "_preprocessor"), inside)
    parts = [within.transform(encoder, builder.select(source, np.flatnonzero(mask)))]
    if not np.all(mask):
        parts.append(builder.select(source, np.flatnonzero(~mask)))
    return builder.join(parts)


def _find_encoder(preprocessor: FittedObject, scope: Scope) -> tuple[FittedObject, Scope]:
    """The OrdinalEncoder among the preprocessor's transformers."""
    for number, entry in enumerate(get_list(preprocessor, "transformers_")):
        match entry:
            case ["encoder", FittedObject() as encoder, _]:
                return encoder, scope.inside("encoder", "transformers_", number, 1)
    raise scope.damaged("its preprocessor has no encoder")


def read_category_splits(
    estimator: FittedObject,
    predictors: Sequence[FittedObject],
    nodes: NDArray[np.void],
    trees: Trees,
    scope: Scope,
) -> CategorySplits:
    """The nodes that test a category, and their sets of categories.

    First come each feature's known categories, then each tree's sets of categories that go left.
    """
    mapper = get_object(estimator, "_bin_mapper")
    known, known_of = _known_sets(mapper, scope)
    parts = [known, *(_left_sets(tree, scope) for tree in predictors)]
    firsts = np.cumsum([len(part) for part in parts])[:-1]
    counts = np.repeat([len(part) for part in parts[1:]], trees.sizes)
    asks = nodes["is_categorical"].astype(bool) & ~trees.leaf
    places, features = nodes["bitset_idx"].astype(np.int64), trees.feature
    if np.any(asks & (places >= counts)) or np.any(
        asks & ((features < 0) | (features >= len(known_of)))
    ):
        raise scope.damaged("its nodes refer to sets of categories that do not exist")
    known_set = known_of[np.where(asks, features, 0)]
    if np.any(asks & (known_set < 0)):
        raise scope.damaged("a node tests a category of a column that has no categories")
    return CategorySplits(
        left_set=np.where(asks, places + np.repeat(firsts, trees.sizes), -1),
        known_set=np.where(asks, known_set, -1),
        sets=np.ascontiguousarray(np.concatenate(parts), dtype="<u4"),
        negative_wraps=scope.version < (1, 2),
    )


def _left_sets(tree: FittedObject, scope: Scope) -> IndexArray:
    """(n_sets, 8) the sets of categories that go left at the nodes of a tree."""
    sets = get_array(tree, "raw_left_cat_bitsets", 2)
    if sets.shape[1] != SET_WORDS or sets.dtype.kind != "u":
        raise scope.damaged("its category bitsets have an invalid shape")
    return sets.astype(np.uint32)


def _known_sets(mapper: FittedObject, scope: Scope) -> tuple[IndexArray, NDArray[np.int64]]:
    """The sets of known categories, and the index of each feature's set (-1: no set)."""
    mask = get_vector(mapper, "is_categorical_").astype(bool)
    thresholds = get_list(mapper, "bin_thresholds_")
    if len(thresholds) != len(mask):
        raise scope.damaged("it needs known categories for each of its columns with categories")
    places = np.where(mask, np.cumsum(mask) - 1, -1)
    sets = np.zeros((int(mask.sum()), SET_WORDS), np.uint32)
    for feature in np.flatnonzero(mask):
        known = np.asarray(thresholds[feature], dtype=np.float64)
        if known.ndim != 1 or np.any(~((known > -1) & (known < _MOST_CATEGORIES))):
            raise scope.damaged("a category is not a number from 0 to 255")
        category = known.astype(np.uint32)
        np.bitwise_or.at(sets[places[feature]], category // 32, np.uint32(1) << (category % 32))
    return sets, places
