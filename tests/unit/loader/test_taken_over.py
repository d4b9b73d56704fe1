"""A child process that a file took over can send anything: each reply ends in a clean error."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from poner.artifacts import Table
from poner.errors import ModelStoppedError, ModelUnreadableError
from poner.loader import listing, signatures
from poner.loader.child import array_block, frames
from poner.loader.child_oracle import ChildOracle
from poner.loader.child_process import _signal_name, fault_of
from poner.loader.fitted import fitted_object
from poner.signature import wire_names

FACTS: dict[str, Any] = {
    "type": "Ridge",
    "is_classifier": False,
    "classes": None,
    "n_features": 2,
    "feature_names": None,
    "sklearn_version": "1",
    "numpy_version": "1",
    "python_version": "1",
}

LISTED: dict[str, Any] = {"uses": [], "versions": [], "format": "pickle", "unpacked_bytes": 1}


@pytest.mark.parametrize("names", [5, None, {"a": 1}, "posix"])
def test_names_of_a_refusal_that_are_no_list_are_left_out(names):
    """A refusal with malformed names is still reported, without names."""
    error = fault_of({"fault": "refused", "message": "It is refused.", "names": names})
    assert error.message == "It is refused."


@pytest.mark.parametrize(
    "changed",
    [
        {"uses": 5},
        {"uses": [["a", "b", 5]]},
        {"uses": [["a"]]},
        {"versions": 5},
        {"unpacked_bytes": "many"},
        {"unpacked_bytes": -1},
        {"unpacked_bytes": 1 << 40},
    ],
)
def test_a_listing_of_another_form_is_invalid(changed):
    """The listing decides which memory and time a model gets, and what is refused."""
    with pytest.raises(ModelUnreadableError, match="invalid answer"):
        listing._listing({**LISTED, **changed}, (), frozenset())


@pytest.mark.parametrize("number", [9, 40, 64])
def test_every_signal_has_a_name(number):
    """Those from 35 on are known to the kernel by number alone."""
    assert _signal_name(number).startswith(("SIG", "signal "))


@pytest.mark.parametrize(
    "changed",
    [{"n_features": 10**9}, {"n_features": -1}, {"feature_names": ["a"] * 300_001}],
)
def test_more_features_than_a_model_may_have_are_not_named(changed):
    """A name is made for each feature."""
    with pytest.raises(ModelUnreadableError, match="invalid answer"):
        signatures.checked_facts({**FACTS, **changed})


def test_names_that_are_all_one_take_no_time():
    """Each column of 20,000 is a different text, and the same name in requests."""
    begun = time.process_time()
    names = wire_names(["a" + " " * place + "b" for place in range(1, 20_001)])
    assert names[:3] == ("aB", "aB2", "aB3")
    assert len(set(names)) == 20_000
    assert time.process_time() - begun < 20


MODEL = ["object", "sklearn.linear_model._ridge.Ridge", {"coef_": [60]}]


def test_lists_that_share_lists_are_no_description():
    """60 nodes that a walk would reach in 2**60 ways."""
    nodes = [["list", []], *(["list", [[place], [place]]] for place in range(60)), MODEL]
    with pytest.raises(ModelUnreadableError, match="nests or shares its objects too much"):
        fitted_object(nodes, [])


def test_nodes_that_are_too_deep_are_no_description():
    """Nodes that are nested too deeply are refused, since readers recurse."""
    nodes = [["list", []], *(["list", [[place]]] for place in range(3000)), MODEL]
    with pytest.raises(ModelUnreadableError, match="nests or shares its objects too much"):
        fitted_object(nodes, [])


def test_an_array_is_a_part_of_a_description():
    """An array's node must hold a number, not parts."""
    nodes = [["array", 0], ["object", "sklearn.linear_model._ridge.Ridge", {"coef_": [0]}]]
    assert fitted_object(nodes, [np.ones(2)]).attributes["coef_"].shape == (2,)


def test_a_record_without_fields_is_no_dtype():
    """A record without fields is refused: an array of it has any length and no bytes."""
    dtype = {"names": [], "formats": [], "offsets": [], "itemsize": 0}
    with pytest.raises(frames.FrameError):
        array_block.unpack_arrays({"dtypes": [dtype], "arrays": [[0, [1 << 39]]]}, b"")


def test_a_message_of_too_many_values_is_not_parsed():
    """A message of too many values is not parsed, since values take forty times their text."""
    with pytest.raises(frames.FrameError):
        frames.parse(b'{"a":[' + b"[]," * frames.MOST_VALUES + b"[]]}")


class Child:
    """A child that answers each request with any number of rows, or has ended."""

    def __init__(self, shape: tuple[int, ...], over: ModelUnreadableError | None = None) -> None:
        self.shape, self.over = shape, over

    def ask(self, request: Any, body: bytes, **more: Any) -> Any:
        """Answer, or fail."""
        if self.over is not None:
            raise self.over
        described, block = array_block.pack_arrays([np.ones(self.shape)])
        return {"block": described}, block


FOUR_ROWS = Table.of_numbers(np.ones((4, 2)))


@pytest.mark.parametrize("shape", [(), (3,), (0,), (5, 2)])
def test_as_many_answers_as_rows_are_taken(shape):
    """An answer must have as many rows as the request."""
    with pytest.raises(ModelStoppedError, match="a different number of answers"):
        ChildOracle(Child(shape)).answer("predict", FOUR_ROWS)


def test_a_child_that_is_over_is_no_refusal_of_rows():
    """Rows that are refused are halved and asked again: a child that ended would be, for hours."""
    child = Child((4,), ModelUnreadableError("It took too long.", "Check it."))
    with pytest.raises(ModelStoppedError, match="too long"):
        ChildOracle(child).answer("predict", FOUR_ROWS)


def test_all_answers_have_a_time_together():
    """All answers together have a time limit, since many quick ones can take hours."""
    oracle = ChildOracle(Child((4,)))
    oracle.left_s = 0.0
    with pytest.raises(ModelStoppedError, match="together"):
        oracle.answer("predict", FOUR_ROWS)


def test_slow_answers_are_told_once():
    """One line says how long slow answers may take."""
    told: list[str] = []
    oracle = ChildOracle(Child((4,)), 0.0, told.append)
    oracle.left_s = oracle.all_s - 20.0
    for _ in range(3):
        oracle.answer("predict", FOUR_ROWS)
    assert len(told) == 1
