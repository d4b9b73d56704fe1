"""Chooses the KernelForm of a step: the form in which the kernel evaluates it.

The input is an operation of a Program; tables.py writes the output. Most operations are their own
kernel form. A sum over trees (TreeEnsemble) gets the fastest layout that can hold it. No other part
of the compiler knows layouts.

- shallow.py: trees of at most four levels that share their splits.
- coded.py: thresholds as whole numbers; most ensembles, small and large.
- plain.py: the layouts that hold every ensemble, and trees that test categories.
- nodes.py: the order of nodes that all layouts start from.
"""

from __future__ import annotations

from poner.compiler.layout.coded import lay_out_coded
from poner.compiler.layout.nodes import pack
from poner.compiler.layout.plain import lay_out_categories, lay_out_plain
from poner.compiler.layout.shallow import lay_out_shallow
from poner.compiler.operations.operation import KernelForm, Operation
from poner.compiler.operations.trees import TreeEnsemble

__all__ = ["lay_out"]


def lay_out(operation: Operation, n_features: int) -> KernelForm:
    """The kernel form of an operation whose first source has `n_features` columns.

    Raises:
        ModelUnreadableError: a tree refers to a node, feature or category that does not exist.
    """
    if isinstance(operation, TreeEnsemble):
        return _lay_out_trees(operation, n_features)
    assert isinstance(operation, KernelForm)
    return operation


def _lay_out_trees(ensemble: TreeEnsemble, n_features: int) -> KernelForm:
    packed, start = pack(ensemble, n_features), ensemble.start
    if ensemble.trees.categories is not None:
        return lay_out_categories(packed, start, ensemble.trees.categories)
    shallow = lay_out_shallow(packed, start) if packed.leaf_values.shape[1] == 1 else None
    return shallow or lay_out_coded(packed, start, ensemble.float32) or lay_out_plain(packed, start)
