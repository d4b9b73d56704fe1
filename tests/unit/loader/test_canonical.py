"""The canonical form: poner itself writes the shipped pickle, whatever the file holds."""

from __future__ import annotations

import contextlib
import pickle
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.experimental import enable_iterative_imputer  # noqa: F401 - it is not there else
from sklearn.impute import IterativeImputer
from sklearn.linear_model import LogisticRegression

from poner import loader
from poner.errors import ModelRefusedError, ModelUnreadableError
from poner.loader.rewriting import rewritten_model
from poner.loader.safe_pickle import canonical
from poner.loader.safe_pickle.canonical import decode, encode, rewrite
from poner.loader.safe_pickle.canonical.decoding import MOST_NODES
from poner.loader.safe_pickle.canonical.dtypes import item_bytes
from poner.loader.safe_pickle.canonical.nodes import NO_STATE, Global, Items, Made, Pairs
from poner.loader.safe_pickle.faults import (
    FileRefusedError,
    FileUnreadableError,
    NotCanonicalError,
)
from poner.loader.safe_pickle.loading import load_content
from poner.loader.user_modules import UserModules
from tests.support.differentials import DIFFERENTIALS
from tests.support.forged_pickles import FORBIDDEN, HONEST, OTHER_FORMS

ROWS = np.random.default_rng(3).normal(size=(40, 3))
MODEL = LogisticRegression().fit(ROWS, (ROWS[:, 0] > 0).astype(int))


def test_every_kind_of_model_is_written_as_standard_pickle_reads_it(writer, models):
    """pickle.load reads the pickle, and the result is written the same and answers the same."""
    for name, model in models.items():
        written = rewrite(load_content(writer(model)))
        again = pickle.loads(written)
        assert rewrite(again) == written, name
        np.testing.assert_array_equal(np.asarray(again.n_features_in_), model.n_features_in_)
        assert canonical.checked(written) == written


def test_a_rewritten_model_answers_as_the_model(models, rows):
    """A rewritten model has the model's answers, to the bit."""
    for model in models.values():
        again = pickle.loads(rewrite(load_content(pickle.dumps(model))))
        np.testing.assert_array_equal(again.predict(rows), model.predict(rows))


@pytest.mark.parametrize("kind", DIFFERENTIALS)
def test_what_another_parser_would_run_is_not_shipped(kind, mark, tmp_path):
    """A file with two meanings gives the pickle of the checked meaning, or is refused."""
    content = DIFFERENTIALS[kind](MODEL, f"touch {mark}")
    file = tmp_path / "clf.sav"
    file.write_bytes(content)
    try:
        with loader.open_model(file) as opened:
            shipped = opened.file.content
    except (ModelRefusedError, ModelUnreadableError):
        return
    assert b"touch" not in shipped
    assert b"system" not in shipped
    np.testing.assert_array_equal(pickle.loads(shipped).predict(ROWS), MODEL.predict(ROWS))


def test_the_frame_differential_runs_a_command_where_the_file_itself_is_read(tmp_path):
    """The frame attack works on the file itself, so the tests above can fail."""
    import subprocess
    import sys

    mark = tmp_path / "ran"
    file = tmp_path / "clf.sav"
    file.write_bytes(DIFFERENTIALS["frame"](MODEL, f"touch {mark}"))
    subprocess.run([sys.executable, "-c", "import joblib,sys;joblib.load(sys.argv[1])", file])
    assert mark.exists()


class TakenOver:
    """A child process that sends any content."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def ask(self, request: Any, body: bytes = b"", **options: Any) -> Any:
        """Answer with the content."""
        return {}, self.content


def refusal(content: bytes) -> ModelRefusedError:
    """The error for a child that sends this."""
    with pytest.raises(ModelRefusedError) as caught:
        rewritten_model(TakenOver(content), "clf.sav", UserModules())
    return caught.value


@pytest.mark.parametrize("kind", OTHER_FORMS)
def test_a_child_that_was_taken_over_cannot_ship_another_form(kind):
    """The parent accepts only the bytes that it would write itself."""
    error = refusal(OTHER_FORMS[kind])
    assert error.message.startswith("clf.sav is refused: ")
    assert "canonical form" in error.message
    assert "trust" in error.hint


@pytest.mark.parametrize("kind", FORBIDDEN)
def test_a_child_that_was_taken_over_cannot_ship_what_breaks_a_rule(kind):
    """The parent checks the graph against the allow-list, too."""
    assert "The rewritten model" in refusal(encode(decode(FORBIDDEN[kind]))).message


def test_a_part_that_is_shared_is_checked_once():
    """A record of 2,000 fields that 20,000 arrays share is checked once, not 20,000 times."""
    number = Made(Global("numpy", "dtype"), True, ["f8", False, True])
    names = [f"f{place}" for place in range(2000)]
    fields = Pairs([(name, Items(tuple, [number, 0])) for name in names])
    state = Items(tuple, [3, "|", None, Items(tuple, names), fields, 8, 1, 16])
    record = Made(Global("numpy", "dtype"), True, ["V8", False, True], state=state)
    begun = time.process_time()
    assert {item_bytes(record) for _ in range(20_000)} == {8}
    assert time.process_time() - begun < 5


def test_more_objects_than_any_model_has_are_not_read():
    """A pickle with too many objects is refused, as each takes far more memory than its bytes."""
    with pytest.raises(NotCanonicalError):
        decode(b"\x80\x04" + b"]" * (MOST_NODES + 1) + b".")


def test_an_iterative_imputer_is_shipped():
    """An IterativeImputer is shipped with its triplets, named tuples that take arguments."""
    imputer = IterativeImputer(max_iter=1).fit(ROWS)
    written = rewrite(load_content(pickle.dumps(imputer)))
    assert canonical.checked(written) == written
    np.testing.assert_array_equal(pickle.loads(written).transform(ROWS), imputer.transform(ROWS))


def test_the_honest_form_beside_the_forgeries_is_taken():
    """The honest form of the forgeries is accepted, so their opcodes are right."""
    good = encode(decode(HONEST))
    assert rewritten_model(TakenOver(good), "clf.sav", UserModules()) == good
    assert pickle.loads(good).a.shape == (1,)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(1 << 40), 1 << 40)
    | st.floats(allow_nan=False)
    | st.text(st.characters(), max_size=300)
    | st.binary(max_size=300),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=4)
        | st.sets(st.text(max_size=5) | st.integers(), max_size=4)
        | st.frozensets(st.integers() | st.tuples(st.integers(), st.text(max_size=3)), max_size=4)
    ),
    max_leaves=30,
)


@settings(max_examples=300, deadline=None)
@given(VALUES)
def test_plain_values_come_back(value):
    """Standard pickle reads what was written, and the graph is read back as it was."""
    written = rewrite(value)
    assert pickle.loads(written) == value
    assert encode(decode(written)) == written


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=40).map(lambda data: b"\x80\x04" + data + b"."))
def test_bytes_of_any_kind_are_read_or_are_not_canonical(content):
    """Any bytes are decoded, or give NotCanonicalError only."""
    with contextlib.suppress(NotCanonicalError):
        assert isinstance(encode(decode(content)), bytes)


def test_what_is_shared_stays_shared_and_what_is_equal_does_not_become_so():
    """A list that is used twice is one list; two lists that are equal are two."""
    one, other = [1], [1]
    again = pickle.loads(rewrite([one, one, other]))
    assert again[0] is again[1]
    assert again[0] is not again[2]


def test_a_list_may_hold_itself():
    """A cycle through what is filled after it is made comes back."""
    value: list[Any] = []
    value.append({"self": value})
    again = pickle.loads(rewrite(value))
    assert again[0]["self"] is again


def test_a_tuple_that_holds_itself_is_refused():
    """A tuple that contains itself is refused, since no order of steps can build it."""
    inner: list[Any] = []
    value = (inner,)
    inner.append(value)
    with pytest.raises(FileUnreadableError, match="holds itself"):
        rewrite(value)


def test_a_long_chain_needs_no_deep_stack():
    """A long chain of objects is written without recursion."""
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    written = rewrite(value)
    assert encode(decode(written)) == written


def test_a_long_text_is_written_once_however_often_it_is_used():
    """Equal texts are one, though they are different objects."""
    first, second = "x" * 10_000, "".join(["x"] * 10_000)
    assert len(rewrite([first, second, first])) < 10_100


def test_sets_are_written_in_one_order():
    """Sets are written in one order, though a process's own order changes."""
    names = [f"name {number}" for number in range(50)]
    assert encode(Items(set, names)) == encode(Items(set, names[::-1]))


def test_what_numpy_renamed_is_written_under_its_older_name():
    """A function may be shipped with an older numpy than the model was read with."""
    written = rewrite({"array": np.arange(3), "number": np.float64(1)})
    assert b"numpy.core.multiarray" in written
    assert b"numpy._core" not in written


def test_numbers_are_written_in_this_machines_byte_order():
    """Numbers are written in this machine's byte order, as numpy loads them."""
    written = rewrite(np.array([1, 2], dtype=">i4"))
    assert rewrite(pickle.loads(written)) == written
    assert pickle.loads(written).tolist() == [1, 2]


def test_a_slice_may_have_numbers_of_numpys():
    """A slice may hold numpy's numbers, as in a ColumnTransformer's columns."""
    model = LogisticRegression().fit(ROWS, ROWS[:, 0] > 0)
    model.columns = slice(np.int64(0), None, "x")
    written = rewrite(model)
    assert canonical.checked(written) == written


def test_random_states_are_written_without_what_seeded_them():
    """The same generator gives the same bytes, and goes on as it would have."""
    generator = np.random.RandomState(4)
    written = rewrite(generator)
    assert rewrite(np.random.RandomState(4)) == written
    assert pickle.loads(written).rand() == generator.rand()
    other = pickle.loads(rewrite(np.random.default_rng(5)))
    assert other.random() == np.random.default_rng(5).random()


def test_a_function_without_a_name_on_the_list_is_not_written():
    """A function outside the list is named, with an alternative."""
    with pytest.raises(FileUnreadableError, match=r"numpy\.save") as caught:
        rewrite([np.save])
    assert "native" in caught.value.hint


def test_rules_hold_for_what_is_reached_by_any_way():
    """The rules hold for keys, items, arguments and states."""
    bad = Global("posix", "system")
    estimator = Global("sklearn.linear_model._logistic", "LogisticRegression")
    factory = Global("collections", "defaultdict")
    holders = [
        Made(estimator, False, state=Pairs([("a", Items(list, [bad]))])),
        Made(estimator, False, state=Pairs([("a", Items(tuple, [Pairs([("b", bad)])]))])),
        Made(estimator, False, items=[bad]),
        Made(estimator, False, pairs=[("a", bad)]),
        Made(estimator, False, state=Pairs([("a", Items(set, [bad]))])),
        Made(estimator, False, state=Pairs([("a", Made(factory, True, [bad]))])),
        Made(bad, False),
        Made(estimator, False, state=Items(tuple, [None, Pairs([("__class__", estimator)])])),
    ]
    for holder in holders:
        with pytest.raises(FileRefusedError):
            canonical.check_graph(holder)
    canonical.check_graph(Made(estimator, False, state=NO_STATE))
