"""The functions of the engines that need layers: their files, and what their layers must hold."""

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
"""What scikit-learn brings along: their versions are preferred, not required."""

_UNUSED_BY_ONNX = (
    "coloredlogs", "flatbuffers", "humanfriendly", "mpmath", "packaging", "protobuf", "sympy",
)  # fmt: skip
"""Required by onnxruntime, and needed for anything but to load a graph and run it (1.16, 1.32)."""

_MODEL_NAME = "model.pickle"

_TOLERANCES = {"sklearn": PROMISED, "float64": PROMISED, "float32": 1e-5}
"""What answers may differ by: other versions of numpy add up in another order; a float32 graph
loses digits."""


@dataclass(frozen=True)
class LayeredFunction:
    """A function before its layers are known."""

    engine: Engine
    """`sklearn` or `onnx`."""
    files: Mapping[str, bytes]
    """The model and what goes with it, by path in function.zip; the host adds its own files."""
    requirements: tuple[str, ...]
    """What its layers must hold, as pip takes it."""
    tolerance: float
    """What its numbers may differ by from the model's, relative."""
    preferences: Mapping[str, str] = field(default_factory=dict)
    """Versions by package, to be taken where they have a wheel for the target."""
    excluded: tuple[str, ...] = ()
    """Packages that others require and that it never needs."""


def sklearn_function(
    file: ModelFile, examples: Examples, *, requirements: Sequence[str], body_limit_bytes: int
) -> LayeredFunction:
    """The function that ships the model itself.

    Args:
        file: the model.
        examples: what the model takes and answers.
        requirements: the user's own, such as `numpy==1.24.1`, in place of the model's versions.
        body_limit_bytes: longest request body that is read.

    Raises:
        UsageError: a requirement is none.
        BundleError: the model's own modules have names that the function needs.
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
        "sklearn", files, _with_pins(required, requirements), _TOLERANCES["sklearn"], preferences
    )


def onnx_function(
    graph: OnnxGraph,
    examples: Examples,
    runtime: Runtime,
    *,
    requirements: Sequence[str],
    body_limit_bytes: int,
) -> LayeredFunction:
    """The function that ships a graph.

    Args:
        graph: the converted model.
        examples: what the model takes and answers.
        runtime: Lambda's runtime, which decides how new onnxruntime can be.
        requirements: the user's own, such as `onnxruntime==1.20.0`.
        body_limit_bytes: longest request body that is read.

    Raises:
        UsageError: a requirement is none.
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
        preferences=read_versions("onnx_layers", HOSTS[runtime.name].python_version),
        excluded=_UNUSED_BY_ONNX,
    )


def _served(examples: Examples, file: str, number_type: NumberType, body_limit_bytes: int) -> bytes:
    """model.json: what the function must know; of the training data, one row of medians."""
    library = LibraryModel(file, examples.scores_method, examples.missing_as_none, examples.typical)
    served = ServedModel(examples.signature, number_type, body_limit_bytes, library=library)
    return served.to_json()


def _check_names(modules: Iterable[str]) -> None:
    for path in modules:
        if path.partition("/")[0].removesuffix(".py") in OWN_MODULES:
            raise BundleError(
                f"{path} cannot be packed under its name, which the function itself needs.",
                "Give it another name and save the model again.",
            )


def _with_pins(required: Sequence[str], pins: Sequence[str]) -> tuple[str, ...]:
    """The user's own requirements in place of those of the same packages."""
    pinned = {package_of(pin) for pin in pins}
    return (*(own for own in required if package_of(own) not in pinned), *pins)
