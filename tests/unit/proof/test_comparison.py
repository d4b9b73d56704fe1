"""What is as good as equal to the model's own answers, and what is said of the rest."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from poner.artifacts import Examples, ParityReport, Table
from poner.bundle import KnownAnswer
from poner.errors import ParityError
from poner.proof import Doubts, Subject, Tolerance, compare, describe, find_known_answer, rivals
from tests.support.proving import make_examples


def check(
    examples: Examples,
    predictions: Any,
    scores: Any = None,
    *,
    tolerance: float = 1e-9,
    **subject: Any,
) -> ParityReport:
    """Compare answers with those of the examples."""
    answers = {"predict": np.array(predictions, dtype=float).reshape(len(predictions), -1)}
    if scores is not None:
        assert examples.scores_method is not None
        answers[examples.scores_method] = np.array(scores, dtype=float)
    tolerances = dict.fromkeys(examples.answers, Tolerance(tolerance))
    return compare(Subject("It", "Look.", tolerances, **subject), answers, examples)


def test_values_may_differ_by_the_tolerance() -> None:
    """Relative to the value, or to what values usually are where it is small."""
    examples = make_examples([1000.0, 1.0, 1000.0, 1e-9])
    own = examples.predictions
    report = check(examples, own + np.array([[9e-7], [-4e-7], [0.0], [4e-7]]))
    (output,) = report.outputs
    assert (report.rows_tried, report.rows_equal, report.rows_tied) == (4, 4, 0)
    assert (output.output, output.rows_equal, output.tolerance) == ("predict", 1, 1e-9)
    assert output.rows_rounded == 3
    assert output.largest_difference == pytest.approx(9e-7)
    for place in range(4):
        with pytest.raises(ParityError, match="1 of 4 rows"):
            check(examples, own + np.eye(4)[:, [place]] * 2e-6)


def test_zeros_do_not_say_how_large_values_are() -> None:
    """Where most values are 0, a small one is measured by the others; by the output if all are."""
    examples = make_examples([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.4, 0.0]])
    one = np.eye(4)[:, [0]]
    assert check(examples, examples.predictions + 1e-16 * one).outputs[0].rows_rounded == 1
    with pytest.raises(ParityError):
        check(examples, examples.predictions + 1e-9 * one)


def test_a_small_probability_may_be_one_minus_the_others() -> None:
    """It then has the last bits of 1, and so it may differ in these; a value may not."""
    scores = np.array([[1 - 1e-15, 1e-15]] * 3)
    examples = make_examples([0, 0, 0], scores, classes=(0, 1))
    other = scores + np.array([0.0, 1e-16])
    assert check(examples, [0, 0, 0], other).outputs[0].rows_rounded == 3
    with pytest.raises(ParityError):
        check(examples, [0, 0, 0], scores + np.array([0.0, 1e-14]))
    with pytest.raises(ParityError):
        check(make_examples([1e-15] * 3), np.full(3, 1e-15) + 1e-16)


def test_what_is_not_finite_is_equal_to_itself_alone() -> None:
    """NaN to NaN, and infinities to those of the same sign."""
    examples = make_examples([np.nan, np.inf, -np.inf, 1.0])
    own = examples.predictions
    assert check(examples, own.copy()).outputs[0].rows_equal == 4
    for place, other in ((0, 1.0), (1, -np.inf), (1, 1.0), (2, np.nan), (3, np.inf), (3, np.nan)):
        wrong = own.copy()
        wrong[place] = other
        with pytest.raises(ParityError):
            check(examples, wrong)


def test_another_label_is_never_let_go() -> None:
    """However close the scores; the error says the output, how many rows, and what to do."""
    scores = [[0.5 + 1e-12, 0.5 - 1e-12], [0.1, 0.9], [0, 1]]
    examples = make_examples([0, 1, 1], scores, classes=("no", "yes"))
    with pytest.raises(ParityError) as caught:
        check(examples, [1.0, 1.0, 1.0], scores)
    assert "It gives other predicted classes than the model on 1 of 3 rows" in caught.value.message
    assert caught.value.hint == "Look."
    wrong = scores + np.array([[0, 0], [0.1, 0], [0, 0]])
    with pytest.raises(ParityError, match=r"predict_proba .* on 1 of 3 rows, by up to 0\.1"):
        check(examples, [0, 1, 1], wrong)


def test_a_tie_may_go_either_way() -> None:
    """Where the model's own two best scores are equal but for their last bits; it is counted."""
    scores = [[0.4, 0.4 + 2e-16, 0.2], [0.1, 0.8, 0.1]]
    examples = make_examples([1, 1], scores, classes=(0, 1, 2))
    report = check(examples, [0.0, 1.0], scores)
    assert (report.rows_equal, report.rows_tied, report.tied_among) == (1, 1, ("classes",))
    assert report.outputs[1].rows_equal == 1
    assert describe(report) == [
        "Parity: 1 of 2 rows equal to the bit, 1 with ties among classes, where scikit-learn's "
        "choice is arbitrary."
    ]
    with pytest.raises(ParityError):
        check(examples, [2.0, 1.0], scores)


def test_what_is_let_go_is_counted_under_its_reason() -> None:
    """Each row once: a tie, a sum that cancels out, inputs whose last bits the model amplifies."""
    examples = make_examples(np.ones(6))
    answers = 1.0 + np.array([0.0, 1e-10, 1e-8, 1e-7, 5.0, 0.0])
    doubts = Doubts(
        tied=np.array([False] * 4 + [True, True]),
        among=("neighbours",),
        cancelled=np.array([0.0, 0.0, 1e-8, 0.0, 0.0, 0.0]) * 1.1,
    )

    def moved(output: str, places: Any) -> Any:
        assert (output, places.tolist()) == ("predict", [3])
        return np.full((1, 1), 2e-7)

    report = check(examples, answers, doubts=doubts, moved=moved)
    (output,) = report.outputs
    assert (output.rows_equal, output.rows_rounded, output.rows_cancelled) == (2, 1, 1)
    assert (output.rows_amplified, output.rows_tied) == (1, 1)
    assert (report.rows_equal, report.rows_cancelled, report.rows_amplified) == (3, 1, 1)
    assert (report.rows_tied, report.tied_among) == (1, ("neighbours",))
    assert output.largest_difference == pytest.approx(1e-7)
    assert output.largest_tied_difference == 5.0
    assert describe(report) == [
        "Parity: 3 of 6 rows equal but for rounding, 1 with ties among neighbours, where "
        "scikit-learn's choice is arbitrary, 1 where the terms of a sum cancel out, 1 where the "
        "model's own answer moves as much when its inputs change in their last bits.",
        "Numbers differ by at most 1.0e-07.",
    ]


def test_what_a_model_amplifies_has_a_limit() -> None:
    """A millionth, however much its own answers move; the hint says what to do."""
    examples = make_examples(np.ones(2))
    with pytest.raises(ParityError) as caught:
        check(examples, [1.0, 1.0 + 2e-6], moved=lambda output, places: np.ones((1, 1)))
    assert "regularized" in caught.value.hint


def test_refused_rows_and_absent_outputs_are_said() -> None:
    """An output that the engine does not compute was not compared."""
    examples = make_examples([0, 1], [[1, 0], [0, 1]], classes=(0, 1))
    examples = dataclasses.replace(examples, rows_refused=40, refusals_compared=20)
    report = check(examples, [0, 1])
    assert report.outputs_absent == ("predict_proba",)
    assert describe(report)[1:] == [
        "Left out: 40 rows that the model refuses; both refuse the 20 of them that were compared.",
        "Not computed by this engine: predict_proba.",
    ]


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
            [[1, 1], [0, 1]],
        ),
        (None, (0, 1), "predict_proba", [[False], [False]]),
        ([[1.0], [1.0]], (0,), "predict_proba", [[False], [False]]),
        ([[3.0] * 6] * 2, (0, 1, 2, 3), "decision_function", [[False], [False]]),
    ],
    ids=["decision", "one of two", "labels", "outputs", "no scores", "one class", "pairs"],
)
def test_ties_are_found_output_by_output(scores: Any, classes: Any, method: Any, tied: Any) -> None:
    """A score for each class, or for the second alone; what says less has no ties."""
    examples = make_examples(np.zeros(np.shape(tied)), scores, classes=classes, method=method)
    found = [same.sum(axis=1) > 1 for same in rivals(examples, 8 * np.finfo(float).eps)]
    assert np.transpose(found).tolist() == np.array(tied, bool).tolist()


def test_scores_of_another_form_are_no_scores() -> None:
    """A graph that gives another number of columns is refused, not cut."""
    examples = make_examples([0, 1], [[1, 0], [0, 1]], classes=(0, 1))
    with pytest.raises(ParityError, match="another number of columns"):
        check(examples, [0, 1], np.zeros((2, 3)))


def test_an_output_that_the_model_has_not_is_an_error() -> None:
    """There is nothing to compare its answers with."""
    examples = make_examples([0, 1], classes=(0, 1))
    subject = Subject("It", "Look.", {"predict": Tolerance(1e-9)})
    answers = {"predict": examples.predictions, "predict_proba": np.zeros((2, 2))}
    with pytest.raises(ParityError, match="has the output predict_proba"):
        compare(subject, answers, examples)


def test_without_scores_the_labels_decide() -> None:
    """A model that has neither probabilities nor decision values."""
    examples = make_examples([0, 1], classes=(0, 1))
    assert check(examples, [0, 1]).rows_equal == 2
    with pytest.raises(ParityError):
        check(examples, [1, 0], tolerance=1.0)


def with_typical(examples: Examples, **changes: Any) -> Examples:
    """The examples with their last row as the typical one."""
    kinds = {"training": len(examples.rows) - 1, "typical": 1}
    return dataclasses.replace(examples, rows_by_kind=kinds, **changes)


def test_the_known_answer_is_the_models_own() -> None:
    """A class in its own type, which must be equal; a value within the tolerance of the proof."""
    tolerance = Tolerance(1e-9)
    examples = make_examples([0, 1], [[0.9, 0.1], [0.2, 0.8]], classes=("no", "yes"))
    known = find_known_answer(with_typical(examples), tolerance)
    assert known == KnownAnswer('{"a": 0.0}', "yes", (0.0,))
    values = with_typical(make_examples([[1000.0, 0.5], [3000.0, 2.5], [2000.0, 0.0]]))
    known = find_known_answer(values, tolerance)
    assert known is not None
    assert (known.body, known.prediction) == ('{"a": 0.0}', [2000.0, 0.0])
    assert known.tolerance == pytest.approx((2e-6, 1.5e-9))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_json_cannot_say_is_no_known_answer(value: float) -> None:
    """Neither as an answer nor in a row; nor where there is no typical row at all."""
    tolerance = Tolerance(1e-9)
    assert find_known_answer(make_examples([1.0, 2.0]), tolerance) is None
    assert find_known_answer(with_typical(make_examples([1.0, value])), tolerance) is None
    rows = Table.of_numbers(np.array([[0.0], [value]]))
    examples = with_typical(make_examples([1.0, 2.0]), rows=rows)
    assert find_known_answer(examples, tolerance) is None


def test_a_tie_is_no_known_answer() -> None:
    """Another machine's rounding may choose the other class."""
    examples = make_examples([1, 0], [[0.1, 0.9], [0.5, 0.5]], classes=(0, 1))
    assert find_known_answer(with_typical(examples), Tolerance(1e-9)) is None
