"""Facts about Lambda are cited by numbers, and the numbers are in the document."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
FACTS = ROOT / "docs/lambda_behaviour.md"
CITING = ("src", "tests", "docs", "tools", "benchmarks", "README.md", "CONTRIBUTING.md")
SUFFIXES = {".py", ".c", ".h", ".md", ".toml", ".html"}


def _texts() -> dict[Path, str]:
    """The files that may cite a fact."""
    roots = [ROOT / name for name in CITING]
    files = [path for root in roots for path in (root.rglob("*") if root.is_dir() else [root])]
    return {
        path: path.read_text()
        for path in files
        if path.suffix in SUFFIXES and path.is_file() and "_build" not in path.parts
    }


def _known() -> list[int]:
    return [int(number) for number in re.findall(r"(?m)^- \*\*L(\d+)\*\*", FACTS.read_text())]


def test_facts_are_numbered_once_and_in_order():
    """Numbers rise from 1."""
    assert _known() == list(range(1, len(_known()) + 1))


def test_cited_facts_are_in_the_document():
    """A citation such as `(L14)` or `L27 to L35` leads somewhere, in code, tests and docs."""
    cited = {
        int(number): path
        for path, text in _texts().items()
        for number in re.findall(r"(?<![\w.])L(\d{1,3})\b(?=[\s,.:;)`])", text)
        if re.search(r"\bLambda\b|emulator|boto3", text)
    }
    known = set(_known())
    assert len(cited) > 50
    assert {number: str(path) for number, path in cited.items() if number not in known} == {}


def test_nothing_cites_sections_of_another_document():
    """Letters in parentheses, as sections once had them, lead nowhere."""
    pattern = re.compile(r"[Ss]ections? \(?[a-h]\)?\b|\"\"\"\([a-h]\)[ ,:]")
    assert [str(path) for path, text in _texts().items() if pattern.search(text)] == []
