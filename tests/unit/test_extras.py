"""The optional dependencies, and the error if one is missing."""

import importlib.util
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from poner import extras
from poner.errors import MissingPackageError

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]


@pytest.mark.parametrize("extra", extras.PACKAGES)
def test_the_table_names_what_pip_installs(extra):
    """The table of extras has the same packages as pyproject.toml."""
    declared = {Requirement(text).name for text in PROJECT["optional-dependencies"][extra]}
    assert set(extras.PACKAGES[extra].values()) == declared


def test_all_means_every_extra():
    """`pip install 'poner[all]'` leaves no command without its packages."""
    (all_of_them,) = map(Requirement, PROJECT["optional-dependencies"]["all"])
    assert all_of_them.extras == set(extras.PACKAGES)


def test_what_is_installed_is_not_asked_for():
    """With the development environment, every extra is there."""
    for extra in extras.PACKAGES:
        extras.check_extra(extra, "This")


@pytest.mark.parametrize(
    ("extra", "gone", "said"),
    [
        ("deploy", {"yaml"}, "pyyaml"),
        ("deploy", {"boto3", "yaml"}, "boto3, pyyaml"),
        ("local", {"deflate", "elftools", "sklearn"}, "deflate, pyelftools, scikit-learn"),
    ],
)
def test_the_error_names_the_packages_and_the_line_that_installs_them(
    extra, gone, said, monkeypatch
):
    """A user who deploys with the plain package reads what to type."""
    there = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n: None if n in gone else there(n))
    with pytest.raises(MissingPackageError) as refused:
        extras.check_extra(extra, "This")
    assert str(refused.value) == (
        f"This needs packages that are not installed: {said}. "
        f"Install them: pip install 'poner[{extra}]'."
    )
