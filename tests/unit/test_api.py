"""The Python API: what `import poner` offers, and what help() says of it."""

from __future__ import annotations

import inspect

import pytest

import poner


@pytest.mark.parametrize("name", poner.__all__)
def test_help_shows_a_usage_example(name: str) -> None:
    """Under the name by which users call it; of functions also arguments, result and errors."""
    verb = getattr(poner, name)
    assert verb.__name__ == name
    sections = ("Args:", "Returns:", "Raises:", "Example:")
    wanted = sections if inspect.isfunction(verb) else ("Example:",)
    assert [section for section in wanted if section not in (verb.__doc__ or "")] == []


def test_a_notebook_completes_the_verbs() -> None:
    """And nothing that poner itself imports."""
    assert dir(poner) == sorted(poner.__all__)
