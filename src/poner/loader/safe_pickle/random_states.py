"""numpy's random generators in all of its versions: numpy 1.17 took RandomState apart.

Before, a RandomState held its state itself; since then it holds a bit generator, which other
generators share. No prediction draws a number: a state only has to be harmless.
"""

from __future__ import annotations

from typing import Any

from .bare_objects import BareObjects
from .faults import damaged, wrong_arguments

BIT_GENERATORS = frozenset({"MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"})
"""numpy's random bit generators (numpy.random, 2.4)."""

GENERATOR_BYTES = 1 << 10
"""Memory of a random bit generator; a file may leave out its state."""

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


def make_bit_generator(objects: BareObjects, arguments: tuple[Any, ...]) -> Any:
    """A bit generator of numpy's, by its name or class."""
    import numpy as np

    named = arguments[0] if arguments else "MT19937"
    name = named if isinstance(named, str) else getattr(named, "__name__", "")
    if name not in BIT_GENERATORS:
        raise wrong_arguments("numpy.random's reconstructor")
    objects.allowance.spend(GENERATOR_BYTES)
    return getattr(np.random, name)(0)


def make_seed_sequence(objects: BareObjects, arguments: tuple[Any, ...]) -> Any:
    """Make a SeedSequence with any seed, since no prediction needs the seed of a generator."""
    import numpy as np

    return np.random.SeedSequence(0)


def make_random_state(objects: BareObjects, arguments: tuple[Any, ...]) -> Any:
    """A RandomState; before numpy 1.17 it has no source of its own."""
    import numpy as np

    if not has_bit_generators():
        objects.allowance.spend(GENERATOR_BYTES)
        return np.random.RandomState(0)
    return np.random.RandomState(_source(objects, arguments))


def make_generator(objects: BareObjects, arguments: tuple[Any, ...]) -> Any:
    """A numpy.random.Generator."""
    import numpy as np

    return np.random.Generator(_source(objects, arguments))


def _source(objects: BareObjects, arguments: tuple[Any, ...]) -> Any:
    """The bit generator that a constructor is given, or the one that it is given the name of."""
    source: Any = arguments[0] if arguments else "MT19937"
    return source if is_bit_generator(source) else make_bit_generator(objects, (source,))


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
