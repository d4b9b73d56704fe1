"""loader: from a model file, or an estimator in memory, to a TrainedModel.

In comes a path to a .sav, .pkl, .pickle, .joblib or .skops file, which is untrusted, with the
`Parts` of the model that other files hold; or a fitted estimator of a notebook. Out comes a
`TrainedModel`: the estimator as plain data, its signature, and an oracle that asks the loaded
model for predictions.

It must not run anything that a file brings along. The order is fixed: list every global without
loading; refuse any global outside an exact allow-list; only then load, under the same list, in a
child process without credentials or network, which can write to its own folder only.
"""

from poner.loader.conversion import convert_model
from poner.loader.file_models import open_model
from poner.loader.listing import FileListing, list_globals
from poner.loader.memory_models import describe_estimator, open_estimator
from poner.loader.parts import ALONE, Parts, is_part
from poner.loader.recognition import KNOWN_SKLEARN, ModelIdentity, identify_model
from poner.loader.saving import save

__all__ = [
    "ALONE",
    "KNOWN_SKLEARN",
    "FileListing",
    "ModelIdentity",
    "Parts",
    "convert_model",
    "describe_estimator",
    "identify_model",
    "is_part",
    "list_globals",
    "open_estimator",
    "open_model",
    "save",
]
