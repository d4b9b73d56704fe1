"""Opens a model file. Confined child processes list, load and describe the model."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from poner.artifacts import ModelFile, Provenance, TrainedModel
from poner.environments import package_of
from poner.errors import ModelUnreadableError, UsageError
from poner.loader import listing, model_files, part_files, signatures
from poner.loader.child_oracle import ChildOracle, unpacked
from poner.loader.child_process import ChildProcess
from poner.loader.environments import Environment, environment_of
from poner.loader.fitted import fitted_object
from poner.loader.libraries import (
    BOOSTERS,
    FULL_NAMES,
    OTHER_NAMES,
    SKLEARN,
    find_distribution,
    providers_of,
    sklearn_libraries,
    versions_of,
)
from poner.loader.listing import FileListing
from poner.loader.neighbours import Neighbour, describe_unused, find_neighbours, model_beside
from poner.loader.part_files import ListedFile
from poner.loader.parts import ALONE, Parts
from poner.loader.rewriting import rewritten_model
from poner.loader.signatures import Facts
from poner.loader.user_modules import UserModules, is_taken, read_modules
from poner.signature import SIGNATURE_NAME, Signature

SESSION_CPU_S = 3600
LOAD_TIMEOUT_S = 90.0
MORE_S_PER_MB = 5.0
"""Additional time limit for each MB of the uncompressed model."""

MOST_COMPRESSED = 10
"""Compression ratio up to which a model gets additional time for its uncompressed size."""

MEMORY_BYTES = 2 << 30
"""Memory limit of a child. scikit-learn alone takes 1 GB where it compares rows in chunks
(its setting `working_memory`)."""

MEMORY_PER_BYTE = 20
"""Additional memory limit for each byte of the uncompressed model."""


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
    requirements: Sequence[str] = (),
    notify: Callable[[str], None] = lambda line: None,
) -> Iterator[TrainedModel]:
    """Read a model file safely; the oracle answers as long as the context is open.

    Args:
        path: a model file, or a folder with clf.sav or a single model file.
        parts: the model's key in the file, and the steps before it, which other files may hold; all
            are read with the scikit-learn that fitted the model, and joined to one Pipeline.
        signature: the signature to use in place of the signature.json beside the file.
        feature_names: names of the features in the model's order, in place of any signature.
        labels: a label for each class, by `str(class)`: `{"1": "malignant"}`.
        include: the user's own Python files and package folders, whose classes the model may hold;
            they run in the confined child only.
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
    if labels is not None and parts.target_labels is not None:
        raise UsageError("Labels are given twice.", "Give the labels, or the file that has them.")
    modules = read_modules(include)
    file = model_files.find_model_file(path)
    files = part_files.list_files(file, parts, modules.names)
    listed = part_files.merged(files)
    if signature is None and feature_names is None and parts.features is None:
        signature = part_files.read_signature(files, parts)
    recorded = signature.libraries if signature is not None else {}
    version = sklearn_version_of(listed, file.name, recorded, notify)
    for line in part_files.describe_versions(files, version):
        notify(line)
    wanted = [*requirements, *boosters_of(listed, file.name, recorded, requirements)]
    environment = environment_of(version, more=wanted)
    if not environment.is_own:
        notify(_elsewhere(file.name, version, environment, wanted))
    neighbours = find_neighbours(file, [own.path for own in files[1:]])
    timed_bytes = sum(
        min(own.listing.unpacked_bytes, MOST_COMPRESSED * len(own.content)) for own in files
    )
    more_s = MORE_S_PER_MB * timed_bytes / 1e6
    with ChildProcess(
        environment.interpreter,
        cpu_s=SESSION_CPU_S,
        memory_bytes=MEMORY_BYTES + MEMORY_PER_BYTE * listed.unpacked_bytes,
        modules=modules.files,
    ) as child:
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
            names = found.names or feature_names
            signature = signatures.make_signature(facts, names, labels, notify)
            for line in _unused(file, neighbours, facts, signature):
                notify(line)
        else:
            signatures.check_signature(signature, facts, SIGNATURE_NAME)
            signature = signatures.with_labels(signature, labels)
        ignored = signatures.checked_places(done.get("ignored"), signature)
        signature = signatures.ignoring(signature, ignored)
        yield TrainedModel(
            estimator=fitted_object(done.get("nodes", ()), unpacked(done, block)),
            signature=signature,
            provenance=_provenance(files, parts, facts, signature),
            oracle=ChildOracle(child, more_s, notify),
            missing_as_none=signatures.checked_places(done.get("missing_as_none"), signature),
            training_rows=part_files.read_training_rows(files, parts, signature),
            file=ModelFile(
                name=file.name,
                write=lambda: rewritten_model(child, file.name, modules, notify),
                libraries=_libraries(modules, wanted, environment, {**recorded, SKLEARN: version}),
                modules=modules.files,
            ),
        )


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


def sklearn_version_of(
    listed: FileListing, file_name: str, recorded: Mapping[str, str], notify: Callable[[str], None]
) -> str:
    """The version of scikit-learn to read the file with.

    Only scikit-learn's own classes record their version in the file. For an estimator of another
    package, or of the user's own, that holds no such class, the version comes from signature.json
    or is the installed one.
    """
    others = {name for name in listed.modules if name in BOOSTERS or not is_taken(name)}
    if listed.sklearn_version is not None or not others:
        return listing.checked_version(listed, file_name)
    if SKLEARN in recorded:
        return listing.checked_version(listed, file_name, recorded[SKLEARN])
    installed = importlib.metadata.version(SKLEARN)
    notify(
        f"{file_name} does not record which scikit-learn fitted the model; reading it with the "
        f"installed {installed}."
    )
    return installed


def boosters_of(
    listed: FileListing, file_name: str, recorded: Mapping[str, str], requirements: Sequence[str]
) -> list[str]:
    """Requirements for LightGBM and XGBoost where the file names them but `requirements` does not.

    Raises:
        ModelUnreadableError: the library is not installed beside poner.
    """
    required = set(map(package_of, requirements))
    wanted = []
    for package in sorted(listed.modules & BOOSTERS.keys()):
        if required & {package, OTHER_NAMES.get(package)}:
            continue
        installed = find_distribution(package, sys.path)
        if installed is None:
            raise ModelUnreadableError(
                f"{file_name} holds a model of {BOOSTERS[package]}, which is not installed beside "
                "poner.",
                f"Install {BOOSTERS[package]} beside poner: `pip install {package}`.",
            )
        wanted.append(f"{installed.name}=={recorded.get(package, installed.version)}")
    return wanted


def _elsewhere(
    file_name: str, version: str, environment: Environment, wanted: Sequence[str]
) -> str:
    """The line that tells the user of an environment other than poner's own."""
    besides = f" with {', '.join(wanted)}" if wanted else ""
    return (
        f"{file_name} was fitted with scikit-learn {version}; reading it in an environment of that "
        f"version{besides} (Python {environment.python_version})."
    )


def _libraries(
    modules: UserModules,
    wanted: Sequence[str],
    environment: Environment,
    recorded: Mapping[str, str],
) -> dict[str, str]:
    """Versions of the packages that the model needs: as recorded, else those of the environment.

    Neither a file beside the model nor the child decides which packages these are.
    """
    places = environment.places
    names = [
        *sklearn_libraries(places),
        *sorted(FULL_NAMES.get(name, name) for name in map(package_of, wanted)),
        *sorted(providers_of(modules.imports, places)),
    ]
    found = versions_of(names, places)
    return {name: recorded.get(name, found[name]) for name in found}
