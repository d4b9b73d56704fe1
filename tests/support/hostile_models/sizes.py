"""Small files that ask for much memory or time."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from typing import Any

import numpy as np
import sklearn
from sklearn.ensemble import BaggingClassifier
from sklearn.pipeline import Pipeline

from tests.support.hostile_models.writing import Called, Code, Maker, get, put, write

MAKERS: dict[str, Maker] = {}

RECONSTRUCT = np.array([1]).__reduce__()[0]
SCALAR = np.float64(1).__reduce__()[0]
EMPTY = (np.ndarray, (0,), b"b")
MANY = 10**12
DEPTH = 60


def hostile(make: Maker) -> Maker:
    """Note what makes a file; its docstring is its name."""
    MAKERS[str(make.__doc__).rstrip(".")] = make
    return make


def array(shape: tuple[int, ...], dtype: Any, data: bytes = b"") -> Any:
    """An array as pickles make it."""
    return Called(RECONSTRUCT, EMPTY, (1, shape, dtype, False, data))


@hostile
def _lists() -> bytes:
    """Lists that share lists."""
    value: list[Any] = []
    for _ in range(DEPTH):
        value = [value, value]
    return pickle.dumps(value)


@hostile
def _pipelines() -> bytes:
    """Pipelines that share pipelines."""
    value: Any = "passthrough"
    for _ in range(DEPTH):
        value = Pipeline([("a", value), ("b", value)])
    return pickle.dumps(value)


@hostile
def _older_pipelines() -> bytes:
    """Pipelines in pipelines of another version, each written out for a warning."""
    version = sklearn.__version__.encode()
    other = b"0" + version[1:]
    value: Any = "passthrough"
    for _ in range(DEPTH // 2):
        value = Pipeline([("a", value), ("b", value)])
    return pickle.dumps(value).replace(version, other)


@hostile
def _tuples() -> bytes:
    """Options that share tuples."""
    value: Any = ()
    for _ in range(DEPTH):
        value = (value, value)
    return pickle.dumps({"dtype": value})


@hostile
def _nothing() -> bytes:
    """An empty array of 10**12 columns."""
    return pickle.dumps(array((0, MANY), np.dtype("f8")))


@hostile
def _no_size() -> bytes:
    """10**12 texts of no size."""
    return pickle.dumps(array((MANY,), np.dtype("S0")))


@hostile
def _item() -> bytes:
    """A dtype of 2 GB an item."""
    return pickle.dumps(np.dtype("V2000000000"))


@hostile
def _buffer() -> bytes:
    """An array of protocol 5 that is empty and wide."""
    maker = np.ones(1).__reduce_ex__(5)[0]
    return pickle.dumps(Called(maker, (b"", np.dtype("f8"), (0, MANY), "C")), 5)


@hostile
def _copies() -> bytes:
    """100,000 arrays of the same bytes."""
    data = b"\x00" * 500_000
    first = Code(Called(RECONSTRUCT, EMPTY), (1, (500_000,), np.dtype("i1"), False, data), b"b")
    state = Code((1, (500_000,), np.dtype("i1"), False, data), put(0))
    again = Code(RECONSTRUCT, EMPTY, put(2), b"R", get(0), b"b")
    return write(
        b"(", first, state, again, *[Code(RECONSTRUCT, get(2), b"R", get(0), b"b")] * 9000, b"l"
    )


@hostile
def _sets() -> bytes:
    """10,000 sets of the same items."""
    items = Code(list(range(50_000)), put(0))
    return write(b"(", items, *[Code(set, get(0), b"\x85R")] * 10_000, b"l")


@hostile
def _colliding() -> bytes:
    """Keys that all have the same hash."""
    return pickle.dumps(dict.fromkeys(number * (2**61 - 1) for number in range(1, 200)))


@hostile
def _places() -> bytes:
    """Places of the memo that all have the same hash."""
    puts = b"".join(b"p%d\n" % (number * (2**61 - 1)) for number in range(1, 200))
    return b"\x80\x02N" + puts + b"."


@hostile
def _pairs() -> bytes:
    """20,000 keys that are tuples."""
    return pickle.dumps({(number, 0): None for number in range(20_000)})


@hostile
def _integer() -> bytes:
    """An integer of 3 MB."""
    return b"\x80\x02\x8b" + struct.pack("<i", 3_000_000) + b"\x01" * 3_000_000 + b"."


@hostile
def _digits() -> bytes:
    """An integer of 100,000 digits."""
    return b"L" + b"9" * 100_000 + b"L\n."


@hostile
def _short_digits() -> bytes:
    """An integer of 4,000 digits."""
    return b"I" + b"9" * 4_000 + b"\n."


@hostile
def _records() -> bytes:
    """Records inside records."""
    dtype: Any = np.dtype("f8")
    for _ in range(DEPTH):
        state = (3, "|", None, ("a", "b"), {"a": (dtype, 0), "b": (dtype, 0)}, 8, 1, 16)
        dtype = Called(np.dtype, ("V8", False, True), state)
    return pickle.dumps(array((1,), dtype, b"a" * 8), 2)


@hostile
def _joblib_records() -> bytes:
    """Records inside records, as joblib stores arrays."""
    from joblib.numpy_pickle import NumpyArrayWrapper

    dtype: Any = np.dtype("f8")
    for _ in range(DEPTH):
        state = (3, "|", None, ("a", "b"), {"a": (dtype, 0), "b": (dtype, 0)}, 8, 1, 16)
        dtype = Called(np.dtype, ("V8", False, True), state)
    return pickle.dumps(NumpyArrayWrapper(np.ndarray, (1,), "C", dtype), 2)


@hostile
def _joblib_columns() -> bytes:
    """An empty array of 10**12 columns, as joblib stores it."""
    from joblib.numpy_pickle import NumpyArrayWrapper

    return pickle.dumps(NumpyArrayWrapper(np.ndarray, (0, MANY), "C", np.dtype("f8")), 2)


def skops(node: dict[str, Any], **members: bytes) -> bytes:
    """A skops file of one node."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        schema = {**node, "protocol": 2, "_skops_version": "0.16"}
        archive.writestr("schema.json", json.dumps(schema))
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def node(loader: str, kind: str, **more: Any) -> dict[str, Any]:
    """One node of a schema."""
    module, _, name = kind.rpartition(".")
    return {"__class__": name, "__module__": module, "__loader__": loader, **more}


def plain(value: Any) -> dict[str, Any]:
    """A plain value."""
    return node("JsonNode", "builtins.str", content=json.dumps(value), is_json=True)


def header(shape: tuple[int, ...], dtype: str = "<f8") -> bytes:
    """The beginning of a .npy file, without numbers."""
    text = repr({"descr": dtype, "fortran_order": False, "shape": shape}).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


@hostile
def _skops_objects() -> bytes:
    """A skops file with 1.8 billion objects."""
    shape = node("TupleNode", "builtins.tuple", content=[plain(1_800_000_000)])
    return skops(node("NdArrayNode", "numpy.ndarray", type="json", content=[], shape=shape))


@hostile
def _skops_array() -> bytes:
    """A skops file with 10**12 numbers."""
    file = node("NdArrayNode", "numpy.ndarray", type="numpy", file="a")
    return skops(file, a=header((MANY,)))


@hostile
def _skops_empty() -> bytes:
    """A skops file with an empty array of 10**12 columns."""
    file = node("NdArrayNode", "numpy.ndarray", type="numpy", file="a")
    return skops(file, a=header((0, MANY)))


@hostile
def _skops_header() -> bytes:
    """A skops file with an array's header of brackets."""
    text = b"(" * 60_000
    content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text
    return skops(node("NdArrayNode", "numpy.ndarray", type="numpy", file="a"), a=content)


@hostile
def _skops_sparse() -> bytes:
    """A skops file with a sparse matrix of 10**12 rows."""
    stream = io.BytesIO()
    numbers, places = np.zeros(0), np.zeros(0, np.int32)
    form, shape = np.array(b"coo"), np.array([MANY, 1])
    np.savez(stream, format=form, shape=shape, data=numbers, row=places, col=places)
    file = node("SparseMatrixNode", "scipy.sparse._coo.coo_matrix", type="scipy", file="a")
    return skops(file, a=stream.getvalue())


@hostile
def _skops_integer() -> bytes:
    """A skops file with an integer of 4,000 digits."""
    return skops({**plain(0), "content": "9" * 4_000})


@hostile
def _skops_slice() -> bytes:
    """A skops file with a slice up to an integer of 4,000 digits."""
    bounds = {"start": 0, "stop": 9, "step": None}
    stream = io.BytesIO()
    text = json.dumps({**node("SliceNode", "builtins.slice", content=bounds), "protocol": 2})
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("schema.json", text.replace(": 9,", ": " + "9" * 4000 + ","))
    return stream.getvalue()


@hostile
def _skops_depth() -> bytes:
    """A skops file of 100,000 brackets."""
    return skops({**plain(0), "content": "[" * 100_000 + "]" * 100_000})


@hostile
def _skops_nodes() -> bytes:
    """A skops file of 20,000 lists in each other."""
    start = '{"__class__":"list","__module__":"builtins","__loader__":"ListNode","content":['
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        inside = start * 20_000 + "]}" * 19_999 + '],"protocol":2}'
        archive.writestr("schema.json", inside)
    return stream.getvalue()


@hostile
def _classes() -> bytes:
    """A classifier that counts more classes than it has."""
    model = BaggingClassifier(n_estimators=1).fit([[0.0], [1.0]] * 5, [0, 1] * 5)
    model.n_classes_ = MANY
    return pickle.dumps(model)


@hostile
def _skops_masked() -> bytes:
    """A skops file of a masked array of lists that share lists."""
    value: Any = plain(0)
    for place in range(28):
        shared = node("ListNode", "builtins.list", content=[value], __id__=place + 1)
        again = node("ListNode", "builtins.list", content=[], __id__=place + 1)
        value = node("ListNode", "builtins.list", content=[shared, again])
    content = {"data": value, "mask": plain(False)}
    return skops(node("MaskedArrayNode", "numpy.ma.MaskedArray", content=content))
