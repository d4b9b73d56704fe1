"""search: chooses features and settings of gradient boosting, as RFECV and GridSearchCV do.

In comes an unfitted classifier with its data, out goes a Choice. `poner train --search` runs it in
the project that `poner init` writes. It fits models and judges them, and writes no file.
"""

from __future__ import annotations

from poner.search.selection import Choice, search

__all__ = ["Choice", "search"]
