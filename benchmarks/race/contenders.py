"""The contenders: each turns the fitted model into functions that predict.

All use one thread. A contender that cannot take a model raises; the race prints that and goes on.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Contender:
    """An engine that predicts with a model."""

    name: str
    """Its name in the table."""
    one: Callable[[], Any]
    """Predicts the first row; everything else was prepared, as a server would do."""
    batch: Callable[[], Any] | None
    """Predicts all rows: labels, or a score or probability of the second class."""


def all_of(folder: Path, model: Any, rows: Any) -> Iterator[Callable[[], list[Contender]]]:
    """Functions that make each library's contenders, scikit-learn's first."""
    yield lambda: [scikit_learn(model, rows)]
    yield lambda: poner(folder, rows)
    yield lambda: [onnxruntime(model, rows)]
    if not hasattr(rows, "columns"):
        yield lambda: [treelite_gtil(model, rows)]
        yield lambda: [treelite_compiled(model, rows)]


def scikit_learn(model: Any, rows: Any) -> Contender:
    """The estimator's own predict."""
    first = rows[:1]
    return Contender("scikit-learn", lambda: model.predict(first), lambda: model.predict(rows))


def poner(folder: Path, rows: Any) -> list[Contender]:
    """The compiled model: its Python API, and the calls of the function on Lambda."""
    from poner.compiled_model import load
    from poner_runtime.model import Model

    path = folder / "model.poner"
    compiled, served = load(path), Model(path.read_bytes())
    contenders = []
    if not hasattr(rows, "columns"):
        first, values = rows[:1].tolist(), tuple(rows[0].tolist())
        contenders.append(
            Contender("poner, as on Lambda", lambda: served.predict_row(values), None)
        )
    else:
        first = rows[:1].to_dict("records")
    contenders.append(
        Contender("poner", lambda: compiled.predict(first), lambda: compiled.predict(rows))
    )
    return contenders


def onnxruntime(model: Any, rows: Any) -> Contender:
    """The model converted by skl2onnx, with float32 numbers, skl2onnx's default."""
    import onnxruntime as ort
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    if hasattr(rows, "columns"):
        texts = [name for name in rows.columns if rows[name].dtype.kind == "O"]
        kinds = [
            (name, StringTensorType([None, 1]) if name in texts else FloatTensorType([None, 1]))
            for name in rows.columns
        ]
        feed = {
            name: rows[[name]].to_numpy().astype(object if name in texts else np.float32)
            for name in rows.columns
        }
    else:
        kinds = [("rows", FloatTensorType([None, rows.shape[1]]))]
        feed = {"rows": rows.astype(np.float32)}
    converted = to_onnx(model, initial_types=kinds, options={"zipmap": False})
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = ort.InferenceSession(
        converted.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    first = {name: values[:1] for name, values in feed.items()}
    label = [session.get_outputs()[0].name]
    return Contender(
        "onnxruntime",
        lambda: session.run(label, first)[0],
        lambda: session.run(label, feed)[0],
    )


def treelite_gtil(model: Any, rows: Any) -> Contender:
    """Treelite's own evaluator."""
    import treelite

    trees = treelite.sklearn.import_model(model)
    values = _as_taken(trees, rows)
    first = values[:1].copy()
    return Contender(
        "treelite (GTIL)",
        lambda: treelite.gtil.predict(trees, first, nthread=1),
        lambda: treelite.gtil.predict(trees, values, nthread=1),
    )


def treelite_compiled(model: Any, rows: Any) -> Contender:
    """The trees as C code that gcc compiles."""
    import tl2cgen
    import treelite

    trees = treelite.sklearn.import_model(model)
    with tempfile.TemporaryDirectory() as name:
        library = Path(name) / "trees.so"
        tl2cgen.export_lib(
            trees, toolchain="gcc", libpath=library, params={"parallel_comp": 8}, verbose=False
        )
        predictor = tl2cgen.Predictor(library, nthread=1)
    kind = "float64" if trees.input_type == "float64" else "float32"
    first = tl2cgen.DMatrix(rows[:1], dtype=kind)
    values = tl2cgen.DMatrix(rows, dtype=kind)
    return Contender(
        "treelite (compiled C)",
        lambda: predictor.predict(first),
        lambda: predictor.predict(values),
    )


def _as_taken(trees: Any, rows: Any) -> Any:
    return rows.astype(np.float64 if trees.input_type == "float64" else np.float32)
