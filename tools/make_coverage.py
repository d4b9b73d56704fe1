"""Writes docs/coverage.md: which estimators the native engine computes, and how exactly.

    .venv/bin/python -m tools.make_coverage

It takes some minutes. Every configuration in scikit-learn's own list of test instances is fitted on
each suitable table of tests/support/survey.py, compiled, proved, and compared again on other rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import sklearn

from tests.support.survey import (
    NOT_IN_FRONT,
    Finding,
    data_sets,
    instances,
    kinds_of_estimators,
    survey,
    with_texts,
)
from tests.support.survey_files import fit_all, try_file

PAGE = Path(__file__).parents[1] / "docs" / "coverage.md"

HEAD = """\
# What the native engine computes

Made by `make coverage` with scikit-learn {version}; do not edit. Every configuration in
scikit-learn's own list of test instances was fitted on tables with 2, 3 and 10 classes, one and
three outputs, several labels per row, missing values, float32, whole numbers and texts, if
scikit-learn can fit it. Each model was compiled, proved, and compared again on other rows by
`predict`, `predict_proba` and `decision_function`.

*Native* counts the fits that were compiled and proved. *Difference* is the largest relative
difference of a score, probability or value (relative to its column's median if that is larger);
0 means that all bits are equal. The other engines take models that are not native.

| | native | of | share |
|---|---|---|---|
"""

ELSEWHERE = """
## Models of other versions

Each estimator was fitted under that version, as the version's own tests configure it, on tables of
classes, counts, gaps, values and several outputs. The model file was opened, compiled, proved, and
compared with the model's answers under that version.

| scikit-learn | kind | native | of | difference | not native |
|---|---|---|---|---|---|
"""

VERSIONS = ("1.1.3", "1.2.2", "1.5.2")
"""Versions tried besides the installed one, including the oldest supported."""

KINDS = ("classifier", "regressor", "outlier detector", "transformer")


def main() -> None:
    """Survey in two processes, and write the page."""
    names = sorted({name for name, _, _ in instances()})
    kinds = kinds_of_estimators()
    with ProcessPoolExecutor() as pool, TemporaryDirectory() as folder:
        found = [finding for part in pool.map(_survey_one, names) for finding in part]
        elsewhere = {}
        for version in VERSIONS:
            own = Path(folder) / version
            own.mkdir()
            files = fit_all(version, own)
            tried = pool.map(try_file, files, [kinds] * len(files))
            elsewhere[version] = [finding for finding in tried if finding.estimator in kinds]
    PAGE.write_text(make_page(found, elsewhere), encoding="utf-8")


def _survey_one(name: str) -> list[Finding]:
    sets = data_sets()
    texts = [with_texts(data) for data in sets if data.name in ("2 classes", "one value")]
    return list(survey([*sets, *texts], {name}))


def make_page(found: list[Finding], elsewhere: Mapping[str, list[Finding]]) -> str:
    """The page's text."""
    by_estimator: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in found:
        by_estimator[finding.kind, finding.estimator].append(finding)
    lines = [HEAD.format(version=sklearn.__version__)]
    for kind in KINDS:
        own = [group for (its, _), group in by_estimator.items() if its == kind]
        native = sum(is_native(group) for group in own)
        lines.append(f"| {kind}s | {native} | {len(own)} | {native / len(own):.0%} |\n")
    for kind in KINDS:
        lines.append(f"\n## {kind.capitalize()}s\n\n")
        lines.append("| estimator | native | fits | difference | not native, and why |\n")
        lines.append("|---|---|---|---|---|\n")
        lines += [
            _row(name, group) for (its, name), group in sorted(by_estimator.items()) if its == kind
        ]
    lines.append(ELSEWHERE)
    for version, findings in elsewhere.items():
        lines += _version_rows(version, findings)
    lines.append(
        "\n## Not counted\n\nThese classes are counted elsewhere, or cannot be part of a model "
        "that answers rows of features.\n\n"
    )
    lines += [f"- {name}: {reason}.\n" for name, reason in sorted(NOT_IN_FRONT.items())]
    return "".join(lines)


def is_native(group: list[Finding]) -> bool:
    """Whether an estimator counts as native: most of its fits compile."""
    return sum(finding.native for finding in group) * 2 > len(group)


def _version_rows(version: str, findings: list[Finding]) -> Iterator[str]:
    """One line for each kind."""
    for kind in KINDS:
        groups: dict[str, list[Finding]] = defaultdict(list)
        for finding in findings:
            if finding.kind == kind and finding.estimator not in NOT_IN_FRONT:
                groups[finding.estimator].append(finding)
        native = [name for name, group in groups.items() if is_native(group)]
        largest = max((f.difference for f in findings if f.kind == kind and f.native), default=0.0)
        others = ", ".join(sorted(set(groups) - set(native)))
        yield (
            f"| {version} | {kind}s | {len(native)} | {len(groups)} | {largest:.0e} | {others} |\n"
        )


def _row(name: str, group: list[Finding]) -> str:
    native = [finding for finding in group if finding.native]
    largest = max((finding.difference for finding in native), default=np.nan)
    differing = sum(finding.labels_differ for finding in native)
    difference = "" if not native else "0" if largest == 0.0 else f"{largest:.0e}"
    if differing:
        difference += f"; {differing} labels differ"
    reasons = sorted({_plain(finding) for finding in group if not finding.native})
    shown = "; ".join(reasons[:4]) + ("; ..." if len(reasons) > 4 else "")
    mark = "yes" if len(native) == len(group) else "partly" if native else "no"
    return f"| {name} | {mark} | {len(native)} of {len(group)} | {difference} | {shown} |\n"


def _plain(finding: Finding) -> str:
    reason = finding.reason.partition(": ")[2] or finding.reason
    data = finding.configuration.rpartition(" on ")[2]
    return f"{reason.rstrip('.')} ({data})".replace("|", "/")


if __name__ == "__main__":
    main()
