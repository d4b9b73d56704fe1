"""search: chooses features and settings of gradient boosting, as RFECV and GridSearchCV do.

In: an unfitted classifier and its data. Out: a Choice. The example project of `poner init` uses it
for `poner train --search`. It must not write a file.
"""

from __future__ import annotations

from poner.search.selection import Choice, search

__all__ = ["Choice", "search"]
