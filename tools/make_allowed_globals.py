"""Makes loader/safe_pickle/allowed_globals.txt: globals in pickles of scikit-learn 1.1 to 1.9.

Run `python tools/make_allowed_globals.py`; it makes an environment for each version, fits every
estimator there (allowed_globals_probe.py) and takes the union. The rules below filter the
result, and a person reviews its diff: a name in this file may be named by an untrusted file.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from poner.environments import bounds_of_sklearn, make_environment
from poner.loader.safe_pickle.constructors import BY_NAME

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "src/poner/loader/safe_pickle/allowed_globals.txt"
PROBE = Path(__file__).with_name("allowed_globals_probe.py")

ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

VERSIONS = {
    "1.1.3": "3.10",
    "1.2.2": "3.11",
    "1.3.2": "3.11",
    "1.4.2": "3.11",
    "1.5.2": "3.12",
    "1.6.1": "3.12",
    "1.7.2": "3.13",
    "1.8.0": "3.13",
    "1.9.1": "3.11",
}
"""The last patch of each minor version, and a Python that has wheels for it."""

HEADER = """\
# The globals that a model file may name: `module name roles`, exact, sorted, nothing else.
# call: may be called, through a check in constructors.py.  new: instances may be made without
# __init__ and given their attributes.  name: may only be mentioned.
# Made by tools/make_allowed_globals.py from scikit-learn {versions}.
"""

MODULES = re.compile(
    r"sklearn\.(?!externals|datasets|utils|tests|_build_utils).*|_loss"
    r"|sklearn\.utils(?:\._bunch|\._metadata_requests|\._random|\._weight_vector)?"
    r"|numpy|numpy\.ma(?:\.core)?|numpy\._?core\.(?:multiarray|numeric|_multiarray_umath|_ufunc_config)"
    r"|numpy\.random\.(?:_pickle|_mt19937|_pcg64|_philox|_sfc64|bit_generator|mtrand|_generator)"
    r"|scipy\.sparse\.\w+|scipy\.interpolate\._bsplines|scipy\.special(?:\._\w*ufuncs)?"
    r"|scipy\._lib\.array_api_compat\.numpy\._aliases"
    r"|functools|sklearn\.utils\.validation"
    r"|builtins|copyreg|_codecs|collections|joblib\.numpy_pickle"
)
"""The only modules whose names may be in the list."""

NEVER = re.compile(
    r".*[.<].*|getattr|eval|exec|compile|open|type|__import__|_ufunc_reconstruct|memmap|"
    r"PyFuncDistance.*|__pyx_unpickle_Enum"
)
"""Names that may not be in the list, whatever their module."""

SCALARS = (
    "bool bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 intc uintc longlong ulonglong "
    "float16 float32 float64 complex64 complex128 str_ bytes_ object_"
)
BUILTINS = "NoneType bool bytes bytearray dict float int list object set slice str tuple"
OTHERS = {
    "numpy": f"{SCALARS} ndarray",
    "builtins": BUILTINS,
    "numpy.ma": "MaskedArray",
    "numpy.random.mtrand": "RandomState",
    "numpy.random._generator": "Generator",
    "sklearn.metrics._dist_metrics": (
        "MinkowskiDistance MinkowskiDistance64 HaversineDistance HaversineDistance64"
    ),
}
"""Further names in skops files, dtype parameters and distances over other data."""


BOOSTERS = {
    "lightgbm.basic": "Booster",
    "lightgbm.sklearn": "LGBMClassifier LGBMRanker LGBMRegressor",
    "xgboost.core": "Booster",
    "xgboost.sklearn": "XGBClassifier XGBRFClassifier XGBRFRegressor XGBRanker XGBRegressor",
}
"""Names of their own in pickles of LightGBM 4.7 and XGBoost 3.2, for any version of
scikit-learn; tests/unit/loader/test_boosters.py fits each class."""


def probe(version: str, python_version: str) -> dict[str, object]:
    """Globals that pickles of one version name."""
    interpreter = make_environment(
        python_version, [f"scikit-learn=={version}", *bounds_of_sklearn(version)]
    )
    done = subprocess.run(
        [interpreter, "-I", PROBE], capture_output=True, text=True, check=False, env=ONE_THREAD
    )
    if done.returncode != 0:
        raise SystemExit(f"{version}: {done.stderr[-2000:]}")
    result: dict[str, object] = json.loads(done.stdout)
    say(f"{version}: not fitted: {result['not_fitted']}")
    return result


def say(line: str) -> None:
    """Print a line for the person who reviews the run."""
    sys.stderr.write(line + "\n")


def both_spellings(module: str) -> tuple[str, ...]:
    """The spellings of a module: numpy 1 and 2 name the same package differently."""
    for own, other in (("numpy.core.", "numpy._core."), ("numpy._core.", "numpy.core.")):
        if module.startswith(own):
            return module, other + module.removeprefix(own)
    return (module,)


def merge(results: list[dict[str, object]]) -> dict[tuple[str, str], set[str]]:
    """The union of the globals that the rules allow; prints the others."""
    roles: dict[tuple[str, str], set[str]] = {}
    for result in results:
        for module, name, uses in result["uses"]:  # type: ignore[attr-defined]
            if not MODULES.fullmatch(module) or NEVER.fullmatch(name):
                say(f"left out: {module} {name} {uses}")
                continue
            for spelling in both_spellings(module):
                roles.setdefault((spelling, name), set()).update(uses)
    for module, names in OTHERS.items():
        for name in names.split():
            roles.setdefault((module, name), set())
    for module, names in BOOSTERS.items():
        for name in names.split():
            roles.setdefault((module, name), set()).add("new")
    return roles


def main() -> None:
    """Write the file."""
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(probe, VERSIONS, VERSIONS.values()))
    lines = [HEADER.format(versions=", ".join(VERSIONS))]
    for (module, name), uses in sorted(merge(results).items()):
        full = f"{module}.{name}".replace("numpy._core", "numpy.core")
        if "call" in uses and full not in BY_NAME and not re.match(r"sklearn\.|_loss\.", full):
            raise SystemExit(f"{full} is called, and constructors.py has no check for it")
        lines.append(f"{module} {name} {','.join(sorted(uses)) or 'name'}\n")
    TARGET.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
