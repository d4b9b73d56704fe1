"""The packages that poner chooses itself: a version and hashes for every Python."""

from __future__ import annotations

import pytest

from poner.aws_lambda.runtimes import RUNTIMES
from poner.environments import read_hashes, read_pins, read_requirement, read_versions
from poner.environments.pins import PinSet
from poner.environments.requirements import are_hashed, describe
from poner.errors import InstallError
from poner.hosts import HOSTS

SETS: dict[PinSet, set[str]] = {
    "awslambdaric": {"awslambdaric", "simplejson", "snapshot-restore-py"},
    "onnx_conversion": {"skl2onnx", "onnx", "onnxruntime", "protobuf"},
    "onnx_layers": {"onnxruntime"},
}


@pytest.mark.parametrize("name", SETS)
def test_every_python_has_one_version_of_each(name: PinSet) -> None:
    """Those of Lambda's runtimes, and every line has hashes."""
    assert are_hashed(read_pins(name))
    for runtime in RUNTIMES.values():
        versions = read_versions(name, HOSTS[runtime.name].python_version)
        assert versions.keys() >= SETS[name]
        assert all(read_hashes(name)[package] for package in versions.items())


def test_layers_for_an_old_system_get_an_old_onnxruntime() -> None:
    """Lambda's Python up to 3.11 has glibc 2.26, for which there is nothing newer."""
    assert read_versions("onnx_layers", "3.11") == {"onnxruntime": "1.16.3"}
    assert read_versions("onnx_layers", "3.12")["onnxruntime"] > "1.2"


def test_what_converts_leaves_the_models_libraries_alone() -> None:
    """Their versions are the model's."""
    names = {read_requirement(pin, InstallError).name for pin in read_pins("onnx_conversion")}
    assert not names & {"numpy", "scipy", "scikit-learn", "joblib", "threadpoolctl"}


def test_errors_show_requirements_in_short() -> None:
    """Without markers and hashes, and the first few only."""
    pins = [f"a{number}==1 ; python_version < '3' --hash=sha256:0" for number in range(7)]
    assert describe(pins) == "a0==1, a1==1, a2==1, a3==1, a4==1 and 2 more"
