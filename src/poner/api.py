"""The Python API: each verb of the flow, with a notebook's defaults."""

from __future__ import annotations

import datetime
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

from poner import client, compiled_model, loader, pipeline
from poner.bundle import Bundle, EngineChoice, FunctionSettings, Slim, read_bundle
from poner.compiled_model import CompiledModel
from poner.confinement import report
from poner.errors import UsageError
from poner.printable import printable
from poner.signature import PredictionValue, Signature

__all__ = ["save", "compile", "load", "build", "local", "predict"]


def save(
    estimator: Any,
    X: Any,
    y: Any,
    folder: str | Path,
    *,
    feature_names: Sequence[str] | None = None,
    labels: Mapping[Any, str] | Sequence[str] | None = None,
    metrics: Mapping[str, float] | None = None,
    target: str | None = None,
    keep_rows: int = 500,
) -> Path:
    """Write a fitted estimator with all that is needed to build from it; returns the folder.

    Writes `clf.sav`, `signature.json`, and `training_rows.json`: rows of X, kept beside the model
    to prove parity on, and never shipped.

    Args:
        estimator: fitted, of scikit-learn.
        X: (n_rows, n_features) the data it was trained on, numbers and texts: an array or a
            DataFrame.
        y: (n_rows,) the target, or (n_rows, n_outputs) where it predicts several things.
        folder: made if it does not exist.
        feature_names: the columns, where neither X nor the estimator knows them.
        labels: what the classes mean, such as `{0: "benign", 1: "malignant"}`; of a model with
            one output.
        metrics: scores to record, such as `{"f1_test": 0.94}`.
        target: name of what is predicted.
        keep_rows: how many rows of X to keep; 0 keeps none.

    Raises:
        SignatureError: the estimator is not fitted, or names and data do not fit it.
        UsageError: the folder cannot be written to, or holds files of these names that `save` did
            not write.
    """
    return loader.save_model(
        estimator,
        X,
        y,
        folder,
        feature_names=feature_names,
        labels=labels,
        metrics=metrics,
        target=target,
        keep_rows=keep_rows,
    )


def compile(  # the flow's own word, as in re.compile
    model: Any,
    X: Any = None,
    y: Any = None,
    *,
    feature_names: Sequence[str] | None = None,
    labels: Mapping[str, str] | None = None,
    require_confinement: bool = False,
) -> CompiledModel:
    """Compile a model and prove that it answers the same.

    Args:
        model: a fitted estimator, a model file, or the folder that `save` wrote.
        X: (n_rows, n_features) training rows to prove parity on, for an estimator.
        y: unused by the proof; taken so that `compile(clf, X, y)` reads like `fit`.
        feature_names: names of the features, where the model has none.
        labels: what the classes mean, by the class as text.
        require_confinement: refuse to read a file where this machine cannot keep a model from your
            files and the network; otherwise a warning says so.

    Raises:
        NotSupportedError: the native engine does not compute this model.
        ParityError: the compiled model answers otherwise.
        ModelRefusedError: the file names something no fitted model needs.
    """
    if isinstance(model, str | Path):
        report.check(
            required=require_confinement, notify=lambda line: warnings.warn(line, stacklevel=4)
        )
        opened = loader.open_model(Path(model), feature_names=feature_names, labels=labels)
    else:
        opened = loader.open_estimator(model, X=X, y=y, feature_names=feature_names, labels=labels)
    with opened as trained:
        return pipeline.compile_trained(trained)


def load(path: str | Path) -> CompiledModel:
    """Read a compiled model: a file of `CompiledModel.save`, or model.poner of a Bundle.

    Returns:
        The model, with `parity` None: the report of its proof is in the manifest of a Bundle.

    Raises:
        KernelError: the file is missing or damaged, or an older version of poner wrote it.
    """
    return compiled_model.load_model(path)


def build(
    model: str | Path,
    out: str | Path = "build",
    *,
    engine: str = "auto",
    runtime: str | None = None,
    architecture: str = "x86_64",
    feature_names: Sequence[str] | None = None,
    labels: Mapping[str, str] | None = None,
    settings: FunctionSettings | None = None,
    require: Sequence[str] = (),
    include: Sequence[str | Path] = (),
    slim: str = "auto",
    require_confinement: bool = False,
    notify: Callable[[str], None] = lambda line: print(printable(line)),  # noqa: T201
) -> Bundle:
    """Build a Bundle from a model file or the folder that `save` wrote.

    Args:
        model: file or folder.
        out: folder of the Bundle; it is replaced if it holds a Bundle and nothing else.
        engine: `native`, `onnx` or `sklearn`, or `auto` for the first of these that answers as
            the model does.
        runtime: such as `python3.13`; by default that of this Python.
        architecture: `x86_64` or `arm64`.
        feature_names: names of the features, for a file without signature.json.
        labels: what the classes mean, for a file without signature.json.
        settings: name, memory, timeout and body limit of the function.
        require: packages for the layers of the other engines, such as `numpy==1.24.1`.
        include: the user's own modules that the model's classes come from, files or folders.
        slim: what to leave out of layers: `auto` what is needed to fit, `always`, `never`.
        require_confinement: refuse where this machine cannot keep the model from your files and
            the network.
        notify: gets a line about things worth knowing.

    Raises:
        PonerError: whatever stands in the way, with what to do about it.
    """
    from poner import config  # with pydantic, which a notebook that only saves need not wait for

    chosen, *newer = config.choose_runtimes(runtime, datetime.date.today())
    target = pipeline.Target(
        chosen,
        _one_of("architecture", architecture, config.Architecture),
        settings or FunctionSettings(),
        tuple(newer),
    )
    packages = pipeline.Packages(
        tuple(require), tuple(map(Path, include)), _one_of("choice of slim", slim, Slim)
    )
    reporter = pipeline.Reporter(notify=notify)
    return pipeline.build(
        Path(model),
        Path(out),
        target,
        engine=_one_of("engine", engine, EngineChoice),
        packages=packages,
        feature_names=feature_names,
        labels=labels,
        require_confinement=require_confinement,
        reporter=reporter,
    )


def _one_of(what: str, value: str, choices: Any) -> Any:
    """The value, if it is one of a Literal's.

    Raises:
        UsageError: it is not.
    """
    known = get_args(choices)
    if value not in known:
        raise UsageError(f"There is no {what} {value!r}.", f"Choose one of {', '.join(known)}.")
    return value


@contextmanager
def local(
    bundle: Bundle | str | Path, *, require_confinement: bool = False
) -> Iterator[client.FunctionUrl]:
    """A local Function URL for a Bundle, as long as the `with` lasts.

    Args:
        bundle: the Bundle, or its folder.
        require_confinement: refuse where this machine cannot keep the function from your files;
            otherwise a line on standard error says so.

    Raises:
        BundleError: there is no Bundle, or a damaged one.
        EmulatorError: it cannot be run here.
    """
    opened = bundle if isinstance(bundle, Bundle) else read_bundle(Path(bundle))
    with pipeline.run_locally(opened, require_confinement=require_confinement) as url:
        yield url


def predict(url: str, rows: Any, signature: Signature | None = None) -> list[PredictionValue]:
    """The prediction for every row; of several outputs a list. See `poner.client.predict`."""
    return client.predict(url, rows, signature)
