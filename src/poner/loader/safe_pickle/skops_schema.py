"""The skops format, as far as it can be read without building anything.

A skops file is a zip: `schema.json` is a tree of nodes, one for each object, and the bytes of
arrays lie beside it. A node says which class it is of and which `__loader__` reads it. Source:
skops/io of skops 0.16; protocols 0 to 2.
"""

from __future__ import annotations

import io
import json
import lzma
import zipfile
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .allowance import read_integer
from .allowed import CALL, NAME, NEW
from .faults import FileUnreadableError, damaged
from .formats import largest_unpacked

if TYPE_CHECKING:
    Mention = Callable[[str, str, str], None]
    """Is told of a global: its module, its name, and what the file does with it."""

LARGEST_PROTOCOL = 2
MOST_MEMBERS = 200_000
SCHEMA = "schema.json"

UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    RuntimeError,
    NotImplementedError,
    EOFError,
    OSError,
)
"""What zipfile raises at a damaged member."""

ROLES = {
    "ObjectNode": NEW,
    "ConstructorFromReduceNode": CALL,
    "TreeNode": CALL,
}
"""What a node does with its class; any other only names it."""


def open_archive(content: bytes) -> zipfile.ZipFile:
    """The zip, if its members together are no larger than a model can be.

    Raises:
        FileUnreadableError: it is damaged, or too large.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise damaged(f"{error}") from error
    members = archive.infolist()
    largest = largest_unpacked(len(content))
    if len(members) > MOST_MEMBERS:
        raise FileUnreadableError(f"The model file has more than {MOST_MEMBERS:,} parts.")
    if sum(member.file_size for member in members) > largest:
        raise FileUnreadableError(f"The model file unpacks to more than {largest >> 20} MiB.")
    return archive


def read_member(archive: zipfile.ZipFile, name: Any) -> bytes:
    """The bytes of a member; by name, never by path: nothing is unpacked to disk.

    Raises:
        FileUnreadableError: it is not there, or damaged.
    """
    if not isinstance(name, str) or name not in archive.NameToInfo:
        raise damaged("a part of it is missing")
    try:
        return archive.read(name)
    except UNREADABLE as error:
        raise damaged(f"{error}") from error


def read_schema(archive: zipfile.ZipFile) -> dict[str, Any]:
    """The root node.

    Raises:
        FileUnreadableError: it is not a skops file, or of a later protocol.
    """
    if SCHEMA not in archive.namelist():
        raise FileUnreadableError(
            "The file is a zip without schema.json, so not a skops file.",
            "Give the file of the model itself, not an archive of it.",
        )
    try:
        schema = json.loads(read_member(archive, SCHEMA), parse_int=read_integer)
    except (ValueError, RecursionError) as error:
        raise damaged("schema.json is not a JSON object") from error
    protocol = schema.get("protocol") if isinstance(schema, dict) else None
    if type(protocol) is not int or not 0 <= protocol <= LARGEST_PROTOCOL:
        raise FileUnreadableError(
            f"The model file has skops protocol {protocol!r}; up to {LARGEST_PROTOCOL} is read.",
            "Save it again with pickle or joblib.",
        )
    root: dict[str, Any] = schema
    return root


def list_schema(root: dict[str, Any], mention: Mention) -> list[str]:
    """Find every class and function that the nodes name, wherever in the schema they stand.

    Args:
        root: the schema.
        mention: is told of each.

    Returns:
        Every scikit-learn version in the schema, the outermost estimator's last, as in pickles.
    """
    waiting: list[Any] = [root]
    versions: list[str] = []
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if isinstance(value.get("__loader__"), str):
                _list_node(value, mention)
            version = _version(value.get("_sklearn_version"))
            if version is not None:
                versions.append(version)
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return versions[::-1]


def _list_node(node: dict[str, Any], mention: Mention) -> None:
    loader, content = node["__loader__"], node.get("content")
    if loader in ("JsonNode", "CachedNode"):
        return
    mention(str(node.get("__module__")), str(node.get("__class__")), ROLES.get(loader, NAME))
    if isinstance(content, dict) and loader == "FunctionNode":  # protocol 0
        mention(str(content.get("module_path")), str(content.get("function")), NAME)
    if isinstance(content, dict) and loader == "MethodNode":
        method = f"{node.get('__class__')}.{content.get('func')}"
        mention(str(node.get("__module__")), method, NAME)


def _version(node: Any) -> Any:
    """The version in a `_sklearn_version` attribute."""
    if not isinstance(node, dict) or not isinstance(node.get("content"), str):
        return None
    try:
        version = json.loads(node["content"])
    except (ValueError, RecursionError):
        return None
    return version if isinstance(version, str) else None
