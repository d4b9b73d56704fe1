"""The compiled model as a Python object: every form of rows, one or many, on one thread or more."""

from __future__ import annotations

import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression

from poner.compiled_model import CompiledModel, load
from poner.compiler.operations.trees import TreeEnsemble, Trees
from poner.compiler.program import Output, ProgramBuilder
from poner.compiler.tables import add_section, write_tables
from poner.errors import InputError, KernelError, StorageError
from poner.served_model import ServedModel
from poner.signature import Feature, Signature
from tests.conftest import Cancer
from tests.support.compiling import compile_fitted
from tests.support.growing import plain_layout
from tests.support.mixing import FEATURES, mixed_model

ROWS = [
    [1.5, "red", "round", 2.0],
    [2.5, "añil", None, None],
    [-1.0, "new\nline", "unheard of", 0],
]
ANSWERS = [3.5, 2.5 + 10 + 700 + 0.5, -1 + 30 + 900]
NAMES = [feature.wire_name for feature in FEATURES]
FRAME = pandas.DataFrame(ROWS, columns=NAMES)


@pytest.fixture(scope="module")
def mixed() -> CompiledModel:
    """A model of numbers and texts."""
    return mixed_model()


@pytest.mark.parametrize(
    "rows",
    [
        ROWS,
        tuple(map(tuple, ROWS)),
        np.array(ROWS, dtype=object),
        [dict(zip(NAMES, row, strict=True)) for row in ROWS],
        [dict(zip(["size", "the color", "shape", "age"], row, strict=True)) for row in ROWS],
        FRAME,
        FRAME[NAMES[::-1]],
        FRAME.astype({"color": "category", "shape": "category", "age": "Int64"}),
        FRAME.astype({"color": "str", "shape": "string"}),
    ],
    ids=["lists", "tuples", "array", "dicts", "columns", "frame", "reversed", "category", "string"],
)
def test_every_form_of_rows_is_answered(mixed: CompiledModel, rows: Any) -> None:
    """Rows in every form are answered; None, NaN and pandas' NA are missing values."""
    assert mixed.predict(rows).tolist() == ANSWERS


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_one_row_is_answered_alone(mixed: CompiledModel, row: list[Any]) -> None:
    """One row is the same alone as among others, as a list, a tuple, a dict or an array."""
    expected = [ANSWERS[ROWS.index(row)]]
    named = dict(zip(NAMES, row, strict=True))
    for form in ([row], [tuple(row)], named, [named], np.array([row], dtype=object)):
        assert mixed.predict(form).tolist() == expected


@pytest.mark.parametrize(
    ("row", "named"),
    [
        (["x", "red", "round", 1], "no number for 'size'"),
        ([1.0, 5, "round", 1], "no text for 'color'"),
        ([1.0, "puce", "round", 1], "category for 'color'"),
        ([None, "red", "round", 1], "missing value for 'size'"),
        ([1.0, None, "round", 1], "for 'color'"),
        ([1.0, "red", "round"], "3 values, not 4"),
        ([1.0, "red", ["round"], 1], "no text for 'shape'"),
        ([pandas.Timestamp(0), "red", "round", 1], "no number for 'size'"),
    ],
    ids=str,
)
def test_what_is_refused_is_named(mixed: CompiledModel, row: list[Any], named: str) -> None:
    """A refusal names the row and the feature, never the value."""
    for rows in ([row], [*ROWS, row]):
        with pytest.raises(InputError, match=f"Row {len(rows)}.*{named}") as caught:
            mixed.predict(rows)
        assert "puce" not in str(caught.value)


def test_dates_are_no_numbers(mixed: CompiledModel) -> None:
    """Dates are refused, although numpy would convert them to nanoseconds."""
    with pytest.raises(InputError, match="no number for 'age'"):
        mixed.predict(FRAME.assign(age=pandas.Timestamp("2026-11-22")))


def test_several_outputs_have_a_column_each() -> None:
    """Several outputs are columns of values or classes; classes keep their types."""
    assert mixed_model("values").predict(ROWS)[:, 1].tolist() == [1.5, 2.5, -1.0]
    assert mixed_model("values").predict(ROWS[:1]).shape == (1, 2)
    classes = (("no", "yes"), (False, True))
    answers = mixed_model("classes", classes=classes).predict(ROWS)
    assert answers.tolist() == [["no", False], ["yes", False], ["yes", False]]


def test_several_outputs_of_a_forest() -> None:
    """Labels, and a list of probabilities as scikit-learn has it, in batch and for one row."""
    random = np.random.default_rng(0)
    X, y = random.normal(size=(60, 3)), random.integers(0, 3, (60, 2))
    forest = RandomForestClassifier(5, random_state=0).fit(X, y)
    compiled = compile_fitted(forest, X)
    for rows in (X, X[:1], X[:1].tolist()):
        np.testing.assert_array_equal(compiled.predict(rows), forest.predict(rows))
        for ours, own in zip(compiled.predict_proba(rows), forest.predict_proba(rows), strict=True):
            np.testing.assert_array_equal(ours, own)
    regressor = RandomForestRegressor(5, random_state=0).fit(X, y)
    answers = compile_fitted(regressor, X).predict(X)
    np.testing.assert_array_equal(answers, regressor.predict(X))


def test_answers_may_be_changed(cancer: Cancer) -> None:
    """The caller may change a returned array."""
    compiled = compile_fitted(LinearRegression().fit(cancer.X, cancer.y), cancer.X)
    for rows in (cancer.X, cancer.X[:1].tolist()):
        compiled.predict(rows)[:] = 0.0
    model = LogisticRegression(max_iter=5000).fit(cancer.X, cancer.y)
    compile_fitted(model, cancer.X).predict_proba(cancer.X)[0] = 0.0  # type: ignore[call-overload]


def test_arrays_of_any_layout_are_answered(cancer: Cancer) -> None:
    """Columns first, reversed, every other row, float32, unaligned, read-only."""
    forest = RandomForestRegressor(3, random_state=0).fit(cancer.X, cancer.y)
    compiled = compile_fitted(forest, cancer.X)
    shifted = np.empty(cancer.X.nbytes + 1, np.uint8)[1:].view(np.float64).reshape(cancer.X.shape)
    shifted[:] = cancer.X
    read_only = cancer.X.copy()
    read_only.flags.writeable = False
    single = cancer.X.astype(np.float32)
    for rows in (np.asfortranarray(cancer.X), cancer.X[::-1], cancer.X[::2], shifted, read_only):
        np.testing.assert_array_equal(compiled.predict(rows), forest.predict(rows))
    np.testing.assert_array_equal(compiled.predict(single), forest.predict(single))
    assert compiled.predict(cancer.X[:0]).shape == (0,)


@pytest.mark.parametrize("threads", [0, 1, 2, 3, 4, 100])
def test_threads_do_not_change_the_answer(
    article_compiled: CompiledModel, cancer: Cancer, threads: int
) -> None:
    """The same bits in the same order, whatever the number of threads."""
    rows = np.concatenate([cancer.X] * 3)
    for method in ("predict", "predict_proba", "decision_function"):
        ask = getattr(article_compiled, method)
        np.testing.assert_array_equal(ask(rows, threads=threads), ask(rows))
    np.testing.assert_array_equal(
        article_compiled.predict(rows[:1], threads=threads), article_compiled.predict(rows[:1])
    )


def test_threads_name_the_first_row_that_is_refused(
    article_compiled: CompiledModel, cancer: Cancer
) -> None:
    """Threads name the first refused row, by its number among all rows."""
    rows = np.concatenate([cancer.X] * 3)
    rows[[700, 1600], 2] = np.nan
    with pytest.raises(InputError, match="Row 701 has a missing value for 'worstTexture'"):
        article_compiled.predict(rows, threads=4)


def test_a_file_brings_what_goes_in_and_out(tmp_path: Path) -> None:
    """Names, kinds, what may be missing, classes of each output, and the texts."""
    classes = (("no", "yes"), (False, True))
    loaded = load(mixed_model("classes", classes=classes).save(tmp_path / "model.poner"))
    assert loaded.signature.features == FEATURES
    assert loaded.signature.features[1] == Feature("color", "the color", kind="category")
    assert loaded.signature.classes == classes
    assert loaded.predict(ROWS).tolist() == [["no", False], ["yes", False], ["yes", False]]
    labelled = mixed_model("class", classes=("no", "yes"), labels=("benign", "malignant"))
    assert load(labelled.save(tmp_path / "b")).signature.labels == ("benign", "malignant")


def test_a_file_brings_no_report(article_compiled: CompiledModel, tmp_path: Path) -> None:
    """The report of the proof is in a Bundle's manifest, never in the model file."""
    assert article_compiled.parity is not None
    loaded = load(article_compiled.save(tmp_path / "model.poner"))
    assert loaded.parity is None
    assert loaded.served == article_compiled.served
    assert loaded.provenance == article_compiled.provenance


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"sha256": ""', b'"sha256": ,,'),
        (b'"file_name"', b'"fold_name"'),
        (b'"' + b"1" * 5000 + b'"', b"1" * 5002),
        (b'"a long"', b'"\\ud800"'),
    ],
    ids=["no JSON", "other keys", "an endless number", "half a character"],
)
def test_a_description_that_python_cannot_read_is_damaged(
    tmp_path: Path, old: bytes, new: bytes
) -> None:
    """Invalid provenance, which the kernel does not read, is an error of poner's."""
    compiled = mixed_model("class", classes=("a long", "1" * 5000))
    section = compiled.served.to_section(compiled.provenance)
    changed = section.replace(old, new, 1)
    assert len(changed) == len(section)
    tables = compiled.content[: struct.unpack_from("<Q", compiled.content, 40)[0]]
    (tmp_path / "model.poner").write_bytes(add_section(tables, changed))
    with pytest.raises(KernelError, match="has no description of its features"):
        load(tmp_path / "model.poner")


def test_a_file_of_an_older_version_says_so(tmp_path: Path) -> None:
    """A file of an older version is an error that says to compile it again."""
    content = bytearray(mixed_model().content)
    content[8:12] = (2).to_bytes(4, "little")
    (tmp_path / "model.poner").write_bytes(content)
    with pytest.raises(
        KernelError, match="compiled by an older version of poner; compile it again"
    ):
        load(tmp_path / "model.poner")


def test_a_loaded_model_takes_little_more_than_its_file(tmp_path: Path) -> None:
    """A forest of 50 MB is loaded and asked within one and a half times its size."""
    n_trees = 1_050_000
    first = np.arange(3 * n_trees) % 3 == 0
    trees = Trees(
        sizes=np.full(n_trees, 3),
        left=first.astype(np.int64),
        right=2 * first.astype(np.int64),
        leaf=~first,
        feature=np.zeros(first.size, np.int64),
        threshold=np.arange(first.size) // 3 * 1.0,
        missing_left=np.zeros(first.size, bool),
    )
    values = (np.arange(first.size) % 3 == 1) * 1.0
    builder = ProgramBuilder(4)
    forest = builder.add(TreeEnsemble(trees, values[:, None], np.zeros(1)), 0)
    features = tuple(Feature(name, name) for name in "abcd")
    served = ServedModel(Signature(features, None), "float64", 65_536)
    section = served.to_section(mixed_model().provenance)
    path = tmp_path / "model.poner"
    tables = write_tables(builder.finish({Output.PREDICT: forest}), layout=plain_layout)
    path.write_bytes(add_section(tables, section))
    size = path.stat().st_size
    assert size > 50_000_000
    del trees, values, builder, forest, tables
    tracemalloc.start()
    try:
        loaded = load(path)
        assert loaded.predict([[n_trees - 10.5, 0.0, 0.0, 0.0]]).tolist() == [10.0]
        assert len(loaded.predict(np.zeros((70, 4)))) == 70
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 1.1 * size
    assert peak < 1.5 * size


def test_saving_replaces_compiled_models_only(article_compiled: CompiledModel, tmp_path: Path):
    """A file of another kind stays, and a private one stays private."""
    path = article_compiled.save(tmp_path / "model.poner")
    path.chmod(0o600)
    article_compiled.save(path)
    assert path.stat().st_mode & 0o777 == 0o600
    (tmp_path / "clf.sav").write_bytes(b"mine")
    with pytest.raises(StorageError, match=r"clf\.sav is not a compiled model"):
        article_compiled.save(tmp_path / "clf.sav")
    assert (tmp_path / "clf.sav").read_bytes() == b"mine"
