"""The arm64 kernel that ships, run by an emulated Python, answers as this machine's."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from poner_runtime.model import Model
from tests.conftest import Cancer
from tests.support.compiling import compile_fitted
from tests.support.emulated import arm64_python
from tests.support.growing import make_rows
from tests.support.math_bits import expected_bits, model_of
from tests.support.seeds import FAMILIES, PROGRAMS, SEEDS, seed_of

SHIPPED = Path(__file__).parents[3] / "src/poner_runtime/kernel/arm64"


@pytest.fixture(scope="module")
def models(cancer: Cancer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Model files of every kind of operation, with rows to ask them."""
    folder = tmp_path_factory.mktemp("models")
    for name in SEEDS:
        rows = (
            make_rows(300) if name in PROGRAMS else np.random.default_rng(0).normal(size=(300, 4))
        )
        if "float32" in name or name not in PROGRAMS:
            rows = np.where(np.isinf(rows), 3e38, rows)
        if name in FAMILIES:
            rows = rows[:50] / 3
        (folder / f"{name}.poner").write_bytes(seed_of(name))
        (folder / f"{name}.rows").write_bytes(rows.tobytes())
    for name, bits in expected_bits().items():
        if name not in {"EXPF", "LOGF"}:
            (folder / f"{name}.poner").write_bytes(model_of(name))
            (folder / f"{name}.rows").write_bytes(np.ascontiguousarray(bits[:, :-1]).tobytes())
    linear = make_pipeline(StandardScaler(), LogisticRegression()).fit(cancer.X, cancer.y)
    compile_fitted(linear, cancer.X).save(folder / "linear.poner")
    (folder / "linear.rows").write_bytes(np.ascontiguousarray(cancer.X).tobytes())
    return folder


def test_arm64_gives_the_same_bits(models: Path) -> None:
    """Every output has this machine's bits, and so has every function of kernel/math."""
    command = [*arm64_python(), str(Path(__file__).with_name("ask_models.py"))]
    done = subprocess.run(
        [*command, str(SHIPPED), str(models)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "aarch64"
    compared = 0
    for path in models.glob("*.poner"):
        model, rows = Model(path.read_bytes()), path.with_suffix(".rows").read_bytes()
        for output in model.outputs:
            own = np.frombuffer(model.evaluate(output, rows))
            theirs = np.fromfile(path.with_suffix(f".{output}.bits"))
            np.testing.assert_array_equal(theirs, own, err_msg=path.name)
            compared += 1
    assert compared > len(SEEDS)
