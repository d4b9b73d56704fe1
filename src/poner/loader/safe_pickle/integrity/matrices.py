"""Sparse matrices, splines, masked arrays and random generators."""

from __future__ import annotations

from typing import Any

from .shapes import is_array, is_within, require

MATRIX = "sparse matrix"
SPLINE = "spline"
"""How messages name the part that is checked."""

COMPRESSED = ("csr", "csc")
LARGEST_DIMENSION = 1 << 24
"""Rows or columns of a sparse matrix, which another format would list one by one."""

GENERATOR_POSITIONS = {"MT19937": ("pos", 624), "Philox": ("buffer_pos", 4)}
"""By bit generator: the position in its buffer, and how long that is (numpy's mt19937.h and
philox.h)."""


def check_sparse(matrix: Any) -> None:
    """Indices lie within the shape, and row pointers never decrease."""
    import numpy as np

    shape, form = matrix.shape, type(matrix).__name__[:3]
    fits = len(shape) == 2 and all(0 <= int(length) <= LARGEST_DIMENSION for length in shape)
    require(fits, MATRIX, "has an invalid shape")
    data = matrix.data
    require(is_array(data, "biufc", 1), MATRIX, "has no numbers")
    if form == "coo":
        for places, length in zip((matrix.row, matrix.col), shape):
            fits = is_array(places, "iu", 1) and places.shape == data.shape
            require(fits and is_within(places, length), MATRIX, "has an index outside its shape")
        return
    require(form in COMPRESSED, MATRIX, "is of a format that no fitted model has")
    major, minor = shape if form == "csr" else shape[::-1]
    indices, begins = matrix.indices, matrix.indptr
    fits = is_array(indices, "iu", 1) and is_array(begins, "iu", 1) and len(begins) == major + 1
    require(fits, MATRIX, "has invalid row pointers")
    fits = begins[0] == 0 and (np.diff(begins.astype(np.int64)) >= 0).all()
    require(fits, MATRIX, "has decreasing row pointers")
    count = int(begins[-1])
    require(
        count <= min(len(indices), len(data)),
        MATRIX,
        "has fewer numbers than its row pointers need",
    )
    require(is_within(indices, minor), MATRIX, "has an index outside its shape")


def check_spline(spline: Any) -> None:
    """A spline keeps the rules of BSpline's constructor (scipy/interpolate/_bsplines.py)."""
    import numpy as np

    knots, coefficients, degree = spline.t, spline.c, spline.k
    axis = getattr(spline, "axis", 0)
    require(isinstance(degree, (int, np.integer)) and degree >= 0, SPLINE, "has an invalid degree")
    require(is_array(knots, "f", 1) and np.isfinite(knots).all(), SPLINE, "has no knots")
    count = len(knots) - int(degree) - 1
    require(count > degree, SPLINE, "has fewer knots than its degree needs")
    require((np.diff(knots) >= 0).all(), SPLINE, "has unsorted knots")
    require(len(np.unique(knots[degree : count + 1])) > 1, SPLINE, "has knots that are all equal")
    is_numbers = isinstance(coefficients, np.ndarray) and coefficients.dtype.kind in "fc"
    require(is_numbers and coefficients.ndim > 0, SPLINE, "has no coefficients")
    fits = isinstance(axis, int) and axis == 0 and coefficients.shape[0] >= count
    require(fits, SPLINE, "has fewer coefficients than knots")


def check_masked(array: Any) -> None:
    """A mask has the shape of its array."""
    import numpy as np

    mask = np.ma.getmask(array)
    fits = mask is np.ma.nomask or mask.shape == array.shape
    require(fits, "masked array", "has a mask of the wrong shape")


def check_generator(generator: Any) -> None:
    """A generator's position is inside its buffer."""
    name = type(generator).__name__
    if name not in GENERATOR_POSITIONS:
        return
    key, length = GENERATOR_POSITIONS[name]
    state = generator.state
    position = state["state"].get(key, state.get(key))
    require(0 <= int(position) <= length, "random generator", "reads behind its buffer")


SPARSE_CLASSES = (
    "scipy.sparse._base._spbase",
    "scipy.sparse._base.spmatrix",
    "scipy.sparse.base.spmatrix",
)
"""Base classes of sparse matrices: since scipy 1.11, since 1.8, and before."""

CHECKS = {
    **dict.fromkeys(SPARSE_CLASSES, check_sparse),
    "scipy.interpolate._bsplines.BSpline": check_spline,
    "numpy.ma.MaskedArray": check_masked,
    "numpy.ma.core.MaskedArray": check_masked,
    "numpy.random.bit_generator.BitGenerator": check_generator,
}
"""By class: what is checked of its objects."""
