"""The whole flow on one screen: load, compile, bundle; then run it here.

model file ─► TrainedModel ─► CompiledModel ─► Bundle ─► a URL
     loader.open_model   compiler.compile_model   bundler.make_native_bundle   emulator.running
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from poner import bundler, compiler, emulator, limits, loader
from poner.artifacts import TrainedModel
from poner.bundle import Bundle, FunctionSettings
from poner.client import FunctionUrl
from poner.compiled_model import CompiledModel


@dataclass(frozen=True)
class Reporter:
    """Where the flow says what it does."""

    notify: Callable[[str], None] = lambda line: None
    """Called with one line about something worth knowing."""
    progress: Callable[[str, float], None] = lambda what, share: None
    """Called with what is being done and the share of it that is, 0 to 1."""


SILENT = Reporter()


@dataclass(frozen=True)
class Target:
    """What a Bundle is built for."""

    runtime: limits.Runtime
    """Lambda's runtime."""
    architecture: str
    """`x86_64` or `arm64`."""
    settings: FunctionSettings
    """How the function is set up."""


def build(
    model: Path,
    out: Path,
    target: Target,
    *,
    feature_names: Sequence[str] | None = None,
    labels: Mapping[str, str] | None = None,
    reporter: Reporter = SILENT,
) -> Bundle:
    """From a model file, or the folder it lies in, to a proved Bundle in `out`."""
    opened = loader.open_model(
        model, feature_names=feature_names, labels=labels, notify=reporter.notify
    )
    with opened as trained:
        compiled = compile_trained(trained, reporter)
    return bundler.make_native_bundle(
        compiled,
        out,
        runtime=target.runtime,
        architecture=target.architecture,
        settings=target.settings,
    )


def compile_trained(trained: TrainedModel, reporter: Reporter = SILENT) -> CompiledModel:
    """From a TrainedModel to a CompiledModel with its proof."""
    return compiler.compile_model(
        trained, progress=lambda share: reporter.progress("Proving parity", share)
    )


def local_function(bundle: Bundle, **changes: Any) -> emulator.LocalFunction:
    """A Bundle as the emulator runs it; `changes` to its settings by name."""
    settings = bundle.manifest.settings
    values = {
        "handler": bundle.manifest.handler,
        "runtime": bundle.manifest.runtime,
        "name": settings.name,
        "memory_mb": settings.memory_mb,
        "timeout_s": settings.timeout_s,
        "layers": bundle.layer_zips,
    }
    return emulator.LocalFunction(bundle.function_zip, **{**values, **changes})


@contextmanager
def run_locally(
    bundle: Bundle, *, log: Callable[[str], None] = lambda line: None
) -> Iterator[FunctionUrl]:
    """A local Function URL for a Bundle, as long as the context lasts."""
    with emulator.running(local_function(bundle), log=log, notify=log) as urls:
        yield FunctionUrl.of(urls.url, bundle.manifest.signature)
