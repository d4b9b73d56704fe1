"""Checks a finished model once: every index and pointer in it stays inside its array.

In comes the loaded object; out comes an error, or nothing. The check runs after the last byte of
the file was read, so a checked object cannot change any more. It visits every object that the model
can reach, and applies the checks of the object's class and of all base classes.

Code of scikit-learn and scipy that is compiled with `boundscheck=False` trusts fitted states. The
checks follow from reading all code that predict, predict_proba, decision_function and transform
call, in scikit-learn 1.9.1 and 1.1.3 and scipy 1.17.1. Models of earlier versions get the same
checks; what the checks miss there, the confined process contains:

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
- attributes.py: attributes that replace a method, options that make a function write, and the
  arguments of partial functions.

No check is needed for the states of liblinear, SGD, the linear models, networks, mixtures, Gaussian
processes, decompositions (_cdnmf_fast, _cd_fast, _online_lda_fast get arrays that numpy has just
made), imputers, TargetEncoder (_target_encoder_fast only fits), IsotonicRegression (numpy.interp)
and the losses (_loss.pyx only fits): no compiled code follows an index in them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..faults import damaged
from ..newest_names import newest_name
from ..object_walk import walk
from . import attributes, centres, columns, matrices, neighbours, trees, vectors

if TYPE_CHECKING:
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
"""By class, `module.name`: the check for its objects and those of derived classes."""

BEYOND = (TypeError, ValueError, KeyError, AttributeError, IndexError, OverflowError)
"""Errors of a check on a state that lacks a part of every fitted model."""


def check_graph(root: Any) -> None:
    """Check every object of a model, parts before the whole.

    Raises:
        FileUnreadableError: an index leads out of its array, or a walk would never end.
        FileRefusedError: an attribute would make the model call or change something.
    """
    for value in walk(root):
        kind: Any = type(value)
        for name, check in _checks_of(kind):
            try:
                check(value)
            except BEYOND as error:
                raise damaged(f"its {name} lacks what every fitted one has") from error


@functools.lru_cache(maxsize=None)
def _checks_of(kind: type) -> tuple[tuple[str, Check], ...]:
    """The checks of a class and of those it derives from, the most general first."""
    bases = reversed(kind.__mro__)
    names = [".".join(newest_name(base.__module__, base.__qualname__)) for base in bases]
    return tuple((kind.__name__, CHECKS[name]) for name in names if name in CHECKS)
