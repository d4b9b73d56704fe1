"""Opens a model file. Confined child processes list, load and describe the model."""

from __future__ import annotations

import hashlib
import importlib.metadata
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from poner.artifacts import ModelFile, Provenance, Table, TrainedModel
from poner.environments import package_of
from poner.errors import ModelStoppedError, ModelUnreadableError
from poner.loader import listing, model_files, signatures
from poner.loader.child import array_block
from poner.loader.child.frames import FrameError
from poner.loader.child_process import ChildProcess, wrong_answer
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
from poner.loader.rewriting import rewritten_model
from poner.loader.signatures import Facts
from poner.loader.user_modules import UserModules, is_taken, read_modules
from poner.signature import SIGNATURE_NAME, Signature
from poner.table import spell_unknown

SESSION_CPU_S = 3600
LOAD_TIMEOUT_S = 90.0
ANSWER_TIMEOUT_S = 60.0
ALL_ANSWERS_TIMEOUT_S = 180.0
"""Time limit for all answers of a model together."""

MORE_S_PER_MB = 5.0
"""Additional time limit for each MB of the uncompressed model."""

MOST_COMPRESSED = 10
"""Compression ratio up to which a model gets additional time for its uncompressed size."""

SLOW_S = 20.0
"""Time for all answers together after which poner tells the user that the model is slow."""

MEMORY_BYTES = 2 << 30
"""Memory limit of a child. scikit-learn alone takes 1 GB where it compares rows in chunks
(its setting `working_memory`)."""

MEMORY_PER_BYTE = 20
"""Additional memory limit for each byte of the uncompressed model."""


class ChildOracle:
    """Asks the estimator in the child process."""

    def __init__(
        self,
        child: ChildProcess,
        more_s: float = 0.0,
        notify: Callable[[str], None] = lambda line: None,
    ) -> None:
        """Start with the whole time left.

        Args:
            child: a child process that has loaded the model.
            more_s: time in addition to the limits of a small model.
            notify: receives a line if an answer takes long.
        """
        self.child, self.notify = child, notify
        self.timeout_s = ANSWER_TIMEOUT_S + more_s
        self.all_s = self.left_s = ALL_ANSWERS_TIMEOUT_S + more_s
        """Time limit for all answers together, and the time that is left of it."""

    def answer(self, method: str, rows: Table, place: Sequence[str | int] = ()) -> NDArray[Any]:
        """Call one of the estimator's own methods; see `artifacts.Oracle`."""
        spelled = spell_unknown(rows)
        described, block = array_block.pack_arrays([spelled.numbers])
        request = {"do": "answer", "method": method, "place": list(place), "block": described}
        request |= {"vocabulary": list(spelled.vocabulary), "categories": spelled.categories}
        done, block = self._ask(request, block)
        answered = unpacked(done, block)
        if len(answered) != 1 or not answered[0].ndim or len(answered[0]) != len(rows):
            raise ModelStoppedError(
                f"The model's {method} returns a different number of answers than rows given.",
                "Check where the model file comes from; fit it again if it is yours.",
            )
        return answered[0]

    def _ask(self, request: Mapping[str, Any], block: bytes) -> tuple[dict[str, Any], bytes]:
        """Send a request to the child within the time that is left.

        Raises:
            ModelUnreadableError: the model refuses the rows.
            ModelStoppedError: the child can answer no further request, or the time is used up.
        """
        if self.left_s <= 0:
            raise ModelStoppedError(
                f"All answers of the model together took longer than {self.all_s:.0f} s.",
                "Check where the model file comes from: a fitted model answers in seconds.",
            )
        begun, left_s = time.monotonic(), self.left_s
        try:
            return self.child.ask(
                request,
                block,
                timeout_s=max(1.0, min(self.timeout_s, self.left_s)),
                doing=f"Asking the model for {request['method']}",
                notify=self.notify,
            )
        except ModelUnreadableError as error:
            if self.child.over is None:
                raise
            raise ModelStoppedError(error.message, error.hint) from error
        finally:
            self.left_s -= time.monotonic() - begun
            if self.left_s < self.all_s - SLOW_S <= left_s:
                self.notify(
                    f"The model answers slowly; poner stops it after {self.all_s:.0f} s in all."
                )


def unpacked(done: Mapping[str, Any], block: bytes) -> list[NDArray[Any]]:
    """The arrays of a reply.

    Raises:
        ModelUnreadableError: the description and the bytes do not match.
    """
    try:
        return array_block.unpack_arrays(done["block"], block)
    except (FrameError, KeyError) as error:
        raise wrong_answer() from error


@contextmanager
def _naming(file_name: str) -> Iterator[None]:
    """Put the file's name before the messages of a child process, which does not know the name."""
    try:
        yield
    except ModelUnreadableError as error:
        raise ModelUnreadableError(f"{file_name}: {error.message}", error.hint) from error


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
        signature: the signature to use in place of the signature.json beside the file.
        feature_names: names of the features in the model's order, in place of any signature.
        labels: a label for each class, by `str(class)`: `{"1": "malignant"}`.
        include: the user's own Python files and package folders, whose classes the model may hold;
            they run in the confined child only.
        requirements: packages that the model needs besides scikit-learn and its dependencies, or
            their versions, such as `numpy==1.24.1`.
        notify: receives a line on each decision, such as the use of another environment.

    Raises:
        UsageError: an included module is missing or has a library's name, or a requirement cannot
            be parsed.
        ModelRefusedError: the file names a global outside the allow-list; no code of it was run.
        ModelUnreadableError: the file is damaged, holds something other than a model, or its
            scikit-learn version cannot be installed.
        SignatureError: the signature does not fit the model.
    """
    modules = read_modules(include)
    file = model_files.find_model_file(path)
    content = model_files.read_model_file(file)
    with _naming(file.name):
        listed = listing.list_content(content, modules.names)
    listing.check_allowed(listed, file.name, modules.names)
    if signature is None and feature_names is None:
        signature = model_files.read_signature(file, content)
    recorded = signature.libraries if signature is not None else {}
    version = sklearn_version_of(listed, file.name, recorded, notify)
    wanted = [*requirements, *boosters_of(listed, file.name, recorded, requirements)]
    environment = environment_of(version, more=wanted)
    if not environment.is_own:
        notify(_elsewhere(file.name, version, environment, wanted))
    timed_bytes = min(listed.unpacked_bytes, MOST_COMPRESSED * len(content))
    more_s = MORE_S_PER_MB * timed_bytes / 1e6
    with ChildProcess(
        environment.interpreter,
        cpu_s=SESSION_CPU_S,
        memory_bytes=MEMORY_BYTES + MEMORY_PER_BYTE * listed.unpacked_bytes,
        modules=modules.files,
    ) as child:
        with _naming(file.name):
            request = {"do": "load", "modules": sorted(modules.names)}
            load_s = LOAD_TIMEOUT_S + more_s
            done, block = child.ask(request, content, timeout_s=load_s, notify=notify)
        facts = signatures.checked_facts(done.get("facts"))
        signatures.check_supported(facts)
        if signature is None:
            signature = signatures.make_signature(facts, feature_names, labels, notify)
        else:
            signatures.check_signature(signature, facts, SIGNATURE_NAME)
            signature = signatures.with_labels(signature, labels)
        ignored = signatures.checked_places(done.get("ignored"), signature)
        signature = signatures.ignoring(signature, ignored)
        yield TrainedModel(
            estimator=fitted_object(done.get("nodes", ()), unpacked(done, block)),
            signature=signature,
            provenance=_provenance(file.name, content, facts, signature),
            oracle=ChildOracle(child, more_s, notify),
            missing_as_none=signatures.checked_places(done.get("missing_as_none"), signature),
            training_rows=model_files.read_training_rows(file, signature),
            file=ModelFile(
                name=file.name,
                write=lambda: rewritten_model(child, file.name, modules, notify),
                libraries=_libraries(modules, wanted, environment, {**recorded, SKLEARN: version}),
                modules=modules.files,
            ),
        )


def _provenance(name: str, content: bytes, facts: Facts, signature: Signature) -> Provenance:
    return Provenance(
        name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"),
        hashlib.sha256(content).hexdigest(),
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
