"""The Program: the computation of a fitted model as a list of steps, before it becomes tables.

Register 0 is the row; step i computes register i + 1 from registers before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any

import numpy as np

from poner.compiler.operations.elementwise import Combine, Function, Map, Pairing
from poner.compiler.operations.lookup import Recode
from poner.compiler.operations.operation import FEWEST_ROUNDINGS, Operation
from poner.compiler.operations.plumbing import CastFloat32, Constant, Join, Require, Select
from poner.compiler.operations.rowwise import Linear, Reduce, Reduction
from poner.table import CategoryCodes

MOST_JOINED = 4
"""The most registers that a step can read (kernel.h)."""


class Output(IntEnum):
    """The outputs of a compiled model, as numbered in its file (docs/model_format.md)."""

    PREDICT = 1
    DECISION_FUNCTION = 2
    PREDICT_PROBA = 3
    RAW = 4
    TIES = 5
    """Only for the proof, in a model file of its own: see ProgramBuilder.mark_ties."""
    SUMS = 6
    """Only for the proof, in a model file of its own: see ProgramBuilder.mark_sums."""


@dataclass(frozen=True)
class Step:
    """One operation on earlier registers."""

    operation: Operation
    """What is computed."""
    sources: tuple[int, ...]
    """The registers that the step reads; one to four."""
    width: int
    """Values per row of the register that the step computes."""


class _Registers:
    """The registers of steps, in a Program or in a ProgramBuilder."""

    n_features: int
    steps: Sequence[Step]

    def width(self, register: int) -> int:
        """Values per row of a register."""
        return self.steps[register - 1].width if register else self.n_features

    def origin(self, register: int, column: int) -> int | None:
        """Index of the feature that a column still equals apart from gaps and rounding, or None."""
        while register:
            step = self.steps[register - 1]
            widths = [self.width(source) for source in step.sources]
            undone = step.operation.undo(column, np.empty(0), *widths)
            if undone is None or not step.operation.keeps_values:
                return None
            register, column = step.sources[undone.source], undone.column
        return column


@dataclass(frozen=True)
class Program(_Registers):
    """A model as steps, with its outputs."""

    n_features: int
    """Width of register 0."""
    steps: tuple[Step, ...]
    """The steps in order; step i computes register i + 1."""
    outputs: Mapping[Output, int]
    """The register of each output."""
    vocabulary: tuple[str, ...] = ()
    """The texts behind the category codes in rows; other texts have the code `UNKNOWN_CODE`."""
    categories: frozenset[int] = frozenset()
    """Indices of the features of kind category."""
    doubts: Program | None = None
    """A Program for the proof that computes where rounding decides (Output.TIES, Output.SUMS)."""
    tied_among: tuple[str, ...] = ()
    """What the model chooses among where Output.TIES is 0, such as `neighbours`."""

    def __str__(self) -> str:
        """A line for each register, and one for the outputs."""
        return self.listing()

    def listing(self, names: Sequence[str] = ()) -> str:
        """The Program as text, with the features' names.

        A register is `row` or the number of its step; its width follows it.
        """
        lines = [("row", str(self.n_features), ", ".join(names))]
        for number, step in enumerate(self.steps, start=1):
            sources = [_name(source) for source in step.sources]
            inside = ", ".join([*sources, *step.operation.parameters()])
            kind = type(step.operation).__name__
            lines.append((_name(number), str(step.width), f"{kind}({inside})"))
        outputs = ", ".join(f"{o.name.lower()} = {_name(r)}" for o, r in self.outputs.items())
        table = "\n".join(f"{name:<6}{width:>5}  {text}".rstrip() for name, width, text in lines)
        return f"{table}\n{outputs}"

    def tolerance(self, register: int) -> float:
        """Relative error bound of a register against scikit-learn's values; 0 if bits are equal."""
        found = [0.0]
        for step in self.steps:
            behind = (found[source] for source in step.sources)
            found.append(max(step.operation.tolerance, *behind))
        return found[register]

    def origins(self, kind: type[Operation]) -> frozenset[int]:
        """The features that reach an operation of a kind unchanged."""
        found = {
            self.origin(step.sources[0], column)
            for step in self.steps
            if isinstance(step.operation, kind)
            for column in range(self.width(step.sources[0]))
        }
        return frozenset(feature for feature in found if feature is not None)


def _name(register: int) -> str:
    return f"r{register}" if register else "row"


@dataclass
class ProgramBuilder(_Registers):
    """Collects the steps that converters add; methods return the register they compute."""

    n_features: int
    steps: list[Step] = field(default_factory=list)
    codes: CategoryCodes = field(default_factory=lambda: CategoryCodes(grows=True))
    categories: set[int] = field(default_factory=set)
    ties: dict[int, str] = field(default_factory=dict)
    sums: list[tuple[int, int]] = field(default_factory=list)

    def add(self, operation: Operation, *sources: int) -> int:
        """Append a step."""
        width = operation.width(*(self.width(source) for source in sources))
        self.steps.append(Step(operation, sources, width))
        return len(self.steps)

    def select(self, source: int, columns: Sequence[int] | np.ndarray[Any, Any]) -> int:
        """Columns of a register; the register itself if all columns are selected in order."""
        wanted = np.asarray(columns, dtype=np.int64)
        if np.array_equal(wanted, np.arange(self.width(source))):
            return source
        return self.add(Select(wanted.astype("<u4")), source)

    def join(self, sources: Sequence[int]) -> int:
        """Registers side by side."""
        parts = list(sources)
        while len(parts) > 1:
            parts = [
                self.add(Join(), *parts[i : i + MOST_JOINED]) if len(parts) - i > 1 else parts[i]
                for i in range(0, len(parts), MOST_JOINED)
            ]
        return parts[0]

    def constant(self, values: Any) -> int:
        """The same values for every row."""
        return self.add(Constant(_floats(values)), 0)

    def require(
        self, source: int, *, allow_missing: bool = False, allow_infinite: bool = False
    ) -> int:
        """The register; rows with NaN or infinities in it are refused."""
        wanted = Require(allow_missing, allow_infinite)
        made = self.steps[source - 1].operation if source else None
        if isinstance(made, Require) and made.option & ~wanted.option == 0:
            return source
        return self._add_once(wanted, source)

    def cast_float32(
        self, source: int, *, allow_missing: bool, allow_infinite: bool = False
    ) -> int:
        """The register rounded to float32."""
        return self._add_once(CastFloat32(allow_missing, allow_infinite), source)

    def _add_once(self, operation: Operation, source: int) -> int:
        """The register of a step; equal steps are added only once."""
        for number, step in enumerate(self.steps, start=1):
            if step.operation == operation and step.sources == (source,):
                return number
        return self.add(operation, source)

    def map(self, function: Function, source: int) -> int:
        """A function of every value."""
        return self.add(Map(function), source)

    def combine(self, pairing: Pairing, source: int, operand: Any) -> int:
        """A function of every value and a constant, one per column or one for all."""
        return self.add(Combine(pairing, _floats(operand)), source)

    def pair(self, pairing: Pairing, first: int, second: int) -> int:
        """A function of two registers; the second has the first's width, or one column."""
        return self.add(Combine(pairing), first, second)

    def look_up(self, source: int, *tables: Any) -> int:
        """For each column, the value at that index of the column's table; 0 outside the table."""
        counts = [len(table) for table in tables]
        recode = Recode(
            ends=np.cumsum(counts).astype("<u4"),
            keys=np.concatenate([np.arange(float(count)) for count in counts]),
            values=np.concatenate([_floats(table) for table in tables]),
            default=np.zeros(len(tables)),
        )
        return self.add(recode, source)

    def clip(self, source: int, low: Any, high: Any) -> int:
        """Every value, clipped to the range from `low` to `high`; NaN stays NaN."""
        return self.combine(Pairing.MINIMUM, self.combine(Pairing.MAXIMUM, source, low), high)

    def both_signs(self, source: int) -> int:
        """The first column negated, then unchanged: both classes' scores from the second's."""
        return self.combine(Pairing.MULTIPLY, self.select(source, [0, 0]), [-1.0, 1.0])

    def reduce(self, reduction: Reduction, source: int, ends: Sequence[int] | None = None) -> int:
        """One value per group of columns; without `ends` all columns are one group."""
        groups = [self.width(source)] if ends is None else ends
        return self.add(Reduce(reduction, np.asarray(groups, dtype="<u4")), source)

    def argmax(self, source: int) -> int:
        """Index of the first largest value."""
        return self.reduce(Reduction.ARGMAX, source)

    def linear(self, source: int, weights: Any, bias: Any = 0.0, *, cancels: bool = False) -> int:
        """The bias plus weights @ row; weights (width, source width), bias (width,) or a number."""
        matrix = np.atleast_2d(np.asarray(weights, dtype=np.float64))
        full = np.broadcast_to(np.asarray(bias, dtype=np.float64).ravel(), (len(matrix),))
        return self.add(Linear(matrix, np.ascontiguousarray(full), cancels), source)

    def mean(self, sources: Sequence[int], weights: Sequence[float] | None = None) -> int:
        """The mean of registers of one width, added in order; weighted if weights are given."""
        terms = list(sources)
        if weights is not None:
            terms = [
                self.combine(Pairing.MULTIPLY, term, weight)
                for term, weight in zip(terms, weights, strict=True)
            ]
        total = terms[0]
        for term in terms[1:]:
            total = self.pair(Pairing.ADD, total, term)
        divisor = float(len(terms)) if weights is None else float(np.sum(weights))
        return self.combine(Pairing.DIVIDE, total, divisor)

    def mark_ties(self, distance: int, among: str) -> None:
        """Tell the proof where rounding decides: where a value of a register is almost 0.

        Args:
            distance: relative distances from a tie, such as between the last neighbour that
                counts and the next one.
            among: what the model chooses among, such as `neighbours`.
        """
        self.ties[distance] = among

    def mark_sums(self, sums: int, sizes: int, n_terms: int) -> None:
        """Tell the proof of sums whose terms may cancel out, which makes rounding errors visible.

        Args:
            sums: register of the sums.
            sizes: register of the sums of the terms' absolute values, equally wide.
            n_terms: how many terms each sum has; the error grows with their number.
        """
        growth = max(1.0, n_terms / FEWEST_ROUNDINGS)
        self.sums.append((sums, self.combine(Pairing.MULTIPLY, sizes, growth)))

    def mark_logarithms(self, sizes: int, n_terms: int) -> None:
        """Tell the proof that sums become exponents: their errors show in each probability.

        The relative error of exp(s) is the absolute error of s.

        Args:
            sizes: register of the sums of the terms' absolute values.
            n_terms: how many terms each sum has.
        """
        self.mark_sums(self.constant(np.ones(self.width(sizes))), sizes, n_terms)

    def finish(self, outputs: Mapping[Output, int]) -> Program:
        """The Program of these outputs, without unneeded steps.

        An output may not be the row itself.
        """
        doubts = {}
        if self.ties:
            doubts[Output.TIES] = self.join(list(self.ties))
        if self.sums:
            sums, sizes = zip(*self.sums, strict=True)
            doubts[Output.SUMS] = self.join([*sums, *sizes])
        return replace(
            self._only(outputs),
            doubts=self._only(doubts) if doubts else None,
            tied_among=tuple(dict.fromkeys(self.ties.values())),
        )

    def _only(self, outputs: Mapping[Output, int]) -> Program:
        """The steps that these outputs need."""
        row = Select(np.arange(self.n_features, dtype="<u4"))
        own = {name: register or self.add(row, 0) for name, register in outputs.items()}
        needed = set(own.values())
        for number in range(len(self.steps), 0, -1):
            if number in needed:
                needed.update(source for source in self.steps[number - 1].sources if source)
        place = {0: 0}
        steps: list[Step] = []
        for number, step in enumerate(self.steps, start=1):
            if number in needed:
                sources = tuple(place[source] for source in step.sources)
                steps.append(Step(step.operation, sources, step.width))
                place[number] = len(steps)
        return Program(
            n_features=self.n_features,
            steps=tuple(steps),
            outputs={name: place[register] for name, register in own.items()},
            vocabulary=tuple(self.codes.vocabulary),
            categories=frozenset(self.categories),
        )


def _floats(values: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.atleast_1d(np.asarray(values, dtype=np.float64)).ravel()
