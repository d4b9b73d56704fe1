"""The child's first lines: finds the reader by its location, and starts it.

Run by confinement/start.py, as `start.py FILES`. The reader is imported under a name of its own, so
that nothing else of poner comes along but `poner_runtime`, which has what an estimator needs to be
asked here as on Lambda.
"""

import importlib
import importlib.util
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
RUNTIME_FOLDER = FOLDER.parents[2] / "poner_runtime"
NAME = "poner_reader"


def load_reader() -> None:
    """Make the folder of this file importable as `poner_reader`, and `poner_runtime` beside it."""
    _load_package("poner_runtime", RUNTIME_FOLDER)
    _load_package(NAME, FOLDER)


def _load_package(name: str, folder: Path) -> None:
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules[name] = package
    spec.loader.exec_module(package)


if __name__ == "__main__":
    load_reader()
    importlib.import_module(NAME + ".child").main()
