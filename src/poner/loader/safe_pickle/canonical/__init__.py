"""canonical: the one form in which a model leaves the process that read it.

A model file may mean one thing to safe_pickle and another to joblib, skops or pickle, so its
bytes are given to no other parser. The confined child turns the objects that it built and checked
into a graph (`graph_of`) and writes that graph (`encode`). The parent, which trusts the child no
more than the file, reads what it was sent (`decode`), holds it against the rules (`check_graph`),
writes it once more, and takes only what is equal to the byte (`checked`).

The form is a plain pickle of protocol 4 that `pickle.load` reads, written in one way only:

- no frames, and none of the opcodes that `encoding.py` does not list;
- what is used twice is memoized when it is first written, and nothing else is;
- integers, texts and bytes take the shortest opcode; equal texts and equal bytes are one;
- an object is made, then gets its items, then its state; the items of a set are sorted.
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
    """The canonical pickle of an object that `load_content` gave; the file's own bytes end here.

    Args:
        estimator: the object; everything in it was made under the allow-list.
        own_modules: top-level modules of the user's own.

    Raises:
        FileUnreadableError: it holds something that has no canonical form.
    """
    try:
        return encode(graph_of(estimator, own_modules))
    except NotCanonicalError as error:
        raise FileUnreadableError(f"The model cannot be written again: {error}.") from error


def checked(content: bytes, own_modules: frozenset[str] = frozenset()) -> bytes:
    """A pickle that an untrusted process wrote, if it is in canonical form and keeps the rules.

    Args:
        content: what that process sent.
        own_modules: top-level modules of the user's own, whose classes the model may hold.

    Returns:
        The bytes that this process wrote from the graph; equal to `content`.

    Raises:
        NotCanonicalError: it is not in canonical form.
        FileRefusedError: it names or does what the allow-list does not permit.
    """
    graph = decode(content)
    check_graph(graph, own_modules)
    written = encode(graph)
    if written != content:
        raise NotCanonicalError("it differs from what poner writes")
    return written
