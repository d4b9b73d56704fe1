"""The allow-list: exact names, none of which can run, import or open anything."""

import importlib

import pytest

from poner.loader.safe_pickle.allowed import CALL, NAME, NEW, allowed_roles, is_allowed, roles_of
from poner.loader.safe_pickle.constructors import BY_NAME


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("posix", "system"),
        ("builtins", "eval"),
        ("builtins", "exec"),
        ("builtins", "getattr"),
        ("builtins", "open"),
        ("builtins", "compile"),
        ("builtins", "__import__"),
        ("builtins", "type"),
        ("builtins", "map"),
        ("functools", "partialmethod"),
        ("functools", "reduce"),
        ("operator", "attrgetter"),
        ("operator", "methodcaller"),
        ("_operator", "itemgetter"),
        ("importlib", "import_module"),
        ("pickle", "loads"),
        ("_pickle", "Unpickler"),
        ("types", "FunctionType"),
        ("types", "CodeType"),
        ("codecs", "open"),
        ("copyreg", "add_extension"),
        ("copyreg", "constructor"),
        ("numpy", "load"),
        ("numpy", "save"),
        ("numpy", "fromfile"),
        ("numpy", "frompyfunc"),
        ("numpy", "vectorize"),
        ("numpy", "memmap"),
        ("numpy", "apply_along_axis"),
        ("numpy.core._internal", "_ufunc_reconstruct"),
        ("numpy.core", "_ufunc_reconstruct"),
        ("numpy._core", "_ufunc_reconstruct"),
        ("numpy.testing._private.utils", "runstring"),
        ("joblib", "load"),
        ("joblib.numpy_pickle", "load"),
        ("joblib.numpy_pickle_compat", "ZNDArrayWrapper"),
        ("joblib.memory", "Memory"),
        ("joblib.parallel", "Parallel"),
        ("scipy.stats._distn_infrastructure", "rv_frozen"),
        ("scipy.stats._continuous_distns", "uniform_gen"),
        ("sklearn.externals.joblib", "load"),
        ("sklearn.externals._arff", "load"),
        ("sklearn.datasets._base", "load_files"),
        ("sklearn.utils", "_joblib"),
        ("sklearn.utils.fixes", "parse_version"),
        ("sklearn.utils._testing", "set_random_state"),
        ("sklearn.utils.parallel", "Parallel"),
        ("sklearn.utils.metaestimators", "available_if"),
        ("sklearn.utils", "Bunch.__class__.mro"),
        ("sklearn.metrics._dist_metrics", "PyFuncDistance"),
        ("pandas.core.frame", "DataFrame"),
    ],
)
def test_names_with_power_are_not_on_the_list(module, name):
    """They run, import, open, or wrap a callable that the file chooses.

    scipy.stats' distributions are harmless to call, but rebuild themselves with `exec` from an
    attribute; joblib's Memory loads pickles from a folder that is an attribute.
    """
    assert roles_of(module, name) == frozenset()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("sklearn.ensemble._gb", "GradientBoostingClassifier"),
        ("sklearn.ensemble._gb_losses", "BinomialDeviance"),
        ("sklearn.ensemble._forest", "RandomForestClassifier"),
        ("sklearn.ensemble._hist_gradient_boosting.predictor", "TreePredictor"),
        ("sklearn.ensemble._hist_gradient_boosting.binning", "_BinMapper"),
        ("sklearn._loss.loss", "HalfBinomialLoss"),
        ("sklearn.pipeline", "Pipeline"),
        ("sklearn.compose._column_transformer", "ColumnTransformer"),
        ("sklearn.gaussian_process.kernels", "RBF"),
        ("sklearn.calibration", "_CalibratedClassifier"),
        ("sklearn.isotonic", "IsotonicRegression"),
        ("scipy.sparse._csr", "csr_matrix"),
        ("scipy.interpolate._bsplines", "BSpline"),
    ],
)
def test_what_fitted_models_hold_is_on_the_list(module, name):
    """Classes of estimators and of their parts are on the list: instances may be made."""
    assert NEW in roles_of(module, name)


@pytest.mark.parametrize("name", ["log1p", "exp", "sqrt"])
def test_ufuncs_may_be_named_but_not_called(name):
    """A FunctionTransformer keeps numpy's functions; the file itself has no call for them."""
    assert roles_of("numpy", name) == {NAME}


def test_every_entry_is_one_exact_name():
    """No wildcard, no dotted name, no role but the three."""
    for (module, name), roles in allowed_roles().items():
        assert all(part.isidentifier() for part in module.split("."))
        assert name.isidentifier()
        assert roles <= {CALL, NEW, NAME}


def test_the_list_is_sorted_and_has_no_line_twice():
    """The list is sorted without duplicates, so that a diff shows only its changes."""
    from poner.loader.safe_pickle.allowed import LIST_FILE

    lines = [line for line in LIST_FILE.read_text().splitlines() if not line.startswith("#")]
    keys = [tuple(line.split(" ")[:2]) for line in lines]
    assert keys == sorted(set(keys))


def test_estimators_are_never_called():
    """Only extension classes and reconstructors are called; Python classes skip __init__."""
    for (module, name), roles in allowed_roles().items():
        full = f"{module}.{name}".replace("numpy._core", "numpy.core")
        if CALL not in roles or full in BY_NAME:
            continue
        assert module.startswith(("sklearn.", "_loss")), full
        try:
            found = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError):
            continue  # of another version
        python_class = isinstance(found, type) and found.__flags__ & (1 << 9)  # a heap type
        assert not python_class or not hasattr(found, "get_params"), full


def test_a_use_beyond_the_roles_is_refused():
    """A class that may be named may not be called."""
    assert is_allowed("sklearn.pipeline", "Pipeline", {NEW})
    assert not is_allowed("sklearn.pipeline", "Pipeline", {CALL})
    assert not is_allowed("numpy", "log1p", {CALL})
