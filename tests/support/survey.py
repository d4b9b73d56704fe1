"""Tries the native engine on every estimator of scikit-learn, as its own tests configure them.

Source of the list: sklearn.utils.all_estimators and
sklearn.utils._test_common.instance_generator (1.6 and later), read 2026-11-22.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sklearn.base
from sklearn.compose import make_column_transformer
from sklearn.datasets import make_classification, make_regression
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils import all_estimators
from sklearn.utils._test_common.instance_generator import _tested_estimators
from sklearn.utils.estimator_checks import (
    _enforce_estimator_tags_X,
    _enforce_estimator_tags_y,
)

from poner.errors import NotSupportedError, ParityError, PonerError
from tests.support.compiling import compile_fitted

N_ROWS = 160
N_FEATURES = 6

NOT_IN_FRONT = {
    "DictVectorizer": "its input is dicts, not a row",
    "FeatureHasher": "its input is dicts, not a row",
    "HashingVectorizer": "its input is documents",
    "LabelBinarizer": "it is for targets",
    "LabelEncoder": "it is for targets",
    "MultiLabelBinarizer": "it is for targets",
    "PatchExtractor": "its input is images",
    "TSNE": "it cannot transform new rows",
    "KNeighborsTransformer": "its result is a graph between training rows",
    "RadiusNeighborsTransformer": "its result is a graph between training rows",
    "KernelCenterer": "its input is a kernel matrix of the training rows",
    "TfidfTransformer": "its input is word counts",
    "IsotonicRegression": "counted as a regressor",
    "StackingClassifier": "counted as a classifier",
    "StackingRegressor": "counted as a regressor",
    "VotingClassifier": "counted as a classifier",
    "VotingRegressor": "counted as a regressor",
    "ColumnTransformer": "tried with every encoder, on the tables with texts",
}
"""Transformers that are counted elsewhere or are not part of a model of rows, and the reason."""


@dataclass(frozen=True)
class DataSet:
    """A table with a target."""

    name: str
    X: Any
    y: Any
    is_classification: bool


@dataclass(frozen=True)
class Finding:
    """Outcome of one configuration on one data set."""

    estimator: str
    """The class."""
    kind: str
    """`classifier`, `regressor`, `transformer` or `outlier detector`."""
    configuration: str
    """How it was made, and on which data."""
    native: bool
    """Whether it was compiled and proved."""
    difference: float
    """Largest difference of an answer, relative; 0 where all bits are equal."""
    labels_differ: int
    """Predicted classes that differ, of all rows tried."""
    reason: str
    """Why it is not native."""


def data_sets() -> list[DataSet]:
    """Tables of numbers: classes, outputs, gaps, single precision."""
    found = []
    for n_classes in (2, 3, 10):
        X, y = make_classification(
            N_ROWS, N_FEATURES, n_informative=5, n_redundant=0, n_classes=n_classes,
            class_sep=0.7, random_state=0,
        )  # fmt: skip
        found.append(DataSet(f"{n_classes} classes", X, y, True))
    X, y = found[1].X, found[1].y
    texts = np.array(["no", "perhaps", "yes"])[y]
    several = np.stack([y, (X[:, 0] > 0) * 2 - 1, y // 2], axis=1)
    labels = np.stack([y > 0, X[:, 0] > 0, X[:, 1] > 1], axis=1).astype(int)
    found += [
        DataSet("3 classes, texts, float32", X.astype(np.float32), texts, True),
        DataSet("3 outputs of classes", X, several, True),
        DataSet("3 labels at once", X, labels, True),
        DataSet("3 classes, missing values", with_gaps(X), y, True),
        DataSet("3 classes, whole numbers", np.rint(X - X.min(axis=0)), y, True),
    ]
    X, y = make_regression(N_ROWS, N_FEATURES, n_informative=5, noise=5.0, random_state=0)
    y = y / 50
    found += [
        DataSet("one value", X, y, False),
        DataSet("one positive value, float32", X.astype(np.float32), np.abs(y) + 0.1, False),
        DataSet("3 values", X, np.stack([y, X[:, 0] * y, y**2], axis=1), False),
        DataSet("one value, missing values", with_gaps(X), y, False),
    ]
    return found


def with_gaps(X: np.ndarray) -> np.ndarray:
    """X with a tenth of its values missing."""
    return np.where(np.random.default_rng(0).random(X.shape) < 0.1, np.nan, X)


def with_texts(data: DataSet) -> DataSet:
    """The table with two columns of texts beside its numbers, as a DataFrame."""
    import pandas as pd

    frame = pd.DataFrame(data.X, columns=[f"n{place}" for place in range(data.X.shape[1])])
    colours = np.array(["red", "green", "blue", "pale blue"])
    frame["colour"] = colours[np.digitize(data.X[:, 0], [-1.0, 0.0, 1.0])]
    frame["size"] = np.where(data.X[:, 1] > 0, "large", "small")
    return DataSet(f"{data.name}, with texts", frame, data.y, data.is_classification)


def kinds_of_estimators() -> dict[str, str]:
    """`classifier`, `regressor`, `transformer` or `outlier detector` by the class's name."""
    kinds: dict[str, str] = {}
    for kind in ("transformer", "regressor", "classifier"):
        kinds |= {name: kind for name, _ in all_estimators(type_filter=kind)}
    for name, cls in all_estimators():
        if name not in kinds and issubclass(cls, sklearn.base.OutlierMixin):
            kinds[name] = "outlier detector"
    return kinds


def instances(names: set[str] | None = None) -> Iterator[tuple[str, str, Any]]:
    """(class, kind, instance) of everything that predicts or transforms."""
    kinds = kinds_of_estimators()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for instance in _tested_estimators():
            name = type(instance).__name__
            kind = kinds.get(name) or _kind_of_search(instance)
            if kind and (names is None or name in names):
                yield name, kind, instance


def _kind_of_search(instance: Any) -> str | None:
    """The kind of the estimator that a search or a pipeline holds."""
    if sklearn.base.is_classifier(instance):
        return "classifier"
    if sklearn.base.is_regressor(instance):
        return "regressor"
    return None


def survey(
    sets: list[DataSet], names: set[str] | None = None, *, first_only: bool = False
) -> Iterator[Finding]:
    """Fit, compile and compare every configuration on every data set that it takes."""
    seen: set[str] = set()
    for name, kind, instance in instances(names):
        if kind == "transformer" and name in NOT_IN_FRONT:
            continue
        if first_only and name in seen:
            continue
        seen.add(name)
        for data in sets:
            if (kind, data.is_classification) in (("classifier", False), ("regressor", True)):
                continue
            if kind == "outlier detector" and data.is_classification:
                continue
            if "Neighbors" in name and "whole" in data.name:
                continue  # rows of whole numbers are as far from one training row as from another
            finding = try_one(name, kind, instance, data)
            if finding is not None:
                yield finding


def try_one(name: str, kind: str, instance: Any, data: DataSet) -> Finding | None:
    """One configuration on one data set; None if scikit-learn does not fit it there."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            model, X = _fit(sklearn.base.clone(instance), kind, data)
            rows = _rows(model, X)
        except Exception:  # noqa: BLE001  # whatever scikit-learn raises, it does not take the table
            return None
        configuration = f"{_describe(instance)} on {data.name}"
        try:
            compiled = compile_fitted(model, X)
            difference, labels = _compare(model, compiled, rows)
            return Finding(name, kind, configuration, True, difference, labels, "")
        except (NotSupportedError, ParityError) as error:
            return Finding(name, kind, configuration, False, 0.0, 0, error.message)
        except PonerError as error:
            return Finding(
                name, kind, configuration, False, 0.0, 0, f"{type(error).__name__}: {error}"
            )


def _fit(instance: Any, kind: str, data: DataSet) -> tuple[Any, Any]:
    if hasattr(data.X, "columns"):
        encode = make_column_transformer(
            (OneHotEncoder(handle_unknown="ignore"), ["colour", "size"]), remainder="passthrough"
        )
        model = make_pipeline(encode, instance)
        if kind == "transformer":
            model = make_pipeline(encode, instance, _final(data))
        return model.fit(data.X, data.y), data.X
    X = data.X
    if not np.isnan(X).any():
        X = _enforce_estimator_tags_X(instance, X)
    y = _enforce_estimator_tags_y(instance, data.y) if data.y.ndim == 1 else data.y
    if type(instance).__name__ == "ClassifierChain" and y.ndim == 1:
        raise ValueError("a chain has several targets")
    if X.shape == (N_ROWS, N_ROWS):
        raise ValueError("its input is distances from the training rows")
    model = make_pipeline(instance, _final(data)) if kind == "transformer" else instance
    model.fit(X, y)
    if not hasattr(model, "predict"):
        raise ValueError("as configured, it does not predict")
    return model, X


def _final(data: DataSet) -> Any:
    """The final estimator to put behind a transformer."""
    return LogisticRegression() if data.is_classification else LinearRegression()


def _rows(model: Any, X: Any) -> Any:
    """Training rows and others like them, all of which the model answers."""
    if hasattr(X, "columns"):
        model.predict(X)
        return X
    random = np.random.default_rng(1)
    usual = np.where(np.isnan(X), 0.0, X)
    low, high = usual.min(axis=0), usual.max(axis=0)
    drawn = random.uniform(low, high, (60, X.shape[1])).astype(X.dtype)
    wild = (usual[:40] * random.choice([0.0, 0.5, 3.0], (40, X.shape[1]))).astype(X.dtype)
    answered = [X, _answered(model, drawn), _answered(model, wild)]
    return np.concatenate(answered).astype(np.float64)


def _answered(model: Any, rows: Any) -> Any:
    """Those of the rows that the model answers."""
    if _answers(model, rows):
        return rows
    return rows[[_answers(model, row[None]) for row in rows]]


def _answers(model: Any, rows: Any) -> bool:
    try:
        model.predict(rows)
    except Exception:  # noqa: BLE001  # whatever scikit-learn raises, it does not take the table
        return False
    return True


def _compare(model: Any, compiled: Any, rows: Any) -> tuple[float, int]:
    own = {}
    for method in ("decision_function", "predict_proba", "predict"):
        try:
            own[method] = getattr(model, method)(rows)
        except Exception:  # noqa: BLE001  # it has none, or one that fails, as a chain's does
            continue
    difference, differing = compare_answers(compiled, rows, own)
    return difference, differing and _differing_labels(model, compiled, rows)


def _differing_labels(model: Any, compiled: Any, rows: Any) -> int:
    """Number of labels that differ, ties excepted.

    A row is a tie if the model itself gives our label when the row is moved by a billionth.
    """
    answers, own = np.asarray(compiled.predict(rows)), np.asarray(model.predict(rows))
    random = np.random.default_rng(2)
    count = 0
    for place in np.unique(np.argwhere(answers != own)[:, 0]):
        moves = 1e-9 * random.normal(size=(30, rows.shape[1])) * (1.0 + np.abs(rows[place]))
        moved = np.asarray(model.predict(rows[place] + moves))
        count += not np.any(np.all((moved == answers[place]).reshape(30, -1), axis=1))
    return count


def compare_answers(compiled: Any, rows: Any, own: Mapping[str, Any]) -> tuple[float, int]:
    """The largest relative difference of numbers, and how many labels differ.

    Relative to the value, or to what is usual in its column.
    """
    largest, differing = 0.0, 0
    for method, expected in own.items():
        answers = getattr(compiled, method)(rows)
        if isinstance(answers, list):
            answers = np.concatenate(answers, axis=1)
        if isinstance(expected, list):
            expected = np.concatenate(expected, axis=1)
        answers = np.asarray(answers)
        expected = np.asarray(expected).reshape(answers.shape)
        if method == "predict" and compiled.signature.classes is not None:
            differing += int(np.sum(answers != expected))
            continue
        expected = expected.astype(np.float64)
        size = np.maximum(np.abs(expected), np.median(np.abs(expected), axis=0))
        same = (answers == expected) | (np.isnan(answers) & np.isnan(expected))
        gap = np.where(same, 0.0, np.abs(answers - expected) / np.where(size == 0.0, 1.0, size))
        largest = max(largest, float(np.max(gap, initial=0.0)))
    return largest, differing


def _describe(instance: Any) -> str:
    """The class with the parameters that are not the default, short enough for a table."""
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(type(instance)).parameters.items()
    }
    given = [
        f"{name}={value if not hasattr(value, 'get_params') else type(value).__name__}"
        for name, value in instance.get_params(deep=False).items()
        if repr(value) != repr(defaults.get(name))
    ]
    text = f"{type(instance).__name__}({', '.join(given)})".replace("\n", " ")
    return text if len(text) <= 120 else text[:117] + "..."
