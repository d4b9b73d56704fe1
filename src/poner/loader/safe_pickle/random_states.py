"""numpy's random generators in all of its versions: numpy 1.17 took RandomState apart.

Before, a RandomState held its state itself; since then it holds a bit generator, which other
generators share. No prediction draws a number: a state only has to be harmless.
"""

from __future__ import annotations

from typing import Any

from .faults import damaged

LARGEST_POSITION = 624
"""Numbers in the buffer of MT19937, the only source of a RandomState before numpy 1.17."""


def has_bit_generators() -> bool:
    """Whether numpy is 1.17 or later."""
    import numpy as np

    return hasattr(np.random, "BitGenerator")


def is_bit_generator(value: Any) -> bool:
    """Whether a value is the source of a random generator."""
    import numpy as np

    return has_bit_generators() and isinstance(value, np.random.BitGenerator)


def is_generator(value: Any) -> bool:
    """Whether a value is a `numpy.random.Generator`."""
    import numpy as np

    return has_bit_generators() and isinstance(value, np.random.Generator)


def is_seed_sequence(value: Any) -> bool:
    """Whether a value is what a bit generator was seeded with."""
    import numpy as np

    return has_bit_generators() and isinstance(value, np.random.SeedSequence)


def new_random_state(source: Any) -> Any:
    """A RandomState over a bit generator, or without one before numpy 1.17."""
    import numpy as np

    return np.random.RandomState(source) if has_bit_generators() else np.random.RandomState(0)


def set_random_state(target: Any, state: Any) -> None:
    """Give a RandomState its state, as any version of numpy wrote it.

    Raises:
        FileUnreadableError: it is no such state.
    """
    try:
        if type(state) is dict and has_bit_generators():
            target.set_state(state)
            return
        if type(state) is dict:
            inner = state["state"]
            state = ("MT19937", inner["key"], inner["pos"], state["has_gauss"], state["gauss"])
        _, _, position, _, _ = state
        if not 0 <= int(position) <= LARGEST_POSITION:
            raise ValueError("a position outside the buffer")
        target.set_state(state)
    except (TypeError, ValueError, KeyError, OverflowError) as error:
        raise damaged("the state of a RandomState is inconsistent") from error
