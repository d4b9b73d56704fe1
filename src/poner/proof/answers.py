"""The answers: the model's own answers to the questions, kept as Examples for all engines."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import Examples, FloatArray, Table
from poner.errors import ModelUnreadableError, ParityError
from poner.proof.asked_model import AskedModel, Known
from poner.proof.questions import WIDE_FEATURES, Answerable, make_rows, thin
from poner.proof.refusals import AskedRefusals, CompiledRefusals, Refusals
from poner.proof.typical import find_typical_row
from poner.served_model import NumberType
from poner.signature import JsonScalar, Signature, category_places
from poner.table import UNKNOWN_CODE, as_lists

_ROWS_ALONE = 100
_CHUNK_ROWS = 20_000
_SAMPLE_ROWS = 16
_BEYOND_FLOAT32, _WITHIN_FLOAT32 = 1e39, 1e30
_COMPANY_ROUNDING = 1e-9
_MOST_GROUPS = 256
_MOST_REFUSED_ROWS = 200
_OPTIONAL = ("decision_function", "predict_proba")


def collect_examples(
    model: AskedModel,
    training: FloatArray,
    refusals: Refusals,
    *,
    missing_as_none: tuple[int, ...] = (),
    progress: Callable[[float], None] = lambda share: None,
) -> Examples:
    """Ask a model on rows of every kind that a request can hold.

    Args:
        model: the model and the facts known about it.
        training: rows of its training data.
        refusals: finds the rows that it refuses.
        missing_as_none: features whose missing values are None to the model.
        progress: called with the finished share, 0 to 1.

    Raises:
        ParityError: the model answers none of the rows, or none of its training rows.
    """
    typical = find_typical_row(model.known, training, refusals.predict)
    answerable = _find_answerable(model.known, typical, training, refusals)
    progress(0.1)
    compared = refusals.compared
    kinds, rows_refused = _answered_rows(model.known, training, answerable, refusals)
    compared = refusals.compared - compared
    if typical is not None:
        kinds["typical"] = typical
    rows = np.concatenate(list(kinds.values()))
    progress(0.3)
    answers = _ask_in_chunks(model, rows, lambda share: progress(0.3 + 0.7 * share))
    alone = isinstance(refusals, AskedRefusals) and _depends_on_company(model, rows, answers)
    if alone:
        kinds = {kind: thin(rows, _ROWS_ALONE) for kind, rows in kinds.items()}
        rows = np.concatenate(list(kinds.values()))
        answers = _ask_alone(model, rows, list(answers))
    return Examples(
        signature=_with_missing(model.known.signature, answerable),
        rows=model.table(rows),
        rows_by_kind={kind: len(part) for kind, part in kinds.items()},
        answers=answers,
        number_type=_number_type(model, typical),
        missing_as_none=missing_as_none,
        typical=None if typical is None else _as_scalars(model.table(typical)),
        refused=_refused_rows(model, typical, answerable),
        asked_alone=alone,
        rows_refused=rows_refused,
        refusals_compared=compared,
    )


def _with_missing(signature: Signature, answerable: Answerable) -> Signature:
    """The signature that permits null for each feature in which the model accepts NaN."""
    features = zip(signature.features, answerable.missing, strict=True)
    return replace(
        signature,
        features=tuple(replace(feature, missing=missing) for feature, missing in features),
    )


def _answered_rows(
    known: Known, training: FloatArray, answerable: Answerable, refusals: Refusals
) -> tuple[dict[str, FloatArray], int]:
    """The rows that the model answers, by kind, and the number of refused rows.

    Rows drawn for a model that refuses negative numbers are tried without their signs.

    Raises:
        ParityError: there are none, or none of training.
    """
    kinds, rows_refused = {}, 0
    for kind, made in make_rows(training, known.values, answerable, known.most_rows).items():
        rows, taken = made, refusals.taken(made)
        rows_refused += int(np.sum(~taken))
        if kind == "drawn":
            signed = ~taken & np.any(rows < 0.0, axis=1)
            rows = np.where(signed[:, None], np.abs(rows), rows)
            taken[signed] = refusals.taken(rows[signed])
            rows_refused += int(np.sum(~taken[signed]))
        if np.any(taken):
            kinds[kind] = rows[taken]
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
    return kinds, rows_refused


def _find_answerable(
    known: Known, typical: FloatArray | None, training: FloatArray, refusals: Refusals
) -> Answerable:
    """Which special values the model accepts in each feature of the typical or a training row.

    Only compiled models are asked about infinities: no request can hold one, and what stands for an
    ignored feature never reaches a model.
    """
    count = len(known.signature.features)
    nothing = (False,) * count
    usual = training[:50] if typical is None else typical
    if not len(usual):
        return Answerable(nothing, nothing, nothing)
    taken = refusals.taken(usual)
    usual = usual[taken] if np.any(taken) else usual
    names = known.signature.wire_names
    texts = np.isin(np.arange(count), category_places(known.signature.kinds))
    ignored = np.isin(np.arange(count), list(known.signature.ignored))
    found = []
    for value, where in (
        (np.nan, np.ones(count, bool)),
        (np.inf, ~texts & ~ignored & isinstance(refusals, CompiledRefusals)),
        (UNKNOWN_CODE, texts),
    ):
        places = np.flatnonzero(where)
        probe = _probe_groups if count > WIDE_FEATURES else _probe_each
        taken = np.zeros(count, bool)
        taken[places] = probe(usual[0], value, places, names, refusals)
        found.append(tuple(taken.tolist()))
    return Answerable(*found)


def _probe_each(
    usual: FloatArray,
    value: float,
    places: NDArray[np.intp],
    names: Sequence[str],
    refusals: Refusals,
) -> NDArray[np.bool_]:
    """Whether the model accepts a value in each of these features of a row."""
    probes = np.repeat(usual[None], len(places), axis=0)
    probes[np.arange(len(places)), places] = value
    return refusals.taken_probes(probes, [names[place] for place in places])


def _probe_groups(
    usual: FloatArray,
    value: float,
    places: NDArray[np.intp],
    names: Sequence[str],
    refusals: Refusals,
) -> NDArray[np.bool_]:
    """Whether the model accepts a value in each of these features, asked for many at once.

    A group of features is halved if the model refuses it. After so many groups, the features of
    those that are left count as refused.
    """
    accepted = np.zeros(len(places), bool)
    groups = deque([np.arange(len(places))] if len(places) else [])
    for _ in range(_MOST_GROUPS):
        if not groups:
            break
        group = groups.popleft()
        probe = usual[None].copy()
        probe[0, places[group]] = value
        accepted[group] = refusals.taken_probes(probe, [names[places[group[0]]]])[0]
        if not accepted[group[0]] and len(group) > 1:
            groups.extend(np.array_split(group, 2))
    return accepted


def _refused_rows(
    model: AskedModel, typical: FloatArray | None, answerable: Answerable
) -> tuple[tuple[JsonScalar | None, ...], ...]:
    """The typical row with an unknown text, for features in which the model refuses one."""
    if typical is None:
        return ()
    rows = []
    refusing = [
        place
        for place in category_places(model.known.signature.kinds)
        if not answerable.unknown[place]
    ]
    for place in thin(np.array(refusing, np.intp), _MOST_REFUSED_ROWS).tolist():
        row = typical.copy()
        row[0, place] = UNKNOWN_CODE
        rows.append(_as_scalars(model.table(row)))
    return tuple(rows)


def _number_type(model: AskedModel, typical: FloatArray | None) -> NumberType:
    """`float32` if the model accepts large numbers up to float32's limit only."""
    if typical is None:
        return "float64"
    categories = model.known.values.categories
    numbers = ~np.isin(np.arange(typical.shape[1]), list(categories))
    within, beyond = (
        model.takes(np.where(numbers, value, typical))
        for value in (_WITHIN_FLOAT32, _BEYOND_FLOAT32)
    )
    return "float32" if within and not beyond else "float64"


def _ask_in_chunks(
    model: AskedModel, rows: FloatArray, progress: Callable[[float], None]
) -> dict[str, FloatArray]:
    """The model's answers by output, asked in one batch per output and chunk of rows.

    Raises:
        ParityError: the model refuses a row in a batch that it, or its compiled form, answers
            alone.
    """
    outputs = _outputs_of(model, rows[:_SAMPLE_ROWS])
    parts: dict[str, list[FloatArray]] = {output: [] for output in outputs}
    for start in range(0, len(rows), _CHUNK_ROWS):
        chunk = rows[start : start + _CHUNK_ROWS]
        for output in outputs:
            try:
                parts[output].append(model.answer(output, chunk))
            except ModelUnreadableError as error:
                raise ParityError(
                    "The model refuses rows together that it, or its compiled form, answers one "
                    f"by one: {error.message}",
                    "Check its transformers: an answer must not depend on the other rows. "
                    "Otherwise please report it with the model's class and parameters.",
                ) from error
        progress(min(1.0, (start + len(chunk)) / len(rows)))
    return {output: np.concatenate(part) for output, part in parts.items()}


def _outputs_of(model: AskedModel, sample: FloatArray) -> list[str]:
    """The outputs that a model has, its scores first."""
    outputs = ["raw"] if model.known.has_raw else []
    if model.known.signature.classes is not None:
        for output in _OPTIONAL:
            try:
                model.answer(output, sample)
            except ModelUnreadableError:
                continue
            outputs.append(output)
    return [*outputs, "predict"]


def _ask_alone(model: AskedModel, rows: FloatArray, outputs: list[str]) -> dict[str, FloatArray]:
    """The model's answers by output, row by row."""
    return {
        output: np.concatenate([model.answer(output, row[None]) for row in rows])
        for output in outputs
    }


def _depends_on_company(
    model: AskedModel, rows: FloatArray, answers: Mapping[str, FloatArray]
) -> bool:
    """Whether a row's answer depends on the other rows of a batch, as with NMF, which iterates."""
    output = next(name for name in ("predict_proba", *answers) if name in answers)
    step = -(-len(rows) // _SAMPLE_ROWS)
    alone = _ask_alone(model, rows[::step], [output])[output]
    return not np.allclose(
        answers[output][::step],
        alone,
        rtol=_COMPANY_ROUNDING,
        atol=_COMPANY_ROUNDING,
        equal_nan=True,
    )


def _as_scalars(row: Table) -> tuple[JsonScalar | None, ...]:
    return tuple(as_lists(row)[0])
