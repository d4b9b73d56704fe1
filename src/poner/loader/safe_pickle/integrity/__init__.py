"""Checks a finished model, once: no index or pointer of its states leads out of its array.

In comes the object that was loaded; nothing comes out but an error. It runs after the last byte of
the file was read, so nothing that was checked changes afterwards, and it looks at every object
that the model can reach, by the classes that each object's class derives from.

scikit-learn and scipy trust fitted states where they are compiled with `boundscheck=False`. Read
through in scikit-learn 1.9.1 and 1.1.3 and scipy 1.17.1, by what predict, predict_proba,
decision_function and transform call:

- trees.py: sklearn/tree/_tree.pyx (apply, predict, decision_path), ensemble/_gradient_boosting.pyx
  (predict_stages), ensemble/_hist_gradient_boosting/_predictor.pyx and utils/_bitset.pyx; the
  forests, IsolationForest and boosting, which pass rows on unchecked.
- neighbours.py: neighbors/_binary_tree.pxi.tp (query, query_radius), metrics/_dist_metrics.pyx.tp,
  metrics/_pairwise_distances_reduction/ (ArgKmin, RadiusNeighbors and their class modes).
- centres.py: cluster/_k_means_common.pyx and _k_means_lloyd.pyx (predict), Birch's and the other
  nearest centres through ArgKmin.
- vectors.py: svm/_libsvm.pyx and _libsvm_sparse.pyx.
- matrices.py: scipy's sparsetools (products, conversions), scipy.interpolate's BSplines, masked
  arrays, and positions in numpy's random generators.
- columns.py: encoders and vectorizers, which make sparse matrices of fitted positions, and
  feature_extraction/_hashing_fast.pyx.
- attributes.py: data in place of a method, options that make a function write, and what a partial
  function is called with.

Nothing to follow in what liblinear, SGD, the linear models, networks, mixtures, Gaussian
processes, decompositions (_cdnmf_fast, _cd_fast, _online_lda_fast get arrays that numpy has just
made), imputers, TargetEncoder (_target_encoder_fast only fits), IsotonicRegression (numpy.interp)
and the losses (_loss.pyx only fits) keep.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..faults import FileUnreadableError
from ..object_walk import walk
from . import attributes, centres, columns, matrices, neighbours, trees, vectors

Check = Callable[[Any], None]

CHECKS: dict[str, Check] = {
    **attributes.CHECKS,
    **matrices.CHECKS,
    **trees.CHECKS,
    **neighbours.CHECKS,
    **centres.CHECKS,
    **vectors.CHECKS,
    **columns.CHECKS,
}
"""By class, `module.name`: what is checked of its objects and of those of classes derived."""

BEYOND = (TypeError, ValueError, KeyError, AttributeError, IndexError, OverflowError)
"""What a check raises at a state that lacks what every fitted one has."""


def check_graph(root: Any) -> None:
    """Check every object of a model, parts before what they are parts of.

    Raises:
        FileUnreadableError: following it would leave what it holds, or never end.
        FileRefusedError: it holds what would call or change something.
    """
    for value in walk(root):
        kind: Any = type(value)
        for name, check in _checks_of(kind):
            try:
                check(value)
            except BEYOND as error:
                raise FileUnreadableError(
                    f"The model file is damaged: its {name} lacks what every fitted one has."
                ) from error


@functools.lru_cache(maxsize=None)
def _checks_of(kind: type) -> tuple[tuple[str, Check], ...]:
    """The checks of a class and of those it derives from, the most general first."""
    names = [f"{base.__module__}.{base.__qualname__}" for base in reversed(kind.__mro__)]
    return tuple((kind.__name__, CHECKS[name]) for name in names if name in CHECKS)
