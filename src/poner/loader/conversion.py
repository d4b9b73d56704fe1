"""Converts a model to ONNX: skl2onnx, in an environment and a confined child of its own."""

from __future__ import annotations

import re
from collections.abc import Callable

from poner.artifacts import ModelFile, OnnxGraph
from poner.environments import read_pins, without_hashes
from poner.errors import InstallError, ModelUnreadableError, NotSupportedError
from poner.loader.child_process import ChildProcess
from poner.loader.environments import environment_of, package_of
from poner.loader.libraries import BOOSTERS, SKLEARN
from poner.signature import Signature

CONVERTER_PACKAGE = "skl2onnx"
"""What converts; onnxruntime only opens the graph, since skl2onnx writes some that are none."""

CPU_S = 1800
TIMEOUT_S = 900.0

CONVERTER = re.compile(r"skl2onnx \d{1,4}(?:\.\d{1,4}){1,3}")

OTHER_ENGINE = "Choose the engine sklearn, which ships the model as it is."


def convert(file: ModelFile, signature: Signature, notify: Callable[[str], None]) -> OnnxGraph:
    """The steps of `convert_model`, in their order."""
    _check_convertible(file)
    pins = read_pins("onnx_conversion")
    converter = next(
        pin for pin in map(without_hashes, pins) if package_of(pin) == CONVERTER_PACKAGE
    )
    notify(f"Converting {file.name} with {converter}.")
    try:
        environment = environment_of(file.libraries[SKLEARN], more=pins)
    except ModelUnreadableError as error:
        raise InstallError(
            f"The engine onnx needs skl2onnx: {error.message}",
            "Check the network, or choose the engine sklearn or native.",
        ) from error
    kinds = [feature.kind for feature in signature.features]
    try:
        with ChildProcess(environment.interpreter, cpu_s=CPU_S) as child:
            request = {"do": "convert", "kinds": kinds}
            done, graph = child.ask(request, file.content, timeout_s=TIMEOUT_S)
    except ModelUnreadableError as error:  # skl2onnx and onnxruntime can break as they like
        raise _not_supported(file, error.message) from error
    reason, converter = done.get("reason"), str(done.get("converter"))
    if reason is not None:
        raise _not_supported(file, f"skl2onnx says: {str(reason)[:300].rstrip('.')}.")
    number_type = done.get("number_type")
    if number_type not in ("float64", "float32") or not CONVERTER.fullmatch(converter):
        raise _not_supported(file, "the process that converted it answered with nonsense.")
    return OnnxGraph(graph, "float64" if number_type == "float64" else "float32", converter)


def _check_convertible(file: ModelFile) -> None:
    """Whether skl2onnx can know all of its classes."""
    if file.modules:
        paths = ", ".join(sorted(file.modules)[:3])
        raise _not_supported(file, f"it holds classes of your own ({paths}).")
    for package in BOOSTERS.keys() & file.libraries.keys():
        raise _not_supported(file, f"it holds a model of {BOOSTERS[package]}.")


def _not_supported(file: ModelFile, reason: str) -> NotSupportedError:
    return NotSupportedError(
        f"{file.name} is not converted to ONNX: {reason}", OTHER_ENGINE, step=file.name
    )
