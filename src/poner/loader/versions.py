"""The scikit-learn version that fitted a model: found, checked, and named in errors."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from packaging.version import Version

from poner.environments import FIRST_SKLEARN
from poner.errors import (
    ModelRefusedError,
    ModelStoppedError,
    ModelUnreadableError,
    NotSupportedError,
    ParityError,
    SignatureError,
)
from poner.loader.libraries import BOOSTERS, SKLEARN
from poner.loader.listing import FileListing
from poner.loader.user_modules import is_taken

VERSION = re.compile(r"\d{1,4}(?:\.\d{1,4}){1,3}(?:(?:a|b|rc)\d{1,4})?(?:\.post\d{1,4})?")
"""A released version (PEP 440). The file's version becomes a requirement, so it must match."""

ABOUT_THE_MODEL = (
    ModelRefusedError,
    ModelStoppedError,
    ModelUnreadableError,
    NotSupportedError,
    ParityError,
    SignatureError,
)
"""Errors whose cause may be the version that fitted the model."""


def check_age(listed: FileListing, file_name: str) -> None:
    """Refuse a model of a scikit-learn that poner does not read, whatever else the file names.

    Raises:
        ModelUnreadableError: the version is too old.
    """
    version = listed.sklearn_version
    if version is None or not VERSION.fullmatch(version):
        return
    if Version(version) < Version(FIRST_SKLEARN):
        raise ModelUnreadableError(
            f"{file_name} was fitted with scikit-learn {version}; poner reads models of "
            f"{FIRST_SKLEARN} and later.",
            "Where the model was fitted, fit and save it again with a newer scikit-learn.",
        )


def sklearn_version_of(
    listed: FileListing, file_name: str, recorded: Mapping[str, str], notify: Callable[[str], None]
) -> str:
    """The version of scikit-learn to read the file with.

    Only scikit-learn's own classes record their version in the file. For an estimator of another
    package, or of the user's own, that holds no such class, the version comes from signature.json
    or is the installed one.
    """
    others = {name for name in listed.modules if name in BOOSTERS or not is_taken(name)}
    if listed.sklearn_version is not None or not others:
        return _checked(listed.sklearn_version, file_name)
    if SKLEARN in recorded:
        return _checked(recorded[SKLEARN], file_name)
    installed = importlib.metadata.version(SKLEARN)
    notify(
        f"{file_name} does not record which scikit-learn fitted the model; reading it with the "
        f"installed {installed}."
    )
    return installed


def _checked(version: str | None, file_name: str) -> str:
    """A version that may become a requirement.

    Raises:
        ModelUnreadableError: the file records no version, or a text that is not a version.
    """
    if version is None:
        raise ModelUnreadableError(
            f"{file_name} holds no estimator that records its scikit-learn version; versions "
            "before 0.18 record none.",
            "Save the fitted estimator itself with pickle, joblib or skops, under scikit-learn "
            f"{FIRST_SKLEARN} or later.",
        )
    if not VERSION.fullmatch(version):
        raise ModelUnreadableError(
            f"{file_name} was fitted with scikit-learn {version[:40]!r}, which is not a release.",
            "Fit and save the model with a released version of scikit-learn.",
        )
    return version


@contextmanager
def naming_version(version: str | None) -> Iterator[None]:
    """Add the version of a model to every error about the model that does not name it yet.

    Args:
        version: the version, None or malformed where the file does not say; the installed version
            is not worth a word.
    """
    try:
        yield
    except ABOUT_THE_MODEL as error:
        if version is not None and VERSION.fullmatch(version):
            named = f"scikit-learn {version}"
            if named not in error.message and version != importlib.metadata.version(SKLEARN):
                error.message = f"{error.message} The model was fitted with {named}."
        raise
