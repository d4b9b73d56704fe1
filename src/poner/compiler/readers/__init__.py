"""Readers: from a fitted estimator to a Program, one file a family of estimators.

An estimator is matched by its exact class: a subclass may compute something else. To add a
family, write its file and give it a row in `READERS`.
"""

from __future__ import annotations

from poner.artifacts import TrainedModel
from poner.compiler.readers.forest import read_forest, read_single_tree
from poner.compiler.readers.gradient_boosting import read_gradient_boosting
from poner.compiler.readers.hist_gradient_boosting import read_hist_gradient_boosting
from poner.compiler.readers.reading import Reader, Reading
from poner.errors import NotSupportedError

_HIST = "sklearn.ensemble._hist_gradient_boosting.gradient_boosting"

READERS: dict[str, Reader] = {
    "sklearn.ensemble._gb.GradientBoostingClassifier": read_gradient_boosting,
    "sklearn.ensemble._gb.GradientBoostingRegressor": read_gradient_boosting,
    "sklearn.ensemble._forest.RandomForestClassifier": read_forest,
    "sklearn.ensemble._forest.RandomForestRegressor": read_forest,
    "sklearn.ensemble._forest.ExtraTreesClassifier": read_forest,
    "sklearn.ensemble._forest.ExtraTreesRegressor": read_forest,
    "sklearn.tree._classes.DecisionTreeClassifier": read_single_tree,
    "sklearn.tree._classes.DecisionTreeRegressor": read_single_tree,
    "sklearn.tree._classes.ExtraTreeClassifier": read_single_tree,
    "sklearn.tree._classes.ExtraTreeRegressor": read_single_tree,
    f"{_HIST}.HistGradientBoostingClassifier": read_hist_gradient_boosting,
    f"{_HIST}.HistGradientBoostingRegressor": read_hist_gradient_boosting,
}
"""The reader of each class, by its exact name."""


def read_model(model: TrainedModel) -> Reading:
    """The Program of a trained model.

    Raises:
        NotSupportedError: no reader knows its class, or the reader its settings.
        ModelUnreadableError: the fitted state is damaged.
    """
    reader = READERS.get(model.estimator.type_name)
    if reader is None:
        name = model.estimator.type_name.rpartition(".")[2]
        raise NotSupportedError(
            f"The native engine does not compute {name}.",
            "It computes scikit-learn's gradient boosting, random forests, extra trees and "
            "decision trees.",
            step=name,
        )
    return reader(model)
