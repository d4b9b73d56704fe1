"""A model with encoders of category_encoders, from its file to answers."""

from __future__ import annotations

import base64
import json
import lzma
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import poner
from poner import loader
from poner.compiler import compile_model
from poner.signature import Feature, Signature
from poner.table import read_table

FOUND = Path(__file__).parents[1] / "data/category_encoders/model.json.xz"
REQUIRED = "category-encoders==2.11.2"
KINDS = {"city": "category", "size": "category"}


@pytest.fixture(scope="module")
def found() -> Any:
    """The model's file, rows, and the answers of category_encoders itself."""
    return json.loads(lzma.decompress(FOUND.read_bytes()))


@pytest.fixture
def model(found: Any, tmp_path: Path) -> Path:
    """The model's file."""
    file = tmp_path / "clf.pkl"
    file.write_bytes(base64.b64decode(found["model"]))
    return file


def test_encoders_of_category_encoders_are_native(found: Any, model: Path) -> None:
    """Known categories, texts that were absent in training, and missing values."""
    names = list(found["rows"][0])
    features = (Feature(name, name, KINDS.get(name, "number"), missing=True) for name in names)
    signature = Signature(tuple(features), (0, 1))
    opened = loader.open_model(
        model, signature=signature, allow=["category_encoders"], requirements=[REQUIRED]
    )
    with opened as trained:
        rows = read_table(found["rows"], signature)
        np.testing.assert_allclose(
            trained.oracle.answer("predict_proba", rows), found["predict_proba"], rtol=1e-12
        )
        compiled = compile_model(trained)
    np.testing.assert_allclose(
        compiled.predict_proba(found["rows"]), found["predict_proba"], rtol=1e-12
    )


@pytest.mark.slow
def test_the_sklearn_engine_ships_an_allowed_package(
    found: Any, model: Path, tmp_path: Path
) -> None:
    """In a layer, with pandas; the rows become DataFrames there."""
    bundle = poner.build(
        model,
        tmp_path / "build",
        engine="sklearn",
        runtime="python3.13",
        require=[REQUIRED],
        allow=["category_encoders"],
        notify=lambda line: None,
    )
    libraries = {own.name for layer in bundle.manifest.layers for own in layer.libraries}
    assert {"category-encoders", "pandas"} <= libraries
    expected = np.argmax(found["predict_proba"], axis=1).tolist()
    with poner.local(bundle) as url:
        assert poner.predict(url, found["rows"]) == expected
