"""`poner predict`: sends rows to a Function URL, or to the function started here."""

from __future__ import annotations

import csv
import io
import math
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated, Any, Literal, assert_never

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from poner import client, pipeline
from poner.bundle import is_bundle, read_bundle
from poner.cli.console import (
    ConfinementOption,
    output_faults,
    print_data,
    print_json,
    reporting,
    say,
)
from poner.config import read_config
from poner.deploy_target import sign_for
from poner.errors import InputError, UsageError
from poner.foreign_json import read_json
from poner.printable import printable, printable_json
from poner.signature import Signature
from poner.table import as_records, order_columns, read_table

Form = Literal["table", "jsonl", "csv"]
"""How predictions are printed."""


def predict(
    source: Annotated[
        str | None,
        typer.Argument(metavar="INPUT", help="JSON, a .json or .csv file, or - (stdin)."),
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="Function URL. Default: the function, started here.")
    ] = None,
    data: Annotated[str | None, typer.Option(help="Rows as JSON, instead of INPUT.")] = None,
    sign: Annotated[
        bool, typer.Option("--sign", help='Sign requests, for a URL with auth = "iam".')
    ] = False,
    bundle: Annotated[
        Path | None, typer.Option(help="Bundle of the function. Default: this project's.")
    ] = None,
    require_confinement: ConfinementOption = False,
    form: Annotated[Form, typer.Option("--output", "-o", help="Format of the output.")] = "table",
    json_: Annotated[bool, typer.Option("--json", help="Same as --output jsonl.")] = False,
) -> None:
    """Ask a function for predictions. The exit code is 1 if a row gets none."""
    if (source is None) == (data is None):
        raise UsageError(
            "The rows are given twice, or not at all.", "Give them as INPUT, or with --data."
        )
    if url is not None and not url.startswith(("http://", "https://")):
        raise UsageError(f"{url} is not a URL of http or https.", "Start it with https://.")
    folder = bundle or Path(read_config(Path.cwd()).build.out)
    opened = read_bundle(folder) if url is None or is_bundle(folder) else None
    signature = opened.manifest.signature if opened else None
    bodies = read_bodies(source, data, signature)
    running: AbstractContextManager[str] = nullcontext(url or "")
    if url is None and opened is not None:
        running = pipeline.run_locally(opened, warn=say, require_confinement=require_confinement)
    with running as endpoint, reporting() as reporter:
        answers = client.ask(
            endpoint,
            bodies,
            progress=lambda done: reporter.progress("Predicting", done / len(bodies)),
            sign=sign_for(endpoint) if sign else None,
        )
    _print_answers(answers, "jsonl" if json_ else form, signature)
    for line in client.describe_categories(bodies, answers, signature):
        say(line)
    if not sign and any(answer.status == 403 for answer in answers):
        say('Note: a URL with auth = "iam" accepts signed requests only; add --sign.')
    if any(answer.prediction is None for answer in answers):
        raise typer.Exit(1)


def read_bodies(
    source: str | None, data: str | None, signature: Signature | None
) -> list[client.Body]:
    """One request for each row of the input.

    Raises:
        UsageError: the input cannot be read.
        InputError: the input is not JSON or CSV, or a column is missing or unknown.
    """
    text, is_csv = _read_text(source) if data is None else (data, False)
    if is_csv:
        return read_csv(text, signature)
    try:
        rows = read_json(text)
    except ValueError as error:
        raise InputError(
            f"The input is not JSON: {error}.", "Check its quotes and commas."
        ) from error
    if not isinstance(rows, dict | list):
        raise InputError(
            "The input is not a JSON object or array.",
            "Give one row as an object, or a list of rows.",
        )
    return client.make_bodies(rows, signature)


def _read_text(source: str | None) -> tuple[str, bool]:
    """The text of the input, and whether it is CSV."""
    assert source is not None
    if source.lstrip()[:1] in ("{", "["):
        return source, False
    if source == "-" and sys.stdin is None:
        raise UsageError("Standard input is closed.", "Give the rows as INPUT or with --data.")
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:  # not UTF-8, or a null byte in the name
        raise UsageError(
            f"The input {source} cannot be read: {getattr(error, 'strerror', 'it is not UTF-8')}.",
            "Give JSON, the name of a .json or .csv file, or - for standard input.",
        ) from error
    if source == "-":
        return text, text.lstrip()[:1] not in ("{", "[")
    return text, Path(source).suffix.lower() == ".csv"


def read_csv(text: str, signature: Signature | None) -> list[client.Body]:
    """One request for each row of a CSV; an empty cell is a missing value.

    Args:
        text: the CSV; its header has wire names or training columns.
        signature: the features; None if they are unknown.

    Raises:
        InputError: the CSV is damaged or empty, or its columns do not fit the signature.
    """
    try:
        lines = list(csv.reader(io.StringIO(text)))
    except csv.Error as error:
        raise InputError(
            f"The CSV cannot be read: {error}.", "Save it again as CSV, with commas and quotes."
        ) from error
    if not lines:
        raise InputError("The CSV is empty.", "Give a header line, then one line for each row.")
    header, lines = [name.strip() for name in lines[0]], [line for line in lines[1:] if line]
    order: list[int | None] = list(range(len(header)))
    if signature is not None:
        order = order_columns(header, signature, "The header of the CSV")
    rows = [_cells(line, header, order, number) for number, line in enumerate(lines, start=1)]
    if signature is not None:
        return list(as_records(read_table(rows, signature), signature.wire_names))
    return [dict(zip(header, map(_guess, row), strict=True)) for row in rows]


def _cells(
    line: Sequence[str], header: Sequence[str], order: Sequence[int | None], number: int
) -> list[str | None]:
    """The cells of a line, in the order of `order`; None for an empty cell."""
    if len(line) < len(header):
        raise InputError(
            f"Row {number} of the CSV has no cell for {header[len(line)]!r}.",
            "Add the cell; an empty one means a missing value.",
        )
    cells = [None if place is None else line[place] for place in order]
    return [cell if cell and cell.strip() else None for cell in cells]


def _guess(cell: str | None) -> float | str | None:
    """A cell as a number if it reads as one, else as text, for a model without signature."""
    try:
        value = math.nan if cell is None else float(cell)
    except ValueError:
        return cell
    return None if math.isnan(value) else value


def _print_answers(
    answers: Sequence[client.Answer], form: Form, signature: Signature | None
) -> None:
    labels: dict[Any, str] = {}
    if signature and signature.classes and signature.labels:  # the model has one output
        labels = dict(zip(signature.classes, signature.labels, strict=True))
    columns = ["row", "prediction", *(["label"] if labels else []), "status", "reason"]
    rows = [
        (
            number,
            answer.prediction,
            *([_label(answer.prediction, labels)] if labels else []),
            answer.status,
            answer.reason,
        )
        for number, answer in enumerate(answers, start=1)
    ]
    match form:
        case "jsonl":
            for row in rows:
                print_json(dict(zip(columns, row, strict=True)))
        case "csv":
            text = io.StringIO()
            writer = csv.writer(text, lineterminator="\n")
            writer.writerows([columns, *(map(_as_text, row) for row in rows)])
            print_data(text.getvalue())
        case "table":
            table = Table(*(Column(name, overflow="fold") for name in columns))
            for row in rows:
                table.add_row(*(Text(printable(_as_text(value))) for value in row))
            with output_faults():
                Console(markup=False, emoji=False, highlight=False).print(table)
        case _:
            assert_never(form)


def _label(prediction: Any, labels: Mapping[Any, str]) -> str | None:
    """The label of a class; None for any other prediction."""
    return labels.get(prediction) if isinstance(prediction, str | int | float) else None


def _as_text(value: Any) -> str:
    """A value as text for people: several outputs as JSON, a missing value as an empty text."""
    if isinstance(value, list):
        return printable_json(value)
    return "" if value is None else str(value)
