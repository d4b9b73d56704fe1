"""docs/architecture.md describes the layers that import-linter enforces."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_table_of_layers_is_that_of_import_linter() -> None:
    """The page has the same layers in the same order as the contract in pyproject.toml."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    enforced = [set(layer.split(" | ")) for layer in contracts["contracts"][0]["layers"]]
    page = (ROOT / "docs" / "architecture.md").read_text()
    table = page.split("| layer | what it does |\n|---|---|\n")[1].split("\n\n")[0]
    described = [set(re.findall(r"`(\w+)`", row.split("|")[1])) for row in table.splitlines()]
    assert described == enforced
