"""`poner predict`: sends rows to a Function URL, or to the function started here."""

from __future__ import annotations

import csv
import io
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
from poner.cli.input_text import read_input
from poner.config import read_config
from poner.deploy_target import sign_for
from poner.errors import UsageError
from poner.printable import printable, printable_json
from poner.signature import Signature
from poner.table import read_records, read_text

Form = Literal["table", "jsonl", "csv"]
"""How predictions are printed."""


def predict(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="INPUT", help="JSON, a .json, .jsonl, .csv or .tsv file, or - (stdin)."
        ),
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="Function URL. Default: the function, started here.")
    ] = None,
    data: Annotated[str | None, typer.Option(help="Rows as JSON, instead of INPUT.")] = None,
    sign: Annotated[
        bool, typer.Option("--sign", help='Sign requests, for a URL with auth = "iam".')
    ] = False,
    decimal: Annotated[
        str, typer.Option(help="Decimal mark of the numbers in a CSV: . or a comma.")
    ] = ".",
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
    if decimal not in (".", ","):
        raise UsageError(f"{decimal!r} is not a decimal mark.", "Give --decimal . or --decimal ,")
    if url is not None and not url.startswith(("http://", "https://")):
        raise UsageError(f"{url} is not a URL of http or https.", "Start it with https://.")
    folder = bundle or Path(read_config(Path.cwd()).build.out)
    opened = read_bundle(folder) if url is None or is_bundle(folder) else None
    signature = opened.manifest.signature if opened else None
    text, text_form = read_input(source) if source is not None else (data or "", "json")
    bodies = read_records(read_text(text, text_form, signature, decimal=decimal), signature)
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
