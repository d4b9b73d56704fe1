"""layers: requirements come in, zips for one runtime and architecture go out.

The wheels are the target's, never this machine's. Layers that are too large are slimmed by rules
that change no answer. This package runs no code of the wheels and knows nothing of models.

requirements ─► wheels ─► packed libraries ─► selected files of each layer ─► zips
    resolution.py  wheels.py  libraries.py   linking.py, slimming.py, packing.py  layer_zips.py
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from poner.bundler.layers.layer_folder import write_layers
from poner.bundler.layers.layer_zips import PlannedLayer, plan_layers
from poner.bundler.layers.libraries import PackedLibrary, keep_libraries
from poner.bundler.layers.linking import place_files
from poner.bundler.layers.request import LayerRequest, LayerSet
from poner.bundler.layers.resolution import resolve
from poner.bundler.layers.slimming import Selection, slim_layers
from poner.storage import cache_folder, disk_faults, scratch_folder

CACHE_REMEDY = "Free some space, or choose another folder with PONER_CACHE_DIR."

__all__ = ["LayerRequest", "LayerSet", "make_layers", "write_layers"]


def make_layers(
    request: LayerRequest,
    *,
    progress: Callable[[str, float], None],
    notify: Callable[[str], None],
) -> LayerSet:
    """Resolve, fetch, pack and slim libraries into at most five layers, stored in the cache.

    The same request gives the same bytes. Earlier results are reused, without a network.

    Args:
        request: the requirements and the target.
        progress: called with the current stage and its completed share, 0 to 1.
        notify: called with a line about each choice that the user should know.

    Raises:
        UsageError: a requirement is malformed.
        NoWheelError: a package has no wheel for the target.
        InstallError: the requirements contradict each other, cannot be fetched, or cannot be
            loaded on Lambda.
        InterpreterNotFoundError: there is no Python of the runtime's version for the bytecode.
        StorageError: the cache cannot be written.
    """
    cache = cache_folder()
    with disk_faults(cache, CACHE_REMEDY), scratch_folder(cache) as scratch:
        progress("Resolving", 0.0)
        wheels = resolve(request, cache, scratch, notify)
        progress("Resolving", 1.0)

        def pack(*, verified: bool = False) -> tuple[PackedLibrary, ...]:
            return keep_libraries(
                wheels,
                request.runtime,
                request.architecture,
                cache,
                scratch,
                progress,
                verified=verified,
            )

        selection, layers = _plan(pack(), request, cache, notify)
        if not all(layer.is_kept for layer in layers):
            selection, layers = _plan(pack(verified=True), request, cache, lambda line: None)
            _write(layers, progress)
    described = tuple(layer.describe() for layer in layers)
    return LayerSet(
        layers=described,
        files={
            layer.zip.path: planned.zip for layer, planned in zip(described, layers, strict=True)
        },
        slimming=selection.steps,
        bytecode=selection.bytecode,
    )


def _plan(
    libraries: Sequence[PackedLibrary],
    request: LayerRequest,
    cache: Path,
    notify: Callable[[str], None],
) -> tuple[Selection, tuple[PlannedLayer, ...]]:
    placed = place_files(libraries, request, notify)
    selection = slim_layers(placed, request.slim, request.reserved_bytes)
    records = [packed.library for packed in libraries]
    return selection, plan_layers(selection, records, request, cache)


def _write(layers: Sequence[PlannedLayer], progress: Callable[[str, float], None]) -> None:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(layer.write) for layer in layers if not layer.is_kept]
        for count, job in enumerate(jobs):
            progress("Writing layers", count / len(jobs))
            job.result()
    progress("Writing layers", 1.0)
