"""A small compiled model of numbers and texts, put together by hand: no estimator reads so much."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from poner.artifacts import Feature, ParityEvidence, ParityReport, Provenance, Signature
from poner.compiled_model import CompiledModel
from poner.compiler.operations.elementwise import Function, Pairing
from poner.compiler.operations.lookup import Recode
from poner.compiler.operations.rowwise import Reduction
from poner.compiler.program import Output, ProgramBuilder
from poner.compiler.tables import write_tables
from poner.rows import as_matrix

FEATURES = (
    Feature("size", "size"),
    Feature("color", "the color", kind="category"),
    Feature("shape", "shape", kind="category", missing=True),
    Feature("age", "age", missing=True),
)
"""`color` must be one that is known; any `shape` will do, and none; so will no `age`."""
COLORS = ["red", "añil", 'say "x"', "new\nline"]
SHAPES = ["round", "", "red", "half \ud83d"]


def mixed_model(
    kind: str = "value", *, more_strings: int = 0, classes: Any = None, labels: Any = None
) -> CompiledModel:
    """A compiled model of four features; its answer is size + 10 * color + 100 * shape + age.

    Args:
        kind: `value`, `class` (whether the answer is over 20), `values` (answer and size),
            `classes` (whether each of these is over 20), `log` (of size, refused if it is NaN),
            `sum` (of size and age, refused if it is infinite) or `exp` (of size).
        more_strings: texts that the model knows besides.
        classes: of a classifier.
        labels: of the classes.
    """
    builder = ProgramBuilder(len(FEATURES))
    size = builder.require(builder.select(0, [0]))
    color = _recode(builder, 1, COLORS, np.arange(4.0), refuse=True)
    shape = _recode(builder, 2, SHAPES, np.arange(4.0), missing=7.0, default=9.0)
    age = builder.combine(Pairing.FILL, builder.select(0, [3]), 0.5)
    total = builder.linear(builder.join([size, color, shape, age]), [1.0, 10.0, 100.0, 1.0])
    match kind:
        case "value":
            answer = total
        case "class":
            answer = builder.combine(Pairing.GREATER, total, 20.0)
        case "values":
            answer = builder.join([total, size])
        case "classes":
            answer = builder.combine(Pairing.GREATER, builder.join([total, size]), 20.0)
        case "log":
            answer = builder.require(builder.map(Function.LOG, builder.select(0, [0])))
        case "sum":
            both = builder.reduce(Reduction.SUM, builder.join([size, age]))
            answer = builder.require(both)
        case "exp":
            answer = builder.map(Function.EXP, size)
        case _:
            raise AssertionError(kind)
    for number in range(more_strings):
        builder.code(f"text {number}")
    program = builder.finish({Output.PREDICT: answer})
    signature = Signature(FEATURES, classes, labels)
    provenance = Provenance("", "", "1.9.1", "2.4.6", "3.11.0")
    metadata = {
        "features": [
            {"wire_name": f.wire_name, "column": f.column, "kind": f.kind, "missing": f.missing}
            for f in FEATURES
        ],
        "strings": program.strings,
        "classes": classes,
        "labels": labels,
        "target": None,
        "number_type": "float64",
        "provenance": vars(provenance),
        "parity": None,
    }
    return CompiledModel(write_tables(program, metadata), signature, provenance)


def with_proof(compiled: CompiledModel, rows: Any) -> CompiledModel:
    """The model with the proof that the compiler would have made on some rows."""
    matrix = as_matrix(rows, compiled.signature, compiled.strings)
    answers = compiled.evaluate(Output.PREDICT, matrix)
    report = ParityReport(len(matrix), len(matrix), 0.0, {"training": len(matrix)}, ())
    evidence = ParityEvidence(matrix, Output.PREDICT.value, answers, answers)
    return replace(compiled, parity=report, evidence=evidence)


def _recode(
    builder: ProgramBuilder,
    feature: int,
    texts: list[str],
    values: Any,
    *,
    missing: float | None = None,
    default: float = 0.0,
    refuse: bool = False,
) -> int:
    """The value of each text of a feature."""
    builder.categories.add(feature)
    keys = np.array([builder.code(text) for text in texts])
    order = np.argsort(keys)
    keys, values = keys[order], np.asarray(values)[order]
    if missing is not None:
        keys, values = np.append(keys, np.nan), np.append(values, missing)
    ends = np.array([len(keys)], dtype="<u4")
    recode = Recode(ends, keys, values, np.array([default]), refuse)
    return builder.add(recode, builder.select(0, [feature]))
