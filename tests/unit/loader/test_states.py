"""What a file may build from allowed names: states that hold together, and nothing else."""

import copy
import functools
import pickle
import pickletools

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.validation import check_array

from poner.loader.safe_pickle.faults import FileRefusedError, FileUnreadableError
from poner.loader.safe_pickle.loading import load_content


class Reduced:
    """Pickles as it is told."""

    def __init__(self, *parts):
        self.parts = parts

    def __reduce__(self):
        return self.parts


def load(value, protocol=4):
    """What the reader makes of a pickle of the value."""
    return load_content(pickle.dumps(value, protocol))


RECONSTRUCT = np.array([1]).__reduce__()[0]
EMPTY = (np.ndarray, (0,), b"b")


def test_a_dtype_cannot_call_pointers_bytes():
    """Flags that say an object dtype is plain would turn bytes into pointers: they are not used."""
    dtype = Reduced(np.dtype, ("O8", False, True), (3, "|", None, None, None, -1, -1, 0))
    array = Reduced(RECONSTRUCT, EMPTY, (1, (1,), dtype, False, b"\x41" * 8))
    with pytest.raises(FileUnreadableError):
        load(array)


def test_a_dtype_cannot_reach_beyond_its_size():
    """A field that begins behind the end of the record is refused by numpy itself."""
    fields = {"a": (np.dtype("f8"), 1 << 20)}
    dtype = Reduced(np.dtype, ("V8", False, True), (3, "|", None, ("a",), fields, 8, 1, 16))
    with pytest.raises((FileUnreadableError, ValueError)):
        load(dtype)


def test_numpys_own_dtypes_cannot_be_changed():
    """A state for a dtype goes to a copy."""
    state = (3, ">", None, None, None, -1, -1, 0)
    load(Reduced(np.dtype, ("f8",), state))
    assert np.dtype("f8").byteorder == "="


@pytest.mark.parametrize(
    "state",
    [
        (1, (1 << 40,), np.dtype("f8"), False, b"\0" * 8),
        (1, (-1,), np.dtype("f8"), False, b""),
        (1, (2,), np.dtype("f8"), False, [1.0, 2.0]),
        (1, (3,), np.dtype("O"), False, [None]),
        (1, (1,), "f8", False, b"\0" * 8),
    ],
)
def test_an_array_has_as_many_bytes_as_its_shape_says(state):
    """Shape, dtype and data are multiplied out before numpy sees them."""
    with pytest.raises(FileUnreadableError):
        load(Reduced(RECONSTRUCT, EMPTY, state))


@pytest.fixture(scope="module")
def tree():
    """A fitted tree of depth 3."""
    X = np.random.RandomState(0).normal(size=(60, 3))
    return DecisionTreeClassifier(max_depth=3).fit(X, X[:, 0] > X[:, 1])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("left_child", 10_000),
        ("right_child", 10_000),
        ("left_child", 0),
        ("right_child", -7),
        ("feature", 3),
        ("feature", -3),
    ],
)
def test_a_tree_that_leaves_itself_is_refused(tree, field, value):
    """A child that is not there or comes before its parent, a feature that is no column."""
    maker, arguments, state = tree.tree_.__reduce__()
    nodes = state["nodes"].copy()
    nodes[field][0] = value
    with pytest.raises(FileUnreadableError, match="a tree"):
        load(Reduced(maker, arguments, {**state, "nodes": nodes}))


def test_a_tree_cannot_count_more_nodes_than_it_has(tree):
    """node_count decides how far scikit-learn reads."""
    maker, arguments, state = tree.tree_.__reduce__()
    with pytest.raises(FileUnreadableError, match="a tree"):
        load(Reduced(maker, arguments, {**state, "node_count": 1 << 20}))


def test_a_tree_is_made_of_sizes_that_fit(tree):
    """n_outputs decides how far scikit-learn reads n_classes."""
    maker, (n_features, n_classes, _), _ = tree.tree_.__reduce__()
    with pytest.raises(FileRefusedError):
        load(Reduced(maker, (n_features, n_classes, 1 << 20)))


def test_an_honest_tree_is_read(tree):
    """The checks let through what scikit-learn writes."""
    assert load(tree).tree_.node_count == tree.tree_.node_count


def test_an_estimator_is_never_initialised():
    """Calling a class with chosen arguments is refused; making an empty instance is not."""
    content = b"\x80\x04csklearn.pipeline\nPipeline\n]Na\x85R."
    with pytest.raises(FileRefusedError):
        load_content(content)


@pytest.mark.parametrize(
    "content",
    [
        b"csklearn.pipeline\nPipeline\n}b.",  # the state of a class, not of an instance
        b"csklearn.pipeline\nPipeline\n)\x81}\x8c\x09__class__Nsb.",
        b"]}b.",  # the state of a list
        b"cnumpy\nlog1p\n}\x8c\x01aNsb.",  # the attribute of a function
        b"cnumpy\ndtype\n}b.",
    ],
)
def test_states_are_for_instances_of_the_models_classes(content):
    """Not for classes, functions or containers, and not for Python's own attributes."""
    with pytest.raises(FileRefusedError):
        load_content(b"\x80\x04" + content)


@pytest.mark.parametrize(
    "content",
    [
        b"]cnumpy\nlog1p\nN\x85R.",  # call of a name that may only be named
        b"N)R.",  # call of nothing
        b"\x8c\x01a)\x81.",  # instance of a text
        b"N(K\x01e.",  # items for None
        b"](K\x01K\x02u.",  # keys for a list
        b"}(K\x01\x90.",  # members for a dictionary
    ],
)
def test_opcodes_work_on_their_own_kind_only(content):
    """Lists take items, dictionaries keys, sets members; a pickle's stack has no other methods."""
    with pytest.raises(FileRefusedError):
        load_content(b"\x80\x04" + content)


def test_a_function_with_a_check_never_enters_the_model():
    """What may be called is there as a stand-in, which no attribute of a model can use."""
    found = load_content(b"\x80\x04cnumpy.core.multiarray\n_reconstruct\n.")
    assert not callable(found)


@pytest.mark.parametrize("encoding", ["zlib", "rot13", "utf-16"])
def test_codecs_encodes_bytes_only(encoding):
    """Protocols 0 to 2 write bytes as latin-1 text; other codecs are refused."""
    import codecs

    with pytest.raises(FileRefusedError):
        load(Reduced(codecs.encode, ("text", encoding)), 2)


@pytest.mark.parametrize(
    "parts",
    [
        (functools.partial, (np.log1p,)),
        (functools.partial, (DecisionTreeClassifier,)),
        (functools.partial, (check_array,), (np.log1p, (), {}, None)),
        (functools.partial, (check_array,), (check_array, (1,), {}, None)),
        (functools.partial, (check_array,), (check_array, (), {"dtype": np.log1p}, None)),
        (functools.partial, (check_array,), (check_array, (), {}, {"a": 1})),
    ],
)
def test_a_partial_is_of_check_array_with_options_only(parts):
    """Histogram models keep one; wrapping any other callable, even an allowed one, is refused."""
    with pytest.raises(FileRefusedError):
        load(Reduced(*parts))


def test_a_default_dict_takes_containers_only():
    """Its factory is called when a key is missing."""
    import collections

    with pytest.raises(FileRefusedError):
        load(Reduced(collections.defaultdict, (np.log1p,)))


def test_each_pickle_ends_at_its_stop():
    """What lies behind the end is not looked at, as in pickle itself."""
    content = pickle.dumps([1, 2], 4) + b"cos\nsystem\n."
    assert load_content(content) == [1, 2]
    assert next(reversed(list(pickletools.genops(content))))[0].name == "STOP"


@pytest.mark.parametrize("protocol", range(6))
def test_plain_values_come_back(protocol):
    """Containers, numbers, bytes, arrays and random states, in every protocol."""
    value = {
        "numbers": [1, -1, 1 << 70, 1.5, 1j, True, None],
        "texts": ("a", "é", b"bytes", bytearray(b"more"), b""),
        "sets": [{1, 2}, frozenset(["a"]), slice(1, None), range(3)],
        "arrays": [np.arange(6.0).reshape(2, 3), np.asfortranarray(np.eye(2)), np.array(["a"])],
        "scalars": [np.float32(1.5), np.int64(3), np.str_("a"), np.bool_(True)],
        "records": np.array([(1, 2.5)], [("a", "i4"), ("b", "f8")]),
        "masked": np.ma.masked_array([1.0, 2.0], [True, False]),
    }
    found = load(value, protocol)
    assert repr(found) == repr(value)
    state = load(np.random.RandomState(3), protocol)
    assert state.randint(1 << 30) == np.random.RandomState(3).randint(1 << 30)
    generator = load(np.random.default_rng(3), protocol)
    assert generator.integers(1 << 30) == np.random.default_rng(3).integers(1 << 30)


@pytest.mark.parametrize(
    ("field", "value"), [("left", 999), ("right", 0), ("feature_idx", 4), ("feature_idx", 1 << 20)]
)
def test_a_histogram_tree_that_leaves_itself_is_refused(field, value, models):
    """The same for the other kind of tree, whose features have to be there, too."""
    model = copy.deepcopy(models["histogram"])
    nodes = model._predictors[0][0].nodes
    nodes[field][0] = value
    with pytest.raises(FileUnreadableError, match="a tree"):
        load(model)
