"""Opens a model file. Confined child processes list, load and describe the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from poner.artifacts import ModelFile, Provenance, TrainedModel
from poner.environments import installable_sklearn
from poner.errors import ModelUnreadableError, UsageError
from poner.loader import graphs, mlflow_folders, model_files, part_files, signatures
from poner.loader.child_oracle import SESSION_CPU_S, ChildOracle, memory_for, unpacked
from poner.loader.child_process import ChildProcess
from poner.loader.environments import Environment, environment_of
from poner.loader.fitted import fitted_object
from poner.loader.libraries import (
    SKLEARN,
)
from poner.loader.mlflow_folders import MlflowModel
from poner.loader.model_packages import (
    boosters_of,
    libraries_of,
    packages_of,
)
from poner.loader.neighbours import Neighbour, describe_unused, find_neighbours, model_beside
from poner.loader.part_files import ListedFile
from poner.loader.parts import ALONE, Parts
from poner.loader.rewriting import rewritten_model
from poner.loader.row_form import frame_columns
from poner.loader.signatures import Facts
from poner.loader.user_modules import read_modules
from poner.loader.versions import naming_version, sklearn_version_of
from poner.signature import SIGNATURE_NAME, Signature

PANDAS = "pandas"

LOAD_TIMEOUT_S = 90.0

MORE_S_PER_MB = 5.0
"""Additional time limit for each MB of the uncompressed model."""

MOST_COMPRESSED = 10
"""Compression ratio up to which a model gets additional time for its uncompressed size."""


@contextmanager
def _naming_ended(child: ChildProcess, file_name: str) -> Iterator[None]:
    """Name the file in the error for a child that ended; a living one names its files itself."""
    try:
        yield
    except ModelUnreadableError as error:
        if child.over is None:
            raise
        raise ModelUnreadableError(f"{file_name}: {error.message}", error.hint) from error


@contextmanager
def open_model(
    path: Path,
    *,
    parts: Parts = ALONE,
    signature: Signature | None = None,
    feature_names: Sequence[str] | None = None,
    labels: Mapping[str, str] | None = None,
    include: Sequence[Path] = (),
    allow: Sequence[str] = (),
    requirements: Sequence[str] = (),
    notify: Callable[[str], None] = lambda line: None,
) -> Iterator[TrainedModel]:
    """Read a model file safely; the oracle answers as long as the context is open.

    Args:
        path: a model file, or a folder with clf.sav or a single model file, or one of MLflow.
        parts: the model's key in the file, and the steps before it, which other files may hold; all
            are read with the scikit-learn that fitted the model, and joined to one Pipeline.
        signature: the signature to use in place of the signature.json beside the file.
        feature_names: names of the features in the model's order, in place of any signature.
        labels: a label for each class, by `str(class)`: `{"1": "malignant"}`.
        include: the user's own Python files and package folders, whose classes the model may hold;
            they run in the confined child only.
        allow: packages whose classes the model may hold besides; they, too, run in the confined
            child only.
        requirements: packages that the model needs besides scikit-learn and its dependencies, or
            their versions, such as `numpy==1.24.1`.
        notify: receives a line on each decision, such as the use of another environment.

    Raises:
        UsageError: an included module is missing or has a library's name, a requirement cannot be
            parsed, or labels are given twice.
        ModelRefusedError: a file names a global outside the allow-list; no code of it was run.
        ModelUnreadableError: a file is damaged or holds something other than a model, parts do not
            fit each other, or the model's scikit-learn version cannot be installed.
        SignatureError: the signature does not fit the model.
    """
    file = model_files.find_model_file(path)
    if graphs.is_graph(file):
        if parts != ALONE:
            raise UsageError(
                f"{file.name} is an ONNX graph, which poner joins to no other file.",
                "Convert the whole Pipeline to ONNX, or give its parts as pickles.",
            )
        with graphs.open_graph(
            file,
            signature=signature,
            feature_names=feature_names,
            labels=labels,
            notify=notify,
        ) as graph:
            yield graph
        return
    if labels is not None and parts.target_labels is not None:
        raise UsageError("Labels are given twice.", "Give the labels, or the file that has them.")
    modules = read_modules(include, allow)
    files = part_files.list_files(file, parts, modules.names)
    listed = part_files.merged(files)
    modules = modules.named_by(listed.names)
    for line in part_files.describe_unused(files):
        notify(line)
    if signature is None and feature_names is None and parts.features is None:
        signature = part_files.read_signature(files, parts)
    recorded = signature.libraries if signature is not None else {}
    mlflow = mlflow_folders.read_beside(file)
    if mlflow is not None and not recorded:
        recorded = mlflow.versions
    version = sklearn_version_of(listed, file.name, recorded, notify)
    for line in part_files.describe_versions(files, version):
        notify(line)
    wanted = [
        *requirements,
        *boosters_of(listed, file.name, recorded, requirements),
        *packages_of(modules.packages, recorded, requirements),
    ]
    environment = environment_of(version, more=wanted)
    if not environment.is_own:
        notify(_elsewhere(file.name, version, environment, wanted))
    neighbours = find_neighbours(file, [own.path for own in files[1:]])
    timed_bytes = sum(
        min(own.listing.unpacked_bytes, MOST_COMPRESSED * len(own.content)) for own in files
    )
    more_s = MORE_S_PER_MB * timed_bytes / 1e6
    with (
        naming_version(version),
        ChildProcess(
            environment.interpreter,
            cpu_s=SESSION_CPU_S,
            memory_bytes=memory_for(listed.unpacked_bytes),
            modules=modules.files,
        ) as child,
    ):
        request, content = part_files.request_of(
            files, parts, feature_names, model_beside(neighbours), modules.names
        )
        with _naming_ended(child, file.name):
            load_s = LOAD_TIMEOUT_S + more_s
            done, block = child.ask(request, content, timeout_s=load_s, notify=notify)
        facts = signatures.checked_facts(done.get("facts"))
        signatures.check_supported(facts)
        found = signatures.checked_findings(done, facts)
        for line in found.notes:
            notify(line)
        labels = found.labels_by_class(facts) or labels
        if signature is None:
            names = found.names or feature_names or _names_of(mlflow, facts)
            signature = signatures.make_signature(facts, names, labels, notify)
            signature = signatures.with_known_texts(signature, done.get("known_texts"))
            for line in _unused(file, neighbours, facts, signature):
                notify(line)
        else:
            signatures.check_signature(signature, facts, SIGNATURE_NAME)
            signature = signatures.with_labels(signature, labels)
        ignored = signatures.checked_places(done.get("ignored"), signature)
        signature = signatures.ignoring(signature, ignored)
        oracle = ChildOracle(child, f"{SKLEARN} {version}", more_s, notify)
        rows = part_files.read_training_rows(files, parts, signature)
        columns = None
        if modules.names:
            columns = frame_columns(
                child,
                oracle,
                signature,
                rows,
                frames_first=PANDAS in modules.imports or bool(modules.packages),
                notify=notify,
            )
        yield TrainedModel(
            estimator=fitted_object(done.get("nodes", ()), unpacked(done, block)),
            signature=signature,
            provenance=_provenance(files, parts, facts, signature),
            oracle=oracle,
            missing_as_none=signatures.checked_places(done.get("missing_as_none"), signature),
            training_rows=rows,
            file=ModelFile(
                name=file.name,
                write=lambda: rewritten_model(child, file.name, modules, notify),
                libraries=libraries_of(
                    modules.imports | ({PANDAS} if columns else set()),
                    wanted,
                    environment,
                    {**recorded, SKLEARN: version},
                ),
                modules=modules.files,
                frame_columns=columns,
            ),
        )


def _names_of(mlflow: MlflowModel | None, facts: Facts) -> Sequence[str] | None:
    """The names that an MLflow signature gives a model which records none itself."""
    if mlflow is None or mlflow.feature_names is None or facts.feature_names is not None:
        return None
    return mlflow.feature_names if len(mlflow.feature_names) == facts.n_features else None


def _unused(
    file: Path, neighbours: Sequence[Neighbour], facts: Facts, signature: Signature
) -> list[str]:
    """Sentences on files beside a model without a signature.json."""
    names_its_features = [feature.column for feature in signature.features] != [
        f"x{place}" for place in range(len(signature.features))
    ]
    texts = all(isinstance(name, str) for name in facts.classes or ())
    return describe_unused(
        file,
        neighbours,
        has_names=names_its_features,
        has_labels=texts or signature.labels is not None,
    )


def _provenance(
    files: Sequence[ListedFile], parts: Parts, facts: Facts, signature: Signature
) -> Provenance:
    names = list(dict.fromkeys(part.file.name for part in parts.steps(files[0].path)))
    name = " + ".join(dict.fromkeys([*names, files[0].name]))
    return Provenance(
        name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"),
        part_files.hash_of(files, parts),
        facts.sklearn_version,
        facts.numpy_version,
        facts.python_version,
        signature.metrics,
    )


def _elsewhere(
    file_name: str, version: str, environment: Environment, wanted: Sequence[str]
) -> str:
    """The line that tells the user of an environment other than poner's own."""
    besides = f" with {', '.join(wanted)}" if wanted else ""
    read_with = installable_sklearn(version)
    which = "that version" if read_with == version else f"{SKLEARN} {read_with}"
    return (
        f"{file_name} was fitted with scikit-learn {version}; reading it in an environment of "
        f"{which}{besides} (Python {environment.python_version})."
    )
