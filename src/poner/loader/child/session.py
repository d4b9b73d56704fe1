"""The child process: answers the parent's requests one at a time, in confinement.

Requests, each with a body of bytes:

    {"do": "list"}                         the body is the content of a model file
    {"do": "load", "files": [...], ...}    the body is the content of all files (parts.py)
    {"do": "rewrite"}                      the loaded model in canonical form; no body
    {"do": "convert", ...}                 the body is a model in canonical form (conversion.py)
    {"do": "answer", "method": ..., "place": [...], "vocabulary": [...], "categories": [...]}
                                           the body is the numbers of a Table (poner.artifacts)

Each request gets one reply: `{"done": {...}}`, or `{"fault": ..., "message": ..., "hint": ...,
"names": [...]}`.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from .. import safe_pickle
from ..safe_pickle import FileRefusedError, FileUnreadableError
from . import MODULES_FOLDER, array_block, frames

DEEPEST_RECURSION = 5000
"""Recursion limit: describing and settling a model recurse into its parts."""

NOT_IMPORTED = frozenset({"pandas", "polars", "pyarrow"})
"""Packages that scikit-learn imports if they are installed. Here rows and answers are arrays, so
the child does without these packages."""

Reply = tuple[dict[str, Any], bytes]


class Channel:
    """The pipes to the parent. Any other output of this process goes to stderr."""

    def __init__(self) -> None:
        self.source: BinaryIO = os.fdopen(os.dup(0), "rb")
        self.sink: BinaryIO = os.fdopen(os.dup(1), "wb")
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)

    def receive(self) -> tuple[dict[str, Any], bytes]:
        """The next request; ends the process if the parent has closed the pipe."""
        prefix = self.source.read(frames.PREFIX.size)
        if not prefix:
            sys.exit(0)
        message_bytes, body_bytes = frames.lengths(prefix)
        message = frames.parse(self.source.read(message_bytes))
        return message, self.source.read(body_bytes)

    def send(self, message: Mapping[str, Any], body: bytes = b"") -> None:
        """Send one frame."""
        self.sink.write(frames.pack(message, len(body)))
        self.sink.write(body)
        self.sink.flush()


class Session:
    """Handles requests, and keeps the estimator once it is loaded."""

    def __init__(self) -> None:
        self.estimator: Any = None
        self.with_none: frozenset[int] = frozenset()
        self.request: Mapping[str, Any] = {}
        self.content = b""
        """The request and the content of its files; both are used again for `rewrite`, since a
        prediction may change the estimator."""

    def handle(self, request: Mapping[str, Any], body: bytes) -> Reply:
        """Handle one request."""
        do = request.get("do")
        if do == "list":
            return _list(body)
        if do == "load":
            return self._load(request, body)
        if do == "rewrite":
            return self._rewrite()
        if do == "answer":
            return self._answer(request, body)
        if do == "convert":
            return self._convert(request, body)
        raise FileUnreadableError(f"The child does not know how to {do}.")

    def _load(self, request: Mapping[str, Any], body: bytes) -> Reply:
        from poner_runtime.fitted import settle

        from . import estimators, ignored_columns, missing_values
        from .description import describe
        from .parts import load_parts

        self.request, self.content = request, body
        loaded = load_parts(request, body)
        self.estimator = loaded.estimator
        settle(self.estimator)
        self.with_none = missing_values.columns_with_none(self.estimator)
        description = describe(self.estimator)
        described, block = array_block.pack_arrays(description.arrays)
        facts = estimators.facts(self.estimator)
        done = {
            "facts": facts,
            "nodes": description.nodes,
            "missing_as_none": sorted(self.with_none),
            "ignored": sorted(ignored_columns.ignored_columns(self.estimator)),
            "names": loaded.names,
            "labels": loaded.labels,
            "notes": list(loaded.notes),
            "block": described,
        }
        return done, block

    def _rewrite(self) -> Reply:
        from .parts import load_parts

        estimator = load_parts(self.request, self.content).estimator
        return {}, safe_pickle.rewrite(estimator, frozenset(self.request["modules"]))

    def _answer(self, request: Mapping[str, Any], body: bytes) -> Reply:
        from poner_runtime.fitted import as_fitted

        from . import estimators

        (matrix,) = array_block.unpack_arrays(request["block"], body)
        with_none = () if request["place"] else self.with_none
        rows = as_fitted(matrix, request["vocabulary"], request["categories"], with_none)
        answered = estimators.answer(self.estimator, request["method"], rows, request["place"])
        described, block = array_block.pack_arrays([answered])
        return {"block": described}, block

    def _convert(self, request: Mapping[str, Any], content: bytes) -> Reply:
        from poner_runtime.fitted import settle

        from .conversion import convert

        self.estimator = safe_pickle.load_content(content)
        settle(self.estimator)
        return convert(self.estimator, request["kinds"])


class Absent:
    """An import finder that hides some installed packages."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> None:
        """Refuse the hidden packages; leave all others to the other finders."""
        if name.partition(".")[0] in NOT_IMPORTED:
            raise ModuleNotFoundError(f"{name} is not used here", name=name)


def _list(content: bytes) -> Reply:
    listing = safe_pickle.Listing()
    fault = None
    try:
        safe_pickle.list_content(content, listing)
    except (FileRefusedError, FileUnreadableError, RecursionError) as error:
        fault = fault_message(error)
    uses: list[Any] = [[*name, sorted(roles)] for name, roles in sorted(listing.uses.items())]
    found = {"uses": uses, "versions": listing.versions, "format": listing.format}
    return {**found, "unpacked_bytes": listing.unpacked_bytes, "fault": fault}, b""


def fault_message(error: BaseException) -> dict[str, Any]:
    """The reply that reports an error to the parent."""
    if isinstance(error, FileRefusedError):
        return {"fault": "refused", "message": error.message, "names": list(error.names)}
    if isinstance(error, FileUnreadableError):
        return {"fault": "unreadable", "message": error.message, "hint": error.hint}
    if isinstance(error, MemoryError):
        return {"fault": "memory"}
    lines = str(error).strip().splitlines() or [""]
    text = f"{type(error).__name__}: {lines[-1][:300]}".rstrip(": .")
    return {"fault": "raised", "message": text}


def serve(channel: Channel, handle: Callable[[Mapping[str, Any], bytes], Reply]) -> None:
    """Answer requests until the parent closes the pipe."""
    while True:
        request, body = channel.receive()
        try:
            done, block = handle(request, body)
            message, body = {"done": done}, block
        except Exception as error:  # noqa: BLE001 - the edge of a process: an untrusted file can raise anything
            message, body = fault_message(error), b""
        channel.send(message, body)


def main() -> None:
    """Run the child as `start.py FILES`; the folder FILES may hold the user's own modules."""
    channel = Channel()
    sys.setrecursionlimit(DEEPEST_RECURSION)
    warnings.simplefilter("ignore")
    modules = Path(sys.argv[1], MODULES_FOLDER)
    if modules.is_dir():  # first on the path, as on Lambda; these modules may import pandas
        sys.path.insert(0, str(modules))
    else:
        sys.meta_path.insert(0, Absent)
    serve(channel, Session().handle)
