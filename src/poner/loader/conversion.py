"""Converts a model to ONNX: skl2onnx, in an environment and a confined child of its own."""

from __future__ import annotations

import re
from collections.abc import Callable

from poner.artifacts import ModelFile, OnnxGraph
from poner.environments import package_of, read_pins
from poner.environments.requirements import without_hashes
from poner.errors import InstallError, ModelUnreadableError, NotSupportedError
from poner.loader.child_process import ChildProcess
from poner.loader.environments import environment_of
from poner.loader.libraries import BOOSTERS, SKLEARN
from poner.signature import Signature

CONVERTER_PACKAGE = "skl2onnx"
"""The package that converts. onnxruntime, its companion here, only opens the finished graph,
because skl2onnx also writes invalid graphs."""

CPU_S = 1800
TIMEOUT_S = 900.0

CONVERTER = re.compile(r"skl2onnx \d{1,4}(?:\.\d{1,4}){1,3}")

OTHER_ENGINE = "Choose the engine sklearn, which ships the model as it is."


def convert_model(
    file: ModelFile,
    signature: Signature,
    *,
    notify: Callable[[str], None] = lambda line: None,
) -> OnnxGraph:
    """Convert a model that `open_model` read to ONNX, in a confined child of its own.

    Where all features are numbers, the graph takes one input `X` (n_rows, n_features). Otherwise
    it takes one input (n_rows, 1) for each feature, in the model's order: `x0`, `x1`, ...; the
    input of a category is text. The first output is the prediction: (n_rows,), (n_rows, 1) or
    (n_rows, n_outputs). A classifier has a second output (n_rows, n_classes): probabilities, or
    else the score of each class; for two classes that is `[-decision, decision]`.

    Args:
        file: the model file that `open_model` read.
        signature: tells which features are numbers, and which are texts.
        notify: receives a line before an environment is made, which takes a while.

    Raises:
        NotSupportedError: skl2onnx cannot convert the model; the message gives skl2onnx's reason.
        InstallError: skl2onnx is not installed and cannot be downloaded.
    """
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
            f"{error.hint.rstrip('.')}; or choose the engine sklearn or native.",
        ) from error
    kinds = [feature.kind for feature in signature.features]
    try:
        with ChildProcess(environment.interpreter, cpu_s=CPU_S) as child:
            request = {"do": "convert", "kinds": kinds}
            done, graph = child.ask(
                request, file.content, timeout_s=TIMEOUT_S, doing="The conversion"
            )
    except ModelUnreadableError as error:  # a crash or a timeout of skl2onnx or onnxruntime
        raise _not_supported(file, error.message) from error
    reason, converter = done.get("reason"), str(done.get("converter"))
    if reason is not None:
        raise _not_supported(file, f"skl2onnx says: {str(reason)[:300].rstrip('.')}.")
    number_type = done.get("number_type")
    if number_type not in ("float64", "float32") or not CONVERTER.fullmatch(converter):
        raise _not_supported(file, "the process that converts it gave an invalid answer.")
    return OnnxGraph(graph, "float64" if number_type == "float64" else "float32", converter)


def _check_convertible(file: ModelFile) -> None:
    """Refuse a model with classes that skl2onnx does not know: the user's own and boosters.

    Raises:
        NotSupportedError: the model holds such a class.
    """
    if file.modules:
        paths = ", ".join(sorted(file.modules)[:3])
        raise _not_supported(file, f"it holds classes of your own ({paths}).")
    for package in BOOSTERS.keys() & file.libraries.keys():
        raise _not_supported(file, f"it holds a model of {BOOSTERS[package]}.")


def _not_supported(file: ModelFile, reason: str) -> NotSupportedError:
    return NotSupportedError(
        f"{file.name} cannot be converted to ONNX: {reason}", OTHER_ENGINE, step=file.name
    )
