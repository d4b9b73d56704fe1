"""Lists every global that a model file names, without importing, calling or building anything."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from .allowed import CALL, NAME, NEW
from .faults import FileRefusedError, FileUnreadableError, damaged
from .formats import SKOPS, unpack
from .joblib_arrays import WRAPPERS, skip_padding
from .machine import PickleMachine
from .mentions import Mention, unused_names
from .newest_names import newest_name
from .opcodes import run
from .skops_schema import list_schema, open_archive, read_schema

CODE_SIZES = {"U": 4, "S": 1, "V": 1, "a": 1}
"""Bytes per character of text dtypes, whose code has a length in place of a size."""


class Listing:
    """The findings in a file."""

    def __init__(self) -> None:
        self.uses: dict[tuple[str, str], set[str]] = {}
        """The roles in which the file would use each global besides naming it: CALL, NEW."""
        self.versions: list[str] = []
        """Every `_sklearn_version` in a state, in the order of the file."""
        self.unused: set[tuple[str, str]] = set()
        """The globals that the file names only for parts that no prediction uses."""
        self.format = ""
        """`pickle` or `skops`; a compression follows a plus sign: `pickle+zlib`."""
        self.unpacked_bytes = 0
        """The file's size without compression."""

    def mention(self, module: str, name: str, role: str) -> None:
        """Record that the file names a global, and the role in which it uses the global."""
        roles = self.uses.setdefault((module, name), set())
        if role != NAME:
            roles.add(role)

    @property
    def names(self) -> tuple[str, ...]:
        """Every global, `module.name`, sorted."""
        return tuple(sorted(f"{module}.{name}" for module, name in self.uses))


def list_content(content: bytes, listing: Listing) -> None:
    """List a file's content into `listing`, which keeps its findings if this function raises.

    Raises:
        FileUnreadableError: the file is damaged or of an unknown format.
        FileRefusedError: the file uses a feature that no fitted model needs, such as persistent
            ids.
    """
    try:
        _list(content, listing)
    except FileUnreadableError as error:
        if _has_other_line_ends(content):
            raise FileUnreadableError(
                "The model file was changed on its way: each byte LF (line feed) became CR LF, as "
                "happens when a binary file is transferred or checked out as text.",
                "Copy the original file again in binary mode; in Git, add the line `*.pkl binary`, "
                "with the file's suffix, to .gitattributes.",
            ) from error
        raise


def _has_other_line_ends(content: bytes) -> bool:
    """Whether the file can be listed once each CR LF is LF again."""
    if content.count(b"\n") != content.count(b"\r\n"):
        return False
    restored = content.replace(b"\r\n", b"\n")
    try:
        _list(restored, Listing())
    except (FileRefusedError, FileUnreadableError, RecursionError):
        return False
    return restored != content


def _list(content: bytes, listing: Listing) -> None:
    format_name, compression, content = unpack(content)
    listing.unpacked_bytes = len(content)
    listing.format = f"{format_name}+{compression}" if compression else format_name
    if format_name == SKOPS:
        archive = open_archive(content)
        listing.unpacked_bytes = sum(member.file_size for member in archive.infolist())
        listing.versions += list_schema(read_schema(archive), listing.mention)
    else:
        machine = ListingMachine(io.BytesIO(content), listing)
        root = run(machine)
        listing.unused = unused_names(root, machine.items)


class ListingMachine(PickleMachine):
    """Runs a pickle on inert stand-ins and records the globals."""

    def __init__(self, stream: io.BytesIO, listing: Listing, depth: int = 0) -> None:
        super().__init__(stream, depth)
        self.listing = listing
        self.items: dict[int, list[Any]] = {}
        """Items of dictionaries under keys other than texts, by the dictionary's id."""
        self.kept: list[Any] = []
        """Those dictionaries, kept alive so that Python does not reuse an id."""

    def find_global(self, module: str, name: str) -> Mention:
        """Record the global as NAME; `call` and `new` add their roles later."""
        self.listing.mention(module, name, NAME)
        return Mention((module, name))

    def call(self, function: Any, arguments: tuple[Any, ...]) -> Mention:
        """Record the call; `copyreg._reconstructor(class, base, state)` is protocol 0's NEWOBJ."""
        self._use(function, CALL)
        if isinstance(function, Mention) and function.name == ("copyreg", "_reconstructor"):
            self._use(arguments[0] if arguments else None, NEW)
            return Mention(None, arguments)
        return Mention(None, (function, *arguments))

    def new(self, kind: Any, arguments: tuple[Any, ...]) -> Mention:
        """Record the class of the instance."""
        self._use(kind, NEW)
        return Mention(None, (kind, *arguments))

    def _use(self, target: Any, role: str) -> None:
        if isinstance(target, Mention) and target.name is not None:
            self.listing.mention(*target.name, role)  # `Builder` refuses to call anything else

    def build(self, target: Any, state: Any) -> Any:
        """Keep the state and record the version in it; skip the bytes of a joblib array."""
        if isinstance(state, dict):
            version = state.get("_sklearn_version")
            if isinstance(version, str):
                self.listing.versions.append(version)
        if isinstance(target, Mention):
            target.state = state
            kind = target.arguments[0] if target.arguments else None
            if isinstance(kind, Mention) and kind.name and newest_name(*kind.name) in WRAPPERS:
                target.items.append(self._skip_array(state))
        return target

    def _skip_array(self, state: Any) -> Any:
        if not isinstance(state, dict):
            raise damaged("an array without a shape")
        size = _item_size(state.get("dtype"))
        if size is None:
            machine = ListingMachine(self.stream, self.listing, self.depth + 1)
            machine.items, machine.kept = self.items, self.kept
            return run(machine)
        for length in state.get("shape", ()):
            size *= int(length)
        skip_padding(self.stream, state)
        if size < 0 or len(self.stream.getbuffer()) - self.stream.tell() < size:
            raise FileUnreadableError("The model file ends too early.")
        self.stream.seek(size, io.SEEK_CUR)
        return None

    def append(self, target: Any, items: list[Any]) -> None:
        """Keep the items of a list, or of an object that is a list."""
        if isinstance(target, Mention):
            target.items.extend(items)
        elif isinstance(target, list):
            target.extend(items)

    def set_items(self, target: Any, pairs: Iterable[tuple[Any, Any]]) -> None:
        """Keep items under texts by their key; other keys are not even hashed."""
        if isinstance(target, Mention):
            target.items.extend(pairs)
        elif isinstance(target, dict):
            for key, value in pairs:
                if type(key) is str:
                    target[key] = value
                else:
                    self._other_items(target).append((key, value))

    def _other_items(self, target: dict[str, Any]) -> list[Any]:
        if id(target) not in self.items:
            self.items[id(target)] = []
            self.kept.append(target)
        return self.items[id(target)]

    def make_set(self, kind: type, items: list[Any]) -> Mention:
        """A stand-in for the set, which keeps its items."""
        return Mention(None, tuple(items))

    def add(self, target: Any, items: list[Any]) -> None:
        """Keep the items of a set."""
        self.append(target, items)


def _item_size(dtype: Any) -> int | None:
    """Bytes of one item of the array; None if the array holds objects."""
    code, state = _code_and_state(dtype)
    if code[0] == "O" or (isinstance(state, tuple) and _holds_objects(state)):
        return None
    return int(code[1:]) * CODE_SIZES.get(code[0], 1)


def _code_and_state(dtype: Any) -> tuple[str, Any]:
    if not isinstance(dtype, Mention) or len(dtype.arguments) < 2:
        raise damaged("an array without a dtype")
    code = dtype.arguments[1]
    if not isinstance(code, str) or not code[1:].isdigit():
        raise damaged("a dtype without a code")
    return code, dtype.state


def _holds_objects(state: tuple[Any, ...]) -> bool:
    """Whether a field of a structured dtype holds objects.

    The state is (version, order, subarray, names, fields, ...). Fields hold plain values: `states`
    refuses records inside records.
    """
    fields = state[4] if len(state) > 4 else None
    if not isinstance(fields, dict):
        return False
    return any(
        _code_and_state(field[0])[0][0] == "O"
        for field in fields.values()
        if isinstance(field, tuple) and field
    )
