"""What can be wrong with a pickle that should be canonical."""

from __future__ import annotations


class NotCanonicalError(Exception):
    """The bytes, or the graph, have no canonical form; the argument says why."""
