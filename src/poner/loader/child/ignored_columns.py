"""Finds the columns that a fitted model takes and never reads, such as those that are dropped.

A ColumnTransformer gives each of its transformers some columns; Pipelines, searches and the like
pass their rows on to it. All other estimators look at every column, if only to refuse NaN.
"""

from __future__ import annotations

from typing import Any, Tuple

from .estimators import number_of_features
from .missing_values import choose

Part = Tuple[Any, Tuple[int, ...]]
"""An estimator, and the model's columns that are its input."""

MOST_STEPS = 2_000_000
"""Columns looked at, and estimators, which count for more; a few seconds."""

STEPS_OF_AN_ESTIMATOR = 5

PASSING_ON: dict[str, str] = {
    "GridSearchCV": "best_estimator_",
    "RandomizedSearchCV": "best_estimator_",
    "HalvingGridSearchCV": "best_estimator_",
    "HalvingRandomSearchCV": "best_estimator_",
    "TransformedTargetRegressor": "regressor_",
    "FixedThresholdClassifier": "estimator_",
    "TunedThresholdClassifierCV": "estimator_",
    "VotingClassifier": "estimators_",
    "VotingRegressor": "estimators_",
}
"""Classes that give their rows, unseen, to the estimators that this attribute holds."""


def ignored_columns(estimator: Any) -> frozenset[int]:
    """Indices of the columns that no part of a fitted estimator reads.

    Empty where that is unknown: the estimator does not say its width, or has too many parts.
    """
    count = number_of_features(estimator)
    if count is None:
        return frozenset()
    used: set[int] = set()
    seen: set[tuple[int, tuple[int, ...]]] = set()
    steps_left = MOST_STEPS
    waiting: list[Part] = [(estimator, tuple(range(count)))]
    while waiting and len(used) < count:
        value, columns = waiting.pop()
        steps_left -= len(columns) + STEPS_OF_AN_ESTIMATOR
        if steps_left < 0:
            return frozenset()
        if (id(value), columns) in seen:
            continue
        seen.add((id(value), columns))
        parts = _parts(value, columns)
        if parts is None:
            used.update(columns)
        else:
            waiting += parts
    return frozenset(range(count)) - used


def _parts(value: Any, columns: tuple[int, ...]) -> list[Part] | None:
    """The estimators to which another one passes its columns; None if it reads them itself."""
    kind, state = type(value), getattr(value, "__dict__", {})
    if kind.__module__.partition(".")[0] not in ("sklearn", "imblearn"):
        return None
    name = kind.__name__
    if name == "ColumnTransformer":
        return _chosen_parts(state, columns)
    if name == "Pipeline":
        inner = [step for _, step in state["steps"] if not _does_nothing(step)][:1]
    elif name == "FeatureUnion":
        inner = [part for _, part in state["transformer_list"] if part not in ("drop", None)]
    elif name == "CalibratedClassifierCV":
        inner = [
            getattr(part, "estimator", getattr(part, "base_estimator", None))
            for part in state["calibrated_classifiers_"]
        ]
    elif name in ("StackingClassifier", "StackingRegressor") and not state.get("passthrough"):
        inner = [part for part in state["estimators_"] if part != "drop"]
    elif name in PASSING_ON:
        held = state.get(PASSING_ON[name])
        inner = list(held) if isinstance(held, (list, tuple)) else [held]
    else:
        return None
    return [(part, columns) for part in inner] or None


def _does_nothing(step: Any) -> bool:
    """Whether a Pipeline passes its rows by a step: nothing, or a sampler of imbalanced-learn's."""
    return step is None or isinstance(step, str) or hasattr(step, "fit_resample")


def _chosen_parts(state: dict[str, Any], columns: tuple[int, ...]) -> list[Part] | None:
    """A ColumnTransformer's transformers that are not "drop", each with its columns."""
    positions = state.get("_transformer_to_input_indices", {})
    parts: list[Part] = []
    for name, transformer, chosen in state["transformers_"]:
        if isinstance(transformer, str) and transformer == "drop":
            continue
        places = choose(columns, positions.get(name, chosen))
        known = tuple(place for place in places if place is not None)
        if len(known) < len(places):
            return None
        parts.append((transformer, known))
    return parts
