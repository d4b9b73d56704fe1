"""What goes into the layer factory, and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from poner.aws_lambda.runtimes import Runtime
from poner.bundle import Layer, Slim, SlimmingStep


@dataclass(frozen=True)
class LayerRequest:
    """What the layers are to hold, and for whom."""

    requirements: tuple[str, ...]
    """As pip takes them, such as `scikit-learn==1.2.1`; with all that they need."""
    runtime: Runtime
    """Lambda's runtime."""
    architecture: str
    """`x86_64` or `arm64`."""
    preferences: Mapping[str, str] = field(default_factory=dict)
    """Versions by package, to be taken where they have a wheel for the target."""
    excluded: tuple[str, ...] = ()
    """Packages that are required by others and never needed, such as `sympy` by onnxruntime."""
    slim: Slim = "auto"
    """How much is left out."""
    reserved_bytes: int = 0
    """What the function itself takes of the unzipped limit."""

    @property
    def target(self) -> str:
        """The runtime and the architecture, for people."""
        return f"{self.runtime.name} on {self.architecture}"


@dataclass(frozen=True)
class LayerSet:
    """Layers, as zips that lie in the cache."""

    layers: tuple[Layer, ...]
    """What is in them, in the order in which Lambda unpacks them."""
    files: Mapping[str, Path]
    """The zip of each by its path in a Bundle: `layers/NAME.zip`."""
    slimming: tuple[SlimmingStep, ...]
    """What was left out, in the order in which it was tried."""
    bytecode: bool
    """Whether they hold bytecode of the runtime's Python."""
