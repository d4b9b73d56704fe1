"""Rows with the model's own answers, for engines that ship the model and not its tables.

Where the compiler can read the model, the rows stand on the values at which its answers change;
where it cannot, they are those of training, and rows drawn from what was seen there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import (
    Examples,
    FloatArray,
    JsonScalar,
    Oracle,
    Rows,
    Signature,
    TrainedModel,
    is_missing,
)
from poner.compiler.boundary_values import BoundaryValues, boundary_values
from poner.compiler.parity_rows import UNKNOWN, Answerable, make_rows, probes_of
from poner.compiler.proof import class_indices
from poner.compiler.readers import read_model
from poner.errors import ModelUnreadableError, NotSupportedError, ParityError
from poner.rows import as_matrix, as_objects

MOST_ROWS_OF_A_KIND = 2_000
"""Rows of each kind that are kept, evenly: the model itself is slower than its tables."""

MOST_ROWS_ALONE = 100
"""Rows of each kind where every row has to be asked alone."""

_UNKNOWN_SPREAD = np.array([-100.0, -10.0, -1.0, -0.1, 0.0, 0.1, 1.0, 10.0, 100.0])
"""What is tried of a feature of which nothing is known."""

_BEYOND_FLOAT32, _WITHIN_FLOAT32 = 1e39, 1e30
_SCORES = ("predict_proba", "decision_function")
_SAMPLE_ROWS = 16
_ROUNDING = 1e-9
"""What a model's answers may differ by, relative, when a row is asked in other company."""


@dataclass(frozen=True)
class _Known:
    """What is known of a model's inputs."""

    signature: Signature
    """Which features are texts."""
    strings: tuple[str, ...]
    """Texts that features are seen to hold; rows hold a text's place among them."""
    values: BoundaryValues
    """What to try of each feature."""


class _Questions:
    """The model, asked with rows in which texts are places among the known ones."""

    def __init__(self, oracle: Oracle, known: _Known) -> None:
        self.oracle, self.known = oracle, known

    def as_taken(self, matrix: FloatArray) -> Rows:
        """Rows as the model takes them."""
        known = self.known
        return as_objects(matrix, known.signature, known.strings)

    def answer(self, method: str, matrix: FloatArray) -> NDArray[np.generic] | None:
        """What a method answers, (n_rows, width); None where the model refuses a row."""
        try:
            answered = self.oracle.answer(method, self.as_taken(matrix))
        except ModelUnreadableError:
            return None
        return answered.reshape(len(matrix), -1)

    def takes(self, matrix: FloatArray) -> bool:
        """Whether the model answers all of these rows."""
        return self.answer("predict", matrix) is not None

    def taken(self, matrix: FloatArray) -> NDArray[np.bool_]:
        """(n_rows,) which rows the model answers; found by halving."""
        if not len(matrix) or self.takes(matrix):
            return np.ones(len(matrix), bool)
        if len(matrix) == 1:
            return np.zeros(1, bool)
        middle = len(matrix) // 2
        return np.concatenate([self.taken(matrix[:middle]), self.taken(matrix[middle:])])


def collect_examples(
    model: TrainedModel, *, progress: Callable[[float], None] = lambda share: None
) -> Examples:
    """Ask the model on rows of every kind that a request can hold.

    Args:
        model: as the loader opened it; its oracle is asked.
        progress: called with the share that is done, 0 to 1.

    Raises:
        ParityError: no row is known that the model answers, or none of its training rows is.
        ModelUnreadableError: the fitted state is damaged.
    """
    known = _read(model) or _look_at_data(model)
    questions = _Questions(model.oracle, known)
    training = as_matrix(model.training_rows, known.signature, known.strings)
    typical = _typical_row(questions, training)
    progress(0.2)
    answerable = _find_answerable(questions, typical, training)
    progress(0.4)
    kinds = {}
    for kind, rows in make_rows(training, known.values, answerable).items():
        taken = _answered(questions, rows[:: -(-len(rows) // MOST_ROWS_OF_A_KIND)], kind)
        if len(taken):
            kinds[kind] = taken
    if not kinds:
        raise ParityError(
            "No row was found that the model answers, so nothing could be compared.",
            "Save the model with poner.save(model, X, y, folder), which keeps rows to try.",
        )
    if len(training) and "training" not in kinds:
        raise ParityError(
            "The model answers none of the rows it was trained on once they are plain numbers "
            "and texts, as a request holds them.",
            "Fit it on numbers and texts: a column of pandas' dtype category, for instance, needs "
            "an OrdinalEncoder in a Pipeline.",
        )
    if typical is not None:
        kinds["typical"] = typical
    progress(0.7)
    rows = np.concatenate(list(kinds.values()))
    predictions, method, scores = _ask(questions, rows)
    alone = _depends_on_company(questions, rows, scores)
    if alone:
        kinds = {kind: rows[:: -(-len(rows) // MOST_ROWS_ALONE)] for kind, rows in kinds.items()}
        rows = np.concatenate(list(kinds.values()))
        predictions, method, scores = _ask_alone(questions, rows)
    progress(1.0)
    features = tuple(
        replace(feature, missing=missing)
        for feature, missing in zip(known.signature.features, answerable.missing, strict=True)
    )
    return Examples(
        signature=replace(known.signature, features=features),
        rows=questions.as_taken(rows),
        rows_by_kind={kind: len(part) for kind, part in kinds.items()},
        predictions=predictions,
        scores_method=method,
        scores=scores,
        refused=_refused_rows(questions, typical, answerable),
        asked_alone=alone,
        number_type=_number_type(questions, typical),
        none_of=model.none_of,
        typical=None if typical is None else _as_scalars(questions.as_taken(typical)[0]),
    )


def _read(model: TrainedModel) -> _Known | None:
    """What the compiler's readers find; None where they do not know the model."""
    try:
        program, _ = read_model(model)
    except NotSupportedError:
        return None
    features = tuple(
        replace(feature, kind="category") if place in program.categories else feature
        for place, feature in enumerate(model.signature.features)
    )
    return _Known(
        replace(model.signature, features=features),
        program.strings,
        boundary_values(program),
    )


def _look_at_data(model: TrainedModel) -> _Known:
    """What the signature and the training rows say."""
    features, rows = model.signature.features, model.training_rows
    seen: dict[str, None] = {}
    categories, by_feature = set(), []
    for place, feature in enumerate(features):
        column = rows[:, place].tolist()
        if feature.kind == "category":
            categories.add(place)
            texts = dict.fromkeys([*(v for v in column if isinstance(v, str)), *feature.categories])
            for text in texts:
                seen.setdefault(text)
            places = list(seen)
            by_feature.append(np.array([float(places.index(text)) for text in texts]))
        else:
            numbers = [float(value) for value in column if not is_missing(value)]
            by_feature.append(np.unique([*numbers, *feature.quantiles] or _UNKNOWN_SPREAD))
    no_points = np.empty((0, len(features)))
    values = BoundaryValues(tuple(by_feature), frozenset(categories), frozenset(), no_points)
    return _Known(model.signature, tuple(seen), values)


def _typical_row(questions: _Questions, training: FloatArray) -> FloatArray | None:
    """(1, n_features) medians, and of texts the most frequent, if the model answers for them."""
    known, row = questions.known, []
    for place, feature in enumerate(known.signature.features):
        column = training[:, place]
        seen = column[np.isfinite(column) & (column != UNKNOWN)]
        if not len(seen):
            seen = np.array(feature.quantiles or known.values.by_feature[place])
            seen = seen[np.isfinite(seen)]
        if not len(seen):
            row.append(0.0)
        elif feature.kind == "category" or place in known.values.categories:
            values, counts = np.unique(seen, return_counts=True)
            row.append(float(values[np.argmax(counts)]))
        else:
            row.append(float(np.median(seen)))
    typical = np.array([row])
    return typical if questions.takes(typical) else None


def _answered(questions: _Questions, rows: FloatArray, kind: str) -> FloatArray:
    """Those of the rows that the model answers; none where it refuses a sample of them."""
    sample = _taken_rows(questions, rows[:_SAMPLE_ROWS], kind)
    if not len(sample):
        return sample
    return np.concatenate([sample, _taken_rows(questions, rows[_SAMPLE_ROWS:], kind)])


def _taken_rows(questions: _Questions, rows: FloatArray, kind: str) -> FloatArray:
    """Those of the rows that the model answers, however many.

    Rows drawn for a model that takes no negative numbers are tried without their signs.
    """
    taken = questions.taken(rows)
    if kind == "drawn":
        signed = ~taken & np.any(rows < 0.0, axis=1)
        rows = np.where(signed[:, None], np.abs(rows), rows)
        taken[signed] = questions.taken(rows[signed])
    return rows[taken]


def _find_answerable(
    questions: _Questions, typical: FloatArray | None, training: FloatArray
) -> Answerable:
    """What the model takes, feature by feature, in a row that it answers otherwise.

    Infinities are left out: no request can hold one.
    """
    count = len(questions.known.signature.features)
    usual = training[:1] if typical is None and len(training) else typical
    nothing = (False,) * count
    if usual is None:
        return Answerable(nothing, nothing, nothing)
    texts = np.array([f.kind == "category" for f in questions.known.signature.features])
    found = []
    for value, where in ((np.nan, np.ones(count, bool)), (UNKNOWN, texts)):
        taken = np.zeros(count, bool)
        for places, probes in probes_of(usual[0], value):
            asked = where[places]
            taken[places[asked]] = questions.taken(probes[asked])
        found.append(tuple(taken.tolist()))
    missing, unknown = found
    return Answerable(missing, nothing, unknown)


def _refused_rows(
    questions: _Questions, typical: FloatArray | None, answerable: Answerable
) -> tuple[tuple[JsonScalar | None, ...], ...]:
    """The typical row with an unknown text, for each feature in which the model refuses one."""
    if typical is None:
        return ()
    rows = []
    for place, feature in enumerate(questions.known.signature.features):
        if feature.kind == "category" and not answerable.unknown[place]:
            row = typical.copy()
            row[0, place] = UNKNOWN
            rows.append(_as_scalars(questions.as_taken(row)[0]))
    return tuple(rows)


def _number_type(questions: _Questions, typical: FloatArray | None) -> str:
    """`float32` where the model takes large numbers, but none beyond float32."""
    if typical is None:
        return "float64"
    categories = questions.known.values.categories
    numbers = ~np.isin(np.arange(typical.shape[1]), list(categories))
    within, beyond = (
        questions.takes(np.where(numbers, value, typical))
        for value in (_WITHIN_FLOAT32, _BEYOND_FLOAT32)
    )
    return "float32" if within and not beyond else "float64"


Answers = tuple[FloatArray, str | None, FloatArray]
"""Predictions, the method that gives the scores, and these."""


def _depends_on_company(questions: _Questions, rows: FloatArray, scores: FloatArray) -> bool:
    """Whether a row's answer changes with the rows beside it, as behind NMF, which iterates.

    Args:
        questions: the model.
        rows: some that it answers.
        scores: what it answers to all of them together.
    """
    step = -(-len(rows) // _SAMPLE_ROWS)
    alone = _ask_alone(questions, rows[::step])[2]
    return not np.allclose(scores[::step], alone, rtol=_ROUNDING, atol=_ROUNDING, equal_nan=True)


def _ask_alone(questions: _Questions, rows: FloatArray) -> Answers:
    """What `_ask` gives, row by row."""
    parts = [_ask(questions, rows[place : place + 1]) for place in range(len(rows))]
    predictions, (method, *_), scores = zip(*parts, strict=True)
    return np.concatenate(predictions), method, np.concatenate(scores)


def _ask(questions: _Questions, rows: FloatArray) -> Answers:
    """The model's answers to rows, asked together.

    Raises:
        ParityError: it answers each of the rows, but not all together.
    """
    classes = questions.known.signature.output_classes
    answers = questions.answer("predict", rows)
    if answers is None:
        raise ParityError(
            "The model answers some rows alone that it refuses together.",
            "Check its transformers: an answer must not depend on the other rows.",
        )
    if classes is None:
        values = answers.astype(np.float64)
        return values, None, values
    predictions = class_indices(answers, classes)
    for method in _SCORES:
        scores = questions.answer(method, rows)
        if scores is not None:
            return predictions, method, scores.astype(np.float64)
    return predictions, None, np.empty((len(rows), 0))


def _as_scalars(row: NDArray[np.generic]) -> tuple[JsonScalar | None, ...]:
    return tuple(None if is_missing(value) else value for value in row.tolist())
