"""The operations a Program is made of: one dataclass each, which says all that the compiler knows.

An operation's arrays are its array fields in their order, as the kernel's C file of the same name
reads them; its option is an enumeration or a flag. A new operation is touched in three places: its
dataclass here, its functions in C with their row in kernel/operations.c, and its row in
docs/model_format.md. tests/unit/compiler/test_kernel_numbers.py compares numbers with C.
"""

from poner.compiler.operations.distances import (
    Couple,
    Distances,
    Impute,
    Means,
    Metric,
    Neighbours,
    NeighbourWeights,
    Votes,
)
from poner.compiler.operations.elementwise import (
    Combine,
    Function,
    Map,
    Pairing,
    PowerMethod,
    PowerTransform,
    Replace,
)
from poner.compiler.operations.lookup import (
    Digitize,
    Extrapolation,
    Interpolate,
    OneHot,
    Recode,
    Splines,
)
from poner.compiler.operations.operation import (
    CANCELLATION,
    EXACT,
    ROUNDING,
    IndexArray,
    KernelForm,
    Operation,
)
from poner.compiler.operations.plumbing import (
    Above,
    CastFloat32,
    Constant,
    Join,
    Require,
    Select,
)
from poner.compiler.operations.rowwise import (
    Linear,
    Logistic,
    Products,
    Reduce,
    Reduction,
    Softmax,
    SolveTriangle,
    WeightedMedian,
)
from poner.compiler.operations.trees import CategorySplits, Comparison, TreeEnsemble, Trees

__all__ = [
    "Above",
    "CANCELLATION",
    "CastFloat32",
    "CategorySplits",
    "Combine",
    "Comparison",
    "Constant",
    "Couple",
    "Digitize",
    "Distances",
    "EXACT",
    "Extrapolation",
    "Function",
    "Impute",
    "IndexArray",
    "Interpolate",
    "Join",
    "KernelForm",
    "Linear",
    "Logistic",
    "Map",
    "Means",
    "Metric",
    "NeighbourWeights",
    "Neighbours",
    "OneHot",
    "Operation",
    "Pairing",
    "PowerMethod",
    "PowerTransform",
    "Products",
    "ROUNDING",
    "Recode",
    "Reduce",
    "Reduction",
    "Replace",
    "Require",
    "Select",
    "Softmax",
    "SolveTriangle",
    "Splines",
    "TreeEnsemble",
    "Trees",
    "Votes",
    "WeightedMedian",
]
