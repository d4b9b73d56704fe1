"""Slimming rules: which files of a library can be left out without changing an answer.

A rule matches files by path. Files that the library's own sources use are kept: numpy 2.2 imports
`numpy._core.tests`, astropy imports `astropy.tests`, and scikit-image reads its stubs on import. No
rule matches numpy/f2py, numpy/testing, numpy/typing, narwhals, cloudpickle, threadpoolctl and
*.dist-info (which importlib.metadata reads), because imports would fail without them.

Extension modules are not stripped: stripping saves 4 %, breaks libraries that auditwheel has
patched, and would make the bytes depend on this machine's binutils (L87).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """One kind of file that can be left out."""

    name: str
    """Name of the rule, for messages."""
    pattern: re.Pattern[str]
    """Matches the start of a path, up to a folder's slash, or the whole path."""


RULES = (
    Rule("tests", re.compile(r"(?:.*?/)??tests/")),
    Rule("C and Cython sources", re.compile(r".*\.(?:pyx|pxd|tp|h|c|cpp|a|f90)$")),
    Rule("type stubs", re.compile(r".*\.pyi$")),
    Rule("scikit-learn's example data", re.compile(r"sklearn/datasets/(?:data|descr|images)/")),
    Rule("numpy's headers and libraries", re.compile(r"numpy/_core/(?:include|lib)/")),
    Rule("scipy's example data", re.compile(r"scipy/datasets/")),
)
"""All rules, the largest saving first (scikit-learn 1.9.1, numpy 2.5.5, scipy 1.18.1)."""

_TESTS, _STUBS = RULES[0], RULES[2]
_SCRIPTS = re.compile(r"scipy/special/_precompute/")  # run by scipy's developers; never imported
_READS_STUBS = b"attach_stub"  # lazy_loader's function for lazy imports; it reads the stubs
_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+([.\w]+)[ \t]+import[ \t(]+([\w, \t]+)|import[ \t]+([\w., \t]+))",
    re.MULTILINE,
)


def find_rules(files: Mapping[str, bytes]) -> dict[str, str]:
    """The name of the first matching rule, by path; files that are kept have no entry.

    Args:
        files: contents of all files of one library, by path.
    """
    used = set(_used_tests(files))
    stubs_used = any(_READS_STUBS in files[path] for path in files if path.endswith(".py"))
    found: dict[str, str] = {}
    for path in files:
        for rule in RULES:
            match = rule.pattern.match(path)
            if match is None or match[0] in used or (rule is _STUBS and stubs_used):
                continue
            found[path] = rule.name
            break
    return found


def _used_tests(files: Mapping[str, bytes]) -> Iterator[str]:
    """The test folders that sources outside of tests import from."""
    for path, content in files.items():
        if not path.endswith(".py") or b"tests" not in content:
            continue
        if _TESTS.pattern.match(path) or _SCRIPTS.match(path):
            continue
        for module in _imported(content, path.split("/")[:-1]):
            if "tests" in module:
                yield "/".join(module[: module.index("tests") + 1]) + "/"


def _imported(content: bytes, package: list[str]) -> Iterator[list[str]]:
    """The modules that a source may import, each as the parts of its name."""
    for match in _IMPORT.finditer(content):
        source, names, modules = (part.decode() if part else "" for part in match.groups())
        if modules:
            for module in modules.split(","):
                yield module.split()[0].split(".") if module.strip() else []
            continue
        name = source.lstrip(".")
        levels = len(source) - len(name)
        base = package[: len(package) - levels + 1] if levels else []
        base = [*base, *(name.split(".") if name else [])]
        yield base
        for imported in names.split(","):
            yield [*base, *imported.split()[:1]]
