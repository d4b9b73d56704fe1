"""Starts the supervisor: imports its package by location, as `poner_supervisor`, and runs it.

Run as `python -I -S start.py`. The only other package of poner that can be imported here is
`poner.confinement`.
"""

import importlib
import importlib.util
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
NAME = "poner_supervisor"

if __name__ == "__main__":
    poner = sys.modules["poner"] = type(sys)("poner")
    poner.confinement = package = type(sys)("poner.confinement")  # type: ignore[attr-defined]
    package.__path__ = [str(FOLDER.parents[2] / "confinement")]
    sys.modules["poner.confinement"] = package
    spec = importlib.util.spec_from_file_location(
        NAME, FOLDER / "__init__.py", submodule_search_locations=[str(FOLDER)]
    )
    assert spec is not None
    sys.modules[NAME] = importlib.util.module_from_spec(spec)
    importlib.import_module(f"{NAME}.zygote").main()
