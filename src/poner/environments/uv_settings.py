"""The configuration for uv: the user's own, and none from a project's folder.

By itself uv reads uv.toml, pyproject.toml and .python-version from the folder in which it is
started and the folders above. Such files come with a project, and could choose the source of
packages. poner uses only the settings of the user and the system's administrator: environment
variables, the user's uv.toml and the system's.

Source: uv's documentation, "Configuration files" and "Environment variables", and uv 0.13.9.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DROPPED = frozenset({
    *("CONDA_PREFIX", "VIRTUAL_ENV", "UV_BREAK_SYSTEM_PACKAGES", "UV_CONFIG_FILE", "UV_ENV_FILE"),
    *("UV_NO_CONFIG", "UV_NO_PROJECT", "UV_PROJECT", "UV_PROJECT_ENVIRONMENT", "UV_PYTHON"),
    *("UV_SYSTEM_PYTHON", "UV_WORKING_DIR", "UV_WORKING_DIRECTORY"),
})  # fmt: skip
"""Variables that are removed, since poner sets their values in every call, such as the folder, the
configuration or the interpreter."""

WITHOUT_EFFECT = frozenset({
    *("UV_CACHE_DIR", "UV_COMPILE_BYTECODE", "UV_HTTP_CONNECT_TIMEOUT", "UV_HTTP_RETRIES"),
    *("UV_HTTP_TIMEOUT", "UV_KEYRING_PROVIDER", "UV_LINK_MODE", "UV_LOCK_TIMEOUT"),
    *("UV_NATIVE_TLS", "UV_NO_CACHE", "UV_NO_PROGRESS", "UV_REQUEST_TIMEOUT", "UV_SYSTEM_CERTS"),
})  # fmt: skip
"""Variables that change how packages are fetched, but not the choice of packages."""

SECRET = re.compile(r"UV_\w*(?:PASSWORD|TOKEN|USERNAME|CREDENTIALS)\w*")
"""Variables that hold credentials."""

PATHS = ("NETRC", "SSL_CERT_DIR", "SSL_CERT_FILE", "SSL_CLIENT_CERT", "UV_CACHE_DIR",
         "UV_CREDENTIALS_DIR", "UV_PYTHON_CACHE_DIR", "UV_PYTHON_INSTALL_DIR")  # fmt: skip
"""Variables that hold one path."""

REQUIREMENT_FILES = ("UV_BUILD_CONSTRAINT", "UV_CONSTRAINT", "UV_EXCLUDE", "UV_OVERRIDE")
"""Variables that hold paths of files with requirements, separated by spaces."""

LOCATIONS = {
    "UV_DEFAULT_INDEX": None,
    "UV_INDEX_URL": None,
    "UV_PYTHON_DOWNLOADS_JSON_URL": None,
    "UV_EXTRA_INDEX_URL": " ",
    "UV_INDEX": " ",
    "UV_FIND_LINKS": ",",
}
"""Variables that hold URLs or paths, with the separator; None for a single one."""

_TRUE = frozenset({"1", "on", "t", "true", "y", "yes"})
_USER_INFORMATION = re.compile(r"(?<=://)[^/\s'\"`<>]+@")
_QUERY = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s?'\"`<>]*\?)[^\s'\"`<>)]+", re.IGNORECASE)


@dataclass(frozen=True)
class UvSettings:
    """The settings of one call of uv."""

    configuration: tuple[Path, ...]
    """Configuration files, at most two: the user's, which has precedence, and the system's."""
    variables: Mapping[str, str]
    """Environment variables, with absolute paths."""
    constraints: tuple[str, ...]
    """Files named in UV_CONSTRAINT; an option --constraints would replace them."""
    overrides: tuple[str, ...]
    """Files named in UV_OVERRIDE; an option --overrides would replace them."""

    @property
    def key(self) -> str:
        """A hash of all settings that influence the choice of packages, without credentials."""
        deciding = {
            name: hide_credentials(value)
            for name, value in self.variables.items()
            if name.startswith("UV_") and name not in WITHOUT_EFFECT and not SECRET.fullmatch(name)
        }
        named = [name for name in REQUIREMENT_FILES if name in deciding]
        files = [*self.configuration, *(Path(p) for n in named for p in deciding[n].split())]
        contents = [(str(path), hide_credentials(_read(path))) for path in files]
        text = json.dumps([deciding, contents], sort_keys=True)
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()

    def options(self, folder: Path) -> list[str]:
        """The options that keep uv from looking for configuration.

        Args:
            folder: where a file with the combined configuration is put, if there are two.
        """
        if not self.configuration:
            return ["--no-config"]
        path = self.configuration[0]
        if len(self.configuration) > 1 and (text := _combine(self.configuration)) is not None:
            path = folder / "combined.toml"
            path.write_text(text, encoding="utf-8")
        return ["--config-file", str(path)]


def read_settings(environment: Mapping[str, str], folder: Path) -> UvSettings:
    """The settings that the user chose.

    Args:
        environment: variables of the environment.
        folder: the current folder, which only relative paths in these variables refer to.
    """
    variables = {name: value for name, value in environment.items() if name not in DROPPED}
    for name in PATHS:
        if variables.get(name):
            variables[name] = str(folder / variables[name])
    for name in REQUIREMENT_FILES:
        if name in variables:
            files = variables[name].split()
            variables[name] = " ".join(_locate(file, folder) for file in files)
    for name, separator in LOCATIONS.items():
        if name in variables:
            parts = variables[name].split(separator) if separator else [variables[name].strip()]
            located = (_locate_index(part.strip(), folder) for part in parts if part.strip())
            variables[name] = (separator or "").join(located)
    return UvSettings(
        tuple(_find_configuration(environment, folder)),
        variables,
        *(tuple(variables.get(name, "").split()) for name in ("UV_CONSTRAINT", "UV_OVERRIDE")),
    )


def current_settings() -> UvSettings:
    """The settings of this process's environment."""
    try:
        folder = Path.cwd()
    except FileNotFoundError:  # the current folder was removed
        folder = Path("/")
    return read_settings(os.environ, folder)


def hide_credentials(text: str) -> str:
    """A text, with user names, passwords and queries of its URLs replaced by ***."""
    return _QUERY.sub(r"\1***", _USER_INFORMATION.sub("***@", text))


def _find_configuration(environment: Mapping[str, str], folder: Path) -> Iterator[Path]:
    """The file named by UV_CONFIG_FILE; without that, the user's uv.toml and the system's."""
    if named := environment.get("UV_CONFIG_FILE"):
        yield folder / named
    elif environment.get("UV_NO_CONFIG", "").lower() not in _TRUE:
        for places in (_user_folders(environment), _system_folders(environment)):
            files = (place / "uv" / "uv.toml" for place in places if place.is_absolute())
            yield from list(filter(Path.is_file, files))[:1]


def _user_folders(environment: Mapping[str, str]) -> list[Path]:
    if sys.platform == "win32":
        return [Path(environment.get("APPDATA", ""))]
    chosen = Path(environment.get("XDG_CONFIG_HOME", ""))
    home = environment.get("HOME") or os.path.expanduser("~")  # noqa: PTH111 # never an error
    return [chosen if chosen.is_absolute() else Path(home) / ".config"]


def _system_folders(environment: Mapping[str, str]) -> list[Path]:
    if sys.platform == "win32":
        return [Path(environment.get("SYSTEMDRIVE", "C:") + "\\ProgramData")]
    named = environment.get("XDG_CONFIG_DIRS") or "/etc/xdg"
    return [*map(Path, named.split(":")), Path("/etc")]


def _locate(location: str, folder: Path) -> str:
    """A URL unchanged, or a path made absolute."""
    return location if "://" in location else str(folder / location)


def _locate_index(location: str, folder: Path) -> str:
    """Like `_locate`, for an index with an optional name: NAME=LOCATION."""
    name, equals, rest = location.partition("=")
    if equals and re.fullmatch(r"[\w.-]+", name):
        return f"{name}={_locate(rest, folder)}"
    return _locate(location, folder)


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return ""


def _combine(files: tuple[Path, ...]) -> str | None:
    """Both files' settings as TOML, combined as uv does; None if a file is not valid TOML."""
    try:
        first, second = (tomllib.loads(_read(path)) for path in files)
    except ValueError:
        return None
    combined = _merge(first, second)
    return "".join(f"{json.dumps(name)} = {_to_toml(combined[name])}\n" for name in combined)


def _merge(first: Any, second: Any) -> Any:
    """Concatenate lists, merge tables entry by entry; of other values take the first."""
    if isinstance(first, dict) and isinstance(second, dict):
        both = {name: _merge(first[name], second[name]) for name in first.keys() & second.keys()}
        return {**second, **first, **both}
    if isinstance(first, list) and isinstance(second, list):
        return first + second
    return first


def _to_toml(value: Any) -> str:
    """A value as TOML, which writes texts and numbers like JSON."""
    write: Callable[[Any], str] = _to_toml
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {write(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(write, value)) + "]"
    if isinstance(value, str | bool | int | float):
        return json.dumps(value, ensure_ascii=False)
    return str(value)  # a date
