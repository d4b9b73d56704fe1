"""The Program: what a fitted model computes, step by step, before it becomes tables.

Register 0 is the row; step i computes register i + 1 from registers before it. Each operation is
one dataclass here, one row of the kernel's table (operations.c) and one `case` in tables.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FloatArray


class Output(IntEnum):
    """What a compiled model can be asked, by the file's numbers (docs/model_format.md)."""

    PREDICT = 1
    DECISION_FUNCTION = 2
    PREDICT_PROBA = 3
    RAW = 4


NODE = np.dtype(
    {
        "names": ["value", "position", "feature", "child"],
        "formats": ["<f8", "<u8", "<u4", "<u4"],
        "offsets": [0, 0, 8, 12],
        "itemsize": 16,
    }
)
"""A tree's node: `value` (a threshold or a leaf's value) and `position` (of a leaf's row) share
the same eight bytes; `child` is the left child, and the right one stands after it."""

LEAF = 0x8000_0000
MISSING_LEFT = 0x4000_0000


@dataclass(frozen=True)
class Trees:
    """Decision trees laid out for the kernel: children side by side, after their parent."""

    roots: NDArray[np.uint32]
    """(n_trees, 3): the root's node, the levels to go down blindly, the column added to."""
    nodes: NDArray[np.void]
    """(n_nodes,) of NODE."""


@dataclass(frozen=True)
class CastFloat32:
    """Round to float32, as scikit-learn's trees do; refuse infinities."""

    allow_missing: bool
    """Whether NaN passes."""


@dataclass(frozen=True)
class SumTrees:
    """Start values, plus the leaf of each tree in order."""

    trees: Trees
    start: FloatArray
    """(width,) what the sum begins with."""


@dataclass(frozen=True)
class SumShallowTrees:
    """The same sum for trees of at most four levels that share their splits.

    Trees are complete: one that ends early has its leaf repeated. Tree i adds to column i % width.
    """

    depth: int
    """Levels of every tree, 1 to 4."""
    splits: NDArray[np.void]
    """(n_splits,) of NODE, without children: each feature and threshold once."""
    tree_splits: NDArray[np.uint16]
    """(n_trees, 2^depth - 1) the split of each node, level after level."""
    leaf_values: FloatArray
    """(n_trees, 2^depth) the leaves, left to right."""
    start: FloatArray
    """(width,) what the sum begins with."""


@dataclass(frozen=True)
class SumLeafRows:
    """The leaves' rows of all trees, added in order to zero."""

    trees: Trees
    leaf_rows: FloatArray
    """(n_leaves, width) values of each leaf."""


@dataclass(frozen=True)
class Divide:
    """Divide by one number a column."""

    divisors: FloatArray
    """(width,) what to divide by."""


@dataclass(frozen=True)
class Logistic:
    """Two probabilities from one score: 1 / (1 + exp(-scale * score)) for the second class."""

    scale: float
    """What the score is multiplied with first."""


@dataclass(frozen=True)
class Softmax:
    """Probabilities from a score a class."""


@dataclass(frozen=True)
class Exponential:
    """exp of every value: the inverse of a log link."""


@dataclass(frozen=True)
class ArgMax:
    """Index of the first largest value."""


@dataclass(frozen=True)
class IsPositive:
    """1 where the value is above zero, else 0."""


@dataclass(frozen=True)
class IsNotNegative:
    """1 where the value is zero or above, else 0."""


Operation = (
    CastFloat32
    | SumTrees
    | SumShallowTrees
    | SumLeafRows
    | Divide
    | Logistic
    | Softmax
    | Exponential
    | ArgMax
    | IsPositive
    | IsNotNegative
)


@dataclass(frozen=True)
class Step:
    """One operation on one register."""

    operation: Operation
    """What is computed."""
    source: int
    """The register it is computed from."""
    width: int
    """Values a row of the register it computes."""


@dataclass(frozen=True)
class Program:
    """A model as steps, with what it can be asked."""

    n_features: int
    """Width of register 0."""
    steps: tuple[Step, ...]
    """In order; step i computes register i + 1."""
    outputs: Mapping[Output, int]
    """The register of each output."""
    thresholds: tuple[FloatArray, ...]
    """For each feature, the values at which an answer can change, sorted."""
    casts_to_float32: bool
    """Whether values are rounded to float32 first, which bounds what can be asked."""
    allows_missing: bool
    """Whether NaN can be asked."""
    allows_infinite: bool
    """Whether infinities can be asked."""


@dataclass
class ProgramBuilder:
    """Steps being put together by a reader."""

    n_features: int
    steps: list[Step] = field(default_factory=list)

    def add(self, operation: Operation, source: int, width: int) -> int:
        """Append a step; returns the register it computes."""
        self.steps.append(Step(operation, source, width))
        return len(self.steps)
