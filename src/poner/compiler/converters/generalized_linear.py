"""Generalized linear models: a linear score and the inverse of a link.

Source: scikit-learn 1.1 to 1.9, sklearn/linear_model/_glm/glm.py and sklearn/_loss/link.py,
read 2026-11-22.
"""

from __future__ import annotations

from poner.artifacts import FittedObject
from poner.compiler.converters.linear import add_scores
from poner.compiler.converters.scope import Prediction, PredictorConverter, Scope
from poner.compiler.fitted import get_object
from poner.compiler.operations.elementwise import Function


def convert_generalized_linear(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The score, or its exponential where the fitted loss has a log link."""
    scores = add_scores(estimator, scope, source)
    link = get_object(get_object(estimator, "_base_loss"), "link").type_name
    match link.rpartition(".")[2]:
        case "IdentityLink":
            return Prediction(scores)
        case "LogLink":
            return Prediction(scope.builder.map(Function.EXP, scores))
        case name:
            raise scope.unsupported(f"the native engine does not know the link {name}")


_GLM = "sklearn.linear_model._glm.glm"

PREDICTORS: dict[str, PredictorConverter] = {
    f"{_GLM}.PoissonRegressor": convert_generalized_linear,
    f"{_GLM}.GammaRegressor": convert_generalized_linear,
    f"{_GLM}.TweedieRegressor": convert_generalized_linear,
}
