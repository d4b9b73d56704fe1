"""The compiler turns a TrainedModel into a CompiledModel that is proved equal to it.

It reads the fitted state as a Program (converters/), writes the Program as tables (tables.py, with
layout/ for the layout of trees) and tells the proof what it knows of the model (proving.py). The
proof runs the kernel on these same bytes. The compiler writes no files and generates no code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from poner import proof
from poner.artifacts import Examples, TrainedModel
from poner.compiled_model import CompiledModel
from poner.compiler.converters import convert_model
from poner.compiler.operations.plumbing import CastFloat32
from poner.compiler.proving import find_doubts, know_data, know_program, settle
from poner.compiler.tables import add_section, write_tables
from poner.errors import ModelUnreadableError, NotSupportedError
from poner.served_model import ServedModel, choose_body_limit

__all__ = ["compile_model", "collect_examples"]

_BEYOND = (
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RecursionError,
    MemoryError,
)
"""The exceptions that a malformed fitted state causes, such as a text in place of a matrix."""


def compile_model(
    model: TrainedModel,
    *,
    body_limit_bytes: int | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> CompiledModel:
    """Compile a model and prove parity.

    Args:
        model: the model with its open oracle, from the loader.
        body_limit_bytes: longest request body that the function will read; None for 64 KiB, or
            more if a row may need more.
        progress: called with the share of the proof that is done, 0 to 1.

    Raises:
        NotSupportedError: the native engine does not compute this model.
        ModelUnreadableError: the fitted state is damaged.
        ModelStoppedError: the model answers no more.
        ParityError: the compiled model gives other answers.
    """
    try:
        return _compile(model, body_limit_bytes, progress)
    except _BEYOND as error:
        raise NotSupportedError(
            f"The native engine cannot compute from the model's fitted state: {_reason(error)}.",
            "Choose another engine. If the model is as scikit-learn fitted it, please report it.",
            step="model",
        ) from error


def collect_examples(
    model: TrainedModel, *, progress: Callable[[float], None] = lambda share: None
) -> Examples:
    """Ask a model on rows of every kind that a request can hold.

    If the compiler can read the model, rows lie on the values at which its answers change;
    otherwise they are training rows, and rows drawn from the values seen in training.

    Raises:
        ParityError: the model answers none of the rows, or none of its training rows.
        ModelUnreadableError: the fitted state or an answer is malformed.
        ModelStoppedError: the model answers no more.
    """
    try:
        return proof.collect_examples(model, _know(model), progress=progress)
    except _BEYOND as error:
        raise ModelUnreadableError(
            f"The model cannot be asked for examples of its answers: {_reason(error)}.",
            "Check where it comes from. If it is as scikit-learn fitted it, please report it.",
        ) from error


def _reason(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:200]}".rstrip(": .")


def _know(model: TrainedModel) -> proof.Known:
    """What is known of a model, with few enough rows for a slow engine."""
    try:
        program, prediction = convert_model(model)
    except NotSupportedError:
        return know_data(model)
    known = know_program(settle(model.signature, program, prediction), program)
    return replace(known, has_raw=False, most_rows=proof.ROWS_OF_A_KIND)


def _compile(
    model: TrainedModel, body_limit_bytes: int | None, progress: Callable[[float], None]
) -> CompiledModel:
    program, prediction = convert_model(model)
    served = ServedModel(
        settle(model.signature, program, prediction),
        "float32" if program.origins(CastFloat32) else "float64",
        body_limit_bytes or choose_body_limit(model.signature),
        program.vocabulary,
    )
    tables = write_tables(program)
    draft = CompiledModel(tables, served, model.provenance)
    known = know_program(served.signature, program)
    examples = proof.collect_examples(model, known, draft, progress=progress)
    served = replace(served, signature=examples.signature)
    content = add_section(tables, served.to_section(model.provenance))
    compiled = CompiledModel(content, served, model.provenance)
    del tables, draft  # so that a large model is in memory only once
    doubts = find_doubts(program, compiled, examples.rows.numbers)
    tolerances = {
        output.name.lower(): program.tolerance(register)
        for output, register in program.outputs.items()
    }
    return proof.prove(model, known, compiled, examples, tolerances, doubts)
