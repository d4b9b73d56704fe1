"""Pickles that a child process could send once a model file has taken it over.

Each is put together from opcodes, so that it can break one rule of the canonical form, or of the
graph that it stands for.
"""

from __future__ import annotations

import struct


def _text(text: str) -> bytes:
    return b"\x8c" + bytes([len(text)]) + text.encode()


def _global(module: str, name: str) -> bytes:
    return _text(module) + _text(name) + b"\x93"


def _estimator(attributes: bytes) -> bytes:
    """The pickle of an estimator with these attributes, in canonical form."""
    made = _global("sklearn.linear_model._logistic", "LogisticRegression") + b")\x81"
    return b"\x80\x04" + made + b"}(" + attributes + b"ub."


def _array(dtype: bytes, shape: bytes, data: bytes) -> bytes:
    """An array with one item for a dtype's state, its shape and its data, as opcodes."""
    made = _global("numpy.core.multiarray", "_reconstruct") + _global("numpy", "ndarray")
    made += b"K\0\x85C\x01b\x87R"
    return made + b"(K\x01" + shape + dtype + b"\x89" + data + b"tb"


def _dtype(code: str, flags: int, order: str = "|") -> bytes:
    made = _global("numpy", "dtype") + _text(code) + b"\x89\x88\x87R(K\x03" + _text(order)
    sizes = b"J\xff\xff\xff\xff" * 2
    return made + b"NNN" + sizes + b"K" + bytes([flags]) + b"tb"


def _plain_dtype() -> bytes:
    return _global("numpy", "dtype") + _text("f8") + b"\x89\x88\x87R"


def _record(field: bytes, behind: bytes = b"") -> bytes:
    """A dtype of one field of 8 bytes; `behind` follows before it gets its state."""
    made = _global("numpy", "dtype") + _text("V8") + b"\x89\x88\x87R" + behind
    fields = b"}(" + _text("x") + field + b"K\x00\x86u"
    return (
        made + b"(K\x03" + _text("|") + b"N" + _text("x") + b"\x85" + fields + b"K\x08K\x01K\x10tb"
    )


LONG_TEXT = b"X" + struct.pack("<I", 65_000) + b"k" * 65_000

ADDRESS = b"C\x08" + struct.pack("<Q", 0x4141414141414141)

OTHER_FORMS: dict[str, bytes] = {
    "a frame": b"\x80\x04\x95" + struct.pack("<Q", 3) + b"K\x01." + b"K\x01.",
    "an opcode of protocol 0": b"\x80\x04cposix\nsystem\n.",
    "a longer opcode than needed": _estimator(b"X\x01\0\0\0aK\x01"),
    "a number in a longer form": _estimator(_text("a") + b"J\x01\0\0\0"),
    "what is memoized and not used": _estimator(_text("a") + b"\x94K\x01"),
    "items in two steps": b"\x80\x04](K\x01e(K\x02e.",
    "a set that is not sorted": _estimator(_text("a") + b"\x8f(K\x02K\x01\x90"),
    "something behind the end": _estimator(_text("a") + b"K\x01") + b".",
    "no end": _estimator(_text("a") + b"K\x01")[:-1],
    "nothing": b"",
    "an object that is called": _estimator(_text("a") + b"]K\x01\x85R"),
}
"""Pickles that are not in canonical form."""

FORBIDDEN: dict[str, bytes] = {
    "a new object with arguments": b"\x80\x04"
    + _global("sklearn.linear_model._logistic", "LogisticRegression")
    + b"K\x01\x85\x81.",
    "a command": b"\x80\x04" + _global("posix", "system") + _text("true") + b"\x85R.",
    "a command within": _estimator(
        _text("coef_") + _global("posix", "system") + _text("true") + b"\x85R"
    ),
    "a function as a value": _estimator(_text("coef_") + _global("posix", "system")),
    "a call that may only be named": _estimator(
        _text("coef_") + _global("numpy", "log") + b"K\x01\x85R"
    ),
    "Python's own attributes": _estimator(_text("__class__") + _global("builtins", "object")),
    "a state that is no dictionary of names": _estimator(b"K\x01K\x01"),
    "pointers as numbers": _estimator(_text("a") + _array(_dtype("O8", 0), b"K\x01\x85", ADDRESS)),
    "pointers in bytes": _estimator(_text("a") + _array(_dtype("O8", 63), b"K\x01\x85", ADDRESS)),
    "numbers as pointers": _estimator(
        _text("a") + _array(_dtype("f8", 63, "<"), b"K\x01\x85", ADDRESS)
    ),
    "an array longer than its data": _estimator(
        _text("a") + _array(_dtype("f8", 0, "<"), b"K\x09\x85", ADDRESS)
    ),
    "a pointer as a number of numpy's": _estimator(
        _text("a")
        + _global("numpy.core.multiarray", "scalar")
        + _dtype("O8", 63)
        + ADDRESS
        + b"\x86R"
    ),
    "a partial of another function": _estimator(
        _text("a") + _global("functools", "partial") + _global("numpy", "log") + b"\x85R"
    ),
    "a partial that becomes another": _estimator(
        _text("a")
        + _global("functools", "partial")
        + _global("sklearn.utils.validation", "check_array")
        + b"\x85R("
        + _global("numpy", "log")
        + b")}Ntb"
    ),
    "no object at all": b"\x80\x04K\x01.",
    "a dtype without a code": _estimator(
        _text("a") + _array(_global("numpy", "dtype") + b")R", b"K\x01\x85", ADDRESS)
    ),
    "a dtype whose code is a number": _estimator(
        _text("a") + _array(_global("numpy", "dtype") + b"K\x01\x85R", b"K\x01\x85", ADDRESS)
    ),
    "a dtype that is its own field": _estimator(
        _text("a") + _array(_record(b"h\x00", b"\x94"), b"K\x01\x85", ADDRESS)
    ),
    "records in records": _estimator(
        _text("a") + _array(_record(_record(_plain_dtype())), b"K\x01\x85", ADDRESS)
    ),
    "a dimension of a million digits": _estimator(
        _text("a")
        + _array(
            _dtype("f8", 0, "<"),
            b"\x8b" + struct.pack("<i", 400_000) + b"\x01" * 400_000 + b"\x85",
            b"C\0",
        )
    ),
    "a set that names a long text many times": _estimator(
        _text("a") + b"\x8f(" + LONG_TEXT + b"\x94" + b"h\x00" * 2000 + b"\x90"
    ),
    "a set of tuples of a long text": _estimator(
        _text("a")
        + b"\x8f("
        + LONG_TEXT
        + b"\x94K\x01\x86"
        + b"".join(b"h\x00M" + struct.pack("<H", i) + b"\x86" for i in range(300, 2300))
        + b"\x90"
    ),
    "a call of a thousand arguments": _estimator(
        _text("a") + _global("sklearn._loss._loss", "CyPinballLoss") + b"(" + b"N" * 1000 + b"tR"
    ),
    "a call with a tuple of a thousand": _estimator(
        _text("a")
        + _global("sklearn._loss._loss", "CyPinballLoss")
        + b"("
        + b"N" * 1000
        + b"t\x85R"
    ),
    "a vectorizer that opens files": b"\x80\x04"
    + _global("sklearn.feature_extraction.text", "CountVectorizer")
    + b")\x81}("
    + _text("input")
    + _text("filename")
    + b"ub.",
}
"""Graphs that break a rule; written in canonical form by the test."""

HONEST = _estimator(_text("a") + _array(_dtype("f8", 0, "<"), b"K\x01\x85", ADDRESS))
"""An estimator with an array of one number: what the forgeries are put together from is right."""
