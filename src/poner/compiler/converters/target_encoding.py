"""TargetEncoder: each category becomes the mean target of its training rows.

Source: scikit-learn 1.3 to 1.9, sklearn/preprocessing/_target_encoder.py, read 2026-11-22.
"""

from __future__ import annotations

import numpy as np

from poner.artifacts import FittedObject
from poner.compiler.converters.encoders import CategoryTable, read_categories
from poner.compiler.converters.scope import Scope, TransformerConverter
from poner.compiler.fitted import get_list, get_value, get_vector

_MISFIT = "its encodings do not fit its categories"


def convert_target_encoder(estimator: FittedObject, scope: Scope, source: int) -> int:
    """One mean per category (and class); unknown categories get the mean of all rows."""
    builder = scope.builder
    categories, finite = read_categories(estimator, scope, source)
    encodings = [
        np.asarray(part, dtype=np.float64) if isinstance(part, list | np.ndarray) else np.empty(0)
        for part in get_list(estimator, "encodings_")
    ]
    means = get_vector(estimator, "target_mean_")
    repeats = len(means) if get_value(estimator, "target_type_") == "multiclass" else 1
    if len(encodings) != repeats * len(categories) or len(means) not in (1, repeats):
        raise scope.damaged(_MISFIT)
    table = CategoryTable()
    for place, encoding in enumerate(encodings):
        names = categories[place // repeats]
        if encoding.shape != (len(names),):
            raise scope.damaged(_MISFIT)
        table.add_column(names, encoding.tolist(), means[place % len(means)])
    repeated = builder.select(finite, np.repeat(np.arange(len(categories)), repeats))
    return builder.add(table.recode(refuse_unknown=False), repeated)


TRANSFORMERS: dict[str, TransformerConverter] = {
    "sklearn.preprocessing._target_encoder.TargetEncoder": convert_target_encoder
}
