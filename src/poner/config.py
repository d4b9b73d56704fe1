"""Reads poner.toml: the settings of a project."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from poner.aws_lambda.cors import Cors
from poner.aws_lambda.functions import FUNCTION_NAME, Architecture
from poner.aws_lambda.quotas import MEMORY_MB, REQUEST_BYTES, TIMEOUT_S
from poner.bundle import EngineChoice, Slim
from poner.deployer.settings import DeploySettings
from poner.errors import ConfigError
from poner.foreign_json import first_fault
from poner.storage import explain, read_file

CONFIG_NAME = "poner.toml"
_LARGEST_BYTES = 65_536
_MOST_DOTS = 1_000
"""Dots in a line; Python's reader of TOML needs memory for the square of a dotted key's length."""

_UNKNOWN_KEY = ("extra_forbidden", "unexpected_keyword_argument")
"""pydantic's error types for a key that a model, or a dataclass, does not have."""

_ALL_KEYS = "docs/configuration.md lists all keys"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _as_tuple(value: object) -> object:
    """TOML's arrays arrive as lists, which strict fields do not take for tuples."""
    return tuple(value) if isinstance(value, list) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
"""An array of strings."""


class ProjectSection(_Section):
    """[project]."""

    name: Annotated[str, Field(pattern=FUNCTION_NAME)] = "function"
    """Name of the Lambda function."""


class ModelSection(_Section):
    """[model]."""

    path: str = "model"
    """Folder or file that train.py saves the model to."""
    key: str | None = None
    """Key of the model, if its file holds a dict, list or tuple; None for the whole file."""
    before: Texts = ()
    """Files of the steps that rows pass before the model, in order."""
    before_key: Texts = ()
    """Keys of further steps in the model's own file."""
    target_labels: str | None = None
    """File of the encoder of the target, or of the labels of the classes."""


class BuildSection(_Section):
    """[build]."""

    engine: EngineChoice = "auto"
    """How predictions are computed."""
    runtime: str | None = None
    """Lambda runtime; None for the runtime of the Python that poner runs on."""
    architecture: Architecture = "x86_64"
    """Instruction set."""
    out: str = "build"
    """Folder that the Bundle is written to."""
    require: Texts = ()
    """Packages for the layers, such as `numpy==1.24.1`: exact versions, and needs of `include`."""
    include: Texts = ()
    """The user's modules that define classes of the model: files or package folders."""
    slim: Slim = "auto"
    """How much to leave out of the layers."""


class FunctionSection(_Section):
    """[function]."""

    memory_mb: Annotated[int, Field(ge=MEMORY_MB[0], le=MEMORY_MB[-1])] | None = None
    """Memory in MB; None for the engine's default."""
    timeout_s: Annotated[int, Field(ge=TIMEOUT_S[0], le=TIMEOUT_S[-1])] | None = None
    """Timeout of an invocation; None for the engine's default."""
    body_limit_bytes: Annotated[int, Field(ge=1, le=REQUEST_BYTES)] | None = None
    """Longest request body that is read; None for what a row of the model needs."""


@dataclass(frozen=True)
class DeploySection(DeploySettings):
    """[deploy]."""

    region: str | None = None
    """AWS region; None for the region that boto3 finds."""
    profile: str | None = None
    """Profile of AWS's configuration; None for the profile that boto3 finds."""


class Config(_Section):
    """All settings of poner.toml; those that it leaves out have their defaults."""

    project: ProjectSection = ProjectSection()
    model: ModelSection = ModelSection()
    build: BuildSection = BuildSection()
    function: FunctionSection = FunctionSection()
    deploy: DeploySection = DeploySection()


def _read_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file that is small enough to be read safely.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is not TOML, too large, or nested too deeply.
    """
    content = read_file(path, _LARGEST_BYTES)
    if any(line.count(b".") > _MOST_DOTS for line in content.splitlines()):
        raise ValueError(f"a line has more than {_MOST_DOTS:,} dots")
    try:
        return tomllib.loads(content.decode())
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def read_config(folder: Path) -> Config:
    """The settings of the project in a folder; all defaults if it has no poner.toml.

    Raises:
        ConfigError: the file is not TOML, or a key or value is not valid.
    """
    path = folder / CONFIG_NAME
    try:
        values = _read_toml(path)
    except FileNotFoundError:
        return Config()
    except (OSError, ValueError) as error:  # no UTF-8, no TOML, or a number of too many digits
        reason = explain(error) if isinstance(error, OSError) else error
        raise ConfigError(
            f"{path} cannot be read: {reason}.", "Correct the file and try again."
        ) from error
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        if (first := error.errors()[0])["type"] in _UNKNOWN_KEY:
            key = ".".join(map(str, first["loc"]))
            raise ConfigError(
                f"{path} has a key that poner does not know: {key}.", _suggest(first["loc"])
            ) from error
        raise ConfigError(
            f"{path} is not valid: {first_fault(error)}.",
            f"Correct that line; {_ALL_KEYS}.",
        ) from error


def _suggest(place: tuple[int | str, ...]) -> str:
    """A hint for an unknown key: the key that was probably meant."""
    *sections, wrong = map(str, place)
    keys = Config().model_dump(include={sections[0]})[sections[0]] if sections else {}
    keys = vars(Cors()) if sections[1:] else keys or Config.model_fields
    near = difflib.get_close_matches(wrong, keys, n=1, cutoff=0.7)
    if near:
        return f"Perhaps {'.'.join([*sections, near[0]])} was meant; {_ALL_KEYS}."
    home = [name for name in Config.model_fields if wrong in Config().model_dump()[name]]
    if home:
        return f"It belongs under [{home[0]}]; {_ALL_KEYS}."
    return f"Leave it out; {_ALL_KEYS}."
