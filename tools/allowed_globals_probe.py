"""Prints, as JSON, which globals the pickles of fitted models name under one scikit-learn version.

Run by make_allowed_globals.py with the interpreter of that version's environment (Python 3.9 or
later): it fits every estimator with every option that its parameters list, and then the models of
allowed_globals_models.py, and lists their pickles with poner's own listing.
"""

from __future__ import annotations

import importlib
import inspect
import io
import json
import os
import pickle
import signal
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import sklearn
from sklearn.experimental import enable_halving_search_cv, enable_iterative_imputer  # noqa: F401
from sklearn.utils import all_estimators

HERE = Path(__file__).resolve().parent
LOADER = HERE.parent / "src" / "poner" / "loader"

FIT_TIMEOUT_S = 3

SMALL = {"n_estimators": 3, "max_iter": 20, "n_components": 2, "n_init": 1}
"""Parameters that make a fit small; a fitted instance holds the same kinds of objects."""

EVERY_PROTOCOL = (0, 2, 4, 5)
ONE_PROTOCOL = (4,)


class Probe:
    """Collects the globals that pickles name."""

    def __init__(self) -> None:
        sys.path.insert(0, str(LOADER / "child"))
        importlib.import_module("start").load_packages()
        self.listing = importlib.import_module("poner_loader.safe_pickle")
        self.found = self.listing.Listing()
        self.fitted: set[str] = set()

    def dump(self, value: Any, *, everywhere: bool) -> None:
        """Record the globals of a value, dumped in one format or in all."""
        protocols = EVERY_PROTOCOL if everywhere else ONE_PROTOCOL
        contents = [pickle.dumps(value, protocol) for protocol in protocols]
        if everywhere:
            stream = io.BytesIO()
            joblib.dump(value, stream)
            contents.append(stream.getvalue())
        for content in contents:
            self.listing.list_content(content, self.found)

    def fit(self, kind: type, parameters: dict[str, Any], fits: int) -> None:
        """Fit an estimator on the first data that it accepts, and record its globals."""
        done = 0
        for X, y in data():
            try:
                signal.alarm(FIT_TIMEOUT_S)
                estimator = kind(**parameters)
                estimator.fit(X) if y is None else estimator.fit(X, y)
                signal.alarm(0)
                self.dump(estimator, everywhere=done < 2)
            except Exception:  # noqa: BLE001, S112 - most data suit few estimators, and options go
                continue
            finally:
                signal.alarm(0)
            self.fitted.add(kind.__name__)
            done += 1
            if done == fits:
                break


def stop(*_: object) -> None:
    """End a fit that takes too long."""
    raise TimeoutError


def data() -> Iterator[tuple[Any, Any]]:
    """Small data of every kind that estimators take: X and y."""
    random = np.random.RandomState(0)
    X = random.uniform(0.1, 2, (48, 4))
    two, three = np.arange(48) % 2, np.arange(48) % 3
    number = X[:, 0] + X[:, 1] * random.uniform(1, 2, 48)
    words = [f"word{i % 5} other{i % 3}" for i in range(48)]
    yield X, three
    yield X, two
    yield X, number
    yield X, np.array(["a", "b", "c"], dtype=object)[three]
    yield X, np.c_[two, three]
    yield X, np.c_[number, number**2]
    yield np.round(X * 3), two
    yield X[:, 0], number
    yield X, None
    yield words, two
    yield [{"a": 1.0, "b": word} for word in words], two
    yield two, None
    yield X[:, :1], X[:, 1:2]
    yield X @ X.T, None


def needed(kind: type) -> dict[str, Any]:
    """An estimator's required parameters, and parameters that keep it small."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    regresses = "Regress" in kind.__name__
    model: Any = LinearRegression() if regresses else LogisticRegression()
    forest: Any = RandomForestRegressor(3) if regresses else RandomForestClassifier(3)
    scalers = [("a", StandardScaler(), [0, 1]), ("b", MinMaxScaler(), slice(2, 4))]
    given = {
        "estimator": model,
        "base_estimator": model,
        "estimators": [("a", model), ("b", forest)],
        "param_grid": {"C": [0.1, 1]},
        "param_distributions": {"C": [0.1, 1]},
        "steps": [("scale", StandardScaler()), ("model", LogisticRegression())],
        "transformers": [*scalers, ("c", "drop", [False] * 4)],
        "transformer_list": [(name, scaler) for name, scaler, _ in scalers],
        "dictionary": np.eye(4),
    }
    wanted = inspect.signature(kind).parameters
    required = {name for name in wanted if wanted[name].default is inspect.Parameter.empty}
    small = {name: SMALL[name] for name in SMALL if name in wanted}
    return {**small, **{name: given[name] for name in given if name in required}}


def options(kind: type) -> Iterator[dict[str, Any]]:
    """Each option that a parameter lists (scikit-learn 1.2 and later), one at a time."""
    for parameter, allowed in getattr(kind, "_parameter_constraints", {}).items():
        for constraint in allowed if isinstance(allowed, (list, tuple)) else ():
            for option in sorted(map(str, getattr(constraint, "options", ()))):
                if option not in ("file", "filename"):  # these open files that the data names
                    yield {parameter: option}


def main() -> None:
    """Fit everything; print the globals."""
    sink = os.fdopen(os.dup(1), "w")  # estimators print
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, stop)
    sys.path.insert(0, str(HERE))
    models = importlib.import_module("allowed_globals_models")
    probe = Probe()
    estimators = all_estimators()
    for _, kind in estimators:
        probe.found.mention(kind.__module__, kind.__name__, "new")
        probe.fit(kind, needed(kind), 20)
        for option in options(kind):
            probe.fit(kind, {**needed(kind), **option}, 1)
    for kind, parameters in models.models():
        probe.fit(kind, parameters, 1)
    for value in models.values():
        probe.dump(value, everywhere=True)
    uses = [[*name, sorted(roles)] for name, roles in sorted(probe.found.uses.items())]
    not_fitted = sorted({name for name, _ in estimators} - probe.fitted)
    json.dump({"version": sklearn.__version__, "uses": uses, "not_fitted": not_fitted}, sink)
    sink.close()


if __name__ == "__main__":
    main()
