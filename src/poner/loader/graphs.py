"""Opens an ONNX graph as a model: onnxruntime runs it in a confined child, and is its oracle."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from poner.artifacts import FittedObject, OnnxGraph, Provenance, TrainedModel
from poner.environments import read_pins
from poner.errors import InstallError, ModelUnreadableError, SignatureError
from poner.loader import model_files, signatures
from poner.loader.child_oracle import SESSION_CPU_S, ChildOracle, memory_for
from poner.loader.child_process import ChildProcess, wrong_answer
from poner.loader.environments import environment_of
from poner.loader.libraries import SKLEARN
from poner.loader.signatures import Facts
from poner.signature import SIGNATURE_NAME, JsonScalar, Signature

GRAPH_SUFFIX = ".onnx"
"""Suffix of an ONNX graph's file."""

OPEN_TIMEOUT_S = 300.0


class GraphFacts(BaseModel):
    """Facts about a graph, as the child reports them (child/graph.py)."""

    model_config = ConfigDict(frozen=True)

    n_features: int
    """Number of features of all inputs together."""
    feature_names: list[str] | None
    """Names of the features; None if one input takes all of them."""
    texts: list[int]
    """Features that are texts."""
    known_texts: list[tuple[int, list[str]]]
    """Texts that encoders know, by feature."""
    whole: list[int]
    """Features that are whole numbers."""
    binary: list[int]
    """Those of them that are 0 or 1."""
    is_classifier: bool
    """Whether an output names classes."""
    classes: list[JsonScalar] | None
    """The classes; None for a regressor, or if the graph does not list them."""
    number_type: Literal["float64", "float32"]
    """The least precise type of its inputs."""
    outputs: list[str]
    """Names of the outputs that are used: the answer, and the scores if there are any."""
    ignored: list[str]
    """Names of the other outputs."""
    versions: dict[str, int]
    """Version of the file format (`ir`), and of each operator set by its domain."""
    python_version: str
    """Version of Python in the child process."""
    numpy_version: str
    """Version of numpy in the child process."""


def is_graph(file: Path) -> bool:
    """Whether a file is an ONNX graph, by its suffix: the format has no first bytes of its own."""
    return file.suffix == GRAPH_SUFFIX


@contextmanager
def open_graph(
    file: Path,
    *,
    signature: Signature | None = None,
    feature_names: Sequence[str] | None = None,
    labels: Mapping[str, str] | None = None,
    notify: Callable[[str], None] = lambda line: None,
) -> Iterator[TrainedModel]:
    """Open an ONNX graph; the oracle answers as long as the context is open.

    Args:
        file: the graph's file.
        signature: the signature to use in place of the signature.json beside the file.
        feature_names: names of the features, in place of any signature.
        labels: a label for each class, by `str(class)`; their order is that of the classes where
            the graph lists none.
        notify: receives a line on each decision.

    Raises:
        ModelUnreadableError: the file is damaged, or is not a model of rows of features.
        SignatureError: the signature does not fit the graph.
        InstallError: onnxruntime is not installed and cannot be downloaded.
    """
    content = model_files.read_model_file(file)
    if signature is None and feature_names is None:
        signature = model_files.read_signature(file, content)
    known = feature_names if signature is None else signature.features
    with _child_for(content) as child:
        request = {"do": "graph", "n_features": None if known is None else len(known)}
        done, _ = _asked(child, file.name, request, content, notify)
        found = _checked(done)
        found = found.model_copy(update={"classes": _classes(found, signature, labels)})
        facts = _facts_of(found)
        if signature is None:
            signature = _described(
                signatures.make_signature(facts, feature_names, labels, notify), found
            )
        else:
            signatures.check_signature(signature, facts, SIGNATURE_NAME)
            signature = signatures.with_labels(signature, labels)
        if found.ignored:
            notify(f"Outputs of the graph that are not served: {', '.join(found.ignored)}.")
        yield TrainedModel(
            estimator=FittedObject("onnx.ModelProto", {}),
            signature=signature,
            provenance=Provenance(
                file.name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"),
                hashlib.sha256(content).hexdigest(),
                "",
                found.numpy_version,
                found.python_version,
                signature.metrics,
            ),
            oracle=ChildOracle(child, "onnxruntime", notify=notify),
            training_rows=model_files.read_training_rows(file, signature),
            graph=OnnxGraph(
                content,
                found.number_type,
                "",
                tuple(found.outputs),
                frozenset(found.whole),
                found.versions,
            ),
        )


def _child_for(content: bytes) -> ChildProcess:
    """A confined process with onnxruntime: the environment that converts models, too."""
    try:
        environment = environment_of(
            importlib.metadata.version(SKLEARN), more=read_pins("onnx_conversion")
        )
    except ModelUnreadableError as error:
        raise InstallError(
            f"Reading an ONNX graph needs onnxruntime: {error.message}", error.hint
        ) from error
    return ChildProcess(
        environment.interpreter, cpu_s=SESSION_CPU_S, memory_bytes=memory_for(len(content))
    )


def _asked(
    child: ChildProcess,
    name: str,
    request: Mapping[str, object],
    content: bytes,
    notify: Callable[[str], None],
) -> tuple[Mapping[str, object], bytes]:
    try:
        return child.ask(request, content, timeout_s=OPEN_TIMEOUT_S, notify=notify)
    except ModelUnreadableError as error:
        raise ModelUnreadableError(f"{name}: {error.message}", error.hint) from error


def _checked(done: Mapping[str, object]) -> GraphFacts:
    """The facts, in the form that the child must send.

    Raises:
        ModelUnreadableError: the form is wrong.
    """
    try:
        found = GraphFacts.model_validate(done.get("graph"))
    except ValidationError as error:
        raise wrong_answer() from error
    places = range(found.n_features)
    listed = [*found.texts, *found.whole, *found.binary]
    if not all(place in places for place in listed) or not 1 <= len(found.outputs) <= 2:
        raise wrong_answer()
    return found


def _classes(
    found: GraphFacts, signature: Signature | None, labels: Mapping[str, str] | None
) -> list[JsonScalar] | None:
    """The graph's own classes, or else those of the signature or of the labels.

    Raises:
        SignatureError: the answer is a class, and nothing says which classes there are.
    """
    if not found.is_classifier or found.classes is not None:
        return found.classes
    if signature is not None and signature.classes is not None:
        return [name for name in signature.classes if not isinstance(name, tuple)]
    if labels:
        return [int(name) if name.lstrip("-").isdecimal() else name for name in labels]
    raise SignatureError(
        f"The graph's output {found.outputs[0]!r} names a class, but the graph does not list its "
        "classes.",
        "Name them in the order of the scores: --labels 0=no,1=yes.",
    )


def _facts_of(found: GraphFacts) -> Facts:
    return Facts(
        type="The graph",
        is_classifier=found.is_classifier,
        classes=found.classes,
        n_features=found.n_features,
        feature_names=found.feature_names,
        sklearn_version="",
        numpy_version=found.numpy_version,
        python_version=found.python_version,
    )


def _described(signature: Signature, found: GraphFacts) -> Signature:
    """The signature with the kinds of the graph's inputs, and the range of the binary ones."""
    features = list(signature.features)
    for place in found.texts:
        features[place] = replace(features[place], kind="category")
    for place in found.binary:
        features[place] = replace(features[place], minimum=0.0, maximum=1.0)
    signature = replace(signature, features=tuple(features))
    return signatures.with_known_texts(signature, found.known_texts)
