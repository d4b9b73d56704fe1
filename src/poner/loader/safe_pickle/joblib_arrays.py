"""Reads arrays as joblib stores them: a wrapper in the pickle, followed by the array's bytes.

Source: joblib's numpy_pickle.py, 0.10 to 1.6. poner does not use joblib itself, because older
versions read the inner pickles of object arrays with `pickle.load`, which bypasses `find_class`.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

from .array_forms import array_of, is_shape
from .bare_objects import BareObjects
from .faults import FileUnreadableError, damaged

WRAPPERS = frozenset({("joblib.numpy_pickle", "NumpyArrayWrapper")})
"""Classes of wrappers: the array's bytes follow the wrapper's state."""


class ArrayWrapper:
    """Stands for joblib's own wrapper class."""

    def set_state(self, state: Any) -> None:
        """Take the wrapper's attributes: shape, order, dtype and alignment."""
        if not isinstance(state, dict):
            raise damaged("an array without a shape")
        self.state = state


def skip_padding(stream: io.BytesIO, state: Mapping[str, Any]) -> None:
    """Skip the padding that aligns the bytes: one byte with its length, then the padding itself.

    joblib writes padding since 1.2.
    """
    if state.get("numpy_array_alignment_bytes") is not None:
        length = stream.read(1)
        stream.seek(length[0] if length else 0, io.SEEK_CUR)


def read_array(
    wrapper: ArrayWrapper, objects: BareObjects, stream: io.BytesIO, nested: Callable[[], Any]
) -> Any:
    """The array whose wrapper was just read.

    Args:
        wrapper: the wrapper, which has its state.
        objects: the objects of the file.
        stream: the file, at the array's first byte.
        nested: loads the pickle that begins at that byte, for an array of objects.

    Raises:
        FileUnreadableError: the wrapper and the bytes do not match.
    """
    import numpy as np

    state = wrapper.state
    dtype, shape, order = state.get("dtype"), state.get("shape"), state.get("order")
    if not isinstance(dtype, np.dtype) or not is_shape(shape) or order not in ("C", "F"):
        raise damaged("an array without a shape")
    objects.settle(dtype)
    if dtype.hasobject:
        array = nested()
        if not isinstance(array, np.ndarray) or array.shape != shape:
            raise damaged("an array's size does not match its shape")
        return array
    size = objects.allowance.check_shape(shape, dtype.itemsize) * dtype.itemsize
    skip_padding(stream, state)
    data = stream.read(size)
    if len(data) != size:
        raise FileUnreadableError("The model file ends too early.")
    return array_of(data, dtype, shape, order)
