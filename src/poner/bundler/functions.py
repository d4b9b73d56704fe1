"""The functions of the engines that need layers: their files and their requirements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from packaging.utils import canonicalize_name

from poner.artifacts import Examples, ModelFile, OnnxGraph
from poner.aws_lambda.runtimes import Runtime
from poner.bundle import Engine
from poner.environments import bounds_of_sklearn, package_of, read_versions
from poner.errors import BundleError
from poner.hosts import HOSTS, OWN_MODULES
from poner.proof import PROMISED
from poner.served_model import LibraryModel, NumberType, ServedModel

_FOLLOWING = ("numpy", "scipy", "joblib", "threadpoolctl")
"""Dependencies of scikit-learn. The model's versions of them are preferred, but not required."""

_UNUSED_BY_ONNX = (
    "coloredlogs", "flatbuffers", "humanfriendly", "mpmath", "packaging", "protobuf", "sympy",
)  # fmt: skip
"""Requirements of onnxruntime that loading and running a graph do not need (1.16, 1.32)."""

_MODEL_NAME = "model.pickle"

_TOLERANCES = {"sklearn": PROMISED, "float64": PROMISED, "float32": 1e-5}
"""Relative tolerance of answers: versions of numpy sum in different orders, and a float32 graph
rounds more."""


@dataclass(frozen=True)
class LayeredFunction:
    """A function whose layers have not been made."""

    engine: Engine
    """`sklearn` or `onnx`."""
    files: Mapping[str, bytes]
    """The model and its other files, by path in function.zip; the host adds its own files."""
    requirements: tuple[str, ...]
    """Packages that its layers must hold, in pip's syntax."""
    tolerance: float
    """Greatest relative difference between its numbers and the model's."""
    body_limit_bytes: int
    """Longest request body that it reads."""
    preferences: Mapping[str, str] = field(default_factory=dict)
    """Preferred versions by package, used if they have a wheel for the target."""
    excluded: tuple[str, ...] = ()
    """Packages that others require, but that the function does not use."""


def sklearn_function(
    file: ModelFile, examples: Examples, *, requirements: Sequence[str], body_limit_bytes: int
) -> LayeredFunction:
    """The function that ships the model file itself.

    Args:
        file: the model file.
        examples: inputs and outputs of the model.
        requirements: the user's own, such as `numpy==1.24.1`, in place of the model's versions.
        body_limit_bytes: longest request body that the function reads.

    Raises:
        UsageError: a requirement is malformed.
        BundleError: a module of the model has the name of one of the function's own modules.
    """
    libraries = {str(canonicalize_name(name)): version for name, version in file.libraries.items()}
    required = [f"{name}=={libraries[name]}" for name in libraries if name not in _FOLLOWING]
    required += bounds_of_sklearn(libraries["scikit-learn"])
    names = {package_of(requirement) for requirement in requirements}
    preferences = {
        name: libraries[name] for name in _FOLLOWING if name in libraries and name not in names
    }
    served = _served(examples, _MODEL_NAME, examples.number_type, body_limit_bytes)
    _check_names(file.modules)
    files = {"model.json": served, _MODEL_NAME: file.content, **file.modules}
    return LayeredFunction(
        "sklearn",
        files,
        _with_pins(required, requirements),
        _TOLERANCES["sklearn"],
        body_limit_bytes,
        preferences,
    )


def onnx_function(
    graph: OnnxGraph,
    examples: Examples,
    runtime: Runtime,
    *,
    requirements: Sequence[str],
    body_limit_bytes: int,
) -> LayeredFunction:
    """The function that ships an ONNX graph.

    Args:
        graph: the converted model.
        examples: inputs and outputs of the model.
        runtime: Lambda's runtime, which limits the version of onnxruntime.
        requirements: the user's own, such as `onnxruntime==1.20.0`.
        body_limit_bytes: longest request body that the function reads.

    Raises:
        UsageError: a requirement is malformed.
    """
    # The newest onnxruntime for glibc 2.26 is 1.16, built for numpy 1 (PyPI, 2026-11).
    numpy = "numpy<2" if runtime.glibc < (2, 28) else "numpy"
    single = "float32" in (graph.number_type, examples.number_type)
    number_type: NumberType = "float32" if single else "float64"
    served = _served(examples, "model.onnx", number_type, body_limit_bytes)
    return LayeredFunction(
        "onnx",
        {"model.json": served, "model.onnx": graph.content},
        _with_pins(["onnxruntime", numpy], requirements),
        _TOLERANCES[graph.number_type],
        body_limit_bytes,
        preferences=read_versions("onnx_layers", HOSTS[runtime.name].python_version),
        excluded=_UNUSED_BY_ONNX,
    )


def _served(examples: Examples, file: str, number_type: NumberType, body_limit_bytes: int) -> bytes:
    """model.json: the signature and settings; of the training data only one row of medians."""
    library = LibraryModel(file, examples.scores_method, examples.missing_as_none, examples.typical)
    served = ServedModel(examples.signature, number_type, body_limit_bytes, library=library)
    return served.to_json()


def _check_names(modules: Iterable[str]) -> None:
    for path in modules:
        if path.partition("/")[0].removesuffix(".py") in OWN_MODULES:
            raise BundleError(
                f"{path} cannot be packed: one of the function's own modules has the same name.",
                "Rename the module and save the model again.",
            )


def _with_pins(required: Sequence[str], pins: Sequence[str]) -> tuple[str, ...]:
    """The requirements, with the user's pins replacing those of the same packages."""
    pinned = {package_of(pin) for pin in pins}
    return (*(own for own in required if package_of(own) not in pinned), *pins)
