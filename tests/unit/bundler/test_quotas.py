"""Lambda's quotas: which Bundles are refused, and which only get a line."""

from __future__ import annotations

import pytest

from poner.bundle import ZipRecord
from poner.bundler.quotas import check_quotas
from poner.errors import QuotaError


def record(path: str, size_bytes: int, unzipped_bytes: int) -> ZipRecord:
    """The record of a zip of that size."""
    return ZipRecord(path, size_bytes, "", unzipped_bytes, ())


FUNCTION = record("function.zip", 1_000, 4_000)


def test_what_is_left_is_said() -> None:
    """The largest zip, the sum unzipped and the number of layers."""
    layers = [record("layers/a.zip", 2_000, 9_000), record("layers/b.zip", 500, 600)]
    lines: list[str] = []
    quotas = {quota.name: quota for quota in check_quotas(FUNCTION, layers, lines.append)}
    assert quotas["zipped_bytes"].used == 2_000
    assert quotas["unzipped_bytes"].used == 13_600
    assert quotas["unzipped_bytes"].left == 262_144_000 - 13_600
    assert (quotas["layers"].used, quotas["layers"].left) == (2, 3)
    assert lines == []


def test_a_zip_that_needs_s3_is_said_and_not_refused() -> None:
    """A zip over the limit of a direct upload has a negative remainder and gets a line."""
    layers = [record("layers/a.zip", 52_428_801, 9_000), record("layers/b.zip", 52_428_800, 600)]
    lines: list[str] = []
    zipped = check_quotas(FUNCTION, layers, lines.append)[0]
    assert zipped.left == -1
    (line,) = lines
    assert line.startswith("layers/a.zip has 52,428,801 bytes")
    assert "S3" in line


def test_what_no_upload_solves_is_refused_with_the_sizes() -> None:
    """Over 250 MB unzipped, or over five layers: each zip's size and the ways out."""
    large = [record("layers/a.zip", 1, 262_140_001)]
    with pytest.raises(QuotaError) as caught:
        check_quotas(FUNCTION, large, lambda line: None)
    for part in ("262,144,001", "function.zip 4,000", "layers/a.zip 262,140,001"):
        assert part in caught.value.message
    for way in ("native", "--slim always", "container"):
        assert way in caught.value.hint
    check_quotas(FUNCTION, [record("layers/a.zip", 1, 262_140_000)], lambda line: None)
    many = [record(f"layers/{number}.zip", 1, 1) for number in range(6)]
    with pytest.raises(QuotaError, match="6 of its 5 layers"):
        check_quotas(FUNCTION, many, lambda line: None)
