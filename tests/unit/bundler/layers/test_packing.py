"""Packing libraries into layers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from poner.bundler.layers.packing import pack_layers

SIZES = st.dictionaries(st.text("abcdefgh", min_size=1), st.integers(0, 60), max_size=12)


@given(SIZES, st.integers(1, 5))
def test_every_library_is_in_one_layer(sizes: dict[str, int], most: int) -> None:
    """Each library is in one layer; layers are few and never empty."""
    layers = pack_layers(sizes, most, 50)
    assert sorted(name for layer in layers for name in layer) == sorted(sizes)
    assert len(layers) <= most
    assert all(layers)


@given(SIZES, st.randoms())
def test_the_order_of_the_libraries_does_not_matter(sizes: dict[str, int], random: object) -> None:
    """The same sizes give the same layers."""
    shuffled = list(sizes.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives random.Random
    assert pack_layers(dict(shuffled), 3, 50) == pack_layers(sizes, 3, 50)


@given(st.lists(st.lists(st.integers(1, 25), min_size=1, max_size=3), min_size=2, max_size=4))
def test_layers_within_the_limit_are_found_where_there_are_any(groups: list[list[int]]) -> None:
    """If a packing within the limit exists, it is found."""
    limit = max(map(sum, groups))
    numbers = [size for group in groups for size in group]
    sizes = {f"library{place}": size for place, size in enumerate(numbers)}
    layers = pack_layers(sizes, len(groups), limit)
    assert max(sum(sizes[name] for name in layer) for layer in layers) <= limit


def test_up_to_five_libraries_have_a_layer_each() -> None:
    """The article's five libraries are five layers, however small."""
    sizes = {"numpy": 15, "scipy": 35, "joblib": 1, "threadpoolctl": 0, "scikit-learn": 10}
    assert pack_layers(sizes) == tuple((name,) for name in sorted(sizes))


def test_the_emptiest_first_is_not_the_last_word() -> None:
    """If filling the emptiest layer exceeds the limit, another packing is found."""
    sizes = {"a": 5, "b": 5, "c": 4, "d": 4, "e": 3, "f": 3, "g": 3}
    layers = pack_layers(sizes, 3, 9)
    assert [sum(sizes[name] for name in layer) for layer in layers] == [9, 9, 9]


def test_one_library_over_the_limit_is_still_packed() -> None:
    """A library over the limit stays whole, and the others are spread."""
    layers = pack_layers({"torch": 90, **dict.fromkeys("abcdef", 10)}, 5, 50)
    assert ("torch",) in layers
