"""Rules of slimming: the files that they leave out, and the files that they keep."""

from __future__ import annotations

import pytest

from poner.bundler.layers.rules import find_rules


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("scipy/stats/tests/test_fit.py", "tests"),
        ("tests/test_all.py", "tests"),
        ("numpy/linalg/_umath_linalg.pyi", "type stubs"),
        ("sklearn/utils/_cython_blas.pxd", "C and Cython sources"),
        ("sklearn/linear_model/_sag_fast.pyx.tp", "C and Cython sources"),
        ("numpy/random/lib/libnpyrandom.a", "C and Cython sources"),
        ("sklearn/datasets/data/iris.csv", "scikit-learn's example data"),
        ("numpy/_core/lib/npy-pkg-config/npymath.ini", "numpy's headers and libraries"),
        ("scipy/datasets/__init__.py", "scipy's example data"),
        ("numpy/f2py/__init__.py", None),
        ("numpy/testing/__init__.py", None),
        ("numpy/typing/__init__.py", None),
        ("numpy/_core/libmodule.so", None),
        ("narwhals/__init__.py", None),
        ("joblib/externals/cloudpickle/__init__.py", None),
        ("threadpoolctl.py", None),
        ("package/mytests/a.py", None),
        ("package/tests.py", None),
        ("sklearn/datasets/_base.py", None),
        ("numpy-2.5.5.dist-info/METADATA", None),
    ],
)
def test_a_rule_names_what_it_leaves_out(path: str, rule: str | None) -> None:
    """Each known-safe kind is found by its path; files that imports need are kept."""
    assert find_rules({path: b""}).get(path) == rule


@pytest.mark.parametrize(
    ("importer", "line"),
    [
        ("numpy/testing/_private/utils.py", "from numpy._core.tests._natype import pd_NA"),
        ("numpy/_core/a.py", "from .tests._natype import pd_NA"),
        ("numpy/_core/__init__.py", "    from . import tests"),
        ("numpy/_core/deep/a.py", "from ..tests import _natype"),
        ("numpy/a.py", "from numpy._core import (other, tests)"),
        ("numpy/a.py", "import sys, numpy._core.tests._natype as natype"),
    ],
)
def test_tests_that_are_imported_are_kept(importer: str, line: str) -> None:
    """Tests that a package imports, as numpy 2.2 does, are kept; other tests are left out."""
    natype, other = "numpy/_core/tests/_natype.py", "numpy/lib/tests/test_io.py"
    files = {importer: f"x = 1\n{line}\n".encode(), natype: b"", other: b""}
    assert find_rules(files) == {other: "tests"}


def test_tests_that_only_tests_and_scripts_import_go() -> None:
    """Tests that only tests and scripts import are left out."""
    files = {
        "scipy/special/_precompute/data.py": b"from scipy.special.tests.test_a import f\n",
        "scipy/stats/tests/test_b.py": b"from scipy.special.tests import test_a\n",
        "scipy/special/tests/test_a.py": b"",
    }
    assert set(find_rules(files)) == {
        "scipy/stats/tests/test_b.py",
        "scipy/special/tests/test_a.py",
    }


def test_stubs_that_are_read_on_import_are_kept() -> None:
    """Stubs are kept if a package reads them on import, as scikit-image does."""
    source = b"import lazy_loader as lazy\nlazy.attach_stub(__name__, __file__)\n"
    files = {"skimage/__init__.py": source, "skimage/__init__.pyi": b"", "skimage/a.pyx": b""}
    assert find_rules(files) == {"skimage/a.pyx": "C and Cython sources"}
