"""The child's first lines: finds its packages by their location, and starts the session.

Run by confinement/start.py, as `start.py FILES`. The packages are imported under a parent of their
own, `poner_loader`, so that nothing else of poner comes along but `poner_runtime`, which has what
an estimator needs to be asked here as on Lambda.
"""

import importlib
import importlib.util
import sys
import types
from pathlib import Path

CHILD = Path(__file__).resolve().parent
PACKAGES = {
    "poner_runtime": CHILD.parents[2] / "poner_runtime",
    "poner_loader.safe_pickle": CHILD.with_name("safe_pickle"),
    "poner_loader.child": CHILD,
}
"""Folders of the packages that the child may import, by the names they have here."""


def load_packages() -> None:
    """Make the packages importable."""
    parent = types.ModuleType("poner_loader")
    parent.__path__ = []
    sys.modules["poner_loader"] = parent
    for name, folder in PACKAGES.items():
        spec = importlib.util.spec_from_file_location(
            name, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = package = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(package)


if __name__ == "__main__":
    load_packages()
    importlib.import_module("poner_loader.child.session").main()
