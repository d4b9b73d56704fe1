"""The Python API: each verb of the flow, with defaults for a notebook."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from poner import client, deployer, loader, pipeline
from poner.aws_lambda.functions import Architecture, FunctionSettings
from poner.bundle import Bundle, EngineChoice, Slim, read_bundle
from poner.client import predict
from poner.compiled_model import CompiledModel, load
from poner.confinement import report
from poner.errors import UsageError
from poner.loader import save
from poner.printable import printable

__all__ = ["save", "compile", "load", "build", "local", "predict", "deploy", "Deployment"]


def _print(line: str) -> None:
    print(printable(line))  # noqa: T201 # a notebook's output


def compile(  # the flow's own word, as in re.compile
    model: Any,
    X: Any = None,
    y: Any = None,
    *,
    before: str | Path | Sequence[str | Path] = (),
    key: str | None = None,
    before_key: str | Sequence[str] = (),
    target_labels: str | Path | None = None,
    feature_names: Sequence[str] | None = None,
    labels: Mapping[str, str] | None = None,
    require_confinement: bool = False,
) -> CompiledModel:
    """Compile a model, and prove that it gives the same answers.

    The compiled model answers each row as the float64 numbers that it holds, and so the model is
    asked in the proof. Given rows in float32, scikit-learn itself computes many estimators in
    float32: its answers then differ from the seventh digit on, and a tree behind a scaler can go
    another way at a threshold, so that a whole value differs. Compare with
    `model.predict(X.astype("float64"))`.

    Args:
        model: a fitted estimator, a list of fitted steps that ends in the model, a model file, or
            the folder that `save` wrote.
        X: (n_rows, n_features) training rows for the proof, if `model` is an estimator: an array, a
            DataFrame, lists or a sparse matrix.
        y: not used; `compile(model, X, y)` reads like `fit`.
        before: file of the step that rows pass before the model, such as `"scaler.pkl"`, or a list
            of files in order; if a file holds a dict, `"prep.pkl:scaler"`; for a step that changes
            some columns, `"age,fare=scaler.pkl"`.
        key: the model's key, if its file holds a dict, list or tuple.
        before_key: key of a further step in the model's own file, or a list of keys in order.
        target_labels: file of the LabelEncoder of the target, or of the labels of the classes.
        feature_names: names of the features, if the model has none.
        labels: label of each class, by the class as text.
        require_confinement: fail if this machine cannot keep a model file away from your files and
            the network; otherwise a warning says so.

    Returns:
        The compiled model, with the estimator's methods: `predict`, `predict_proba`,
        `decision_function`; and `save`.

    Raises:
        NotSupportedError: the native engine does not compute this model.
        ParityError: the compiled model gives other answers.
        ModelRefusedError: the file names something that a fitted model does not need.
        UsageError: a file of `before` or `target_labels` is not there, or `model` is not a file.

    Example:
        >>> compiled = poner.compile(model, X)
        >>> compiled.predict(X[:3])
        array([0, 1, 0])
    """
    if isinstance(model, str | Path):
        report.check(
            required=require_confinement, notify=lambda line: warnings.warn(line, stacklevel=4)
        )
        parts = loader.Parts.parse(
            key=key, before=before, before_keys=before_key, target_labels=target_labels
        )
        opened = loader.open_model(
            Path(model), parts=parts, feature_names=feature_names, labels=labels
        )
    elif before or key or before_key or target_labels:
        raise UsageError(
            "before, key, before_key and target_labels are for model files.",
            "Give steps in memory as a list that ends in the model: compile([scaler, model], X).",
        )
    else:
        opened = loader.open_estimator(model, X=X, y=y, feature_names=feature_names, labels=labels)
    with opened as trained:
        return pipeline.compile_trained(trained)


def build(
    model: str | Path,
    out: str | Path = "build",
    *,
    engine: str = "auto",
    runtime: str | None = None,
    architecture: str = "x86_64",
    before: str | Path | Sequence[str | Path] = (),
    key: str | None = None,
    before_key: str | Sequence[str] = (),
    target_labels: str | Path | None = None,
    feature_names: Sequence[str] | None = None,
    labels: Mapping[str, str] | None = None,
    settings: FunctionSettings | None = None,
    require: Sequence[str] = (),
    include: Sequence[str | Path] = (),
    slim: str = "auto",
    require_confinement: bool = False,
    notify: Callable[[str], None] = _print,
) -> Bundle:
    """Turn a saved model into a Lambda function, and prove that both give the same answers.

    Args:
        model: a model file, or the folder that `save` wrote.
        out: folder of the Bundle. An existing Bundle in it is replaced.
        engine: `native`, `onnx`, `sklearn`, or `auto` for the first of these that gives the
            model's answers.
        runtime: Python version on Lambda, such as `python3.13`; by default that of this Python.
        architecture: processor of the function: `x86_64` or `arm64`.
        before: file of the step that rows pass before the model, such as `"scaler.pkl"`, or a list
            of files in order; if a file holds a dict, `"prep.pkl:scaler"`; for a step that changes
            some columns, `"age,fare=scaler.pkl"`.
        key: the model's key, if its file holds a dict, list or tuple.
        before_key: key of a further step in the model's own file, or a list of keys in order.
        target_labels: file of the LabelEncoder of the target, or of the labels of the classes.
        feature_names: names of the features, for a file without signature.json.
        labels: label of each class, for a file without signature.json.
        settings: name, memory, timeout and longest request of the function.
        require: versions of packages on Lambda, such as `numpy==1.24.1`.
        include: your own modules that define classes of the model: files or folders.
        slim: when to leave out files that a prediction does not need: `always`, `never`, or `auto`
            for only if the packages are too large otherwise.
        require_confinement: fail if this machine cannot keep the model away from your files and
            the network; otherwise a line says so.
        notify: called with one line for each thing worth knowing.

    Returns:
        The Bundle, for `local` and `deploy`.

    Raises:
        PonerError: the Bundle cannot be made; the error says why and what to do.

    Example:
        >>> bundle = poner.build("model", out="build")
        >>> bundle.manifest.engine
        'native'
    """
    return pipeline.build(
        Path(model),
        Path(out),
        pipeline.make_target(
            runtime,
            _one_of("architecture", architecture, Architecture),
            settings or FunctionSettings(),
        ),
        parts=loader.Parts.parse(
            key=key, before=before, before_keys=before_key, target_labels=target_labels
        ),
        engine=_one_of("engine", engine, EngineChoice),
        packages=pipeline.Packages(
            tuple(require), tuple(map(Path, include)), _one_of("choice of slim", slim, Slim)
        ),
        feature_names=feature_names,
        labels=labels,
        require_confinement=require_confinement,
        reporter=pipeline.Reporter(notify=notify),
    )


def _one_of(what: str, value: str, choices: Any) -> Any:
    """The value, if a Literal has it.

    Raises:
        UsageError: the Literal has other values.
    """
    known = get_args(choices)
    if value not in known:
        raise UsageError(f"There is no {what} {value!r}.", f"Choose one of {', '.join(known)}.")
    return value


def _open(bundle: Bundle | str | Path) -> Bundle:
    return bundle if isinstance(bundle, Bundle) else read_bundle(Path(bundle))


@contextmanager
def local(
    bundle: Bundle | str | Path, *, require_confinement: bool = False
) -> Iterator[client.FunctionUrl]:
    """Run a Bundle's function on this machine, as Lambda would, while the `with` block lasts.

    Args:
        bundle: the Bundle, or its folder.
        require_confinement: fail if this machine cannot keep the function away from your files;
            otherwise a line on standard error says so.

    Returns:
        A context manager, which gives the function's URL.

    Raises:
        BundleError: there is no Bundle, or it is damaged.
        EmulatorError: the function cannot run here.

    Example:
        >>> with poner.local(bundle) as url:
        ...     poner.predict(url, X[:3])
        [0, 1, 0]
    """
    with pipeline.run_locally(_open(bundle), require_confinement=require_confinement) as url:
        yield url


@dataclass(frozen=True)
class Deployment:
    """A function on AWS Lambda, made by `deploy`.

    All methods raise DeployError if the function is gone, and CloudError if AWS refuses a request
    or cannot be reached.

    Example:
        >>> deployment = poner.deploy(bundle)
        >>> poner.deploy(better_bundle)
        >>> deployment.rollback()
        >>> deployment.status().live
        '1'
        >>> deployment.destroy()
    """

    facts: deployer.Deployment
    """Name, region, account, version, URL and access, as of the deploy."""
    function: deployer.DeployedFunction
    """The function as it is now."""
    bucket: str | None = None
    """Bucket of the uploaded zips; None if there is none."""

    def __str__(self) -> str:
        """One line for people: name, version, region, URL and access."""
        facts = self.facts
        return f"{facts.name} version {facts.version} in {facts.region}: {facts.url} ({facts.auth})"

    @property
    def url(self) -> str:
        """The Function URL."""
        return self.facts.url

    def status(self) -> deployer.Status:
        """The version that answers, its URL, and the other versions."""
        return self.function.read_status()

    def rollback(self, version: str | None = None) -> None:
        """Send all traffic to the previous version, or to the one that is named; ends a canary."""
        pipeline.roll_back(self.function, version)

    def promote(self) -> None:
        """Send all traffic to the canary."""
        pipeline.promote(self.function)

    def destroy(self) -> None:
        """Delete from AWS everything that poner made for the function, and nothing else."""
        pipeline.remove(self.function, self.bucket)


def deploy(
    bundle: Bundle | str | Path,
    *,
    settings: deployer.DeploySettings | None = None,
    canary: int = 0,
    profile: str | None = None,
    region: str | None = None,
    check: bool = True,
    notify: Callable[[str], None] = _print,
) -> Deployment:
    """Put a Bundle on AWS Lambda behind a URL, without asking for consent.

    A second call changes only what differs. poner.toml is not read.

    Args:
        bundle: the Bundle, or its folder.
        settings: access, role, bucket, environment variables and the like; by default the URL
            accepts signed requests only.
        canary: percentage of the traffic for the new version, 1 to 99; 0 for all of it.
        profile: profile of AWS's configuration; by default the one that boto3 finds.
        region: AWS region, such as `eu-west-1`; by default the one that boto3 finds.
        check: whether to test the URL at the end.
        notify: called with one line for each step.

    Returns:
        The deployment, with `.url`, `.status()`, `.rollback()`, `.promote()` and `.destroy()`.

    Raises:
        BundleError: there is no Bundle, or it is damaged.
        DeployError: AWS refuses a step or cannot be reached, or the function answers wrongly.
        UsageError: `canary` is not a percentage.

    Example:
        >>> from poner.deployer import DeploySettings
        >>> deployment = poner.deploy(bundle, settings=DeploySettings(auth="none"))
        >>> poner.predict(deployment.url, {"age": 61, "sex": "f"})
        [1]
    """
    if canary not in range(100):
        raise UsageError(f"canary is {canary}, not a percentage below 100.", "Give 0 to 99.")
    cloud = deployer.open_cloud(profile, region)
    wish = deployer.Wish(_open(bundle), settings or deployer.DeploySettings(), canary)
    facts = pipeline.deploy(cloud, wish, check=check, reporter=pipeline.Reporter(notify=notify))
    assert facts is not None, "every plan is agreed to"
    return Deployment(
        facts, deployer.DeployedFunction(cloud, facts.name), bucket=wish.settings.bucket
    )
