"""Lists every global that a model file names, without importing, calling or building anything."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from .allowed import CALL, NAME, NEW
from .faults import FileUnreadableError, damaged
from .formats import SKOPS, unpack
from .joblib_arrays import WRAPPERS, skip_padding
from .machine import PickleMachine
from .opcodes import run
from .skops_schema import list_schema, open_archive, read_schema

CODE_SIZES = {"U": 4, "S": 1, "V": 1, "a": 1}
"""Bytes per character of text dtypes, whose code has a length in place of a size."""


class Mention:
    """An inert stand-in for a global, or for an object that the file would make."""

    def __init__(self, name: tuple[str, str] | None, arguments: tuple[Any, ...] = ()) -> None:
        self.name = name
        """Module and name of the global; None for an object."""
        self.arguments = arguments
        """For an object: the global that would make it, then the arguments."""
        self.state: Any = None
        """The state that the object would get."""


class Listing:
    """The findings in a file."""

    def __init__(self) -> None:
        self.uses: dict[tuple[str, str], set[str]] = {}
        """The roles in which the file would use each global besides naming it: CALL, NEW."""
        self.versions: list[str] = []
        """Every `_sklearn_version` in a state, in the order of the file."""
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
    format_name, compression, content = unpack(content)
    listing.unpacked_bytes = len(content)
    listing.format = f"{format_name}+{compression}" if compression else format_name
    if format_name == SKOPS:
        archive = open_archive(content)
        listing.unpacked_bytes = sum(member.file_size for member in archive.infolist())
        listing.versions += list_schema(read_schema(archive), listing.mention)
    else:
        run(ListingMachine(io.BytesIO(content), listing))


class ListingMachine(PickleMachine):
    """Runs a pickle on inert stand-ins and records the globals."""

    def __init__(self, stream: io.BytesIO, listing: Listing, depth: int = 0) -> None:
        super().__init__(stream, depth)
        self.listing = listing

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
            if isinstance(kind, Mention) and kind.name in WRAPPERS:
                self._skip_array(state)
        return target

    def _skip_array(self, state: Any) -> None:
        if not isinstance(state, dict):
            raise damaged("an array without a shape")
        size = _item_size(state.get("dtype"))
        if size is None:
            run(ListingMachine(self.stream, self.listing, self.depth + 1))
            return
        for length in state.get("shape", ()):
            size *= int(length)
        skip_padding(self.stream, state)
        if size < 0 or len(self.stream.getbuffer()) - self.stream.tell() < size:
            raise FileUnreadableError("The model file ends too early.")
        self.stream.seek(size, io.SEEK_CUR)

    def append(self, target: Any, items: list[Any]) -> None:
        """Do nothing: the globals of the items are already recorded."""

    def set_items(self, target: Any, pairs: Iterable[tuple[Any, Any]]) -> None:
        """Keep items whose keys are texts; other keys are not even hashed."""
        if isinstance(target, dict):
            for key, value in pairs:
                if type(key) is str:
                    target[key] = value

    def make_set(self, kind: type, items: list[Any]) -> Mention:
        """A stand-in for the set, whose items are not needed."""
        return Mention(None)

    def add(self, target: Any, items: list[Any]) -> None:
        """Do nothing: the items of a set are not needed."""


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
