"""The operations a Program is made of: one dataclass each, and the kernel's function of its number.

An operation's arrays are its array fields in their order, as the kernel's C file of the same name
reads them; its option is an enumeration or a flag. To add one: a dataclass, a row with a check and
a function in the kernel, and a line in docs/model_format.md.
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
