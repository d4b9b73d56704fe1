"""Which libraries go into which layer: one each while there are layers enough, else by size."""

from __future__ import annotations

from collections.abc import Mapping

from poner.aws_lambda import quotas

_MOST_STEPS = 20_000  # of the search; ten libraries into five layers take a few hundred


def pack_layers(
    sizes: Mapping[str, int],
    most: int = quotas.LAYERS,
    limit: int = quotas.DIRECT_UPLOAD_BYTES,
) -> tuple[tuple[str, ...], ...]:
    """Put libraries together, so that no zip is over the limit of direct uploads if it can be.

    The largest goes first into the emptiest layer, which keeps the layers alike in size. Where that
    passes the limit, all ways are tried, within reason.

    Args:
        sizes: zipped size of each library.
        most: how many layers there may be.
        limit: largest zip.

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
    """A way to stay within the limit, the largest placed first; None where none was found."""
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
                continue  # layers filled alike are the same to what comes
            tried.add(filled[place_in])
            layers[place_in].append(name)
            filled[place_in] += size
            if place(position + 1):
                return True
            layers[place_in].remove(name)
            filled[place_in] -= size
        return False

    return layers if place(0) else None
