"""The report as text: how many rows were equal, and why others differ; and what is too much."""

from __future__ import annotations

from poner.artifacts import ParityReport
from poner.errors import TiesError

MOST_TIED = 0.05
"""Share of the training rows on which ties may decide without the user's word."""


def check_ties(report: ParityReport, *, advice: str) -> None:
    """Check that ties decide about few of the training rows.

    Args:
        report: the comparison with the model.
        advice: the hint for the user if they decide about more.

    Raises:
        TiesError: they decide about more than `MOST_TIED`.
    """
    if report.share_tied <= MOST_TIED:
        return
    among = " or ".join(report.tied_among)
    largest = max(output.largest_tied_difference for output in report.outputs)
    by = f", by up to {largest:.3g}" if largest else ""
    kind = "training rows" if report.rows_by_kind.get("training") else "rows"
    raise TiesError(
        f"On {report.share_tied:.0%} of the {kind} there are ties among {among}, where "
        f"scikit-learn's choice is arbitrary and another answer was given{by}.",
        advice,
        report.share_tied,
    )


def describe(report: ParityReport) -> list[str]:
    """The report as sentences; the first is about the equal rows."""
    excused = [
        (
            report.rows_tied,
            f"with ties among {' or '.join(report.tied_among)}, where scikit-learn's choice is "
            "arbitrary",
        ),
        (report.rows_cancelled, "where the terms of a sum cancel out"),
        (
            report.rows_amplified,
            "where the model's own answer moves as much when its inputs change in their last bits",
        ),
    ]
    parts = [f"{report.rows_equal:,} of {report.rows_tried:,} rows equal {_how(report)}"]
    parts += [f"{count:,} {why}" for count, why in excused if count]
    sentences = [f"Parity: {', '.join(parts)}."]
    if report.largest_difference:
        sentences.append(f"Numbers differ by at most {report.largest_difference:.1e}.")
    if report.rows_refused:
        compared = report.refusals_compared
        both = f"; both refuse the {compared:,} of them that were compared" if compared else ""
        sentences.append(f"Left out: {report.rows_refused:,} rows that the model refuses{both}.")
    if report.asked_alone:
        sentences.append("Each row was asked alone: the model answers otherwise beside other rows.")
    if report.outputs_absent:
        sentences.append(f"Not computed by this engine: {', '.join(report.outputs_absent)}.")
    return sentences


def _how(report: ParityReport) -> str:
    """`to the bit` or `but for rounding`; names the rounded outputs if only some are."""
    rounded = [output.output for output in report.outputs if output.rows_rounded]
    if not rounded:
        return "to the bit"
    if len(rounded) == len(report.outputs):
        return "but for rounding"
    return f"to the bit, {' and '.join(rounded)} but for rounding"
