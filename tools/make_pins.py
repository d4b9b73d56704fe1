"""Writes the pinned versions, with hashes, of the packages that poner chooses itself: `make pins`.

Each Python from 3.9 on gets the newest versions. Packages that a model brings along, such as
numpy, are left out: their versions are the model's.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement

from poner.environments import run_uv

PINS = Path(__file__).parents[1] / "src" / "poner" / "environments" / "pins"

SETS = {
    "awslambdaric": ("awslambdaric",),
    "onnx_layers": (
        "onnxruntime==1.16.3; python_version < '3.12'",
        "onnxruntime; python_version >= '3.12'",
    ),
    "onnx_conversion": ("skl2onnx==1.20.0", "onnx<1.24", "onnxruntime", "ml-dtypes<0.6"),
}
"""Requirements, by set. skl2onnx 1.20.0 and onnx before 1.24 work beside scikit-learn 1.1 to 1.9;
ml-dtypes 0.6 needs numpy 2, scikit-learn before 1.4.2 numpy 1 (tried in November 2026)."""

ALONE = frozenset({"onnx_layers"})
"""Sets without dependencies, which a layer takes from the index. Lambda's Python up to
3.11 has glibc 2.26, for which onnxruntime 1.16 is the newest."""

OF_THE_MODEL = frozenset({
    *("cloudpickle", "joblib", "narwhals", "numpy", "scikit-learn", "scipy", "threadpoolctl"),
})  # fmt: skip
"""Packages whose versions a model decides."""

HEADER = "# Written by `make pins`. Python 3.9 and later, every platform.\n"


def main() -> None:
    """Write all sets."""
    for name, requirements in SETS.items():
        (PINS / f"{name}.txt").write_text(HEADER + "".join(make_pins(name, requirements)))


def make_pins(name: str, requirements: tuple[str, ...]) -> Iterator[str]:
    """The lines of a requirements file, without the model's packages."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "in.txt").write_text("\n".join(requirements))
        command = ["pip", "compile", "in.txt", "--universal", "--python-version", "3.9"]
        command += ["--only-binary", ":all:", "--generate-hashes", "--no-header", "--no-annotate"]
        done = run_uv([*command, *(["--no-deps"] if name in ALONE else [])], folder)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    kept = False
    for line in done.stdout.splitlines(keepends=True):
        if not line.startswith(" "):
            kept = Requirement(line.rstrip("\\\n ")).name not in OF_THE_MODEL
        if kept:
            yield line


if __name__ == "__main__":
    main()
