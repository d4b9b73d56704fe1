"""From requirements to wheels: the choice, and the errors if no wheel fits."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from poner.aws_lambda.runtimes import RUNTIMES
from poner.bundler.layers.package_index import PackageIndex, Refusal, Wheel
from poner.bundler.layers.request import LayerRequest
from poner.bundler.layers.resolution import resolve
from poner.errors import InstallError, NoWheelError, UsageError

Ask = Callable[..., tuple[Wheel, ...]]


@pytest.fixture
def ask(wheels_can_be_had: None, cache: Path, tmp_path: Path) -> Ask:
    """The wheels of requirements for a runtime."""

    def resolve_them(runtime: str, *requirements: str, **options: object) -> tuple[Wheel, ...]:
        notes = options.pop("notes", [])
        options = {"architecture": "x86_64", **options}
        request = LayerRequest(requirements, RUNTIMES[runtime], **options)
        return resolve(request, cache, tmp_path, notes.append)

    return resolve_them


def pins(wheels: tuple[Wheel, ...]) -> dict[str, str]:
    """Versions by name."""
    return {wheel.name: wheel.version for wheel in wheels}


@pytest.mark.parametrize(
    ("runtime", "architecture", "numpy", "tag"),
    [
        ("python3.9", "x86_64", "1.24.1", "cp39-manylinux_2_17_x86_64.manylinux2014_x86_64"),
        ("python3.11", "arm64", "2.2.6", "cp311-manylinux_2_17_aarch64.manylinux2014_aarch64"),
        ("python3.13", "x86_64", "2.4.0", "cp313-manylinux_2_27_x86_64.manylinux_2_28_x86_64"),
        ("python3.13", "arm64", "2.4.0", "cp313-manylinux_2_27_aarch64.manylinux_2_28_aarch64"),
    ],
)
def test_wheels_are_the_targets(
    ask: Ask, runtime: str, architecture: str, numpy: str, tag: str
) -> None:
    """Wheels fit the runtime's Python, architecture and C library, not this machine's."""
    (wheel,) = ask(runtime, f"numpy=={numpy}", architecture=architecture)
    assert wheel.file.endswith(f"{tag}.whl")
    assert len(wheel.sha256) == 64
    assert wheel.size_bytes > 10_000_000


def test_the_closest_of_several_wheels_is_taken(ask: Ask) -> None:
    """Of protobuf's wheels the one with machine code is taken, not the one for any machine."""
    (wheel,) = ask("python3.13", "protobuf==6.33.0")
    assert wheel.file == "protobuf-6.33.0-cp39-abi3-manylinux2014_x86_64.whl"


def test_preferred_versions_are_taken_where_they_have_a_wheel(ask: Ask) -> None:
    """The others are replaced, each with a line; names compare as the index compares them."""
    notes: list[str] = []
    preferences = {"NumPy": "2.4.0", "threadpoolctl": "3.5.0", "joblib": "nonsense", "six": "1"}
    wheels = ask(
        "python3.9",
        *("scikit-learn==1.2.1", "scipy==1.10.1"),
        preferences={**preferences, "scipy": "1.9.0"},
        notes=notes,
    )
    assert pins(wheels)["threadpoolctl"] == "3.5.0"
    assert set(pins(wheels)) == {"joblib", "numpy", "scikit-learn", "scipy", "threadpoolctl"}
    joblib, numpy = pins(wheels)["joblib"], pins(wheels)["numpy"]
    target = "python3.9 on x86_64"
    assert notes == [
        f"joblib {joblib} instead of nonsense, which has no wheel for {target}.",
        f"numpy {numpy} instead of 2.4.0, which has no wheel for {target}.",
    ]


def test_preferred_versions_give_way_to_requirements(ask: Ask) -> None:
    """A preferred version that requirements exclude is dropped, with a line."""
    notes: list[str] = []
    wheels = ask("python3.9", "scikit-learn==1.2.1", preferences={"joblib": "1.0.0"}, notes=notes)
    joblib = pins(wheels)["joblib"]
    assert notes == [f"joblib {joblib} instead of 1.0.0, which conflicts with other packages."]


def test_a_bound_leaves_its_preference(ask: Ask) -> None:
    """A preferred version within a requirement's bounds is taken."""
    bound, pin = (
        ask("python3.9", "scikit-learn==1.2.1", numpy, preferences={"numpy": "1.24.1"})
        for numpy in ("numpy<2", "numpy==1.24.4")
    )
    assert (pins(bound)["numpy"], pins(pin)["numpy"]) == ("1.24.1", "1.24.4")


def test_excluded_packages_are_not_there(ask: Ask) -> None:
    """Excluded packages are left out."""
    wheels = ask("python3.13", "scikit-learn==1.7.2", excluded=("SciPy", "joblib"))
    assert set(pins(wheels)) == {"numpy", "scikit-learn", "threadpoolctl"}


def test_xgboost_goes_without_gpus(ask: Ask) -> None:
    """The build of xgboost without GPUs is taken; if there is none, nvidia-nccl is left out."""
    notes: list[str] = []
    without = ("numpy", "scipy")
    assert pins(ask("python3.13", "xgboost==3.0.0", excluded=without, notes=notes)) == {
        "xgboost-cpu": "3.0.0"
    }
    assert pins(ask("python3.13", "xgboost==2.1.0", excluded=without, notes=notes)) == {
        "xgboost": "2.1.0"
    }
    assert [note.split(":")[0] for note in notes] == [
        "xgboost-cpu 3.0.0 in place of xgboost",
        "xgboost 2.1.0 without nvidia-nccl",
    ]


def test_a_missing_wheel_is_named_with_the_ways_out(ask: Ask) -> None:
    """A missing wheel is named, with the nearest versions and the nearest runtime that have one."""
    with pytest.raises(NoWheelError) as caught:
        ask("python3.11", "numpy==2.4.0")
    error = caught.value
    assert (error.package, error.nearest) == ("numpy", ("2.2.6",))
    assert error.message == (
        "There is no wheel of numpy==2.4.0 for python3.11 on x86_64 (Amazon Linux 2, glibc 2.26)."
    )
    assert error.hint == "Take numpy 2.2.6, or build for python3.12, for which it has one."


def test_both_neighbours_are_named(ask: Ask) -> None:
    """For a version that never existed, the next lower and higher versions are named."""
    with pytest.raises(NoWheelError, match="or any other of Lambda's runtimes") as caught:
        ask("python3.12", "joblib==1.4.999", "threadpoolctl")
    assert caught.value.nearest == ("1.4.2", "1.5.0")


def test_an_unknown_package_is_named(ask: Ask) -> None:
    """A package that the index lacks is named."""
    with pytest.raises(NoWheelError, match="no wheel of uv-is-not-this-package for any") as caught:
        ask("python3.13", "joblib", "uv-is-not-this-package==1.0")
    assert caught.value.nearest == ()


def test_a_contradiction_is_said(ask: Ask) -> None:
    """Contradicting requirements are an error with uv's reason."""
    with pytest.raises(InstallError, match=r"scikit-learn==1\.7\.2, joblib<1.*depends on joblib"):
        ask("python3.13", "scikit-learn==1.7.2", "joblib<1")


@pytest.mark.parametrize("text", ["joblib=1", "", "a b", "joblib @ https://x.invalid/a.whl"])
def test_what_is_no_requirement_is_wrong_usage(text: str, cache: Path, tmp_path: Path) -> None:
    """A malformed requirement is wrong usage, before the index is asked."""
    request = LayerRequest((text,), RUNTIMES["python3.13"], "x86_64")
    with pytest.raises(UsageError, match="NAME==VERSION"):
        resolve(request, cache, tmp_path, print)


def test_without_a_network_the_missing_are_named(
    no_uv: Callable[[pytest.MonkeyPatch], Path],
    cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a network, uncached packages are named, and the failure is not cached."""
    no_uv(monkeypatch)
    request = LayerRequest(("joblib==1.5.3",), RUNTIMES["python3.13"], "x86_64")
    with pytest.raises(InstallError, match=r"^joblib==1\.5\.3 can neither be fetched nor found"):
        resolve(request, cache, tmp_path, print)
    assert not cache.exists()


def test_an_index_that_fails_is_asked_once(
    no_uv: Callable[[pytest.MonkeyPatch], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After one failure of the index, only uv's cache is used."""
    calls = no_uv(monkeypatch)
    index = PackageIndex("x86_64", tmp_path)
    for count in (2, 3):
        assert isinstance(index.resolve(["joblib"], RUNTIMES["python3.13"]), Refusal)
        assert len(calls.read_text().splitlines()) == count
    assert index.fault == "no uv"


def test_a_resolution_is_kept_with_its_hashes(ask: Ask, cache: Path) -> None:
    """A resolution is cached with its hashes, and used from then on."""
    (wheel,) = ask("python3.13", "threadpoolctl==3.6.0")
    (path,) = (cache / "resolutions").iterdir()
    kept = json.loads(path.read_text().partition("\n")[2])
    assert kept["wheels"][0]["sha256"] == wheel.sha256
