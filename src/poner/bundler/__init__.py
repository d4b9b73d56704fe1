"""bundler: a compiled model, a model file or a graph comes in, a Bundle goes out.

The bundler packs the function for one runtime and architecture, checks AWS's quotas, and writes a
Bundle only after the finished zips have given the model's answers. It never compiles a model and
never talks to AWS.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Sequence
from pathlib import Path

from poner.artifacts import Examples, ParityReport
from poner.aws_lambda.functions import FunctionSettings
from poner.aws_lambda.runtimes import Runtime
from poner.bundle import (
    ENGINE_DEFAULTS,
    FUNCTION_ZIP,
    MANIFEST_NAME,
    Bundle,
    Manifest,
    ZipRecord,
    zip_record,
)
from poner.bundler.bytecode import compile_sources
from poner.bundler.functions import LayeredFunction, onnx_function, sklearn_function
from poner.bundler.layered import make_layered_bundle
from poner.bundler.quotas import check_quotas
from poner.bundler.trial import host_architecture
from poner.bundler.verification import NATIVE, Trial, known_answer, say_if_unasked, verify
from poner.bundler.writing import check_replaceable, write_folder
from poner.bundler.zips import make_zip
from poner.compiled_model import CompiledModel
from poner.errors import ParityError, UsageError
from poner.hosts import HOSTS, kernel_for
from poner.storage import scratch_folder, temporary_faults

__all__ = [
    "LayeredFunction",
    "check_kernel",
    "check_replaceable",
    "host_architecture",
    "make_layered_bundle",
    "make_native_bundle",
    "onnx_function",
    "sklearn_function",
]

_MODEL_NAME = "model.poner"


def check_kernel(architecture: str) -> None:
    """Check that this installation can ship the native engine for an architecture.

    Raises:
        BundleError: this installation has no kernel for the architecture.
    """
    kernel_for(architecture)


def make_native_bundle(
    compiled: CompiledModel,
    out: Path,
    *,
    runtime: Runtime,
    architecture: str,
    settings: FunctionSettings,
    passed_over: Sequence[str] = (),
    notify: Callable[[str], None] = lambda line: None,
) -> Bundle:
    """Pack a compiled model with the kernel, try the result, and write it to `out`.

    Raises:
        UsageError: the settings' body limit differs from the one that the model was compiled with.
        InterpreterNotFoundError: there is no Python of the runtime's version for the proof.
        ParityError: the model was not proved, or the finished function's answers differ from it.
        QuotaError: the function exceeds Lambda's quotas.
        BundleError: `out` cannot be written, or holds files other than a Bundle; it is untouched.
        StorageError: there is no room for temporary files.
    """
    report, evidence = _require_proof(compiled)
    _require_limit(compiled, settings)
    check_replaceable(out)
    host = HOSTS[runtime.name]
    interpreter = host.find_interpreter()
    with temporary_faults(), scratch_folder() as scratch:
        files = {**host.function_files("native", architecture), _MODEL_NAME: compiled.content}
        files |= compile_sources(files, interpreter, scratch / "bytecode")
        content = make_zip(files)
        record = zip_record(FUNCTION_ZIP, content, files)
        _require_proved_bytes(record, evidence)
        quotas = check_quotas(record, (), notify)
        (scratch / FUNCTION_ZIP).write_bytes(content)
        trial = Trial(
            function_zip=scratch / FUNCTION_ZIP,
            layers=(),
            architecture=architecture,
            host=host,
            engine="native",
            examples=evidence,
            tolerance=NATIVE,
            body_limit_bytes=compiled.served.body_limit_bytes,
        )
        _, verification = verify(trial, scratch)
        say_if_unasked(verification, notify)
    manifest = Manifest(
        settings=settings.with_defaults(*ENGINE_DEFAULTS["native"], trial.body_limit_bytes),
        engine="native",
        passed_over=tuple(passed_over),
        runtime=runtime.name,
        architecture=architecture,
        handler=host.handler,
        function=record,
        layers=(),
        quotas=quotas,
        signature=compiled.signature,
        provenance=compiled.provenance,
        parity=report,
        verification=verification,
        poner_version=importlib.metadata.version("poner"),
        known_answer=known_answer(trial),
    )
    write_folder(out, {FUNCTION_ZIP: content, MANIFEST_NAME: manifest.to_json().encode()})
    return Bundle(out, manifest)


def _require_proof(compiled: CompiledModel) -> tuple[ParityReport, Examples]:
    if compiled.parity is None or compiled.evidence is None:
        raise ParityError(
            "The compiled model was read from a file, so there is nothing to compare it with.",
            "Build from the model file or the fitted estimator that it was compiled from.",
        )
    return compiled.parity, compiled.evidence


def _require_limit(compiled: CompiledModel, settings: FunctionSettings) -> None:
    """Check that the compiled body limit is the one in the settings, if they have one."""
    compiled_bytes, wanted_bytes = compiled.served.body_limit_bytes, settings.body_limit_bytes
    if wanted_bytes is not None and compiled_bytes != wanted_bytes:
        raise UsageError(
            f"The model was compiled for request bodies of at most {compiled_bytes:,} bytes, "
            f"but the settings say {wanted_bytes:,}.",
            f"Compile it with body_limit_bytes={wanted_bytes}.",
        )


def _require_proved_bytes(function: ZipRecord, evidence: Examples) -> None:
    """Check that the zip holds exactly the proved bytes of the model file."""
    (shipped,) = [member.sha256 for member in function.members if member.path == _MODEL_NAME]
    if shipped != evidence.sha256:
        raise ParityError(
            "The compiled model's bytes differ from those that were proved.",
            "Build from the model file or the fitted estimator that it was compiled from.",
        )
