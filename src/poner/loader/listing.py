"""Lists the globals that a model file names, without loading it, and decides whether to load it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from poner.errors import ModelRefusedError
from poner.loader import model_files
from poner.loader.child_process import NOT_RUN, REFUSED_HINT, ChildProcess, fault_of, wrong_answer
from poner.loader.libraries import published_provider
from poner.loader.safe_pickle.allowed import is_allowed
from poner.loader.safe_pickle.formats import LARGEST_CONTENT_BYTES
from poner.loader.user_modules import is_taken

LISTING_CPU_S = 60
LISTING_MEMORY_BYTES = 6 << 30
LISTING_TIMEOUT_S = 90.0
NAMES_SHOWN = 10

NATIVE_CLASSES = "use scikit-learn's own classes, which the native engine compiles."

SCRIPT_HINT = (
    "Move the class to a module of its own, import it from there, save the model again and list "
    f"the file in `include = [...]` under [build] in poner.toml, or {NATIVE_CLASSES}"
)
MODULE_HINT = (
    "If {modules} is your own module, list its file in `include = [...]` under [build] in "
    "poner.toml. If it belongs to a package that you trust, allow its classes: --allow {first}."
)
CODE_HINT = (
    "Move the functions and classes of your notebook or script to a module, import them from "
    "there, save the model with pickle or joblib, and list the module's file in `include = [...]` "
    "under [build] in poner.toml."
)
DILL_HINT = (
    "Load the file with dill where it was written, and save the model again with pickle or joblib. "
    "Functions and classes of a notebook or script have to move to a module first."
)
OFTEN_MET = frozenset(
    {"category_encoders", "feature_engine", "pycaret", "sklego", "skrub", "tsfresh"}
)
"""Packages, beside those that are installed here, whose classes model files often hold."""

PACKAGE_HINT = (
    "If you trust the package {name}, allow its classes: --allow {name}, with --require and its "
    "version if it is not installed beside poner."
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
    unused: tuple[str, ...] = ()
    """The names outside the allow-list that only parts without use for predictions have."""

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
        left_out = {(str(module), str(name)) for module, name in found["unused"]}
        versions = [str(version) for version in found["versions"]]
        form, unpacked_bytes = str(found["format"]), found["unpacked_bytes"]
        if type(unpacked_bytes) is not int or not 0 <= unpacked_bytes <= LARGEST_CONTENT_BYTES:
            raise ValueError("a size that no model has")
    except (TypeError, ValueError, KeyError) as error:
        raise wrong_answer() from error
    outside = {
        (module, name)
        for module, name, roles in uses
        if not is_allowed(module, name, roles, own_modules)
    }
    refused, unused = outside - left_out, outside & left_out
    return FileListing(
        names=tuple(sorted({f"{module}.{name}" for module, name, _ in uses})),
        refused=tuple(sorted(map(".".join, refused))),
        unused=tuple(sorted(map(".".join, unused))),
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
    if (fault := _written_as_code(listing)) is not None:
        what, hint = fault
        message = f"{file_name} is refused: {what} {NOT_RUN}"
        raise ModelRefusedError(message, hint, listing.names)
    raise ModelRefusedError(
        f"{file_name} is refused: it names {_shown(listing.refused)}, which no fitted "
        f"scikit-learn model needs. {NOT_RUN}",
        _way_out(listing, own_modules),
        listing.names,
    )


def describe_unused(listing: FileListing, file_name: str) -> str:
    """The line that names what is left out of the model."""
    return f"{file_name} is read without {_shown(listing.unused)}, which no prediction uses."


def _shown(names: Sequence[str]) -> str:
    """The first names as one text."""
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _written_as_code(listing: FileListing) -> tuple[str, str] | None:
    """What a file of cloudpickle or dill is, and what to do; None for any other file."""
    parts = {part for name in listing.refused for part in name.split(".")[:-1]}
    if "dill" in parts:
        return (
            "dill wrote it, which stores arrays, functions and classes as calls of its own.",
            DILL_HINT,
        )
    if "cloudpickle" in parts:  # also joblib's copy, joblib.externals.cloudpickle
        what = "cloudpickle stored functions or classes in it as code, which poner never runs."
        return what, CODE_HINT
    return None


def _way_out(listing: FileListing, own_modules: frozenset[str]) -> str:
    """The hint: how to include the user's own classes, if the file names no other globals."""
    modules = {name.partition(".")[0] for name in listing.refused}
    modules = modules - {"pandas"} or modules  # other packages' classes may hold data of pandas
    packages = sorted(name for name in modules if _is_package(name))
    if packages:
        return PACKAGE_HINT.format(name=packages[0])
    if any(map(is_taken, modules - {"__main__"})):
        return REFUSED_HINT
    if "__main__" in modules:
        return SCRIPT_HINT
    if modules <= own_modules:
        return CALLS_HINT
    foreign = sorted(modules - own_modules)
    return MODULE_HINT.format(modules=" or ".join(foreign[:3]), first=foreign[0])


def _is_package(module: str) -> bool:
    """Whether a module that poner knows nothing of is that of a package, by what is known of it."""
    if is_taken(module):
        return False
    return module in OFTEN_MET or published_provider(module, sys.path) is not None
