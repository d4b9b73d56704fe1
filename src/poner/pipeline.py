"""The whole flow on one screen: load, compile, bundle; then run it here.

model file ─► TrainedModel ─► CompiledModel ─► Bundle ─► a URL
     loader.open_model   compiler.compile_model   bundler.make_native_bundle   emulator.running

A model that the native engine does not compute goes along in its file, or as a graph of ONNX, with
packages in layers; engines.py chooses.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from poner import emulator, loader
from poner.bundle import Bundle, Manifest
from poner.client import FunctionUrl, Sign, ask_until_ready
from poner.engines import (
    NO_PACKAGES,
    SILENT,
    Engine,
    Job,
    Packages,
    Reporter,
    Target,
    build_bundle,
    compile_trained,
)
from poner.errors import DeployError, PredictionError

__all__ = [
    "Engine",
    "Packages",
    "Reporter",
    "Target",
    "build",
    "check_answer",
    "compile_trained",
    "local_function",
    "run_locally",
]


def build(
    model: Path,
    out: Path,
    target: Target,
    *,
    engine: Engine | Literal["auto"] = "auto",
    packages: Packages = NO_PACKAGES,
    feature_names: Sequence[str] | None = None,
    labels: Mapping[str, str] | None = None,
    reporter: Reporter = SILENT,
) -> Bundle:
    """From a model file, or the folder it lies in, to a proved Bundle in `out`."""
    opened = loader.open_model(
        model,
        feature_names=feature_names,
        labels=labels,
        include=packages.include,
        requirements=packages.require,
        notify=reporter.notify,
    )
    with opened as trained:
        return build_bundle(Job(trained, out, target, packages, reporter), engine)


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


def check_answer(
    url: str, manifest: Manifest, *, sign: Sign | None = None, patience_s: float = 60.0
) -> bool:
    """Ask a deployed function what the model itself answered when its Bundle was built.

    Args:
        url: its Function URL, which may have been made just now.
        manifest: of the Bundle.
        sign: the headers of a signed request, where the URL wants one.
        patience_s: how long to wait for the URL to answer.

    Returns:
        Whether anything was compared: not where the manifest has no known answer.

    Raises:
        DeployError: another answer came, or none; its status and reason are told, never the row.
    """
    known = manifest.known_answer
    if known is None:
        return False
    hint = "See why with `poner logs`, or go back to the version before with `poner rollback`."
    try:
        answer = ask_until_ready(url, json.loads(known.body), sign=sign, patience_s=patience_s)
    except PredictionError as error:
        raise DeployError(f"The deployed function did not answer: {error.message}", hint) from error
    if known.agrees_with(answer.prediction):
        return True
    came = f"{answer.status}: {answer.reason}"
    if answer.prediction is not None:
        came += ", with another prediction than the model's"
    raise DeployError(f"{url} answered the known row with {came}.", hint)
