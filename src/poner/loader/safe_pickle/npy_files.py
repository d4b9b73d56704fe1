"""Reads numpy's .npy files and scipy's sparse .npz files; checks sizes before allocating memory.

numpy.load allocates an array of the size in the header before it reads the bytes. Formats: the
documentation of numpy.lib.format (versions 1.0 and 2.0); scipy/sparse/_matrix_io.py (1.17).
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from .allowance import Allowance
from .array_forms import array_of, has_fields_inside, is_shape
from .faults import FileUnreadableError, damaged
from .skops_schema import open_archive, read_member

LARGEST_HEADER_BYTES = 10_000
"""Largest header; numpy itself has this limit since 1.24."""

PREFIX_BYTES = {(1, 0): 10, (2, 0): 12}
"""Bytes before the header, by version: the magic, the version, the header's length."""

ARRAY = "header and bytes of an array contradict each other"

FORMATS = ("csr", "csc", "coo")
"""Formats of sparse matrices that fitted models hold."""


def read_npy(data: bytes, allowance: Allowance) -> Any:
    """The array of a .npy file: plain values or flat records of them, with its own memory.

    Raises:
        FileUnreadableError: the header and the bytes do not match.
    """
    import numpy as np

    stream = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(stream)
        prefix = PREFIX_BYTES[version]
        if int.from_bytes(data[8:prefix], "little") > LARGEST_HEADER_BYTES:
            raise damaged(ARRAY)
        name = f"read_array_header_{version[0]}_0"
        shape, is_fortran, dtype = getattr(np.lib.format, name)(stream)
    except (ValueError, KeyError, SyntaxError, TypeError, RecursionError, MemoryError) as error:
        raise damaged(ARRAY) from error
    if dtype.hasobject or dtype.subdtype is not None or not has_fields_inside(dtype):
        raise damaged(ARRAY)
    nested = any(field[0].names or field[0].subdtype for field in (dtype.fields or {}).values())
    if nested or not is_shape(shape):
        raise damaged(ARRAY)
    size = allowance.check_shape(shape, dtype.itemsize) * dtype.itemsize
    begin = stream.tell()
    if len(data) - begin != size:
        raise damaged(ARRAY)
    return array_of(data[begin:], dtype, shape, "F" if is_fortran else "C")


def read_sparse(data: bytes, allowance: Allowance) -> Any:
    """The sparse matrix of an .npz file; `integrity` checks its indices later.

    Raises:
        FileUnreadableError: the file is damaged, or has a format that no fitted model has.
    """
    import scipy.sparse

    archive = open_archive(data)
    allowance.unpack(sum(member.file_size for member in archive.infolist()))
    parts = {
        name[: -len(".npy")]: read_npy(read_member(archive, name), allowance)
        for name in archive.namelist()
        if name.endswith(".npy")
    }
    form, shape = _form_and_shape(parts)
    kind = "array" if "_is_array" in parts and parts["_is_array"].item() else "matrix"
    make = getattr(scipy.sparse, f"{form}_{kind}", None)
    if make is None:
        raise damaged(ARRAY)
    if form != "coo":
        return make((parts["data"], parts["indices"], parts["indptr"]), shape=shape)
    places = parts["coords"] if "coords" in parts else (parts["row"], parts["col"])
    return make((parts["data"], tuple(places)), shape=shape)


def _form_and_shape(parts: Mapping[str, Any]) -> tuple[str, tuple[int, ...]]:
    form = parts["format"].item()
    form = form.decode("ascii") if isinstance(form, bytes) else form
    shape = parts["shape"]
    if form not in FORMATS or shape.dtype.kind not in "iu" or shape.shape != (2,):
        raise FileUnreadableError(
            f"The model file holds a sparse matrix of a format other than {', '.join(FORMATS)}.",
            "Save it again with pickle or joblib.",
        )
    return form, tuple(shape.tolist())
