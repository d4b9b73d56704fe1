"""The Bundle: what the bundler makes, the emulator runs and the deployer ships."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from poner.artifacts import FloatArray, ParityReport, Provenance
from poner.aws_lambda.functions import FunctionSettings
from poner.errors import BundleError
from poner.foreign_json import first_fault
from poner.signature import PredictionValue, Signature
from poner.storage import read_file, restore

MANIFEST_FORMAT = 4
MANIFEST_NAME = "manifest.json"
FUNCTION_ZIP = "function.zip"

Engine = Literal["native", "onnx", "sklearn"]
"""How predictions are computed on Lambda."""

EngineChoice = Literal["auto", Engine]
"""An engine; `auto` takes the first that answers as the model does."""

Slim = Literal["auto", "always", "never"]
"""What is left out of layers: as much as their size requires, all that is safe, or nothing."""

ENGINE_DEFAULTS: Mapping[Engine, tuple[int, int]] = {
    "native": (128, 3),
    "onnx": (1_769, 30),
    "sklearn": (1_769, 30),
}
"""Memory in MB and timeout in seconds by engine: a function with packages needs more than
the smallest memory and three seconds to start; 1,769 MB have one whole processor (AWS's
documentation, 2026-11)."""


@dataclass(frozen=True)
class FileRecord:
    """One file's path, size and hash."""

    path: str
    """Its path, with / between folders."""
    size_bytes: int
    """Its size."""
    sha256: str
    """Its hash, in hexadecimal."""


@dataclass(frozen=True)
class ZipRecord:
    """One zip of the Bundle, with its files."""

    path: str
    """Its path in the Bundle."""
    size_bytes: int
    """Its size, which counts against the direct upload's limit."""
    sha256: str
    """Its hash, in hexadecimal."""
    unzipped_bytes: int
    """The sum of its members' sizes, which counts against the unzipped limit."""
    members: tuple[FileRecord, ...]
    """The files in it, sorted by path."""


@dataclass(frozen=True)
class Library:
    """One package in a layer."""

    name: str
    """Its name, as the package index spells it."""
    version: str
    """Its version."""
    wheel: str
    """File name of the wheel it was taken from."""
    sha256: str
    """Hash of that wheel, in hexadecimal."""


@dataclass(frozen=True)
class Layer:
    """One layer: a zip with `python/` at its root, and what is in it."""

    name: str
    """Name to publish it under: letters, digits, - and _, the same for the same content."""
    zip: ZipRecord
    """The zip, as layers/NAME.zip."""
    libraries: tuple[Library, ...]
    """Its packages, sorted by name."""


@dataclass(frozen=True)
class SlimmingStep:
    """The space saved by leaving one kind of file out of the layers."""

    rule: str
    """What was left out, such as `tests`."""
    files: int
    """How many files."""
    zipped_bytes: int
    """The bytes that they would take in the zips."""
    unzipped_bytes: int
    """The bytes that they would take unpacked."""


@dataclass(frozen=True)
class Quota:
    """One of Lambda's limits, and how much of it the Bundle leaves free."""

    name: str
    """`zipped_bytes`, `unzipped_bytes` or `layers`."""
    limit: int
    """AWS's limit."""
    used: int
    """The part that the Bundle uses."""
    left: int
    """What it leaves."""


@dataclass(frozen=True)
class Verification:
    """How the finished zips were started and asked, before the Bundle was written."""

    python_version: str
    """Version of the interpreter that ran the function."""
    architecture: str
    """Architecture that ran: the Bundle's own, or its twin's where this machine cannot run that."""
    rows: int
    """Rows whose outputs, every one, came out of the zips as the model's, but for tolerances and
    ties; of the native engine those of its compiled form, scores and classes to the bit."""
    requests: int
    """Number of requests that the zip's own handler answered with the model's prediction."""
    requests_tied: int = 0
    """How many of them it answered with another class, as the model's scores of both are equal."""


@dataclass(frozen=True)
class KnownAnswer:
    """A request with the model's own answer, to be asked of the function wherever it runs."""

    body: str
    """The request as JSON: a row of medians, which is no person's data."""
    prediction: PredictionValue
    """The model's own answer."""
    tolerance: tuple[float, ...]
    """Absolute tolerance of each output's number; 0 where answers must be equal."""

    def agrees_with(self, prediction: object) -> bool:
        """Whether an endpoint's prediction is the model's own answer."""
        return agrees(prediction, self.prediction, self.tolerance)


@dataclass(frozen=True)
class Manifest:
    """manifest.json: the contents of a Bundle and the report of its proof."""

    settings: FunctionSettings
    """The settings of the function, with defaults filled in."""
    engine: str
    """How predictions are computed: `native`, `onnx` or `sklearn`."""
    passed_over: tuple[str, ...]
    """One line for each engine that was not taken, and why."""
    runtime: str
    """AWS's identifier, such as `python3.13`."""
    architecture: str
    """`x86_64` or `arm64`."""
    handler: str
    """Module and function that Lambda calls."""
    function: ZipRecord
    """function.zip."""
    layers: tuple[Layer, ...]
    """The layers, in the order in which Lambda unpacks them."""
    quotas: tuple[Quota, ...]
    """Lambda's limits, and the Bundle's use of them."""
    signature: Signature
    """The model's features, classes and target; stays on this machine."""
    provenance: Provenance
    """The origin of the model."""
    parity: ParityReport
    """What was compared with the model: by the compiler, or where the engine ships the model or a
    graph, from the finished zips."""
    verification: Verification
    """How the finished zips were tried."""
    poner_version: str
    """The version of poner that made the Bundle."""
    slimming: tuple[SlimmingStep, ...] = ()
    """The files left out of the layers by kind, in the order in which kinds were tried."""
    bytecode: bool = True
    """Whether the layers hold bytecode of the runtime's Python."""
    known_answer: KnownAnswer | None = None
    """What to ask once it is deployed; None where the model has no answer to a row of medians that
    JSON can say, or a tie of its classes leaves the answer to rounding."""
    format: int = MANIFEST_FORMAT
    """Version of this layout."""

    def to_json(self) -> str:
        """Text of manifest.json; the same for the same Bundle."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"


@dataclass(frozen=True)
class Bundle:
    """A folder with manifest.json, function.zip and layers/*.zip."""

    folder: Path
    """Where it lies."""
    manifest: Manifest
    """What it holds."""

    @property
    def function_zip(self) -> Path:
        """The function's code and model."""
        return self.folder / self.manifest.function.path

    @property
    def layer_zips(self) -> tuple[Path, ...]:
        """The layers, in the order in which Lambda unpacks them."""
        return tuple(self.folder / layer.zip.path for layer in self.manifest.layers)


def agrees(given: object, wanted: PredictionValue, tolerance: Sequence[float] | FloatArray) -> bool:
    """Whether two predictions are the same, of the same type; floats within the tolerance.

    Args:
        given: as JSON was read.
        wanted: of several outputs a list.
        tolerance: (n_outputs,) absolute tolerance of each output's number.
    """
    if isinstance(wanted, list):
        return (
            isinstance(given, list)
            and len(given) == len(wanted)
            and all(
                agrees(one, own, [allowed])
                for one, own, allowed in zip(given, wanted, tolerance, strict=True)
            )
        )
    if isinstance(given, float) and isinstance(wanted, float):
        return bool(abs(given - wanted) <= tolerance[0])
    return given == wanted and type(given) is type(wanted)


def is_bundle(folder: Path) -> bool:
    """Whether a folder holds a Bundle; one that a killed build moved aside is put back first."""
    restore(folder)
    return (folder / MANIFEST_NAME).is_file()


MOST_MANIFEST_BYTES = 64 << 20
"""Largest manifest that is read."""


def read_bundle(folder: Path) -> Bundle:
    """Read a Bundle and check that its zips are those of its manifest.

    Raises:
        BundleError: it is missing, damaged, or of another version.
    """
    from pydantic import TypeAdapter, ValidationError

    restore(folder)
    path = folder / MANIFEST_NAME
    try:
        text = read_file(path, MOST_MANIFEST_BYTES).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(
            f"There is no bundle in {folder}: {MANIFEST_NAME} cannot be read.",
            "Make a bundle with `poner build`, or give the folder that it wrote.",
        ) from error
    try:
        manifest = TypeAdapter(Manifest).validate_json(text)
    except ValidationError as error:
        raise BundleError(
            f"{path} is damaged: {first_fault(error)}.",
            "Make the bundle anew with `poner build`.",
        ) from error
    if manifest.format != MANIFEST_FORMAT:
        raise BundleError(
            f"{path} has the format {manifest.format}; this poner reads {MANIFEST_FORMAT}.",
            "Make the bundle anew with `poner build`.",
        )
    for record in (manifest.function, *(layer.zip for layer in manifest.layers)):
        _check_file(folder, record)
    return Bundle(folder, manifest)


def _check_file(folder: Path, record: ZipRecord) -> None:
    try:
        content = read_file(folder / record.path, record.size_bytes)
    except OSError:
        content = b""
    if hashlib.sha256(content).hexdigest() != record.sha256:
        raise BundleError(
            f"{folder / record.path} is missing or not the file that was proved.",
            "Make the bundle anew with `poner build`.",
        )


def file_record(path: str, content: bytes) -> FileRecord:
    """The record of a file's bytes."""
    return FileRecord(path, len(content), hashlib.sha256(content).hexdigest())


def zip_record(path: str, content: bytes, members: Mapping[str, bytes]) -> ZipRecord:
    """The record of a zip's bytes and of its files."""
    own = file_record(path, content)
    records = tuple(file_record(name, members[name]) for name in sorted(members))
    unzipped = sum(record.size_bytes for record in records)
    return ZipRecord(own.path, own.size_bytes, own.sha256, unzipped, records)
