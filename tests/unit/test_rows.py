"""A model answers what its training frame writes as scikit-learn answers the frame itself."""

from __future__ import annotations

import datetime
import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas
import polars
import pytest
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import poner
from poner.compiled_model import CompiledModel
from poner.errors import InputError
from poner.table import read_records, read_text, split_sparse

RANDOM = np.random.default_rng(14)
N_ROWS = 40
TARGET = RANDOM.normal(size=N_ROWS)
MIXED = pandas.DataFrame(
    {
        "is ill": RANDOM.random(N_ROWS) > 0.5,
        "visits": pandas.array(RANDOM.integers(0, 9, N_ROWS), dtype="Int64"),
        "price": [Decimal(str(round(value, 2))) for value in RANDOM.normal(size=N_ROWS)],
        "hair colour": pandas.Categorical(RANDOM.choice(["red", "NA", "añil, x"], N_ROWS)),
    }
)
GAPS = pandas.DataFrame(
    {
        "flag": pandas.array([True, None, False, True] * 10, dtype="boolean"),
        "mean radius": np.where(RANDOM.random(N_ROWS) < 0.3, np.nan, RANDOM.normal(size=N_ROWS)),
        "meanRadius": RANDOM.normal(size=N_ROWS),
    }
)


def fitted_mixed() -> Any:
    """A pipeline on booleans, nullable integers, decimals and categories."""
    columns = make_column_transformer(
        (StandardScaler(), ["is ill", "visits", "price"]), (OneHotEncoder(), ["hair colour"])
    )
    return make_pipeline(columns, LinearRegression()).fit(MIXED, TARGET)


def fitted_gaps() -> Any:
    """A model that takes missing values, also of booleans, and has names that look alike."""
    return HistGradientBoostingRegressor(max_iter=5, min_samples_leaf=2).fit(GAPS, TARGET)


@pytest.fixture(scope="module", params=["mixed", "gaps"])
def case(request: pytest.FixtureRequest) -> tuple[CompiledModel, pandas.DataFrame, Any]:
    """A compiled model, its training frame, and scikit-learn's own answers."""
    model, frame = (fitted_mixed(), MIXED) if request.param == "mixed" else (fitted_gaps(), GAPS)
    return poner.compile(model, frame), frame, model.predict(frame)


FORMS = {
    "frame": lambda X: X,
    "polars": lambda X: polars.DataFrame(
        {name: [None if pandas.isna(v) else v for v in X[name].astype(object)] for name in X}
    ),
    "itertuples": lambda X: X.itertuples(),
    "generator of dicts": lambda X: (row for row in X.to_dict("records")),
    "zip": lambda X: zip(*(X[name] for name in X), strict=True),
    "to_dict": lambda X: X.to_dict(),
    "to_records": lambda X: X.to_records(index=False),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_training_frame_is_answered(
    case: tuple[CompiledModel, pandas.DataFrame, Any], form: str
) -> None:
    """As scikit-learn answers the frame."""
    compiled, frame, own = case
    np.testing.assert_allclose(compiled.predict(FORMS[form](frame)), own, rtol=1e-9)


@pytest.mark.parametrize(
    "write",
    [
        lambda X: (X.to_csv(), "csv"),
        lambda X: (X.to_csv(sep=";", index=False), "csv"),
        lambda X: (X.to_json(double_precision=15), "json"),
        lambda X: (X.to_json(orient="records", lines=True, double_precision=15), "jsonl"),
        lambda X: (FORMS["polars"](X).write_csv(), "csv"),
        lambda X: (FORMS["polars"](X).write_ndjson(), "jsonl"),
    ],
)
def test_every_text_of_the_training_frame_is_answered(
    case: tuple[CompiledModel, pandas.DataFrame, Any], write: Any
) -> None:
    """Through the requests that the client sends for it."""
    compiled, frame, own = case
    text, form = write(frame)
    rows = read_text(text, form, compiled.signature)
    requests = read_records(rows, compiled.signature)
    np.testing.assert_allclose(compiled.predict(requests), own, rtol=1e-9)


@pytest.mark.parametrize(
    "kind", ["csr_matrix", "csc_matrix", "coo_matrix", "csr_array", "coo_array"]
)
def test_sparse_rows_are_answered(kind: str) -> None:
    """Few rows are dense at a time; a refused row is named by its number among all."""
    dense = np.where(RANDOM.random((N_ROWS, 5)) < 0.7, 0.0, RANDOM.normal(size=(N_ROWS, 5)))
    model = LinearRegression().fit(dense, TARGET)
    X = getattr(sparse, kind)(dense)
    compiled = poner.compile(model, X)
    np.testing.assert_allclose(compiled.predict(X), model.predict(X), rtol=1e-9)
    assert compiled.predict(X.tocsr()[:0]).shape == (0,)
    dense[37, 2] = math.nan
    with pytest.raises(InputError, match="Row 38 has a missing value for 'x2'"):
        compiled.predict(getattr(sparse, kind)(dense))
    with pytest.raises(InputError, match=r"shape \(40, 4\), not \(n, 5\)"):
        compiled.predict(X.tocsr()[:, :4])


def test_a_large_sparse_matrix_is_never_dense_as_a_whole() -> None:
    """Its rows are split, and each part's refusals are named among all rows."""
    names = [f"x{place}" for place in range(40_000)]
    rows = sparse.csr_array(([1.0], ([999], [7])), shape=(1000, len(names)))
    parts = [part.shape for part in split_sparse(rows)]
    assert sum(n_rows for n_rows, _ in parts) == 1000
    assert max(n_rows for n_rows, _ in parts) * len(names) * 8 <= 64 << 20


NO_NUMBERS = [
    1 + 2j,
    np.complex128(1),
    np.datetime64("2026-12-01", "ns"),
    np.timedelta64(1, "ns"),
    datetime.date(2026, 12, 1),
    datetime.timedelta(1),
    b"1",
    np.bytes_(b"1"),
    "1_0",
    "",
    object(),
    10**400,
]


@pytest.mark.parametrize("value", NO_NUMBERS, ids=lambda value: type(value).__name__)
def test_one_row_is_read_as_strictly_as_many(value: Any) -> None:
    """The quick way for one row takes no date for its nanoseconds."""
    model = LinearRegression().fit(GAPS[["meanRadius"]], TARGET)
    compiled = poner.compile(model, GAPS[["meanRadius"]])
    for rows in ({"meanRadius": value}, [{"meanRadius": value}], [[value]], [(value,)]):
        with pytest.raises(InputError, match="Row 1 has no number for 'meanRadius'"):
            compiled.predict(rows)
    expected = model.predict(pandas.DataFrame({"meanRadius": [0.5]}))
    for half in (0.5, np.float32(0.5), Decimal("0.5"), Fraction(1, 2), " .5 "):
        np.testing.assert_allclose(compiled.predict({"meanRadius": half}), expected, rtol=1e-12)


def test_columns_without_names_go_by_position() -> None:
    """Integers, dates and tuples are no names to scikit-learn; also not in another order."""
    matrix = RANDOM.normal(size=(N_ROWS, 3))
    model = LinearRegression().fit(matrix, TARGET)
    own = model.predict(matrix)
    for names in (
        [0, 1, 2],
        [2, 0, 1],
        list(pandas.to_datetime(["2026-12-01", "2026-12-02", "2026-11-01"])),
        pandas.MultiIndex.from_product([["a"], [3, 1, 2]]),
    ):
        frame = pandas.DataFrame(matrix, columns=names)
        compiled = poner.compile(LinearRegression().fit(frame, TARGET), frame)
        np.testing.assert_allclose(compiled.predict(frame), own, rtol=1e-9)
    numbered = pandas.DataFrame(matrix)
    for text, form in ((numbered.to_csv(), "csv"), (numbered.to_json(double_precision=15), "json")):
        rows = read_text(text, form, compiled.signature)
        np.testing.assert_allclose(compiled.predict(rows), own, rtol=1e-9)


def test_a_saved_model_keeps_names_that_look_alike(tmp_path: Any) -> None:
    """`poner.save`, too, gives them wire names that cannot be taken for one another."""
    folder = poner.save(fitted_gaps(), GAPS, TARGET, tmp_path)
    compiled = poner.compile(folder)
    assert compiled.signature.wire_names == ("flag", "meanRadius2", "meanRadius")
    np.testing.assert_array_equal(compiled.predict(GAPS), fitted_gaps().predict(GAPS))


@pytest.mark.parametrize("form", ["polars", "sparse", "decimals"])
def test_save_takes_what_scikit_learn_was_fitted_on(tmp_path: Any, form: str) -> None:
    """Polars by name, sparse by row, decimals as numbers."""
    if form == "polars":
        X: Any = FORMS["polars"](MIXED)[["is ill", "visits", "hair colour"]]
        encode = make_column_transformer(
            (StandardScaler(), ["is ill", "visits"]), (OneHotEncoder(), ["hair colour"])
        )
        model = make_pipeline(encode, LinearRegression())
    elif form == "sparse":
        X = sparse.random_array((N_ROWS, 4), density=0.5, rng=RANDOM, format="coo")
        model = LinearRegression()
    else:
        X, model = MIXED[["price", "visits"]], make_pipeline(StandardScaler(), LinearRegression())
    model.fit(X, TARGET)
    compiled = poner.compile(poner.save(model, X, TARGET, tmp_path))
    assert compiled.parity is not None
    assert compiled.parity.rows_by_kind["training"] == N_ROWS
    np.testing.assert_allclose(compiled.predict(X), model.predict(X), rtol=1e-9)
