"""What every reader gets and gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from poner.artifacts import TrainedModel
from poner.compiler.program import Output, Program
from poner.errors import ModelUnreadableError


@dataclass(frozen=True)
class Reading:
    """A model as a Program, and how to ask the model itself for the same."""

    program: Program
    """What the model computes."""
    raw: Output
    """The output whose bits must equal the model's own."""
    methods: dict[Output, str]
    """The estimator's method for each output of the Program."""


Reader = Callable[[TrainedModel], Reading]
"""Reads one family of estimators; raises NotSupportedError for what it cannot compute."""


def sklearn_version(model: TrainedModel) -> tuple[int, int]:
    """Major and minor version of the scikit-learn that fitted the model."""
    major, minor = model.provenance.sklearn_version.split(".")[:2]
    return int(major), int(minor)


def takes_missing(model: TrainedModel) -> bool:
    """Whether the model answers for NaN: it is asked, since this changed with the versions."""
    row = np.full((1, len(model.signature.features)), np.nan)
    try:
        model.oracle.answer("predict", row)
    except ModelUnreadableError:
        return False
    return True
