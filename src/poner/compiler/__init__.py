"""The compiler: a TrainedModel comes in, a CompiledModel proved equal to it goes out.

It reads the fitted state as a Program (readers/), writes that as tables (tables.py; layout/ chooses
the layout of trees) and proves on many rows that the kernel answers from them as the model does
(parity.py). It writes no files and generates no code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace

from poner.artifacts import Examples, ParityReport, Signature, TrainedModel
from poner.compiled_model import CompiledModel
from poner.compiler import examples
from poner.compiler.operations.plumbing import CastFloat32
from poner.compiler.parity import prove
from poner.compiler.parity_rows import Answerable
from poner.compiler.program import Program
from poner.compiler.proof import Proof
from poner.compiler.readers import read_model
from poner.compiler.readers.reading import Prediction
from poner.compiler.tables import write_tables
from poner.errors import ModelUnreadableError, NotSupportedError

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
"""What the compiler raises at a state that no fitted model has, such as a text for a matrix."""


def compile_model(
    model: TrainedModel, *, progress: Callable[[float], None] = lambda share: None
) -> CompiledModel:
    """Compile a model and prove parity.

    Args:
        model: as the loader opened it; its oracle is asked.
        progress: called with the share of the proof that is done, 0 to 1.

    Raises:
        NotSupportedError: the native engine does not compute this model.
        ModelUnreadableError: the fitted state is damaged.
        ModelStoppedError: the model answers no more.
        ParityError: the compiled model answers otherwise.
    """
    try:
        return _compile(model, progress)
    except _BEYOND as error:
        raise NotSupportedError(
            f"The native engine cannot compute from the model's fitted state: {_reason(error)}.",
            "Choose another engine. If the model is as scikit-learn fitted it, please report it.",
            step="model",
        ) from error


def collect_examples(
    model: TrainedModel, *, progress: Callable[[float], None] = lambda share: None
) -> Examples:
    """Ask a model on rows of every kind that a request can hold, as `examples` says.

    Raises:
        ParityError: no row is known that the model answers, or none of its training rows is.
        ModelUnreadableError: the fitted state or an answer has a form that no model's has.
        ModelStoppedError: the model answers no more.
    """
    try:
        return examples.collect_examples(model, progress=progress)
    except _BEYOND as error:
        raise ModelUnreadableError(
            f"The model cannot be asked for examples of its answers: {_reason(error)}.",
            "Check where it comes from. If it is as scikit-learn fitted it, please report it.",
        ) from error


def _reason(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:200]}".rstrip(": .")


def _compile(model: TrainedModel, progress: Callable[[float], None]) -> CompiledModel:
    program, prediction = read_model(model)
    signature = _settle(model.signature, program, prediction)
    draft_tables = write_tables(program, _metadata(model, signature, program))
    draft = CompiledModel(draft_tables, signature, model.provenance)
    report, evidence, answerable = prove(Proof(model, program, prediction, draft), progress)
    signature = _with_missing(signature, answerable)
    content = write_tables(program, _metadata(model, signature, program, report))
    return CompiledModel(content, signature, model.provenance, report, evidence)


def _settle(signature: Signature, program: Program, prediction: Prediction) -> Signature:
    """The signature with what the Program knows better: which features are texts, the classes."""
    features = tuple(
        replace(feature, kind="category") if place in program.categories else feature
        for place, feature in enumerate(signature.features)
    )
    classes = prediction.classes
    return replace(
        signature,
        features=features,
        classes=classes[0] if classes is not None and len(classes) == 1 else classes,
    )


def _with_missing(signature: Signature, answerable: Answerable) -> Signature:
    """Null is an answerable value wherever the model answers for NaN."""
    features = tuple(
        replace(feature, missing=missing)
        for feature, missing in zip(signature.features, answerable.missing, strict=True)
    )
    return replace(signature, features=features)


def _metadata(
    model: TrainedModel,
    signature: Signature,
    program: Program,
    parity: ParityReport | None = None,
) -> dict[str, object]:
    """What the function around the kernel needs to know, and where the model comes from."""
    return {
        "features": [
            {
                "wire_name": feature.wire_name,
                "column": feature.column,
                "kind": feature.kind,
                "missing": feature.missing,
            }
            for feature in signature.features
        ],
        "strings": program.strings,
        "classes": signature.classes,
        "labels": signature.labels,
        "target": signature.target,
        "number_type": "float32" if program.origins(CastFloat32) else "float64",
        "provenance": asdict(model.provenance),
        "parity": parity and asdict(parity),
    }
