"""The child's first lines: finds the reader by its location, and starts it.

Run as `python -I start.py`; -I keeps the environment, the user's packages and the current folder
out. The reader is imported under a name of its own, so that nothing else of poner comes along.
"""

import importlib
import importlib.util
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
NAME = "poner_reader"


def load_reader() -> None:
    """Make the folder of this file importable as the package `poner_reader`."""
    spec = importlib.util.spec_from_file_location(
        NAME, FOLDER / "__init__.py", submodule_search_locations=[str(FOLDER)]
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules[NAME] = package
    spec.loader.exec_module(package)


if __name__ == "__main__":
    load_reader()
    importlib.import_module(NAME + ".child").main()
