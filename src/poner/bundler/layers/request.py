"""Input and result of making layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from poner.aws_lambda.runtimes import Runtime
from poner.bundle import Layer, Slim, SlimmingStep


@dataclass(frozen=True)
class LayerRequest:
    """The packages that layers must hold, and the target."""

    requirements: tuple[str, ...]
    """Requirements in pip's syntax, such as `scikit-learn==1.2.1`; dependencies are added."""
    runtime: Runtime
    """Lambda's runtime."""
    architecture: str
    """`x86_64` or `arm64`."""
    preferences: Mapping[str, str] = field(default_factory=dict)
    """Preferred versions by package, used if they have a wheel for the target."""
    excluded: tuple[str, ...] = ()
    """Packages that others require but do not use here, such as `sympy` for onnxruntime."""
    slim: Slim = "auto"
    """When slimming leaves files out."""
    reserved_bytes: int = 0
    """Unzipped size of the function itself, which counts towards the same limit."""

    @property
    def target(self) -> str:
        """The runtime and the architecture, for messages."""
        return f"{self.runtime.name} on {self.architecture}"


@dataclass(frozen=True)
class LayerSet:
    """Finished layers, as zips in the cache."""

    layers: tuple[Layer, ...]
    """Records of the layers, in the order in which Lambda unpacks them."""
    files: Mapping[str, Path]
    """Zips in the cache, by path in a Bundle: `layers/NAME.zip`."""
    slimming: tuple[SlimmingStep, ...]
    """The steps of slimming, in order."""
    bytecode: bool
    """Whether the layers hold bytecode of the runtime's Python."""
