"""Operations state their meaning: boundary values, the way back, and how they print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from poner import loader
from poner.artifacts import FloatArray
from poner.compiler.boundary_values import boundary_values
from poner.compiler.converters import convert_model
from poner.compiler.operations.elementwise import Combine, Pairing
from poner.compiler.operations.operation import KernelForm, OneWay, Operation
from poner.compiler.operations.plumbing import Join, Select
from poner.compiler.operations.rowwise import Linear, Reduce, Reduction
from poner.compiler.program import Output, Program, ProgramBuilder
from poner.compiler.tables import write_tables
from poner_runtime import _kernel
from poner_runtime.model import Model

ARCHITECTURE = Path(__file__).parents[3] / "docs/architecture.md"


def listing_of(model: Any, rows: Any) -> str:
    """A fitted model's Program as text, with the features' names."""
    with loader.open_estimator(model, X=rows) as trained:
        program, _ = convert_model(trained)
        return program.listing([feature.wire_name for feature in trained.signature.features])


@pytest.mark.parametrize("forgotten", ["tolerance", "keeps_values", "boundary_values", "undo"])
def test_an_operation_that_forgets_a_part_of_its_meaning_cannot_be_made(forgotten: str) -> None:
    """Each of the four required members is checked."""

    def boundary_values(self: Operation, width: int) -> Sequence[FloatArray | None]:
        return [None] * width

    whole = {
        "tolerance": 0.0,
        "keeps_values": False,
        "boundary_values": boundary_values,
        "undo": OneWay.undo,
    }
    dataclass(frozen=True)(type("Whole", (Operation, KernelForm), whole))()
    parts = {name: part for name, part in whole.items() if name != forgotten}
    with pytest.raises(TypeError, match=forgotten):
        dataclass(frozen=True)(type("Partial", (Operation, KernelForm), parts))()


def test_the_error_bound_of_a_sum_grows_with_its_terms() -> None:
    """Up to some hundred terms it is that of all rounding; then each term adds to it."""
    tolerances = [Linear(np.ones((1, n)), np.zeros(1)).tolerance for n in (10, 100, 1000, 10_000)]
    assert tolerances[0] == tolerances[1] < tolerances[2] == pytest.approx(tolerances[3] / 10)
    groups = [Reduce(Reduction.SUM, np.array(ends, dtype="<u4")) for ends in ([9_000], [1, 9_000])]
    assert groups[1].tolerance < groups[0].tolerance
    assert Reduce(Reduction.MAXIMUM, np.array([9_000], dtype="<u4")).tolerance == 0.0


@pytest.mark.parametrize(
    "pairing",
    [Pairing.ADD, Pairing.SUBTRACT, Pairing.MULTIPLY, Pairing.DIVIDE, Pairing.DIVIDE_OR_KEEP],
)
@pytest.mark.parametrize("operand", [[0.5], [4.0, 0.25]])
def test_arithmetic_is_undone(pairing: Pairing, operand: list[float]) -> None:
    """The kernel computes the original values from the result of `undo`."""
    operation = Combine(pairing, np.array(operand))
    values = np.array([-3.0, 0.0, 1.5])
    for column in range(2):
        undone = operation.undo(column, values, 2)
        assert undone is not None
        assert undone[:2] == (0, column)
        rows = np.zeros((3, 2))
        rows[:, column] = undone.values
        builder = ProgramBuilder(2)
        program = builder.finish({Output.PREDICT: builder.add(operation, 0)})
        model = Model(write_tables(program))
        answers = np.frombuffer(model.evaluate(_kernel.PREDICT, rows.tobytes())).reshape(3, 2)
        np.testing.assert_array_equal(answers[:, column], values)


def program_with_a_comparison() -> Program:
    """Columns 2 and 0 side by side, column 2 filled and scaled, compared with 6."""
    builder = ProgramBuilder(3)
    filled = builder.combine(Pairing.FILL, builder.select(0, [2]), 9.0)
    scaled = builder.combine(Pairing.MULTIPLY, filled, 2.0)
    both = builder.join([scaled, builder.select(0, [0])])
    compared = builder.combine(Pairing.GREATER, both, [6.0, 5.0])
    return builder.finish({Output.PREDICT: compared, Output.RAW: filled})


def test_boundary_values_go_back_through_every_kind_of_step() -> None:
    """A comparison's constants become values of the compared features."""
    found = boundary_values(program_with_a_comparison())
    assert [values.tolist() for values in found.by_feature] == [[5.0], [], [3.0]]


def test_a_column_is_known_as_its_feature_while_its_values_stay() -> None:
    """Selecting, joining and filling keep a feature; arithmetic does not."""
    program = program_with_a_comparison()
    kinds = {type(step.operation): number for number, step in enumerate(program.steps, start=1)}
    filled = program.outputs[Output.RAW]
    assert program.origin(filled, 0) == 2
    assert program.origin(kinds[Join], 0) is None
    assert program.origin(kinds[Join], 1) == 0
    assert program.origin(kinds[Select], 0) in (0, 2)


def test_the_documented_listing_is_the_programs() -> None:
    """docs/architecture.md shows what a scaled logistic regression prints today."""
    data = load_breast_cancer(as_frame=True)
    rows = data.data[["worst area", "worst texture", "worst radius"]]
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, data.target)
    assert f"```\n{listing_of(model, rows)}\n```" in ARCHITECTURE.read_text("utf-8")


def test_a_program_prints_without_names() -> None:
    """str() has a line for the row, one for each step and one for the outputs."""
    assert str(program_with_a_comparison()).splitlines() == [
        "row       3",
        "r1        1  Select(row, columns=[2])",
        "r2        1  Combine(r1, pairing=FILL, operand=[9])",
        "r3        1  Combine(r2, pairing=MULTIPLY, operand=[2])",
        "r4        1  Select(row, columns=[0])",
        "r5        2  Join(r3, r4)",
        "r6        2  Combine(r5, pairing=GREATER, operand=[6, 5])",
        "predict = r6, raw = r2",
    ]


def test_ensembles_print_their_size() -> None:
    """The listing of a forest has as many lines as that of a single tree."""
    draw = np.random.default_rng(0)
    rows = draw.normal(size=(100, 3))
    forest = RandomForestClassifier(7, max_depth=2, random_state=0).fit(rows, rows[:, 0] > 0)
    n_nodes = sum(member.tree_.node_count for member in forest.estimators_)
    n_leaves = sum(member.tree_.n_leaves for member in forest.estimators_)
    size = f"TreeEnsemble(r1, 7 trees, {n_nodes} nodes, {n_leaves} leaves"
    assert f"{size}, value <= threshold, float32, with covers)" in listing_of(forest, rows)
    rows[:, 0] = draw.integers(0, 5, 100)
    histogram = HistGradientBoostingRegressor(categorical_features=[0], max_iter=3)
    histogram.fit(rows, np.sin(rows[:, 0] * 9))
    assert "float64, with categories, with covers)" in listing_of(histogram, rows)
