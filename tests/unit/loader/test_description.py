"""The estimator as data: taken apart generically, sent without pickle, and not trusted."""

import contextlib
import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, SplineTransformer, StandardScaler

from poner import loader
from poner.artifacts import FittedObject
from poner.errors import ModelUnreadableError
from poner.loader.child import array_block, description, frames
from poner.loader.fitted import fitted_object


def test_a_tree_is_described_with_all_its_fields(models):
    """Nodes with every field of the record, values, and the sizes."""
    fitted = loader.describe_estimator(models["boosting"])
    (first,) = fitted.attributes["estimators_"][0]
    tree = first.attributes["tree_"]
    expected = models["boosting"].estimators_[0, 0].tree_
    assert tree.type_name == "sklearn.tree._tree.Tree"
    state = expected.__getstate__()
    assert tree.attributes["nodes"].dtype == state["nodes"].dtype
    np.testing.assert_array_equal(tree.attributes["nodes"], state["nodes"])
    np.testing.assert_array_equal(tree.attributes["values"], state["values"])
    assert tree.attributes["n_features"] == 4
    assert tree.attributes["n_outputs"] == 1
    assert tree.attributes["n_classes"].tolist() == [1]


def test_a_histogram_predictor_is_described_with_its_bitsets(models):
    """The nodes of the prediction, and which categories go left."""
    fitted = loader.describe_estimator(models["histogram"])
    (predictor,) = fitted.attributes["_predictors"][0]
    expected = models["histogram"]._predictors[0][0]
    for name in ("nodes", "raw_left_cat_bitsets"):
        np.testing.assert_array_equal(predictor.attributes[name], getattr(expected, name))


def test_what_is_shared_is_there_once(models):
    """Trees of a boosting model share one random state: one object here, too."""
    fitted = loader.describe_estimator(models["boosting"])
    states = [row[0].attributes["random_state"] for row in fitted.attributes["estimators_"]]
    assert isinstance(states[0], FittedObject)
    assert all(state is states[0] for state in states)


def test_what_a_prediction_has_no_need_of_is_named_only(models):
    """Random states and other foreign objects: a type without attributes."""
    fitted = loader.describe_estimator(models["boosting"])
    random = fitted.attributes["estimators_"][0][0].attributes["random_state"]
    assert random == FittedObject("numpy.random.mtrand.RandomState", {})


def test_functions_types_and_slices_are_described_by_name(rows):
    """A FunctionTransformer says which function it applies."""
    model = make_pipeline(FunctionTransformer(np.log1p), SplineTransformer()).fit(abs(rows))
    fitted = loader.describe_estimator(model)
    steps = [step[1] for step in fitted.attributes["steps"]]
    assert steps[0].attributes["func"] == FittedObject("numpy.ufunc", {"name": "numpy.log1p"})
    spline = steps[1].attributes["bsplines_"][0]
    assert spline.type_name == "scipy.interpolate._bsplines.BSpline"
    assert spline.attributes["t"].dtype == np.float64
    described = loader.describe_estimator(
        StandardScaler().set_params(copy=np.float32, with_mean=slice(1, None))
    )
    assert described.attributes["copy"] == FittedObject("builtins.type", {"name": "numpy.float32"})
    assert described.attributes["with_mean"].attributes == {"start": 1, "stop": None, "step": None}


def test_plain_values_stay_plain():
    """Numpy's scalars become Python's; tuples, sets and object arrays become lists."""
    model = StandardScaler()
    model.values = {"a": np.float64(0.1), 1: np.int64(2), "b": (True, None, "x")}
    model.objects = np.array([[1, "a"], [None, 2.5]], dtype=object)
    model.numbers = np.array([1, 2])
    model.texts = np.array(["a", "bc"])
    found = loader.describe_estimator(model).attributes
    assert found["values"] == {"a": 0.1, "1": 2, "b": [True, None, "x"]}
    assert type(found["values"]["1"]) is int
    assert found["objects"] == [[1, "a"], [None, 2.5]]
    assert found["numbers"].tolist() == [1, 2]
    assert found["texts"].tolist() == ["a", "bc"]


def test_a_cycle_does_not_hang():
    """An object that holds itself is described once, and named inside."""
    model = StandardScaler()
    model.own = [model]
    found = loader.describe_estimator(model)
    assert found.attributes["own"] == [FittedObject(found.type_name, {})]


def test_too_deep_a_nest_is_an_error():
    """Lists in lists in lists: an error of poner's, not of the stack."""
    model = StandardScaler()
    model.own = nest = []
    for _ in range(1000):
        nest.append([])
        nest = nest[0]
    with pytest.raises(ModelUnreadableError, match="too deeply"):
        loader.describe_estimator(model)


def sent(arrays):
    """Arrays as the other side sees them."""
    described, block = array_block.pack_arrays(arrays)
    return array_block.unpack_arrays(described, block)


def test_arrays_arrive_with_dtype_and_shape(models):
    """Numbers, texts, records and empty arrays; what arrives cannot be written to."""
    arrays = [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.eye(3)),
        np.array(["a", "bcd"]),
        np.array([True]),
        np.empty((0, 4), np.float32),
        np.float64(3).reshape(()),
        models["boosting"].estimators_[0, 0].tree_.__getstate__()["nodes"],
    ]
    for array, found in zip(arrays, sent(arrays), strict=True):
        np.testing.assert_array_equal(array, found)
        assert array.dtype == found.dtype
        assert array.shape == found.shape


@pytest.mark.parametrize(
    ("described", "block"),
    [
        ({"dtypes": ["|O8"], "arrays": [[0, [1]]]}, b"\0" * 16),
        ({"dtypes": ["<f8"], "arrays": [[0, [3]]]}, b"\0" * 16),
        ({"dtypes": ["<f8"], "arrays": [[0, [1]]]}, b"\0" * 32),
        ({"dtypes": ["<f8"], "arrays": [[0, [-1]]]}, b"\0" * 16),
        ({"dtypes": ["<f8"], "arrays": [[0, [1.5]]]}, b"\0" * 16),
        ({"dtypes": ["<f8"], "arrays": [[7, [1]]]}, b"\0" * 16),
        ({"dtypes": ["<f8"], "arrays": [[0, [1 << 39, 1 << 39]]]}, b"\0" * 16),
        ({"dtypes": ["<U0"], "arrays": [[0, [1 << 39]]]}, b""),
        ({"dtypes": ["f8,O"], "arrays": []}, b""),
        (
            {
                "dtypes": [{"names": ["a"], "formats": ["<f8"], "offsets": [9], "itemsize": 8}],
                "arrays": [],
            },
            b"",
        ),
        (
            {
                "dtypes": [
                    {"names": ["a"], "formats": ["<f8"], "offsets": [(1 << 31) - 1], "itemsize": 8}
                ],
                "arrays": [],
            },
            b"",
        ),
        (
            {
                "dtypes": [{"names": ["a"], "formats": ["|O"], "offsets": [0], "itemsize": 8}],
                "arrays": [],
            },
            b"",
        ),
        ({"dtypes": 3, "arrays": None}, b""),
        ({}, b""),
    ],
)
def test_the_parent_believes_no_description_of_arrays(described, block):
    """Objects, wrong lengths, impossible shapes, fields outside the record."""
    with pytest.raises(frames.FrameError):
        array_block.unpack_arrays(described, block)


@pytest.mark.parametrize(
    "nodes",
    [
        [],
        [["list", []]],
        [["object", "a.B", {"x": [0]}]],
        [["object", "a.B", {"x": [5]}]],
        [["object", "a.B", {"x": [-1]}]],
        [["object", "a.B", {"x": [True]}]],
        [["object", "a.B", {"x": {"y": 1}}]],
        [["object", "a.B", {"x": [0, 0]}]],
        [["object", 3, {}]],
        [["array", 0]],
        [["what", 0]],
        [3],
    ],
)
def test_the_parent_believes_no_table_of_nodes(nodes):
    """References to themselves, ahead, or nowhere; nodes of no kind; a root that is no object."""
    with pytest.raises(ModelUnreadableError):
        fitted_object(nodes, [])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 9) | st.floats() | st.sampled_from(["list", "a"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["dtypes", "arrays", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(nodes=JSON, body=st.binary(max_size=64))
def test_nonsense_from_the_child_is_an_error_of_poners(nodes, body):
    """Whatever JSON: a description, or a clean error."""
    with contextlib.suppress(ModelUnreadableError):
        fitted_object(nodes if isinstance(nodes, list) else [nodes], [])
    with contextlib.suppress(frames.FrameError):
        array_block.unpack_arrays(nodes if isinstance(nodes, dict) else {}, body)
    with contextlib.suppress(frames.FrameError):
        frames.lengths(body[: frames.PREFIX.size])
        frames.parse(body)


def test_describing_changes_nothing(models, rows):
    """The estimator answers as before."""
    model = copy.deepcopy(models["forest"])
    before = model.predict_proba(rows)
    description.describe(model)
    np.testing.assert_array_equal(model.predict_proba(rows), before)
