"""Opens an estimator that is already in memory, in a notebook: no file, no child process."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FittedObject, Provenance, Table, TrainedModel
from poner.errors import ModelUnreadableError, PonerError
from poner.loader import signatures, training_data
from poner.loader.child import (
    assembly,
    description,
    estimators,
    ignored_columns,
    missing_values,
)
from poner.loader.child.contents import Source
from poner.loader.child.placement import Step
from poner.loader.fitted import fitted_object
from poner.loader.safe_pickle import FileUnreadableError
from poner.loader.safe_pickle.integrity import parameters
from poner.signature import Signature
from poner.table import spell_unknown
from poner_runtime.fitted import as_fitted, settle


class MemoryOracle:
    """Asks the estimator in this process."""

    def __init__(self, estimator: object) -> None:
        self.estimator = estimator
        self.with_none = missing_values.columns_with_none(estimator)

    def answer(self, method: str, rows: Table, place: Sequence[str | int] = ()) -> NDArray[Any]:
        """Call one of the estimator's own methods; see `artifacts.Oracle`."""
        spelled = spell_unknown(rows)
        with_none = () if place else self.with_none
        asked = as_fitted(spelled.numbers, spelled.vocabulary, spelled.categories, with_none)
        with unreadable_is(ModelUnreadableError):
            answered: NDArray[Any] = estimators.answer(self.estimator, method, asked, place)
        return answered


@contextmanager
def unreadable_is(kind: type[PonerError]) -> Iterator[None]:
    """Turn errors of the child's functions into errors of `kind`, with the same two sentences.

    Raises:
        PonerError: an error of the class `kind`.
    """
    try:
        yield
    except FileUnreadableError as error:
        raise kind(error.message, error.hint) from error


def describe_estimator(estimator: object) -> FittedObject:
    """Take an estimator in memory apart into plain data.

    Raises:
        ModelUnreadableError: the estimator is nested too deeply.
    """
    with unreadable_is(ModelUnreadableError):
        described = description.describe(estimator)
    return fitted_object(described.nodes, described.arrays)


def joined(estimator: object, feature_names: Sequence[str] | None = None) -> Any:
    """A fitted estimator that predicts: the one given, or a Pipeline of a list of steps.

    Args:
        estimator: a fitted estimator, or a list of fitted steps that ends in the model.
        feature_names: of the columns that the first step takes, if they are known.

    Raises:
        FileUnreadableError: it is not fitted, does not predict, or its steps do not fit each other.
    """
    if not isinstance(estimator, list | tuple) or not estimator:
        estimators.check_estimator(estimator)
        return estimator
    *before, (model, source) = [
        (value, Source(f"Element {place} of the list", "")) for place, value in enumerate(estimator)
    ]
    estimators.check_estimator(model, source)
    steps = [Step(*step) for step in before]
    return assembly.assemble(steps, model, source, feature_names).estimator


@contextmanager
def open_estimator(
    estimator: object,
    *,
    X: object = None,
    y: object = None,
    feature_names: Sequence[str] | None = None,
    labels: Mapping[str, str] | None = None,
) -> Iterator[TrainedModel]:
    """Describe an estimator that is already in memory; poner trusts and does not change it.

    Args:
        estimator: a fitted estimator, or a list of fitted steps that ends in the model.
        X: (n_rows, n_features) the training data, an array or a DataFrame: numbers and texts.
        y: (n_rows,) or (n_rows, n_outputs) the target, whose name becomes the prediction's name.
        feature_names: names of the features in the model's order.
        labels: a label for each class, by `str(class)`.

    Raises:
        ModelUnreadableError: the object is not a fitted estimator that predicts.
        SignatureError: X, names or labels do not match the estimator.
    """
    with unreadable_is(ModelUnreadableError):
        estimator = joined(estimator, feature_names or training_data.column_names(X))
        settled = copy.deepcopy(estimator)  # the changes below must not reach the user's object
        settle(settled)
        parameters.check_model(settled)
        oracle = MemoryOracle(settled)
        facts = signatures.checked_facts(estimators.facts(settled))
    signatures.check_supported(facts)
    if feature_names is None and facts.feature_names is None:
        feature_names = training_data.column_names(X)
    if feature_names is None and facts.n_features is None and X is not None:
        feature_names = [f"x{place}" for place in range(len(training_data.columns_of(X)))]
    signature = signatures.make_signature(facts, feature_names, labels, lambda line: None)
    signature = signatures.ignoring(signature, ignored_columns.ignored_columns(settled))
    rows = _training_rows(X, signature)
    yield TrainedModel(
        estimator=describe_estimator(settled),
        signature=_with_training_data(signature, rows, y, oracle),
        provenance=Provenance(
            "", "", facts.sklearn_version, facts.numpy_version, facts.python_version
        ),
        oracle=oracle,
        training_rows=rows,
        missing_as_none=tuple(sorted(oracle.with_none)),
    )


def _training_rows(X: object, signature: Signature) -> Table:
    """X as a Table; no rows if there is no X."""
    if X is None:
        return Table.of_numbers(np.empty((0, len(signature.features))))
    columns = training_data.columns_of(X)
    signatures.check_width(len(columns), len(signature.features))
    names = [feature.column for feature in signature.features]
    return training_data.table_of(columns, names, ignored=signature.ignored)


def _with_training_data(
    signature: Signature, rows: Table, y: object, oracle: MemoryOracle
) -> Signature:
    """The signature with the ranges of its features and the name of its target."""
    if not len(rows):
        return signature
    missing = training_data.gaps_taken(
        rows, lambda row: _answers(oracle, rows.take(slice(row, row + 1)))
    )
    features = tuple(
        training_data.describe(
            feature.wire_name, feature.column, rows, place, missing=missing[place]
        )
        for place, feature in enumerate(signature.features)
    )
    signature = signatures.ignoring(replace(signature, features=features), signature.ignored)
    target = None if y is None else training_data.target_name(y)
    return replace(signature, target=target)


def _answers(oracle: MemoryOracle, row: Table) -> bool:
    try:
        oracle.answer("predict", row)
    except ModelUnreadableError:
        return False
    return True
