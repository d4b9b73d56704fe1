"""Assigns libraries to layers: one library a layer while layers suffice, otherwise by size."""

from __future__ import annotations

from collections.abc import Mapping

from poner.aws_lambda import quotas

_MOST_STEPS = 20_000  # ten libraries in five layers take a few hundred steps


def pack_layers(
    sizes: Mapping[str, int],
    most: int = quotas.LAYERS,
    limit: int = quotas.DIRECT_UPLOAD_BYTES,
) -> tuple[tuple[str, ...], ...]:
    """Group libraries so that, if possible, every zip is within the limit of direct uploads.

    Each library, the largest first, goes into the emptiest layer, so the layers become alike in
    size. If one exceeds the limit, all groupings are tried, up to _MOST_STEPS.

    Args:
        sizes: zipped size of each library, in bytes.
        most: number of layers available.
        limit: largest permitted zip, in bytes.

    Returns:
        The libraries of each layer, sorted; the same for the same sizes.
    """
    if len(sizes) <= most:
        return tuple((name,) for name in sorted(sizes))
    names = sorted(sizes, key=lambda name: (-sizes[name], name))
    layers: list[list[str]] = [[] for _ in range(most)]
    filled = [0] * most
    for name in names:
        emptiest = filled.index(min(filled))
        layers[emptiest].append(name)
        filled[emptiest] += sizes[name]
    if max(filled) > limit:
        layers = _search([(name, sizes[name]) for name in names], most, limit) or layers
    return tuple(sorted(tuple(sorted(layer)) for layer in layers if layer))


def _search(items: list[tuple[str, int]], most: int, limit: int) -> list[list[str]] | None:
    """A grouping within the limit, found by placing the largest first; None if none was found."""
    layers: list[list[str]] = [[] for _ in range(most)]
    filled = [0] * most
    steps = 0

    def place(position: int) -> bool:
        nonlocal steps
        steps += 1
        if position == len(items):
            return True
        if steps > _MOST_STEPS:
            return False
        name, size = items[position]
        tried = set()
        for place_in in range(most):
            if filled[place_in] in tried or filled[place_in] + size > limit:
                continue  # equally filled layers are interchangeable
            tried.add(filled[place_in])
            layers[place_in].append(name)
            filled[place_in] += size
            if place(position + 1):
                return True
            layers[place_in].remove(name)
            filled[place_in] -= size
        return False

    return layers if place(0) else None
