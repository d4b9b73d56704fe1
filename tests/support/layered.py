"""What tests of the engines with layers share: a fitted model with its answers, as a function."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import sklearn

from poner.artifacts import Examples, ModelFile, is_missing
from poner.bundle import Layer, Library, SlimmingStep, zip_record
from poner.bundler import LayeredFunction, host_architecture, sklearn_function
from poner.bundler.layers import LayerRequest, LayerSet
from poner.bundler.zips import make_zip
from poner.hosts import HOSTS
from poner.served_model import NumberType
from poner.signature import Feature, Signature
from poner.table import read_table

VERSIONS = {"scikit-learn": sklearn.__version__, "numpy": np.__version__}


def make_examples(
    model: Any,
    X: Any,
    *,
    classes: Any = None,
    scores: str | None = None,
    number_type: NumberType = "float64",
    missing_as_none: Sequence[int] = (),
    typical: Any = ...,
    typical_last: bool = False,
) -> Examples:
    """Rows with a fitted model's own answers.

    Args:
        model: fitted on X, an array or a DataFrame.
        X: the rows.
        classes: as in a Signature.
        scores: the method that gives scores.
        number_type: as in Examples.
        missing_as_none: as in Examples.
        typical: the row of medians; by default made from X.
        typical_last: whether the last row of X stands for the typical one, as the compiler puts it.
    """
    table = X.to_numpy(dtype=object) if hasattr(X, "columns") else np.asarray(X)
    names = list(X.columns) if hasattr(X, "columns") else [f"x{i}" for i in range(table.shape[1])]
    texts = [any(isinstance(value, str) for value in column) for column in table.T.tolist()]
    gaps = [any(map(is_missing, column)) for column in table.T.tolist()]
    features = tuple(
        Feature(name, name, "category" if is_text else "number", missing)
        for name, is_text, missing in zip(names, texts, gaps, strict=True)
    )
    signature = Signature(features, classes)
    answers = model.predict(X)
    answered = np.asarray(answers).reshape(len(table), -1)
    if signature.output_classes is not None:
        answered = np.array(
            [
                [
                    known.index(value)
                    for known, value in zip(signature.output_classes, row, strict=True)
                ]
                for row in answered.tolist()
            ]
        )
    found = {}
    if scores is not None:
        own = getattr(model, scores)(X)
        own = np.concatenate(own, axis=1) if isinstance(own, list) else np.asarray(own)
        found[scores] = own.reshape(len(table), -1)
    return Examples(
        signature=signature,
        rows=read_table(table, signature),
        rows_by_kind={"training": len(table) - typical_last, "typical": int(typical_last)},
        answers={**found, "predict": answered.astype(float)},
        number_type=number_type,
        missing_as_none=tuple(missing_as_none),
        typical=make_typical(table, texts) if typical is ... else typical,
    )


def make_typical(table: Any, texts: Sequence[bool]) -> tuple[Any, ...]:
    """Medians of the number columns, and the middle text of the text columns."""
    columns = [sorted(v for v in column if not is_missing(v)) for column in table.T.tolist()]
    return tuple(
        column[len(column) // 2] if is_text else float(np.median(column))
        for column, is_text in zip(columns, texts, strict=True)
    )


def model_file(model: Any, **fields: Any) -> ModelFile:
    """A model's file, as a plain pickle."""
    return ModelFile("clf.sav", lambda: pickle.dumps(model), **{"libraries": VERSIONS, **fields})


def make_function(model: Any, examples: Examples, **fields: Any) -> LayeredFunction:
    """The function of the sklearn engine."""
    file = model_file(model, **fields)
    return sklearn_function(file, examples, requirements=(), body_limit_bytes=65_536)


def whole_files(function: LayeredFunction) -> dict[str, bytes]:
    """The files of function.zip by path, without bytecode."""
    own = HOSTS["python3.13"].function_files(function.engine, host_architecture())
    return {**own, **function.files}


def write_files(files: Mapping[str, bytes], folder: Path) -> Path:
    """Write files by path; returns the folder."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def ask(handler: Any, values: Mapping[str, Any]) -> tuple[int, Any, str]:
    """Status, prediction and reason for a request."""
    answer = handler({"body": json.dumps(values), "isBase64Encoded": False}, None)
    body = json.loads(answer["body"])
    assert list(body) == ["reason", "prediction", "status"]
    assert body["status"] == str(answer["statusCode"])
    return answer["statusCode"], body["prediction"], body["reason"]


_REDIRECT = """
import importlib, sys
sys.path.insert(0, {site!r})
sys.modules.update(dict.fromkeys({missing!r}))
del sys.modules["numpy"]
importlib.import_module("numpy")
"""


class InstalledLayers:
    """Makes a layer whose numpy leads to the packages of an environment that is there already."""

    def __init__(
        self, folder: Path, *, site: Path = Path(np.__file__).parents[1], missing: str = ""
    ) -> None:
        self.folder, self.site, self.missing = folder, site, missing
        self.requests: list[LayerRequest] = []
        self.libraries = (Library("numpy", np.__version__, "numpy.whl", "0" * 64),)
        self.slimming: tuple[SlimmingStep, ...] = ()
        self.padding = b""

    def __call__(self, request: LayerRequest, *, progress: Any, notify: Any) -> LayerSet:
        """The same layer for every request."""
        self.requests.append(request)
        progress("Making layers", 1.0)
        missing = [self.missing] if self.missing else []
        code = _REDIRECT.format(site=str(self.site), missing=missing)
        files = {"python/numpy/__init__.py": code.encode(), "python/padding": self.padding}
        content = make_zip(files)
        path = f"layers/all-{request.architecture}.zip"
        (self.folder / "layers").mkdir(exist_ok=True, parents=True)
        (self.folder / path).write_bytes(content)
        layer = Layer("all", zip_record(path, content, files), self.libraries)
        return LayerSet((layer,), {path: self.folder / path}, self.slimming, bytecode=True)
