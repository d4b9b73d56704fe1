"""Model files made to lead compiled code astray, to take memory or time, or to call out.

`hostile_models()` gives each by name; a fuzzer can start from them. All are small, and none of them
runs anything when it is made. Kinds: trees.py and states.py (what compiled code follows),
changes.py (states that change after they were given), sizes.py (memory and time), calls.py (reading
files, replacing methods).
"""

from __future__ import annotations

import functools

from tests.support.hostile_models import calls, changes, sizes, states, trees


@functools.cache
def hostile_models() -> dict[str, bytes]:
    """The content of each hostile file."""
    made = {}
    for kind in (trees, states, changes, sizes, calls):
        for name, make in kind.MAKERS.items():
            made[f"{kind.__name__.rpartition('.')[2]}: {name}"] = make()
    return made
