"""The function of the native engine: its files, as they lie in function.zip."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import poner_runtime
from poner.errors import BundleError
from poner.hosts import Host

_ENTRY = '''\
"""The function on AWS Lambda, made by `poner build`."""

from poner_runtime.handler import create_handler
from poner_runtime.model import open_beside

model = open_beside(__file__)
lambda_handler = create_handler(model)
'''
_MODULES = ("__init__.py", "handler.py", "model.py")
KERNEL = "poner_runtime/_kernel.abi3.so"
MODEL_NAME = "model.poner"


def function_files(model: bytes, host: Host, architecture: str) -> dict[str, bytes]:
    """Sources, kernel and model by their path in the zip; bytecode is added later."""
    files = {host.entry: _ENTRY.encode(), MODEL_NAME: model}
    return {**files, **runtime_files(_MODULES), KERNEL: kernel_for(architecture)}


def runtime_files(modules: Sequence[str]) -> dict[str, bytes]:
    """Modules of poner_runtime by their path in the zip."""
    return {f"poner_runtime/{name}": (_package() / name).read_bytes() for name in modules}


def kernel_for(architecture: str) -> bytes:
    """The kernel that was built with the package for one of Lambda's architectures."""
    path = _package() / "kernel" / architecture / "_kernel.abi3.so"
    try:
        return path.read_bytes()
    except OSError as error:
        raise BundleError(
            f"This installation of poner has no kernel for {architecture}.",
            "Install poner again from its wheel.",
        ) from error


def _package() -> Path:
    return Path(poner_runtime.__file__).parent
