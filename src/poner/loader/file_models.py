"""Opens a model file: listed, checked, loaded and described in child processes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from poner.artifacts import Provenance, Rows, Signature, TrainedModel
from poner.errors import ModelUnreadableError
from poner.loader import listing, model_files, signatures
from poner.loader.child_process import ChildProcess
from poner.loader.environments import environment_of
from poner.loader.fitted import fitted_object
from poner.loader.reader import array_block
from poner.loader.reader.frames import FrameError
from poner.loader.text_rows import split_texts

SESSION_CPU_S = 3600
LOAD_TIMEOUT_S = 300.0
ANSWER_TIMEOUT_S = 600.0


class ChildOracle:
    """Asks the estimator in the child process."""

    def __init__(self, child: ChildProcess) -> None:
        self.child = child

    def answer(self, method: str, rows: Rows, place: Sequence[str | int] = ()) -> NDArray[Any]:
        """Call one of the estimator's own methods; see `artifacts.Oracle`."""
        split = split_texts(rows)
        described, block = array_block.pack_arrays([split.numbers])
        request = {"do": "answer", "method": method, "place": list(place), "block": described}
        request |= {"texts": split.texts, "texts_of": split.texts_of, "none_of": split.none_of}
        done, block = self.child.ask(request, block, timeout_s=ANSWER_TIMEOUT_S)
        (answered,) = unpacked(done, block)
        return answered


def unpacked(done: Mapping[str, Any], block: bytes) -> list[NDArray[Any]]:
    """The arrays of a reply.

    Raises:
        ModelUnreadableError: they do not hold together.
    """
    try:
        return array_block.unpack_arrays(done["block"], block)
    except (FrameError, KeyError) as error:
        raise ModelUnreadableError(
            "The process that read the model answered with nonsense.",
            "Check where the model file comes from.",
        ) from error


@contextmanager
def _naming(file_name: str) -> Iterator[None]:
    """Name the file in what a child process, which is not told the name, says about it."""
    try:
        yield
    except ModelUnreadableError as error:
        raise ModelUnreadableError(f"{file_name}: {error.message}", error.hint) from error


@contextmanager
def open_file(
    path: Path,
    signature: Signature | None,
    feature_names: Sequence[str] | None,
    labels: Mapping[str, str] | None,
    notify: Callable[[str], None],
) -> Iterator[TrainedModel]:
    """The steps of `open_model`, in their order."""
    file = model_files.find_model_file(path)
    content = model_files.read_model_file(file)
    with _naming(file.name):
        listed = listing.list_content(content)
    listing.check_allowed(listed, file.name)
    version = listing.checked_version(listed, file.name)
    environment = environment_of(version)
    if not environment.is_own:
        notify(
            f"{file.name} was fitted with scikit-learn {version}: read in an environment of that "
            f"version (Python {environment.python_version})."
        )
    with ChildProcess(environment.interpreter, cpu_s=SESSION_CPU_S) as child:
        with _naming(file.name):
            done, block = child.ask({"do": "load"}, content, timeout_s=LOAD_TIMEOUT_S)
        facts = signatures.checked_facts(done.get("facts"))
        signatures.check_supported(facts)
        if signature is None and feature_names is None:
            signature = model_files.read_signature(file)
        if signature is None:
            signature = signatures.make_signature(facts, feature_names, labels, notify)
        else:
            signatures.check_signature(signature, facts, model_files.SIGNATURE_NAME)
            signature = signatures.with_labels(signature, labels)
        yield TrainedModel(
            estimator=fitted_object(done.get("nodes", ()), unpacked(done, block)),
            signature=signature,
            provenance=Provenance(
                file.name,
                hashlib.sha256(content).hexdigest(),
                facts.sklearn_version,
                facts.numpy_version,
                facts.python_version,
                signature.metrics,
            ),
            oracle=ChildOracle(child),
            training_rows=model_files.read_training_rows(file, len(signature.features)),
        )
