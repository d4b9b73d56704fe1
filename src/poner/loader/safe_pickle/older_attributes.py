"""Gives estimators of scikit-learn before 1.1 the attributes that later versions have.

The checks of a finished model and its description know the later names only. Each value here comes
from the attribute with which the estimator's own version predicts, so a file cannot name one value
for the checks and another for the prediction. An estimator keeps all that it predicts with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .faults import FileUnreadableError, damaged
from .newest_names import newest_name
from .object_walk import walk

FIRST_WITHOUT = (1, 1)
"""scikit-learn's first version whose estimators are left as they are."""

WIDTH = "n_features_in_"
"""Number of columns of an estimator: an attribute of every estimator since 1.0."""


def add_newer_attributes(root: Any) -> None:
    """Add to every estimator of a model what later versions keep; nothing since 1.1.

    Raises:
        FileUnreadableError: shared objects make the model larger than anything could walk.
    """
    if not is_older():
        return
    for value in walk(root):  # parts come before the whole
        state = getattr(value, "__dict__", None)
        if isinstance(state, dict) and type(value).__module__.startswith("sklearn."):
            for base in type(value).__mro__:
                name = ".".join(newest_name(base.__module__, base.__qualname__))
                if name in NEWER:
                    state.update(NEWER[name](value))
                for attribute in REMOVED.get(name, ()):
                    state.pop(attribute, None)
            width = _width(value, state)
            if width is not None:
                state[WIDTH] = width
            _add_names(state)


def is_older() -> bool:
    """Whether the installed scikit-learn is one of those before 1.1."""
    import sklearn

    major, minor = sklearn.__version__.split(".")[:2]
    return (int(major), int(minor)) < FIRST_WITHOUT


# Width.

COUNTS = ("n_features_", "_n_features", "n_input_features_")
"""Attributes that are the number of columns."""

LAST_AXIS = (
    *("_fit_X", "X_fit_", "X_train_", "support_vectors_", "coef_", "theta_", "feature_log_prob_"),
    *("feature_count_", "cluster_centers_", "components_", "centroids_", "means_", "location_"),
    *("statistics_", "scale_", "mean_", "center_", "max_abs_", "variances_", "scores_", "support_"),
    *("quantiles_", "lambdas_", "bin_edges_", "categories_"),
)
"""Attributes whose last axis is the columns, in the order in which they count."""

PARTS = (
    *("best_estimator_", "regressor_", "estimator_", "estimators_", "calibrated_classifiers_"),
    "base_estimator",
)
"""Attributes that hold estimators of the same columns."""

KEEPS_COLUMNS = frozenset({"Normalizer", "Binarizer", "FunctionTransformer"})
"""Transformers that know nothing of their columns, and have as many afterwards as before."""


def _width(value: Any, state: Mapping[str, Any]) -> int | None:
    """The number of columns by which an estimator's own version goes; None if nothing tells."""
    for name in COUNTS:
        if isinstance(state.get(name), int):
            return int(state[name])
    if "shape_fit_" in state:
        return int(state["shape_fit_"][1])
    if "coefs_" in state:  # a network's weights, layer by layer
        return int(state["coefs_"][0].shape[0])
    if "steps" in state:
        return _width_of_steps([step for _, step in state["steps"]])
    if "transformer_list" in state:
        return _first_width(part for _, part in state["transformer_list"])
    for name in LAST_AXIS:
        held = state.get(name)
        shape: Any = (len(held),) if isinstance(held, list) else getattr(held, "shape", ())
        if len(shape):
            return int(shape[-1])
    for name in PARTS:
        width = _first_width(_flat(state.get(name)))
        if width is not None:
            return width
    known = state.get(WIDTH)
    return int(known) if isinstance(known, int) else None


def _width_of_steps(steps: Iterable[Any]) -> int | None:
    """That of the first step that knows it, behind none that changes the number of columns."""
    encoded = 0
    for step in steps:
        if step is None or isinstance(step, str) or type(step).__name__ in KEEPS_COLUMNS:
            continue
        more = _columns_added(vars(step))
        if more is None:
            width = _first_width([step])
            return None if width is None else width - encoded
        encoded += more
    return None


def _columns_added(state: Mapping[str, Any]) -> int | None:
    """How many columns more leave a OneHotEncoder of before 0.22, which may encode some only.

    None for any other step.
    """
    mark = "" if "feature_indices_" in state else "_"
    indices = state.get(f"{mark}feature_indices_")
    if indices is None:
        return None
    active = state.get(f"{mark}active_features_")
    return (int(indices[-1]) if active is None else len(active)) - (len(indices) - 1)


def _first_width(parts: Iterable[Any]) -> int | None:
    widths = (getattr(part, "__dict__", {}).get(WIDTH) for part in parts)
    return next((int(width) for width in widths if width is not None), None)


def _flat(value: Any) -> Iterable[Any]:
    if hasattr(value, "ravel"):
        return value.ravel().tolist()  # type: ignore[no-any-return] # a table of trees
    return value if isinstance(value, (list, tuple)) else [value]


# Columns by name.

NAMES = "feature_names_in_"
"""Names of an estimator's columns: an attribute of every estimator since 1.0."""

OLDER_NAMES = ("_feature_names_in", "_df_columns")
"""The same of a ColumnTransformer before: since 0.22, and since 0.20.3."""


def _add_names(state: dict[str, Any]) -> None:
    """The names of the columns of a first step or a best estimator are those of the whole."""
    inner = state["steps"][0][1] if state.get("steps") else state.get("best_estimator_")
    names = getattr(inner, "__dict__", {}).get(NAMES)
    if names is not None:
        state.setdefault(NAMES, names)


def _columns(value: Any) -> Mapping[str, Any]:
    """A ColumnTransformer's names, and the places of the columns that it chooses by name."""
    import numpy as np

    state = vars(value)
    if "transformers_" not in state or "_transformer_to_input_indices" in state:
        return {}
    found = (state.get(name) for name in OLDER_NAMES)
    names = next((list(names) for names in found if names is not None), None)
    places = {name: _places(chosen, names) for name, _, chosen in state["transformers_"]}
    chosen_by_name = {name: place for name, place in places.items() if place is not None}
    kept = {} if names is None else {NAMES: np.array(names, dtype=object)}
    return {**kept, "_transformer_to_input_indices": chosen_by_name}


def _places(chosen: Any, names: list[Any] | None) -> list[int] | None:
    """Places of columns that are chosen by name: one, several, or all from one to another."""
    if isinstance(chosen, slice) and isinstance(chosen.start or chosen.stop, str):
        wanted = [chosen.start, chosen.stop]
    elif isinstance(chosen, str):
        wanted = [chosen]
    elif isinstance(chosen, (list, tuple)) and chosen and isinstance(chosen[0], str):
        wanted = list(chosen)
    else:
        return None
    if names is None:
        raise FileUnreadableError(
            "The model's ColumnTransformer chooses columns by name, and scikit-learn before 0.20.3 "
            "keeps no list of them.",
            "Fit it again with a newer scikit-learn.",
        )
    if not all(name is None or name in names for name in wanted):
        raise damaged("a ColumnTransformer chooses a column that does not exist")
    if isinstance(chosen, slice):
        first = 0 if chosen.start is None else names.index(chosen.start)
        last = len(names) - 1 if chosen.stop is None else names.index(chosen.stop)
        return list(range(first, last + 1))
    return [names.index(name) for name in wanted]


# What classes keep under another name.


def _renamed(**names: str) -> Any:
    """Copy attributes: `newer="older"`, where the older one is there."""

    def newer(value: Any) -> Mapping[str, Any]:
        state = vars(value)
        return {new: state[old] for new, old in names.items() if old in state}

    return newer


def _neighbours(value: Any) -> Mapping[str, Any]:
    fitted = vars(value).get("_fit_X")
    return {} if fitted is None else {"n_samples_fit_": int(fitted.shape[0])}


def _vectors(value: Any) -> Mapping[str, Any]:
    """Counts of support vectors, which are noise where there are no classes, before 0.22."""
    import numpy as np

    added: dict[str, Any] = _renamed(_probA="probA_", _probB="probB_")(value)
    added.update(_by_default(break_ties=False)(value))
    if "n_support_" in vars(value):
        counted = value._impl in ("c_svc", "nu_svc")
        added["_n_support"] = value.n_support_ if counted else np.zeros(2, np.int32)
    return added


def _polynomials(value: Any) -> Mapping[str, Any]:
    """Degrees from 0 to one number: a pair of them came with 1.0."""
    state = vars(value)
    if "_min_degree" in state or "n_input_features_" not in state:
        return {}
    return {"_min_degree": 0, "_max_degree": state["degree"]}


def _by_default(**values: Any) -> Any:
    """What the version does not have, as a later one has it by default."""

    def newer(value: Any) -> Mapping[str, Any]:
        return {name: default for name, default in values.items() if name not in vars(value)}

    return newer


REMOVED = dict.fromkeys(
    ("sklearn.tree._classes.DecisionTreeRegressor", "sklearn.ensemble._forest.ForestRegressor"),
    ("classes_", "n_classes_"),
)
"""By class: attributes that hold None for each output, and that no prediction reads."""

NEWER = {
    "sklearn.svm._base.BaseLibSVM": _vectors,
    "sklearn.preprocessing._polynomial.PolynomialFeatures": _polynomials,
    "sklearn.preprocessing._encoders.OneHotEncoder": _by_default(drop_idx_=None),
    "sklearn.preprocessing._encoders.OrdinalEncoder": _by_default(handle_unknown="error"),
    "sklearn.impute._base.SimpleImputer": _by_default(add_indicator=False),
    "sklearn.calibration._CalibratedClassifier": _renamed(calibrators="calibrators_"),
    "sklearn.compose._column_transformer.ColumnTransformer": _columns,
    "sklearn.gaussian_process._gpr.GaussianProcessRegressor": _by_default(_y_train_std=1.0),
    "sklearn.isotonic.IsotonicRegression": _renamed(
        X_thresholds_="_necessary_X_", y_thresholds_="_necessary_y_"
    ),
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.BaseHistGradientBoosting": (
        _renamed(_bin_mapper="bin_mapper_", _loss="loss_")
    ),
    "sklearn.naive_bayes.GaussianNB": _renamed(var_="sigma_"),
    "sklearn.neighbors._base.NeighborsBase": _neighbours,
}
"""By class, under its newest name: what is added to the state of its instances."""
