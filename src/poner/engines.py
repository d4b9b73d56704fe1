"""The engines: each makes a Bundle from a model; `auto` takes the first that succeeds.

The input is a TrainedModel, the result a proved Bundle. The stages decide what an engine ships and
how the proof runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import assert_never

from poner import bundler, compiler, loader
from poner.artifacts import Examples, ModelFile, OnnxGraph, TrainedModel
from poner.aws_lambda.functions import DEFAULT_BODY_LIMIT_BYTES, FunctionSettings
from poner.aws_lambda.runtimes import Runtime
from poner.bundle import Bundle, Engine, EngineChoice, Slim
from poner.compiled_model import CompiledModel
from poner.environments import needs_of_sklearn
from poner.errors import (
    InstallError,
    InterpreterNotFoundError,
    NotSupportedError,
    NoWheelError,
    ParityError,
    PonerError,
    QuotaError,
)
from poner.hosts import HOSTS
from poner.served_model import choose_body_limit, longest_request_bytes

ENGINES: tuple[Engine, ...] = ("native", "onnx", "sklearn")
"""In the order in which `auto` tries them: the smaller and faster first."""

_PASSED_OVER = (
    NotSupportedError,
    ParityError,
    QuotaError,
    InstallError,
    InterpreterNotFoundError,
)
"""Errors after which `auto` tries the next engine."""


@dataclass(frozen=True)
class Reporter:
    """Takes messages about what is being done."""

    notify: Callable[[str], None] = lambda line: None
    """Called with one line for the user."""
    progress: Callable[[str, float], None] = lambda what, share: None
    """Called with the name of the work and the share that is done, 0 to 1."""


SILENT = Reporter()


@dataclass(frozen=True)
class Target:
    """The target of a Bundle: runtime, architecture and settings."""

    runtime: Runtime
    """Lambda's runtime."""
    architecture: str
    """`x86_64` or `arm64`."""
    settings: FunctionSettings
    """The settings of the function."""
    others: tuple[Runtime, ...] = ()
    """Runtimes to try if a package has no wheel for the first; empty if the user chose one."""


@dataclass(frozen=True)
class Packages:
    """The user's wishes for the engines that need packages."""

    require: tuple[str, ...] = ()
    """Packages and their versions, such as `numpy==1.24.1`."""
    include: tuple[Path, ...] = ()
    """The user's own modules that the model's classes come from."""
    allow: tuple[str, ...] = ()
    """Packages whose classes the model may hold, such as `category_encoders`."""
    slim: Slim = "auto"
    """What is left out of the layers."""


NO_PACKAGES = Packages()


@dataclass(frozen=True)
class Job:
    """A model, and the wishes for its Bundle."""

    trained: TrainedModel
    """The model, read from a file."""
    out: Path
    """Folder of the Bundle."""
    target: Target
    """The target of the Bundle."""
    packages: Packages
    """The user's wishes about packages."""
    reporter: Reporter = SILENT
    """Takes messages about the work."""
    accept_ties: bool = False
    """Whether ties may decide about any share of the training rows."""

    @property
    def body_limit_bytes(self) -> int:
        """Longest request body that the function reads."""
        return self.target.settings.body_limit_bytes or choose_body_limit(self.trained.signature)

    @property
    def settings(self) -> FunctionSettings:
        """The function's settings, with its body limit."""
        return replace(self.target.settings, body_limit_bytes=self.body_limit_bytes)

    @cached_property
    def examples(self) -> Examples:
        """The model's own answers, for the engines that are compared with them."""
        return compiler.collect_examples(
            self.trained, progress=lambda share: self.reporter.progress("Asking the model", share)
        )

    @property
    def file(self) -> ModelFile:
        """The model's file.

        Raises:
            NotSupportedError: the model is an ONNX graph.
        """
        if self.trained.graph is not None:
            raise NotSupportedError(
                "The model is an ONNX graph, which only the engine onnx computes.",
                "Choose the engine onnx, or auto.",
                step="model",
            )
        assert self.trained.file is not None, "open_model reads a file"
        return self.trained.file


def build_bundle(job: Job, choice: EngineChoice) -> Bundle:
    """Build a Bundle with the chosen engine, or with the first engine that can.

    If none can, the error has the reason of the first engine; its hint has that of the last one.

    Raises:
        NotSupportedError: the engine cannot compute this model.
        ParityError: the function gives other answers than the model.
        TiesError: ties decide about more of the training rows than the Job accepts.
        QuotaError: the Bundle does not fit Lambda.
        InstallError: its packages cannot be installed.
    """
    if choice == "auto" and job.trained.graph is not None:
        choice = "onnx"
    if job.target.settings.body_limit_bytes is None:
        _say_limit(job)
    if choice != "auto":
        return _build(job, choice, ())
    refusals: list[PonerError] = []
    passed_over: list[str] = []
    for engine in ENGINES:
        try:
            return _build(job, engine, passed_over)
        except _PASSED_OVER as error:
            refusals.append(error)
            passed_over.append(f"{engine}: {error.message}")
        if engine != ENGINES[-1]:
            job.reporter.notify(f"Passed over {passed_over[-1]}")
    first = refusals[0]
    first.message, first.hint = passed_over[0], f"{passed_over[-1]} {refusals[-1].hint}"
    raise first


def _say_limit(job: Job) -> None:
    """Say if the function reads longer bodies than usual, because the model is wide."""
    if job.body_limit_bytes > DEFAULT_BODY_LIMIT_BYTES:
        job.reporter.notify(
            f"A row of {len(job.trained.signature.features):,} features takes up to "
            f"{longest_request_bytes(job.trained.signature):,} bytes as JSON; the function reads "
            f"bodies of up to {job.body_limit_bytes:,}."
        )


def _build(job: Job, engine: Engine, passed_over: Sequence[str]) -> Bundle:
    if engine != "native" and job.trained.graph is None:
        _check_python(job.file)
    match engine:
        case "native":
            return bundler.make_native_bundle(
                compile_trained(
                    job.trained,
                    body_limit_bytes=job.body_limit_bytes,
                    reporter=job.reporter,
                ),
                job.out,
                runtime=job.target.runtime,
                architecture=job.target.architecture,
                settings=job.settings,
                passed_over=passed_over,
                accept_ties=job.accept_ties,
                notify=job.reporter.notify,
            )
        case "onnx":
            graph = job.trained.graph or loader.convert_model(
                job.file, job.examples.signature, notify=job.reporter.notify
            )
            return _first_with_wheels(job, lambda runtime: _onnx(job, graph, runtime), passed_over)
        case "sklearn":
            return _first_with_wheels(job, lambda runtime: _sklearn(job), passed_over)
        case _:
            assert_never(engine)


def _check_python(file: ModelFile) -> None:
    """Refuse an engine that needs packages if no runtime has a Python for the model's.

    Raises:
        NotSupportedError: the model's scikit-learn is too old.
    """
    version = file.libraries["scikit-learn"]
    wanted = needs_of_sklearn(version).python_versions
    if wanted and not any(host.python_version in wanted for host in HOSTS.values()):
        raise NotSupportedError(
            f"{file.name}: Lambda has no runtime with Python {' or '.join(wanted)}, which "
            f"scikit-learn {version} needs; only the native engine can serve such a model.",
            "Fit the model again with a newer scikit-learn, or change what the native engine does "
            "not support.",
            step=file.name,
        )


def _onnx(job: Job, graph: OnnxGraph, runtime: Runtime) -> bundler.LayeredFunction:
    return bundler.onnx_function(
        graph,
        job.examples,
        runtime,
        requirements=job.packages.require,
        body_limit_bytes=job.body_limit_bytes,
    )


def _sklearn(job: Job) -> bundler.LayeredFunction:
    return bundler.sklearn_function(
        job.file,
        job.examples,
        requirements=job.packages.require,
        body_limit_bytes=job.body_limit_bytes,
    )


def _first_with_wheels(
    job: Job,
    make_function: Callable[[Runtime], bundler.LayeredFunction],
    passed_over: Sequence[str],
) -> Bundle:
    """A Bundle for the first of the runtimes for which there is a wheel of every package.

    If there is none, the error is that of the runtime that was asked for.
    """
    refusals: list[PonerError] = []
    for runtime in (job.target.runtime, *job.target.others):
        if refusals:
            job.reporter.notify(f"Trying {runtime.name}: {refusals[-1].message}")
        try:
            return _layered(job, make_function(runtime), runtime, passed_over)
        except (NoWheelError, InterpreterNotFoundError) as error:
            refusals.append(error)
    raise refusals[0]


def _layered(
    job: Job,
    function: bundler.LayeredFunction,
    runtime: Runtime,
    passed_over: Sequence[str],
) -> Bundle:
    return bundler.make_layered_bundle(
        function,
        job.examples,
        job.trained.provenance,
        job.out,
        runtime=runtime,
        architecture=job.target.architecture,
        settings=job.settings,
        slim=job.packages.slim,
        passed_over=passed_over,
        accept_ties=job.accept_ties,
        progress=job.reporter.progress,
        notify=job.reporter.notify,
    )


def compile_trained(
    trained: TrainedModel,
    *,
    body_limit_bytes: int | None = None,
    reporter: Reporter = SILENT,
) -> CompiledModel:
    """From a TrainedModel to a CompiledModel with its proof."""
    return compiler.compile_model(
        trained,
        body_limit_bytes=body_limit_bytes,
        progress=lambda share: reporter.progress("Proving parity", share),
    )
