"""Builds the kernel when the package is built: for AWS Lambda's two architectures and this host.

The compiler is Zig's, from PyPI. It cross-compiles for Linux with glibc 2.17 or later, and gives
the same bytes on every machine. See docs/decisions/0002-kernel-build.md.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

RUNTIME = Path("src/poner_runtime")
SOURCES = (
    "evaluate.c",
    "model.c",
    "operations.c",
    "plumbing.c",
    "elementwise.c",
    "rowwise.c",
    "lookup.c",
    "distances.c",
    "neighbours.c",
    "couple.c",
    "triangle.c",
    "splines.c",
    "imputation.c",
    "trees.c",
    "shallow_trees.c",
    "category_trees.c",
    "medians.c",
    "coded_trees.c",
    "tiled_trees.c",
    "served_model.c",
    "request.c",
    "python_binding.c",
    "math/fused.c",
    "math/portable.c",
    "math/tables.c",
)
LAMBDA_TARGETS = {"x86_64": "x86_64-linux-gnu.2.17", "arm64": "aarch64-linux-gnu.2.17"}
"""Zig's target for each of Lambda's architectures."""

FLAGS = (
    "-std=c11", "-O2", "-shared", "-fPIC", "-fvisibility=hidden", "-s",
    "-ffp-contract=off",  # a fused multiply-add would round once where scikit-learn rounds twice
    "-fno-math-errno",  # compiles a square root to an instruction instead of a call
    "-fno-sanitize=all",  # Zig's default traps; sanitizers are used in separate builds
    "-Wall", "-Wextra", "-Werror",
)  # fmt: skip


def host_architecture() -> str:
    """Lambda's name of this machine's architecture, or the platform's own name."""
    machine = platform.machine().lower()
    return {"amd64": "x86_64", "aarch64": "arm64"}.get(machine, machine)


def host_target() -> str:
    """Zig's target for this machine."""
    if sys.platform == "darwin":
        return {"arm64": "aarch64-macos", "x86_64": "x86_64-macos"}[host_architecture()]
    return LAMBDA_TARGETS[host_architecture()]


def compile_kernel(root: Path, target: str, output: Path) -> None:
    """Compile the extension module for one of Zig's targets."""
    kernel = root / RUNTIME / "kernel"
    command = [sys.executable, "-m", "ziglang", "cc", "-target", target, *FLAGS]
    if target.endswith("macos"):
        command += ["-Wl,-undefined,dynamic_lookup"]
    output.parent.mkdir(parents=True, exist_ok=True)
    scratch = output.with_suffix(f".{os.getpid()}")
    command += ["-o", str(scratch), *(str(kernel / name) for name in SOURCES)]
    subprocess.run(command, check=True)
    scratch.replace(output)  # a process that has loaded the old file keeps it


def build_kernels(root: Path) -> list[Path]:
    """Compile all kernels into the source tree; returns their paths."""
    kernels = []
    for architecture, target in LAMBDA_TARGETS.items():
        output = root / RUNTIME / "kernel" / architecture / "_kernel.abi3.so"
        compile_kernel(root, target, output)
        kernels.append(output)
    host = root / RUNTIME / "_kernel.abi3.so"
    if host_target() in LAMBDA_TARGETS.values():
        scratch = host.with_suffix(f".{os.getpid()}")
        shutil.copyfile(kernels[list(LAMBDA_TARGETS).index(host_architecture())], scratch)
        scratch.replace(host)
    else:
        compile_kernel(root, host_target(), host)
    return [*kernels, host]


def wheel_platform() -> str:
    """The platform part of the wheel's tag, which the host's kernel determines."""
    if sys.platform == "darwin":
        return f"macosx_11_0_{platform.machine()}"
    return f"manylinux_2_17_{platform.machine()}"


class KernelBuildHook(BuildHookInterface[Any]):
    """Called by hatchling before it makes a wheel or an editable install."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the kernels and add them to the wheel."""
        if self.target_name != "wheel":
            return
        root = Path(self.root)
        for kernel in build_kernels(root):
            path = kernel.relative_to(root).as_posix()
            build_data["force_include"][path] = path.removeprefix("src/")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{wheel_platform()}"
