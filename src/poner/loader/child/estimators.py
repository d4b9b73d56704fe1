"""Checks that a loaded object is a fitted estimator, and reads its facts and its answers."""

from __future__ import annotations

import importlib.metadata
import sys
import warnings
from collections.abc import Sequence
from typing import Any

from ..safe_pickle.faults import FileUnreadableError
from .contents import MEMORY, Source
from .model_choice import check_model

METHODS = frozenset(
    {
        "predict",
        "predict_proba",
        "decision_function",
        "transform",
        "_raw_predict",
        "_raw_predict_init",
    }
)
"""The only methods of an estimator that poner calls."""

FLOAT32_METHODS = {("sklearn.ensemble._gb", "_raw_predict"): True}
"""Methods that accept float32 only: scikit-learn casts the rows before it calls them."""

DEEPEST_WRAPPING = 20
"""Most levels of pipelines and searches inside each other."""

MOST_FEATURES = 300_000
"""Most features of a model; poner describes, names and tries each of them, at about 1 KB each."""

SENDABLE_KINDS = "biufcSU"
"""Kinds of the dtypes that an answer may have."""


def check_estimator(value: Any, source: Source = MEMORY) -> None:
    """Refuse an object that is not a fitted estimator with a predict method.

    Args:
        value: any object.
        source: for messages.

    Raises:
        FileUnreadableError: the object is something else; the message says what.
    """
    check_model(value, source)
    check_fitted(value, source)
    count = number_of_features(value)
    if count is not None and not 0 <= count <= MOST_FEATURES:
        raise FileUnreadableError(
            f"The model takes {count} features; poner serves at most {MOST_FEATURES}.",
            "Select or combine features before fitting the model.",
        )


def check_fitted(value: Any, source: Source) -> None:
    """Whether an estimator is fitted.

    Raises:
        FileUnreadableError: it is not.
    """
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    try:
        check_is_fitted(value)
    except NotFittedError as error:
        raise FileUnreadableError(
            f"{source.holds(value)} that is not fitted.",
            "Call fit before saving it.",
        ) from error


def facts(estimator: Any) -> dict[str, Any]:
    """The facts that the parent needs besides the state, as plain JSON values."""
    import numpy
    import sklearn.base

    return {
        "type": type(estimator).__name__,
        "is_classifier": bool(sklearn.base.is_classifier(estimator)),
        "classes": classes_of(estimator),
        "n_features": number_of_features(estimator),
        "feature_names": feature_names(estimator),
        "sklearn_version": importlib.metadata.version("scikit-learn"),
        "numpy_version": numpy.__version__,
        "python_version": ".".join(map(str, sys.version_info[:3])),
    }


def classes_of(estimator: Any) -> list[Any] | None:
    """The values that `predict` can return, as JSON values; a list for each of several outputs.

    Outlier detectors return 1 or -1; clusterers and mixtures return the number of a cluster or
    component. None for a regressor.

    Raises:
        FileUnreadableError: JSON cannot express the classes.
    """
    import sklearn.base

    if sklearn.base.is_outlier_detector(estimator):
        return [-1, 1]
    if not sklearn.base.is_classifier(estimator):
        parts = _clusters(_last_step(estimator))
        return list(range(len(parts))) if parts is not None and len(parts) else None
    classes = _plain_classes(getattr(estimator, "classes_", None))
    if classes and not isinstance(classes[0], list) and _answers_each_class(_last_step(estimator)):
        return [[0, 1] for _ in classes]
    return classes


def _clusters(estimator: Any) -> Any:
    """The clusters or components that a prediction counts; None for other estimators."""
    if any(kind.__module__.startswith("sklearn.mixture.") for kind in type(estimator).__mro__):
        return estimator.means_
    if hasattr(estimator, "subcluster_labels_"):  # Birch: several subclusters form a cluster
        return set(estimator.subcluster_labels_.tolist())
    return getattr(estimator, "cluster_centers_", None)


def _plain_classes(classes: Any) -> list[Any] | None:
    if classes is None:
        return None
    if isinstance(classes, (list, tuple)) and len(classes) and hasattr(classes[0], "tolist"):
        return [_plain_list(own) for own in classes]
    return _plain_list(classes)


def _plain_list(classes: Any) -> list[Any]:
    """The classes of one output."""
    listed = classes.tolist() if hasattr(classes, "tolist") else list(classes)
    plain = [item.item() if hasattr(item, "dtype") else item for item in listed]
    for item in plain:
        if not isinstance(item, (bool, int, float, str)) or item != item:
            raise FileUnreadableError(
                f"JSON cannot express the model's classes, which are {type(item).__name__} values.",
                "Train the model on classes that are numbers, texts or booleans.",
            )
    return plain


def _answers_each_class(estimator: Any) -> bool:
    """Whether the estimator is multilabel: it answers for each class whether the class applies."""
    binarizer = getattr(estimator, "_label_binarizer", getattr(estimator, "label_binarizer_", None))
    return str(getattr(binarizer, "y_type_", "")).startswith("multilabel")


def _last_step(estimator: Any) -> Any:
    """The estimator that gives the answer: the last step of a Pipeline, the best of a search."""
    for _ in range(DEEPEST_WRAPPING):
        if hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        elif hasattr(estimator, "steps") and estimator.steps:
            estimator = estimator.steps[-1][1]
    return estimator


def number_of_features(estimator: Any) -> int | None:
    """How many columns it was fitted on; None if it does not say."""
    from poner_runtime.fitted import first_fitted

    first = first_fitted(estimator)
    count = getattr(first, "n_features_in_", None)
    if count is None and type(first).__name__ == "IsotonicRegression":
        return 1  # it does not record the number, since it also accepts vectors
    return None if count is None else int(count)


def feature_names(estimator: Any) -> list[str] | None:
    """The columns that it was fitted on; None if they had no names."""
    from poner_runtime.fitted import names_of_columns

    names = names_of_columns(estimator)
    return None if names is None else [str(name) for name in names]


def part_of(estimator: Any, place: Sequence[str | int]) -> Any:
    """The estimator inside another one, found by a path of attributes and indices.

    Raises:
        FileUnreadableError: the path leads nowhere.
    """
    part = estimator
    for key in place:
        try:
            part = vars(part)[key] if isinstance(key, str) else part[key]
        except (TypeError, KeyError, IndexError) as error:
            raise FileUnreadableError(f"The model no longer has its part {key!r}.") from error
    return part


def answer(estimator: Any, method: str, rows: Any, place: Sequence[str | int] = ()) -> Any:
    """The answer of the estimator, or of one inside it, for rows.

    Args:
        estimator: a fitted estimator, after `poner_runtime.fitted.settle`.
        method: one of `METHODS`.
        rows: (n_rows, n_features) float64, or objects as `poner_runtime.fitted` makes them.
        place: path of attributes and indices to the estimator that is asked.

    Returns:
        An array of numbers, booleans or fixed-width texts.

    Raises:
        FileUnreadableError: the method does not exist, it raised an error, or its answer holds
            other values.
    """
    import numpy as np

    if rows.dtype.hasobject and feature_names(estimator) is None:
        rows = np.asarray(rows)  # an estimator that was fitted on an array is asked with one
    estimator = part_of(estimator, place)
    function = getattr(estimator, method, None) if method in METHODS else None
    name = type(estimator).__name__
    if function is None:
        raise FileUnreadableError(f"{name} has no {method}.", "Ask for another method.")
    if (type(estimator).__module__, method) in FLOAT32_METHODS:
        with np.errstate(over="ignore"):
            rows = np.ascontiguousarray(rows, dtype=np.float32)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answered = function(rows)
    except Exception as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise FileUnreadableError(
            f"{name}.{method} raised {type(error).__name__}: {lines[-1][:300]}",
            "Give rows that the model accepts.",
        ) from error
    return plain_array(answered, f"{name}.{method}")


def plain_array(answered: Any, source: str) -> Any:
    """An answer as an array that can be sent; objects of one plain type become such an array."""
    import numpy as np

    if isinstance(answered, list) and answered and getattr(answered[0], "ndim", 0) == 2:
        answered = np.concatenate(answered, axis=1)  # probabilities of several outputs
    array = answered.toarray() if hasattr(answered, "toarray") else np.asarray(answered)
    if array.dtype.hasobject:
        items = array.ravel().tolist()
        kinds = {type(item) for item in items}
        if kinds and (kinds <= {str} or kinds <= {bool} or kinds <= {int, float}):
            array = np.array(items).reshape(array.shape)
    if array.dtype.kind not in SENDABLE_KINDS or array.dtype.fields is not None:
        raise FileUnreadableError(
            f"{source} returned values other than numbers, texts or booleans.",
            "Train the model on a target of one kind.",
        )
    return array
