"""The report as text: how many rows were equal, and why others differ."""

from __future__ import annotations

from poner.artifacts import ParityReport


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
