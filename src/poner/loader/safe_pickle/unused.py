"""Parts of a model that no prediction uses, and classes that predict as one of scikit-learn's does.

A search keeps its scorer, a Pipeline its cache and a resampled Pipeline its samplers, and each may
name classes that are not installed or not allowed. In their place a file gets a `StandIn`, for
which nothing is imported. `left_out.py` removes these parts from the finished model; the integrity
check refuses a StandIn that is left.

Sources: scikit-learn 1.1 to 1.9, imbalanced-learn 0.14, scikit-optimize 0.10 and XGBoost 3.2: every
method that predict, predict_proba, decision_function and transform call, searched for these
attributes.
"""

from __future__ import annotations

from typing import Any

UNUSED: dict[str, Any] = {
    "scoring": None,
    "scorer_": None,
    "_scorer": None,
    "score_func": None,
    "cv": None,
    "_checked_cv_orig": None,
    "refit": True,
    "param_grid": None,
    "param_distributions": None,
    "cv_results_": None,
    "best_params_": None,
    "search_spaces": None,
    "optimizers_": None,
    "optimizer_kwargs": None,
    "optimizer_kwargs_": None,
    "_optim_results": None,
    "memory": None,
    "is_data_valid": None,
    "is_model_valid": None,
    "callbacks": None,
    "eval_metric": None,
    "sampler": None,
    "sampler_": None,
    "base_sampler_": None,
    "samplers_": None,
    "pipelines_": None,
}
"""Attributes that only fit and score read, each with the value that takes its place."""

OWNERS = ("sklearn.", "xgboost.sklearn", "imblearn.", "skopt.searchcv")
"""Beginnings of the modules whose classes have such attributes."""

SAMPLERS = (
    "imblearn.over_sampling.",
    "imblearn.under_sampling.",
    "imblearn.combine.",
    "imblearn.base",
)
"""Beginnings of the modules of samplers: steps of a Pipeline that only fit runs."""

COUNTERPARTS = {
    "Pipeline": ("sklearn.pipeline", "Pipeline"),
    "BalancedRandomForestClassifier": ("sklearn.ensemble._forest", "RandomForestClassifier"),
    "BalancedBaggingClassifier": ("sklearn.ensemble._bagging", "BaggingClassifier"),
    "EasyEnsembleClassifier": ("sklearn.ensemble._bagging", "BaggingClassifier"),
    "RUSBoostClassifier": ("sklearn.ensemble._weight_boosting", "AdaBoostClassifier"),
    "BayesSearchCV": ("sklearn.model_selection._search", "RandomizedSearchCV"),
}
"""By class of imbalanced-learn and scikit-optimize: a class of scikit-learn whose predictions it
inherits, or that inherits the same ones."""


class StandIn:
    """Stands for a global that the file may not name, and for whatever the file makes of it."""

    def __init__(self, module: str, name: str) -> None:
        self.name = f"{module}.{name}"
        """The global, as the file spells it."""


def counterpart(module: str, name: str) -> tuple[str, str] | None:
    """The class of scikit-learn that predicts as this class does; None for any other class."""
    if module in ("imblearn.pipeline", "skopt.searchcv") or module.startswith("imblearn.ensemble."):
        return COUNTERPARTS.get(name)
    return None


def is_sampler(module: str) -> bool:
    """Whether a module is one of samplers, for all of whose classes a StandIn is made."""
    return module.startswith(SAMPLERS)


def is_unused(module: str, attribute: Any) -> bool:
    """Whether no prediction reads an attribute of the classes in a module."""
    return attribute in UNUSED and module.startswith(OWNERS)
