"""Lists the globals that a model file names, without loading it, and decides whether to load it."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from poner.errors import ModelRefusedError, ModelUnreadableError
from poner.loader import model_files
from poner.loader.child_process import REFUSED_HINT, ChildProcess, fault_of, wrong_answer
from poner.loader.safe_pickle.allowed import is_allowed
from poner.loader.safe_pickle.formats import LARGEST_CONTENT_BYTES
from poner.loader.user_modules import is_taken

LISTING_CPU_S = 60
LISTING_MEMORY_BYTES = 6 << 30
LISTING_TIMEOUT_S = 90.0
NAMES_SHOWN = 10

VERSION = re.compile(r"\d{1,4}(?:\.\d{1,4}){1,3}(?:(?:a|b|rc)\d{1,4})?(?:\.post\d{1,4})?")
"""A released version (PEP 440). The version that a file records becomes part of a requirement, so
no other text is accepted."""

NATIVE_CLASSES = "use scikit-learn's own classes, which the native engine compiles."

SCRIPT_HINT = (
    "Move the class to a module of its own, import it from there, save the model again and list "
    f"the file in `include = [...]` under [build] in poner.toml, or {NATIVE_CLASSES}"
)
MODULE_HINT = (
    "List the module's file in `include = [...]` under [build] in poner.toml, or " + NATIVE_CLASSES
)
CALLS_HINT = (
    "A model file may name only the classes and functions of an included module. Save the model "
    "without nested classes and without objects that pickle as a call, such as members of an enum."
)


@dataclass(frozen=True)
class FileListing:
    """The names and facts in a model file; found without running any code of the file."""

    names: tuple[str, ...]
    """Every global that the file names, as `module.name`, sorted."""
    refused: tuple[str, ...]
    """The names outside the allow-list."""
    sklearn_version: str | None
    """Version of the scikit-learn that fitted the model, as the outermost estimator records it;
    None if no estimator records a version."""
    format: str
    """`pickle` or `skops`; a compression follows a plus sign: `pickle+zlib`."""
    unpacked_bytes: int
    """Size of the file's content without compression."""
    confined: tuple[str, ...]
    """Mechanisms that confined the process which listed the file, such as `seccomp`."""

    @property
    def modules(self) -> set[str]:
        """The top-level modules of the names."""
        return {name.partition(".")[0] for name in self.names}


def list_globals(path: Path) -> FileListing:
    """List every global that a model file names, without loading it.

    Raises:
        ModelUnreadableError: the file is missing, damaged or of an unknown format.
        ModelRefusedError: the file uses a feature that no fitted model needs, such as persistent
            ids.
    """
    return list_content(model_files.read_model_file(model_files.find_model_file(path)))


def list_content(content: bytes, own_modules: frozenset[str] = frozenset()) -> FileListing:
    """List a model file's content in a child process that can import no installed package.

    Args:
        content: the file's content.
        own_modules: the user's own top-level modules, whose classes the file may name.

    Raises:
        ModelUnreadableError: the file is damaged or of an unknown format, and every name in it is
            allowed.
        ModelRefusedError: the file uses a feature that no fitted model needs, such as persistent
            ids.
    """
    with ChildProcess(
        sys.executable,
        cpu_s=LISTING_CPU_S,
        memory_bytes=LISTING_MEMORY_BYTES,
        with_packages=False,
    ) as child:
        found, _ = child.ask({"do": "list"}, content, timeout_s=LISTING_TIMEOUT_S)
        listing = _listing(found, child.confined or (), own_modules)
    fault = found.get("fault")
    if isinstance(fault, dict) and not listing.refused:
        error = fault_of(fault)
        if isinstance(error, ModelRefusedError):
            error.names = listing.names
        raise error
    return listing


def _listing(
    found: Mapping[str, Any], confined: tuple[str, ...], own_modules: frozenset[str]
) -> FileListing:
    try:
        uses = [
            (str(module), str(name), list(map(str, roles))) for module, name, roles in found["uses"]
        ]
        versions = [str(version) for version in found["versions"]]
        form, unpacked_bytes = str(found["format"]), found["unpacked_bytes"]
        if type(unpacked_bytes) is not int or not 0 <= unpacked_bytes <= LARGEST_CONTENT_BYTES:
            raise ValueError("a size that no model has")
    except (TypeError, ValueError, KeyError) as error:
        raise wrong_answer() from error
    refused = {
        f"{module}.{name}"
        for module, name, roles in uses
        if not is_allowed(module, name, roles, own_modules)
    }
    return FileListing(
        names=tuple(sorted({f"{module}.{name}" for module, name, _ in uses})),
        refused=tuple(sorted(refused)),
        sklearn_version=versions[-1] if versions else None,
        format=form,
        unpacked_bytes=unpacked_bytes,
        confined=confined,
    )


def check_allowed(
    listing: FileListing, file_name: str, own_modules: frozenset[str] = frozenset()
) -> None:
    """Refuse a file that names anything outside the allow-list.

    Raises:
        ModelRefusedError: the file names such a global; no code of it was run.
    """
    if not listing.refused:
        return
    shown = ", ".join(listing.refused[:NAMES_SHOWN])
    more = len(listing.refused) - NAMES_SHOWN
    if more > 0:
        shown += f" and {more} more"
    raise ModelRefusedError(
        f"{file_name} is refused: it names {shown}, which no fitted scikit-learn model needs. "
        "No code of the file was run.",
        _way_out(listing, own_modules),
        listing.names,
    )


def _way_out(listing: FileListing, own_modules: frozenset[str]) -> str:
    """The hint: how to include the user's own classes, if the file names no other globals."""
    modules = {name.partition(".")[0] for name in listing.refused}
    if any(map(is_taken, modules - {"__main__"})):
        return REFUSED_HINT
    if "__main__" in modules:
        return SCRIPT_HINT
    return CALLS_HINT if modules <= own_modules else MODULE_HINT


def checked_version(listing: FileListing, file_name: str, otherwise: str | None = None) -> str:
    """The scikit-learn version that fitted the model.

    Args:
        listing: the listing of the file.
        file_name: name of the file, for errors.
        otherwise: the version to use if the file records none; None makes that an error.

    Raises:
        ModelUnreadableError: the file records no version, or a text that is not a version.
    """
    version = listing.sklearn_version if listing.sklearn_version is not None else otherwise
    if version is None:
        raise ModelUnreadableError(
            f"{file_name} holds no estimator that records its scikit-learn version.",
            "Save the fitted estimator itself with pickle, joblib or skops.",
        )
    if not VERSION.fullmatch(version):
        raise ModelUnreadableError(
            f"{file_name} was fitted with scikit-learn {version[:40]!r}, which is not a release.",
            "Fit and save the model with a released version of scikit-learn.",
        )
    return version
