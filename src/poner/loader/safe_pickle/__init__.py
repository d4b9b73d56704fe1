"""safe_pickle: reads pickle, joblib and skops files of fitted models without trusting them.

In comes the content of a model file. `list_content` lists every global that the file names and
builds nothing. `load_content` builds the model under the allow-list and checks the finished
objects. `rewrite` writes that model in canonical form. `checked` verifies that form in a process
that trusts neither the file nor the process that wrote it.

The package must not use `pickle`, `joblib` or `skops`, and imports nothing of poner. It keeps to
the standard library and to Python 3.9, and imports numpy, scipy and scikit-learn inside functions
that need them. README.md says how to use and extend it.
"""

from __future__ import annotations

from .canonical import checked, rewrite
from .faults import FileRefusedError, FileUnreadableError, NotCanonicalError
from .listing import Listing, list_content
from .loading import load_content

__all__ = [
    "FileRefusedError",
    "FileUnreadableError",
    "Listing",
    "NotCanonicalError",
    "checked",
    "list_content",
    "load_content",
    "rewrite",
]
