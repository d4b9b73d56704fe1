"""Makes the Bundle of an engine that needs layers."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from poner.artifacts import Examples, Provenance
from poner.aws_lambda.functions import FunctionSettings
from poner.aws_lambda.runtimes import Runtime
from poner.bundle import (
    ENGINE_DEFAULTS,
    FUNCTION_ZIP,
    MANIFEST_NAME,
    Bundle,
    Manifest,
    Slim,
    ZipRecord,
    zip_record,
)
from poner.bundler import layers
from poner.bundler.bytecode import compile_sources
from poner.bundler.functions import LayeredFunction
from poner.bundler.layers import LayerRequest, LayerSet
from poner.bundler.proofs import verify_once
from poner.bundler.quotas import check_quotas
from poner.bundler.trial import host_architecture
from poner.bundler.verification import Trial, known_answer, say_if_unasked
from poner.bundler.writing import check_replaceable, write_folder
from poner.bundler.zips import make_zip
from poner.hosts import HOSTS
from poner.proof import Tolerance
from poner.storage import scratch_folder, temporary_faults

_TRYING = "Trying the finished function"


class MakeLayers(Protocol):
    """The type of `layers.make_layers`."""

    def __call__(
        self,
        request: LayerRequest,
        *,
        progress: Callable[[str, float], None],
        notify: Callable[[str], None],
    ) -> LayerSet:
        """The layers for a request."""
        ...


def make_layered_bundle(
    function: LayeredFunction,
    examples: Examples,
    provenance: Provenance,
    out: Path,
    *,
    runtime: Runtime,
    architecture: str,
    settings: FunctionSettings,
    slim: Slim = "auto",
    passed_over: Sequence[str] = (),
    progress: Callable[[str, float], None] = lambda what, share: None,
    notify: Callable[[str], None] = lambda line: None,
    make_layers: MakeLayers = layers.make_layers,
) -> Bundle:
    """Pack a function with its layers, try the result, and write it to `out`.

    If this machine cannot run the architecture, a twin is tried: the same function with the same
    package versions for this machine. The Verification says which architecture ran.

    Raises:
        InterpreterNotFoundError: there is no Python of the runtime's version for the proof.
        NoWheelError: a package has no wheel for the target.
        InstallError: packages could not be resolved or fetched.
        ParityError: the finished function does not start, or its answers differ from the model's.
        QuotaError: the function exceeds Lambda's quotas.
        BundleError: `out` cannot be written, or holds files other than a Bundle; it is untouched.
        StorageError: there is no room for temporary files or for the cache.
    """
    check_replaceable(out)
    host = HOSTS[runtime.name]
    interpreter = host.find_interpreter()
    with temporary_faults(), scratch_folder() as scratch:
        files = {**host.function_files(function.engine, architecture), **function.files}
        function_zip, record = _pack(files, interpreter, scratch)
        request = LayerRequest(
            requirements=function.requirements,
            runtime=runtime,
            architecture=architecture,
            preferences=function.preferences,
            excluded=function.excluded,
            slim=slim,
            reserved_bytes=record.unzipped_bytes,
        )
        made = make_layers(request, progress=progress, notify=notify)
        quotas = check_quotas(record, [layer.zip for layer in made.layers], notify)
        runnable = made
        if architecture != host_architecture():
            runnable = make_layers(_twin(request, made), progress=progress, notify=notify)
        progress(_TRYING, 0.0)
        trial = Trial(
            function_zip=function_zip,
            layers=tuple(runnable.files[layer.zip.path] for layer in runnable.layers),
            architecture=host_architecture(),
            host=host,
            engine=function.engine,
            examples=examples,
            tolerance=Tolerance(function.tolerance),
            body_limit_bytes=function.body_limit_bytes,
        )
        records = [record, *(layer.zip for layer in runnable.layers)]
        parity, verification = verify_once(trial, records, scratch)
        progress(_TRYING, 1.0)
        say_if_unasked(verification, notify)
        manifest = Manifest(
            settings=settings.with_defaults(
                *ENGINE_DEFAULTS[function.engine], function.body_limit_bytes
            ),
            engine=function.engine,
            passed_over=tuple(passed_over),
            runtime=runtime.name,
            architecture=architecture,
            handler=host.handler,
            function=record,
            layers=made.layers,
            quotas=quotas,
            signature=examples.signature,
            provenance=provenance,
            parity=parity,
            verification=verification,
            poner_version=importlib.metadata.version("poner"),
            slimming=made.slimming,
            bytecode=made.bytecode,
            known_answer=known_answer(trial),
        )
        described = manifest.to_json().encode()
        write_folder(out, {FUNCTION_ZIP: function_zip, **made.files, MANIFEST_NAME: described})
    return Bundle(out, manifest)


def _pack(files: dict[str, bytes], interpreter: Path, scratch: Path) -> tuple[Path, ZipRecord]:
    """Write function.zip with its bytecode; returns its path and record."""
    files |= compile_sources(files, interpreter, scratch / "bytecode")
    content = make_zip(files)
    path = scratch / FUNCTION_ZIP
    path.write_bytes(content)
    return path, zip_record(FUNCTION_ZIP, content, files)


def _twin(request: LayerRequest, made: LayerSet) -> LayerRequest:
    """The request for the same packages on this machine, with at least the same slimming."""
    libraries = [library for layer in made.layers for library in layer.libraries]
    return replace(
        request,
        requirements=tuple(f"{library.name}=={library.version}" for library in libraries),
        preferences={},
        architecture=host_architecture(),
        slim="always" if made.slimming else "never",
    )
