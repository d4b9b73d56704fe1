"""The small models that answer the contract's cases; a reader can compute what they answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
)
from sklearn.tree import DecisionTreeClassifier

GRID = np.array([[float(x), float(y)] for x in range(1, 9) for y in range(1, 9)])
"""(64, 2): whole numbers from 1 to 8, in every combination."""


@dataclass(frozen=True)
class ContractModel:
    """A fitted model, and how its function is set up."""

    estimator: Any
    """The fitted estimator."""
    X: Any
    """Rows that it was trained on."""
    names: tuple[str, ...] | None = None
    """Names of the features in a request; None where X has them."""
    body_limit_bytes: int = 65_536
    """Longest body that the function reads."""


def one_tree() -> GradientBoostingClassifier:
    """A classifier whose one tree decides; unlike a tree alone it refuses missing values."""
    return GradientBoostingClassifier(n_estimators=1, learning_rate=1.0, random_state=0)


def cancer() -> ContractModel:
    """The article's features; 1 where worstArea is over 950, else 0. Boosting casts to float32."""
    X = np.ones((20, 5))
    X[:, 3] = np.arange(0.0, 2000.0, 100.0)
    model = one_tree().fit(X, (X[:, 3] > 900.0).astype(int))
    names = "meanConcavePoints", "worstRadius", "worstTexture", "worstArea", "worstConcavePoints"
    return ContractModel(model, X, names)


def identity() -> ContractModel:
    """A regressor that answers x + y; a body may have 200 bytes."""
    model = LinearRegression().fit(GRID, GRID.sum(axis=1, keepdims=True))
    model.coef_, model.intercept_ = np.array([[1.0, 1.0]]), np.zeros(1)
    return ContractModel(model, GRID, ("x", "y"), body_limit_bytes=200)


def pair() -> ContractModel:
    """A regressor of two outputs: x and y themselves."""
    model = LinearRegression().fit(GRID, GRID)
    model.coef_, model.intercept_ = np.eye(2), np.zeros(2)
    return ContractModel(model, GRID, ("x", "y"))


def verdicts() -> ContractModel:
    """A classifier of two outputs: whether x is over 4.5, and where y stands to 2.5."""
    large = np.array(["no", "sí"])[(GRID[:, 0] > 4.5).astype(int)]
    place = np.array(['"low"', "high\n"])[(GRID[:, 1] > 2.5).astype(int)]
    tree = DecisionTreeClassifier(random_state=0).fit(GRID, np.stack([large, place], axis=1))
    return ContractModel(tree, GRID, ("x", "y"))


def positive() -> ContractModel:
    """Takes the logarithm of x and the product of y and z; whether their sum is over 20.5."""
    X = np.column_stack([GRID[:, 0], GRID])
    columns = make_column_transformer(
        (FunctionTransformer(np.log), [0]),
        (PolynomialFeatures(interaction_only=True, include_bias=False), [1, 2]),
    )
    model = make_pipeline(columns, LogisticRegression()).fit(X, GRID.prod(axis=1) > 20.0)
    model[-1].coef_, model[-1].intercept_ = np.array([[1.0, 0.0, 0.0, 1.0]]), np.array([-20.5])
    return ContractModel(model, X, ("x", "y", "z"))


def make_frame(*, with_gaps: bool) -> pandas.DataFrame:
    """A number, a text that the model knows, a text that may be missing, a number that may be."""
    rows = [
        (float(size), color, shape, age)
        for size in (1, 2, 3)
        for color in ("añil", "red", 'say "x"')
        for shape in ("", "red", "round", None if with_gaps else "round")
        for age in (1.0, 2.0, np.nan)
    ]
    frame = pandas.DataFrame(rows, columns=["size", "color", "shape", "age"])
    return frame.astype({"color": object, "shape": object})


def mixed() -> ContractModel:
    """Categories that must be known (color), and others (shape); its classes are floats.

    It answers 1e22 where color is `say "x"`, or red with a size of 3; else -1e-07.
    """
    frame = make_frame(with_gaps=True)
    encode = make_column_transformer(
        ("passthrough", ["size"]),
        (OrdinalEncoder(), ["color"]),
        (OneHotEncoder(handle_unknown="ignore"), ["shape"]),
        (SimpleImputer(), ["age"]),
    )
    large = (frame["color"] == 'say "x"') | ((frame["color"] == "red") & (frame["size"] == 3))
    model = make_pipeline(encode, one_tree()).fit(frame, large.astype(int))
    model[-1].classes_ = np.array([-1e-07, 1e22])
    return ContractModel(model, frame)


def open_texts() -> ContractModel:
    """Categories none of which must be known: `sí` where color is red, else `no`."""
    frame = make_frame(with_gaps=False)[["color", "size"]]
    frame = frame.rename(columns={"size": "tamaño"})
    encode = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["color"]), ("passthrough", ["tamaño"])
    )
    answer = np.where(frame["color"] == "red", "sí", "no")
    model = make_pipeline(encode, DecisionTreeClassifier(random_state=0)).fit(frame, answer)
    return ContractModel(model, frame)


def dropping() -> ContractModel:
    """A regressor that answers size and drops the date before it and the note behind it."""
    frame = pandas.DataFrame({"day": pandas.date_range("2026-01-01", periods=8), "size": range(8)})
    frame["note"] = "text"
    keep = make_column_transformer(("passthrough", ["size"]), ("drop", ["note"]))
    model = make_pipeline(keep, LinearRegression()).fit(frame, frame["size"])
    model[-1].coef_, model[-1].intercept_ = np.ones(1), 0.0
    return ContractModel(model, frame)


MODELS: dict[str, Callable[[], ContractModel]] = {
    make.__name__: make
    for make in (cancer, identity, pair, verdicts, positive, mixed, open_texts, dropping)
}

NOT_ON = {
    "verdicts": {"onnx": "skl2onnx does not convert trees with several outputs of texts."},
    "positive": {"onnx": "skl2onnx does not convert logarithms."},
    "mixed": {"onnx": "A graph answers for unknown categories, so poner builds none of it."},
}
"""Engines that do not serve a model, with why."""
