"""The arguments and the results of every converter.

A converter takes one fitted estimator apart and adds its steps to the Program, reading from a
register; a Pipeline's converter calls those of its steps. A converter of
a transformer returns the register of the transformed row; one of a predictor, a Prediction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FittedObject, Oracle, Table
from poner.compiler.program import ProgramBuilder
from poner.errors import ModelUnreadableError, NotSupportedError
from poner.signature import JsonScalar

_INSTEAD = (
    "Build with --engine auto, which takes onnx or sklearn instead, or replace the step with one "
    "that docs/coverage.md lists as native."
)

Classes = tuple[JsonScalar, ...]
"""A classifier's classes, in its own order."""


@dataclass(frozen=True)
class Prediction:
    """The registers of the Program that hold an estimator's answers."""

    predict: int
    """The index of a classifier's class, or a regressor's value; one column per output."""
    classes: tuple[Classes, ...] | None = None
    """The classes of each output; None for a regressor."""
    predict_proba: int | None = None
    """One probability per class, output after output; None if the estimator has none."""
    decision_function: int | None = None
    """The scores, a single column for two classes; None if the estimator has none."""
    raw: int | None = None
    """A regressor's score before its link function; None if scikit-learn does not expose it."""

    @property
    def only_classes(self) -> Classes:
        """The classes of a classifier of one output."""
        assert self.classes is not None
        assert len(self.classes) == 1
        return self.classes[0]


@dataclass(frozen=True)
class Scope:
    """The context of a converter: the Program being built, and the place of the estimator."""

    builder: ProgramBuilder
    """Takes the steps."""
    version: tuple[int, int]
    """Major and minor version of the scikit-learn that fitted the model."""
    oracle: Oracle
    """The model itself."""
    transformers: Mapping[str, TransformerConverter]
    """Converters by the exact name of the estimator's class."""
    predictors: Mapping[str, PredictorConverter]
    """Converters by the exact name of the estimator's class."""
    with_none: frozenset[int] = frozenset()
    """Features whose missing values are None to the model: it gets them in an array of objects."""
    steps: tuple[str, ...] = ()
    """Names of the steps that lead to the estimator, for messages."""
    place: tuple[str | int, ...] = ()
    """Attributes and indices that lead from the model to the estimator, for the oracle."""

    @property
    def path(self) -> str:
        """The steps as one text, such as `Pipeline/scale`."""
        return "/".join(self.steps)

    def inside(self, step: str, *place: str | int) -> Scope:
        """The scope of an estimator inside this one."""
        return replace(self, steps=(*self.steps, step), place=(*self.place, *place))

    def transform(self, estimator: FittedObject, source: int) -> int:
        """Convert an estimator that transforms; returns the register of the transformed row.

        Raises:
            NotSupportedError: no converter knows its class, or the converter its settings.
        """
        converter = self.transformers.get(estimator.type_name)
        if converter is None:
            raise self.unknown(estimator)
        with self._wrapping():
            return converter(estimator, self, source)

    def predict(self, estimator: FittedObject, source: int) -> Prediction:
        """Convert an estimator that predicts.

        Raises:
            NotSupportedError: no converter knows its class, or the converter its settings.
        """
        converter = self.predictors.get(estimator.type_name)
        if converter is None:
            raise self.unknown(estimator)
        with self._wrapping():
            return converter(estimator, self, source)

    @contextmanager
    def _wrapping(self) -> Iterator[None]:
        """Turn what numpy and Python raise for an inconsistent state into poner's error."""
        try:
            yield
        except _DAMAGE as error:
            raise ModelUnreadableError(
                f"{self.path}: its fitted state is inconsistent ({error}).",
                "Fit and save the model again; if that does not help, please report it.",
            ) from error

    def unknown(self, estimator: FittedObject) -> NotSupportedError:
        """The error for an estimator that no converter knows."""
        name = estimator.type_name.rpartition(".")[2]
        own = "" if _is_sklearn(estimator) else ", which is not a class of scikit-learn"
        return self.unsupported(f"the native engine does not compute {name}{own}")

    def unsupported(self, reason: str, hint: str = "") -> NotSupportedError:
        """The error for something that the kernel does not compute; it names the step."""
        return NotSupportedError(f"{self.path}: {reason}.", hint or _INSTEAD, step=self.path)

    def damaged(self, what: str) -> ModelUnreadableError:
        """The error for a state that fitting cannot produce; it names the step."""
        return ModelUnreadableError(f"{self.path}: {what}.", "Fit and save the model again.")

    def check_columns(self, columns: object, width: int) -> NDArray[np.int64]:
        """Columns that a fitted state selects from a register of `width` columns.

        Raises:
            ModelUnreadableError: the list is empty, or a column does not exist.
        """
        listed = np.asarray(columns)
        if listed.ndim != 1 or not listed.size or listed.dtype.kind not in "iu":
            raise self.damaged("its list of columns is empty or not a list of integers")
        if listed.min() < 0 or listed.max() >= width:
            raise self.damaged("its list of columns has one that does not exist")
        return listed.astype(np.int64)

    def takes_missing(self, width: int, method: str = "predict", value: float = np.nan) -> bool:
        """Whether the estimator accepts NaN, or another value.

        The oracle is asked, because the answer depends on scikit-learn's version.
        """
        row = Table.of_numbers(np.full((1, width), value))
        try:
            self.oracle.answer(method, row, self.place)
        except ModelUnreadableError:
            return False
        return True


_DAMAGE = (ArithmeticError, AttributeError, LookupError, MemoryError, TypeError, ValueError)
"""The exceptions that a damaged fitted state makes Python and numpy raise."""


def _is_sklearn(estimator: FittedObject) -> bool:
    return estimator.type_name.startswith("sklearn.")


TransformerConverter = Callable[[FittedObject, Scope, int], int]
"""(estimator, scope, register of its input) -> register of the transformed row."""

PredictorConverter = Callable[[FittedObject, Scope, int], Prediction]
"""(estimator, scope, register of its input) -> the registers of its answers."""
