"""Each file of converters has its own table; together they name each class once."""

from __future__ import annotations

import pkgutil
from collections import Counter
from importlib import import_module

import pytest

from poner.compiler import converters


@pytest.mark.parametrize("table", ["TRANSFORMERS", "PREDICTORS"])
def test_a_class_has_one_converter(table: str) -> None:
    """No two files have a row for the same class: one of the two converters would never run."""
    names = Counter(
        name
        for file in pkgutil.iter_modules(converters.__path__)
        for name in getattr(import_module(f"{converters.__name__}.{file.name}"), table, {})
    )
    assert [name for name, count in names.items() if count > 1] == []
    assert names.keys() == getattr(converters, table).keys()
