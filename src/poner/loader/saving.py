"""Writes the files of a trained model: `clf.sav`, `signature.json` and `training_rows.json`.

A model and data that do not match are refused here, while the notebook is still open, rather than
at build time.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from poner.artifacts import Table
from poner.errors import MissingPackageError, SignatureError, UsageError
from poner.loader import libraries, signature_files, signatures, training_data
from poner.loader.child import estimators
from poner.loader.child.ignored_columns import ignored_columns
from poner.loader.model_folder import replace_model
from poner.loader.pickler import pickle_model
from poner.signature import JsonScalar, Signature, is_unicode, wire_names
from poner.table import as_lists


def save(
    estimator: object,
    X: object,
    y: object,
    folder: str | Path,
    *,
    feature_names: Sequence[str] | None = None,
    labels: Mapping[JsonScalar, str] | Sequence[str] | None = None,
    metrics: Mapping[str, float] | None = None,
    target: str | None = None,
    keep_rows: int = 500,
) -> Path:
    """Save a fitted estimator with the facts that `build` and `compile` need.

    Writes `clf.sav`, `signature.json`, and `training_rows.json`: rows of X for the proof, which are
    never shipped.

    Args:
        estimator: a fitted scikit-learn estimator or pipeline; or a list of fitted steps that ends
            in the model, such as `[scaler, model]`.
        X: (n_rows, n_features) the training data that the first step takes, numbers and texts: an
            array, a DataFrame or lists.
        y: (n_rows,) the training target, or (n_rows, n_outputs) of a model with several outputs: a
            Series, a DataFrame, an array or a list.
        folder: the folder for the files; made if it does not exist.
        feature_names: the training columns, if neither X nor the estimator has names.
        labels: a label for each class: by class, by the class as text (`{"0": "benign"}`), or a
            list in the order of the classes.
        metrics: scores to record, such as `{"f1_test": 0.94}`.
        target: name of the target; by default the name of `y`.
        keep_rows: the largest number of rows of X to keep for the proof; 0 keeps none.

    Returns:
        The folder.

    Raises:
        SignatureError: the estimator is not fitted, or estimator, X, y and names do not match; a
            metric is not finite, or the target's name is not a text.
        ModelRefusedError: the estimator holds an object that could not be loaded again.
        MissingPackageError: scikit-learn is not installed.
        UsageError: the folder cannot be written to, the user has files of these names there, or
            `keep_rows` is negative.

    Example:
        >>> model = LogisticRegression().fit(X, y)
        >>> poner.save(model, X, y, "model", labels={0: "benign", 1: "malignant"})
        PosixPath('model')
    """
    if keep_rows < 0:
        raise UsageError("keep_rows is negative.", "Give 0 to keep no rows, or a positive number.")
    if target is not None and not isinstance(target, str):
        raise SignatureError(
            f"target is of the type {type(target).__name__}, not a text.",
            "Give the name of what is predicted, such as 'price'.",
        )
    estimator = _joined(estimator, feature_names or training_data.column_names(X))
    laid_out = training_data.columns_of(X)
    columns = _training_columns(estimator, X, len(laid_out), feature_names)
    ignored = ignored_columns(estimator)
    table = training_data.table_of(laid_out, columns, ignored=ignored)
    _require_unicode(table)
    _require_a_value_a_row(y, len(table))
    missing = _columns_taken_with_nan(estimator, X, table, ignored)
    classes = _classes_of(estimator)
    content, modules = pickle_model(estimator)
    signature = Signature(
        features=tuple(
            training_data.describe(wire_name, column, table, i, missing=missing[i])
            for i, (wire_name, column) in enumerate(zip(wire_names(columns), columns, strict=True))
        ),
        classes=classes,
        labels=None if labels is None else _labels_of(labels, classes),
        target=training_data.target_name(y) if target is None else target,
        metrics=_metrics_of(metrics or {}),
        libraries=_libraries(modules),
    )
    signature = signatures.ignoring(signature, ignored)
    rows = _rows_to_keep(table, missing, keep_rows)
    replace_model(
        Path(folder),
        signature_files.write_signature(signature, content),
        _rows_json(signature, rows) if len(rows) else None,
        content,
    )
    return Path(folder)


def _joined(estimator: object, feature_names: Sequence[str] | None) -> object:
    """The estimator, or a Pipeline of the steps that stand before it."""
    from poner.loader.memory_models import joined, unreadable_is

    try:
        with unreadable_is(SignatureError):
            return joined(estimator, feature_names)
    except ModuleNotFoundError as error:
        raise MissingPackageError(
            f"poner.save needs scikit-learn, but the module {error.name} is not installed.",
            f"Install it beside poner: pip install {libraries.SKLEARN}.",
        ) from error


def _training_columns(
    estimator: object, X: object, width: int, feature_names: Sequence[str] | None
) -> tuple[str, ...]:
    """Names of the model's columns, checked to agree: from X, `feature_names` or the estimator."""
    fitted_width = estimators.number_of_features(estimator)
    signatures.check_width(width, width if fitted_width is None else fitted_width)
    if isinstance(feature_names, str) or (
        feature_names is not None and len(feature_names) != width
    ):
        raise SignatureError(
            f"feature_names does not hold the {width} names that X's columns need.",
            "Give one name for each column, in the model's order.",
        )
    given = None if feature_names is None else tuple(str(name) for name in feature_names)
    of_table = training_data.column_names(X)
    of_model = tuple(estimators.feature_names(estimator) or ())
    if not of_model:
        return given or of_table or tuple(f"x{position}" for position in range(width))
    for source, names in (("X", of_table), ("feature_names", given)):
        if names is not None and _as_kept(estimator, names) != of_model:
            raise SignatureError(
                f"The names in {source} or their order differ from those the model was fitted on.",
                f"The model's columns are: {', '.join(of_model)}.",
            )
    return of_table or given or of_model


def _as_kept(estimator: object, names: tuple[str, ...]) -> tuple[str, ...]:
    """Names as the estimator stores them: LightGBM replaces blanks by underscores."""
    if type(estimator).__module__.startswith("lightgbm."):
        return tuple(name.replace(" ", "_") for name in names)
    return names


def _require_a_value_a_row(y: object, n_rows: int) -> None:
    shape = training_data.target_shape(y)
    if len(shape) not in (1, 2) or shape[0] != n_rows:
        length = shape[0] if shape else "no"
        raise SignatureError(
            f"y has {length} values, but X has {n_rows} rows.", "Give one value for each row of X."
        )


def _require_unicode(table: Table) -> None:
    half = next((text for text in table.vocabulary if not is_unicode(text)), None)
    if half is not None:
        raise SignatureError(
            f"X holds the text {half[:80]!r}, which is not Unicode.",
            "Repair the text and train again: no file and no request can hold it.",
        )


def _columns_taken_with_nan(
    estimator: object, X: object, table: Table, ignored: Collection[int]
) -> list[bool]:
    """Whether the model accepts the missing values of each column, found by asking it.

    Returns:
        One value for each column; false also for a column without missing values, and true for
        one that the model ignores.

    Raises:
        SignatureError: the model does not answer for a row without missing values.
    """
    gaps = np.isnan(table.numbers)
    gaps[:, list(ignored)] = False
    fullest = int(gaps.sum(axis=1).argmin())
    if not gaps[fullest].any() and not _predicts(estimator, training_data.rows_at(X, [fullest])):
        raise SignatureError(
            f"{type(estimator).__name__} cannot predict a row of X.",
            "Give the X that the model was fitted on, in the same form.",
        )
    taken = training_data.gaps_taken(
        table, lambda row: _predicts(estimator, training_data.rows_at(X, [row]))
    )
    return [gap or place in ignored for place, gap in enumerate(taken)]


def _predicts(estimator: object, rows: object) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as: X has feature names, but the model has none
        try:
            estimator.predict(rows)  # type: ignore[attr-defined]  # _joined saw it
        except (ValueError, TypeError):  # scikit-learn's errors for rows that it refuses
            return False
    return True


def _classes_of(estimator: object) -> Any:
    """The model's classes as the loader will read them; None for a regressor."""
    from poner.loader.memory_models import unreadable_is

    with unreadable_is(SignatureError):
        classes = estimators.classes_of(estimator)
    return signatures.classes_as_tuples(classes)


def _labels_of(
    labels: Mapping[JsonScalar, str] | Sequence[str], classes: tuple[Any, ...] | None
) -> tuple[str, ...]:
    """Put the labels in the order of the classes."""
    if classes is None:
        raise SignatureError(
            "labels are given, but the model has no classes.", "Leave the labels out."
        )
    signatures.check_one_output(classes)
    if isinstance(labels, Mapping):
        by_class = {str(key): str(text) for key, text in labels.items()}
        wanted = tuple(str(value) for value in classes)
        if set(by_class) != set(wanted):
            raise SignatureError(
                f"labels names the classes {', '.join(by_class)}, which are not the model's.",
                f"Give a label to each of the model's classes: {', '.join(wanted)}.",
            )
        return tuple(by_class[value] for value in wanted)
    if isinstance(labels, str) or len(labels) != len(classes):
        raise SignatureError(
            f"labels does not hold the {len(classes)} texts that the model's classes need.",
            f"Give one text for each, in this order: {', '.join(map(str, classes))}.",
        )
    return tuple(str(text) for text in labels)


def _metrics_of(metrics: Mapping[str, float]) -> dict[str, float]:
    try:
        return {str(name): float(value) for name, value in metrics.items()}
    except (TypeError, ValueError, AttributeError) as error:
        raise SignatureError(
            "metrics holds something other than numbers.", "Give one number for each name."
        ) from error


def _rows_to_keep(table: Table, missing: Sequence[bool], keep_rows: int) -> Table:
    """Draw at most `keep_rows` rows, evenly spaced, among the rows that the model accepts."""
    unanswered = np.isnan(table.numbers) & ~np.asarray(missing)
    unanswered |= np.isinf(table.numbers)
    rows = np.flatnonzero(~unanswered.any(axis=1))
    drawn = np.linspace(0, len(rows) - 1, min(keep_rows, len(rows))).astype(np.intp)
    return table.take(rows[drawn])


def _libraries(modules: Iterable[str]) -> dict[str, str]:
    """Versions of scikit-learn, its dependencies, and the packages of the estimator's classes.

    Args:
        modules: top-level modules of the estimator's classes.
    """
    names = libraries.sklearn_libraries(sys.path)
    others = set(modules) - sys.stdlib_module_names - {"sklearn", "numpy", "scipy"}
    providers = libraries.providers_of(others, sys.path)
    return libraries.versions_of(sorted({*names, *providers}), sys.path)


def _rows_json(signature: Signature, rows: Table) -> str:
    columns = [feature.column for feature in signature.features]
    return json.dumps({"columns": columns, "rows": as_lists(rows)}, ensure_ascii=False) + "\n"
