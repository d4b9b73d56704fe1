"""loader: from a model file, or an estimator in memory, to a TrainedModel.

In comes a path to a .sav, .pkl, .pickle, .joblib or .skops file, which is untrusted, or a fitted
estimator of a notebook. Out comes a `TrainedModel`: the estimator as plain data, its signature,
and an oracle that asks the living model.

It must not run anything a file brings along. The order is fixed: list every global without
loading; refuse what is not on an exact allow-list; only then load, under the same list, in a
child process without credentials, network, or a folder to write to but its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from poner.artifacts import ModelFile, OnnxGraph, TrainedModel
from poner.loader import (
    conversion,
    file_models,
    listing,
    memory_models,
    model_files,
    recognition,
    user_modules,
)
from poner.loader.listing import FileListing
from poner.loader.memory_models import describe_estimator
from poner.loader.recognition import KNOWN_SKLEARN, ModelIdentity
from poner.loader.saving import save_model
from poner.signature import Signature

__all__ = [
    "KNOWN_SKLEARN",
    "FileListing",
    "ModelIdentity",
    "convert_model",
    "describe_estimator",
    "identify_model",
    "list_globals",
    "open_estimator",
    "open_model",
    "save_model",
]


def list_globals(path: Path) -> FileListing:
    """Every global a model file names, without loading it.

    Raises:
        ModelUnreadableError: it is missing, damaged or of no known format.
        ModelRefusedError: it uses what no fitted model needs, such as persistent ids.
    """
    return listing.list_content(model_files.read_model_file(model_files.find_model_file(path)))


def identify_model(
    path: Path, *, include: Sequence[Path] = (), requirements: Sequence[str] = ()
) -> ModelIdentity:
    """Which model lies there, found without loading it; what `open_model` would refuse is refused.

    Args:
        path: a model file, or a folder with clf.sav or a single model file.
        include: as for `open_model`.
        requirements: as for `open_model`.

    Raises:
        UsageError: what is to be included is not there or shadows a library, or a requirement is
            none.
        ModelRefusedError: the file names what a fitted model has no need of.
        ModelUnreadableError: it is missing, damaged, or needs a package that is not installed.
        SignatureError: the signature beside it is damaged, or belongs to another model.
    """
    modules = user_modules.read_modules(include)
    return recognition.identify(path, modules, requirements)


@contextmanager
def open_model(
    path: Path,
    *,
    signature: Signature | None = None,
    feature_names: Sequence[str] | None = None,
    labels: Mapping[str, str] | None = None,
    include: Sequence[Path] = (),
    requirements: Sequence[str] = (),
    notify: Callable[[str], None] = lambda line: None,
) -> Iterator[TrainedModel]:
    """Read a model file safely; the oracle answers as long as the context is open.

    Args:
        path: a model file, or a folder with clf.sav or a single model file.
        signature: in place of the signature.json beside the file.
        feature_names: in the model's order, in place of any signature.
        labels: what classes mean, by `str(class)`: `{"1": "malignant"}`.
        include: Python files and package folders of the user's own, whose classes the model may
            hold; they run in the confined child only.
        requirements: packages that it needs besides scikit-learn's own, such as `numpy==1.24.1`.
        notify: is given a line on whatever was decided on the way.

    Raises:
        UsageError: what is to be included is not there or shadows a library, or a requirement is
            none.
        ModelRefusedError: the file names what a fitted model has no need of; none of it was run.
        ModelUnreadableError: it is damaged, holds something else, or its version is not to be had.
        SignatureError: the signature does not fit the model.
    """
    modules = user_modules.read_modules(include)
    with file_models.open_file(
        path, signature, feature_names, labels, modules, requirements, notify
    ) as model:
        yield model


def convert_model(
    file: ModelFile,
    signature: Signature,
    *,
    notify: Callable[[str], None] = lambda line: None,
) -> OnnxGraph:
    """Convert a model that `open_model` read to ONNX, in a confined child of its own.

    The graph takes one input `X` (n_rows, n_features) where all features are numbers, else one
    input a feature, (n_rows, 1), in the model's order: `x0`, `x1`, ..., texts where the feature
    is a category. Its first output is what the model predicts: (n_rows,), (n_rows, 1) or
    (n_rows, n_outputs). A classifier's second, (n_rows, n_classes), holds probabilities, or
    without those the score of each class; of two classes that is `[-decision, decision]`.

    Args:
        file: as `open_model` gave it.
        signature: says which features are numbers, and which are texts.
        notify: is given a line before an environment is made, which takes a while.

    Raises:
        NotSupportedError: skl2onnx has no way to convert it; with its reason.
        InstallError: there is neither skl2onnx nor a network to fetch it.
    """
    return conversion.convert(file, signature, notify)


@contextmanager
def open_estimator(
    estimator: Any,
    *,
    X: Any = None,
    y: Any = None,
    feature_names: Sequence[str] | None = None,
    labels: Mapping[str, str] | None = None,
) -> Iterator[TrainedModel]:
    """Take an estimator that is in memory already; it is trusted, and not changed.

    Args:
        estimator: fitted.
        X: (n_rows, n_features) the training data, an array or a DataFrame: numbers and texts.
        y: (n_rows,) or (n_rows, n_outputs) the target; gives it its name if it has one.
        feature_names: in the model's order.
        labels: what classes mean, by `str(class)`.

    Raises:
        ModelUnreadableError: it is not a fitted estimator that predicts.
        SignatureError: X, names or labels do not fit it.
    """
    with memory_models.open_memory(estimator, X, y, feature_names, labels) as model:
        yield model
