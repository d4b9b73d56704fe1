"""What is as good as equal to the model's own answers, and what is said of the rest."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from poner.artifacts import Examples, Table
from poner.bundle import KnownAnswer
from poner.bundler.layered_verification import (
    LayeredCase,
    compare,
    find_known_answer,
    find_ties,
)
from poner.errors import ParityError
from poner.signature import Feature, Signature


def make_case(
    predictions: Any,
    scores: Any = None,
    *,
    classes: Any = None,
    method: str | None = None,
    tolerance: float = 1e-9,
) -> LayeredCase:
    """A case of so many rows with these answers."""
    predictions = np.array(predictions, dtype=float).reshape(len(predictions), -1)
    own = predictions if scores is None else np.array(scores, dtype=float)
    examples = Examples(
        Signature((Feature("a", "a"),), classes),
        Table.of_numbers(np.zeros((len(predictions), 1))),
        {"training": len(predictions)},
        predictions,
        method,
        own.reshape(len(predictions), -1),
        "float64",
        (),
        None,
    )
    return LayeredCase(examples, "onnx", tolerance)


def test_values_may_differ_by_the_tolerance() -> None:
    """Relative to the value, or to what values usually are where it is small."""
    case = make_case([1000.0, 1.0, 1000.0, 1e-9])
    own = case.examples.predictions
    moved = own + np.array([[9e-7], [-4e-7], [0.0], [4e-7]])
    report = compare(case, moved, None)
    (output,) = report.outputs
    assert (report.rows_tried, report.rows_equal, report.rows_tied) == (4, 4, 0)
    assert (output.output, output.rows_equal, output.tolerance) == ("predict", 1, 1e-9)
    assert output.largest_difference == pytest.approx(9e-7)
    for place in range(4):
        with pytest.raises(ParityError, match="1 of 4 rows"):
            compare(case, own + np.eye(4)[:, [place]] * 2e-6, None)


def test_what_is_not_finite_is_equal_to_itself_alone() -> None:
    """NaN to NaN, and infinities to those of the same sign."""
    case = make_case([np.nan, np.inf, -np.inf, 1.0])
    own = case.examples.predictions
    assert compare(case, own.copy(), None).outputs[0].rows_equal == 4
    for place, other in ((0, 1.0), (1, -np.inf), (2, np.nan), (3, np.inf), (3, np.nan)):
        wrong = own.copy()
        wrong[place] = other
        with pytest.raises(ParityError):
            compare(case, wrong, None)


def test_another_label_is_never_let_go() -> None:
    """However close; the error says the engine, the output, how many rows, and what to do."""
    case = make_case(
        [0, 1, 1], [[0.5 + 1e-12, 0.5 - 1e-12], [0.1, 0.9], [0, 1]],
        classes=("no", "yes"), method="predict_proba",
    )  # fmt: skip
    with pytest.raises(ParityError) as caught:
        compare(case, np.array([[1.0], [1.0], [1.0]]), case.examples.scores)
    assert "onnx" in caught.value.message
    assert "predicted classes than the model on 1 of 3 rows" in caught.value.message
    assert "--engine sklearn" in caught.value.hint
    wrong = case.examples.scores + np.array([[0, 0], [0.1, 0], [0, 0]])
    with pytest.raises(ParityError, match=r"predict_proba .* on 1 of 3 rows, by up to 0\.1"):
        compare(case, case.examples.predictions, wrong)


def test_a_tie_may_go_either_way() -> None:
    """Where the model's own two best scores are equal but for their last bits; it is counted."""
    scores = [[0.4, 0.4 + 2e-16, 0.2], [0.1, 0.8, 0.1]]
    case = make_case([1, 1], scores, classes=(0, 1, 2), method="predict_proba")
    report = compare(case, np.array([[0.0], [1.0]]), case.examples.scores)
    assert (report.rows_equal, report.rows_tied) == (2, 1)
    assert report.outputs[1].rows_equal == 1


@pytest.mark.parametrize(
    ("scores", "classes", "method", "tied"),
    [
        ([[0.0], [1e-3]], (0, 1), "decision_function", [[True], [False]]),
        ([[0.5], [0.4]], ((0, 1),), "predict_proba", [[True], [False]]),
        ([[0.0, 1.0], [2.0, 0.0]], ((0, 1), (0, 1)), "decision_function", [[1, 0], [0, 1]]),
        (
            [[0.5, 0.5, 0.2, 0.2, 0.6], [0.1, 0.9, 0.4, 0.4, 0.2]],
            ((0, 1), (0, 1, 2)),
            "predict_proba",
            [[1, 0], [0, 1]],
        ),
        ([[0.5, 0.5]] * 2, (0, 1), None, [[False], [False]]),
        ([[1.0], [1.0]], (0,), "predict_proba", [[False], [False]]),
        ([[3.0] * 6] * 2, (0, 1, 2, 3), "decision_function", [[False], [False]]),
    ],
    ids=["decision", "one of two", "labels", "outputs", "no scores", "one class", "pairs"],
)
def test_ties_are_found_output_by_output(scores: Any, classes: Any, method: Any, tied: Any) -> None:
    """A score for each class, or for the second alone; what says less has no ties."""
    predictions = np.zeros(np.shape(tied))
    case = make_case(predictions, scores, classes=classes, method=method)
    assert find_ties(case.examples).tolist() == np.array(tied, bool).tolist()


def test_scores_of_another_form_are_no_scores() -> None:
    """A graph that gives another number of columns is refused, not cut."""
    case = make_case([0, 1], [[1, 0], [0, 1]], classes=(0, 1), method="predict_proba")
    with pytest.raises(ParityError, match="another number of columns"):
        compare(case, case.examples.predictions, np.zeros((2, 3)))


def test_without_scores_the_labels_decide() -> None:
    """A model that has neither probabilities nor decision values."""
    case = make_case([0, 1], [[0], [1]], classes=(0, 1))
    assert compare(case, case.examples.predictions, None).largest_difference == 0.0
    flipped = dataclasses.replace(case.examples, predictions=1 - case.examples.predictions)
    with pytest.raises(ParityError):
        compare(LayeredCase(flipped, "onnx", 1.0), case.examples.predictions, None)


def with_typical(case: LayeredCase, **changes: Any) -> LayeredCase:
    """The case with its last row as the typical one."""
    kinds = {"training": len(case.examples.rows) - 1, "typical": 1}
    examples = dataclasses.replace(case.examples, rows_by_kind=kinds, **changes)
    return dataclasses.replace(case, examples=examples)


def test_the_known_answer_is_the_models_own() -> None:
    """A class in its own type, which must be equal; a value within the tolerance of the proof."""
    case = make_case([0, 1], [[0.9, 0.1], [0.2, 0.8]], classes=("no", "yes"), method="any")
    known = find_known_answer(with_typical(case))
    assert known == KnownAnswer('{"a": 0.0}', "yes", (0.0,))
    values = with_typical(make_case([[1000.0, 0.5], [3000.0, 2.5], [2000.0, 0.0]]))
    known = find_known_answer(values)
    assert known is not None
    assert (known.body, known.prediction) == ('{"a": 0.0}', [2000.0, 0.0])
    assert known.tolerance == pytest.approx((2e-6, 5e-10))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_json_cannot_say_is_no_known_answer(value: float) -> None:
    """Neither as an answer nor in a row; nor where there is no typical row at all."""
    assert find_known_answer(make_case([1.0, 2.0])) is None
    assert find_known_answer(with_typical(make_case([1.0, value]))) is None
    rows = Table.of_numbers(np.array([[0.0], [value]]))
    assert find_known_answer(with_typical(make_case([1.0, 2.0]), rows=rows)) is None


def test_a_tie_is_no_known_answer() -> None:
    """Another machine's rounding may choose the other class."""
    scores = [[0.1, 0.9], [0.5, 0.5]]
    case = make_case([1, 0], scores, classes=(0, 1), method="predict_proba")
    assert find_known_answer(with_typical(case)) is None
