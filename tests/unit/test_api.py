"""The Python API: the names of `import poner`, and their help()."""

from __future__ import annotations

import inspect

import pytest

import poner


@pytest.mark.parametrize("name", poner.__all__)
def test_help_shows_a_usage_example(name: str) -> None:
    """help() shows a usage example under the public name, and a function's arguments and errors."""
    verb = getattr(poner, name)
    assert verb.__name__ == name
    sections = ("Args:", "Returns:", "Raises:", "Example:")
    wanted = sections if inspect.isfunction(verb) else ("Example:",)
    assert [section for section in wanted if section not in (verb.__doc__ or "")] == []


def test_a_notebook_completes_the_verbs() -> None:
    """Completion in a notebook shows only the public names."""
    assert dir(poner) == sorted(poner.__all__)
