"""A small compiled model of numbers and texts, put together by hand."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np

from poner.artifacts import Examples, ParityReport, Provenance
from poner.compiled_model import CompiledModel
from poner.compiler.operations.elementwise import Function, Pairing
from poner.compiler.operations.lookup import Recode
from poner.compiler.operations.rowwise import Reduction
from poner.compiler.program import Output, ProgramBuilder
from poner.compiler.tables import add_section, write_tables
from poner.proof import BoundaryValues, Known
from poner.proof.typical import find_typical_row
from poner.served_model import ServedModel
from poner.signature import Feature, Signature
from poner.table import CategoryCodes, read_table

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
        builder.codes[f"text {number}"]
    program = builder.finish({Output.PREDICT: answer})
    served = ServedModel(
        Signature(FEATURES, classes, labels), "float64", 65_536, program.vocabulary
    )
    provenance = Provenance("", "", "1.9.1", "2.4.6", "3.11.0")
    content = add_section(write_tables(program), served.to_section(provenance))
    return CompiledModel(content, served, provenance)


def with_proof(compiled: CompiledModel, rows: Any) -> CompiledModel:
    """The model with the proof that the compiler would have made on some rows."""
    rows = read_table(rows, compiled.signature, CategoryCodes(compiled.vocabulary))
    boundary = BoundaryValues(
        tuple(rows.numbers.T), frozenset(rows.categories), frozenset(), np.empty((0, 4))
    )
    known = Known(compiled.signature, compiled.vocabulary, boundary)

    def predict(row: Any) -> Any:
        return None if compiled.refusals(row)[0] else compiled.evaluate(Output.PREDICT, row)

    typical = find_typical_row(known, rows.numbers, predict)
    kinds = {"training": len(rows), "typical": int(typical is not None)}
    asked = rows.numbers if typical is None else np.concatenate([rows.numbers, typical])
    examples = Examples(
        signature=compiled.signature,
        rows=replace(rows, numbers=asked),
        rows_by_kind=kinds,
        answers={"predict": compiled.evaluate(Output.PREDICT, asked)},
        number_type="float64",
        missing_as_none=(),
        typical=None,
        sha256=hashlib.sha256(compiled.content).hexdigest(),
    )
    report = ParityReport(len(asked), len(asked), kinds, ())
    return replace(compiled, parity=report, evidence=examples)


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
    keys = np.array([builder.codes[text] for text in texts])
    order = np.argsort(keys)
    keys, values = keys[order], np.asarray(values)[order]
    if missing is not None:
        keys, values = np.append(keys, np.nan), np.append(values, missing)
    ends = np.array([len(keys)], dtype="<u4")
    recode = Recode(ends, keys, values, np.array([default]), refuse)
    return builder.add(recode, builder.select(0, [feature]))
