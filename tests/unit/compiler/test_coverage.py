"""How much of scikit-learn is native: the promised minimum on three tables; see docs/."""

from __future__ import annotations

from collections import defaultdict

import pytest

from tests.support.survey import Finding, data_sets, survey

NEAR_POINTS = {"Birch"}
"""Its training rows are its centers, and scikit-learn's distance of a row from itself is 1e-8."""


TABLES = [
    ("3 classes", "one value"),
    pytest.param(("3 classes, whole numbers",), marks=pytest.mark.slow),
]


@pytest.fixture(scope="module", params=TABLES, ids=" and ".join)
def found(request: pytest.FixtureRequest) -> list[Finding]:
    """Every estimator's first configuration, on these tables."""
    return list(
        survey([data for data in data_sets() if data.name in request.param], first_only=True)
    )


def share(found: list[Finding], kinds: set[str]) -> float:
    """The share of estimators of these kinds that are native on all their tables."""
    groups = defaultdict(list)
    for finding in found:
        if finding.kind in kinds:
            groups[finding.estimator].append(finding.native)
    return sum(map(all, groups.values())) / len(groups)


def test_nearly_all_classifiers_and_regressors_are_native(found: list[Finding]) -> None:
    """At least 95 of 100."""
    assert share(found, {"classifier", "regressor"}) >= 0.95


def test_most_transformers_are_native(found: list[Finding]) -> None:
    """At least 80 of 100 transformers are native, of those that can be part of a model of rows."""
    assert share(found, {"transformer"}) >= 0.80


def test_what_is_native_answers_the_same_on_other_rows(found: list[Finding]) -> None:
    """On rows outside the proof, numbers agree within rounding and all labels are equal."""
    for finding in found:
        limit = 1e-6 if finding.estimator in NEAR_POINTS else 1e-9
        assert finding.difference <= limit, finding
        assert finding.labels_differ == 0, finding


def test_what_is_not_native_says_so(found: list[Finding]) -> None:
    """An unsupported step is named in the error; no other estimator fails the proof."""
    for finding in found:
        if not finding.native:
            assert finding.estimator.lower() in finding.reason.lower().split(":")[0], finding
