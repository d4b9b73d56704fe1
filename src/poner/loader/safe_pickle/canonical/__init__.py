"""canonical: the one form in which a model leaves the process that read it.

Two parsers may read one file differently, so joblib, skops or pickle never get the bytes of a
model file. The confined child turns the objects that it built and checked into a graph
(`graph_of`) and writes the graph as bytes (`encode`). The parent trusts neither the file nor the
child: it reads the bytes (`decode`), checks the graph (`check_graph`), encodes the graph again, and
accepts the bytes only if both encodings are equal (`checked`).

The form is a plain pickle of protocol 4 that `pickle.load` reads, written in one way only:

- it has no frames, and only the opcodes that `encoding.py` lists;
- a value is memoized when it is first written, if it is used more than once;
- integers, texts and bytes take the shortest opcode; equal texts (or bytes) are written once;
- an object is made, then gets its items, then its state; items of sets are sorted.
"""

from __future__ import annotations

from typing import Any

from ..faults import FileUnreadableError, NotCanonicalError
from .decoding import decode
from .encoding import encode
from .from_objects import graph_of
from .rules import check_graph

__all__ = ["check_graph", "checked", "decode", "encode", "rewrite"]


def rewrite(estimator: Any, own_modules: frozenset[str] = frozenset()) -> bytes:
    """Write an object that `load_content` returned as a canonical pickle.

    Args:
        estimator: the object; all of its parts were made under the allow-list.
        own_modules: top-level modules of the user's own.

    Raises:
        FileUnreadableError: a part of the object has no canonical form.
    """
    try:
        return encode(graph_of(estimator, own_modules))
    except NotCanonicalError as error:
        raise FileUnreadableError(f"The model cannot be written again: {error}.") from error


def checked(content: bytes, own_modules: frozenset[str] = frozenset()) -> bytes:
    """Accept a pickle from an untrusted process if it is canonical and keeps the rules.

    Args:
        content: the pickle that the process sent.
        own_modules: top-level modules of the user's own, whose classes the model may hold.

    Returns:
        The bytes that this process encoded from the graph; equal to `content`.

    Raises:
        NotCanonicalError: the pickle is not in canonical form.
        FileRefusedError: the pickle names or calls something outside the allow-list.
    """
    graph = decode(content)
    check_graph(graph, own_modules)
    written = encode(graph)
    if written != content:
        raise NotCanonicalError("it differs from what poner writes")
    return written
