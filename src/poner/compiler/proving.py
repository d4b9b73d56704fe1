"""The facts that the compiler gives the proof: boundary values, outputs, rounding."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

import numpy as np

from poner.artifacts import FloatArray, TrainedModel
from poner.compiled_model import CompiledModel
from poner.compiler.boundary_values import boundary_values
from poner.compiler.converters.scope import Prediction
from poner.compiler.operations.operation import CANCELLATION, FEWEST_ROUNDINGS
from poner.compiler.program import Output, Program
from poner.compiler.tables import write_tables
from poner.proof import BoundaryValues, Doubts, Known, affordable_rows
from poner.signature import Signature
from poner.table import CategoryCodes, recode

_UNKNOWN_SPREAD = np.array([-100.0, -10.0, -1.0, -0.1, 0.0, 0.1, 1.0, 10.0, 100.0])
"""Values tried for a feature of which nothing is known."""


def settle(signature: Signature, program: Program, prediction: Prediction) -> Signature:
    """The signature with the Program's own facts: which features are texts, and the classes."""
    features = tuple(
        replace(feature, kind="category") if place in program.categories else feature
        for place, feature in enumerate(signature.features)
    )
    classes = prediction.classes
    return replace(
        signature,
        features=features,
        classes=classes[0] if classes is not None and len(classes) == 1 else classes,
    )


def know_program(signature: Signature, program: Program) -> Known:
    """The facts about a model that its Program gives."""
    return Known(
        signature,
        program.vocabulary,
        boundary_values(program),
        has_raw=Output.RAW in program.outputs,
        most_rows=affordable_rows(sum(step.operation.visits for step in program.steps)),
    )


def know_data(model: TrainedModel) -> Known:
    """The facts that signature and training rows give, for a model the compiler cannot read."""
    rows = recode(model.training_rows, model.signature, model.training_rows.vocabulary)
    codes = CategoryCodes(rows.vocabulary, grows=True)
    by_feature = []
    for column, feature in zip(rows.numbers.T, model.signature.features, strict=True):
        seen = column[~np.isnan(column)].tolist()
        match feature.kind:
            case "category":
                listed = dict.fromkeys([*seen, *(codes[text] for text in feature.categories)])
                by_feature.append(np.array([*listed]))
            case "number":
                by_feature.append(np.unique([*seen, *feature.quantiles] or _UNKNOWN_SPREAD))
            case _:
                assert_never(feature.kind)
    no_points = np.empty((0, len(by_feature)))
    values = BoundaryValues(tuple(by_feature), frozenset(rows.categories), frozenset(), no_points)
    return Known(model.signature, codes.vocabulary, values)


def find_doubts(program: Program, compiled: CompiledModel, rows: FloatArray) -> Doubts | None:
    """The rows on which rounding decides the model's own answers; None if there are none."""
    doubts = program.doubts
    if doubts is None:
        return None
    tied, cancelled = np.zeros(len(rows), bool), np.zeros(len(rows))
    measured = CompiledModel(write_tables(doubts), compiled.served, compiled.provenance)
    if Output.TIES in doubts.outputs:
        distances = measured.evaluate(Output.TIES, rows)
        tied = ~np.all(np.abs(distances) > CANCELLATION, axis=1)
    if Output.SUMS in doubts.outputs:
        sums, sizes = np.split(np.abs(measured.evaluate(Output.SUMS, rows)), 2, axis=1)
        usual = np.maximum(sums, np.median(sums, axis=0))
        ratio = np.divide(sizes, usual, out=np.zeros(sums.shape), where=usual > 0.0)
        cancelled = (
            FEWEST_ROUNDINGS * np.finfo(float).eps * np.nan_to_num(ratio, posinf=0.0).max(axis=1)
        )
    return Doubts(tied, program.tied_among, cancelled)
