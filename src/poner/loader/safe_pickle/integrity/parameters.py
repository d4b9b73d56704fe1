"""Refuses parameters by which a fitted model would read files while it answers.

Searched in scikit-learn 1.1 to 1.9, LightGBM 4.7 and XGBoost 3.2: parameters by which predict or
transform opens a file, starts a process or calls a function by name. The vectorizers' `input` opens
files. The others are harmless: `memory` of Pipeline and FeatureAgglomeration caches fits only; fit
alone reads the files and machines that LightGBM's and XGBoost's parameters name; `n_jobs` and the
containers of `set_output` are settled (poner_runtime.fitted); and a model holds only functions of
the allow-list, and the user's own.
"""

from __future__ import annotations

from typing import Any

from ..faults import FileUnreadableError
from ..object_walk import every_part

CONTENT = "content"
"""The one `input` of a vectorizer with which a row holds the text itself."""


def check_parameters(value: Any) -> None:
    """Refuse an object that opens files named by its rows.

    Raises:
        FileUnreadableError: the object opens such files.
    """
    if not any(
        base.__module__ == "sklearn.feature_extraction.text" and base.__name__ == "_VectorizerMixin"
        for base in type(value).__mro__
    ):
        return
    given = getattr(value, "input", CONTENT)
    if given != CONTENT:
        raise FileUnreadableError(
            f"{type(value).__name__}(input={given!r}) opens a file for each text that it gets.",
            'Set input="content" and fit it again, on the texts themselves.',
        )


def check_model(root: Any) -> None:
    """Refuse a model in memory if a part of it opens files named by its rows.

    Raises:
        FileUnreadableError: a part opens such files.
    """
    for value in every_part(root):
        check_parameters(value)
