"""The child's entry point: imports its packages by their location, and starts the session.

confinement/start.py runs it as `start.py FILES`. The packages are imported under a parent package
`poner_loader`, so that no other module of poner is imported. `poner_runtime` is the exception: it
prepares rows and estimators here in the same way as on Lambda.
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
"""Folders of the packages that the child may import, by their names in the child."""


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
