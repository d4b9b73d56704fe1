"""Finds what lies beside a model file, by the names of the files; opens none of them.

Many models are saved in two files: what prepares the rows, and the model.
"""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, assert_never

from poner.loader.model_files import SUFFIXES

MOST_LOOKED_AT = 1000
"""Files of a folder that are looked at."""

MOST_NAMED = 5
"""Files that a build names."""

Role = Literal["step", "encoder", "labels", "names", "model", "other"]
"""What a file may hold, by its name: a step before the model, an encoder of columns or of the
target, labels of classes, names of features, a model, or what poner has no use for."""

_STEP = re.compile(
    r"scal(?:er|ar|ing)s?|vectori[sz]er|vect|tfidf|ohe|onehot|imputer|pca|svd|sc|transformer"
    r"|preprocess(?:or|ing|er)?|normali[sz]er|standardi[sz]er|selector|poly"
)
_ENCODER = re.compile(r"encoders?|encs?|le|label|ordinal")
_LABELS = re.compile(r"classes|labels|targets?|y")
_NAMES = re.compile(r"columns?|cols|features?|names")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


@dataclass(frozen=True)
class Neighbour:
    """A file beside a model file."""

    file: Path
    """The file."""
    role: Role
    """What it may hold."""


def find_neighbours(model_file: Path, used: Collection[Path] = ()) -> list[Neighbour]:
    """The other files in a model file's folder that may belong to the model, by name.

    Args:
        model_file: not among them.
        used: files that the user has named; not among them either.
    """
    known = {file.absolute() for file in (model_file, *used)}
    try:
        entries = list(itertools.islice(model_file.parent.iterdir(), MOST_LOOKED_AT))
    except OSError:
        return []
    found = [Neighbour(entry, role_of(entry)) for entry in sorted(entries)]
    return [
        own
        for own in found
        if own.role != "other" and own.file.absolute() not in known and own.file.is_file()
    ]


def role_of(file: Path) -> Role:
    """What a file of this name may hold."""
    words = [word.lower() for word in _WORD.findall(file.stem)]
    step, encoder, labels, names = (
        any(map(pattern.fullmatch, words)) for pattern in (_STEP, _ENCODER, _LABELS, _NAMES)
    )
    if file.suffix == ".json":
        return "names" if names else "labels" if labels else "other"
    if file.suffix not in SUFFIXES or (step and labels):  # such as a scaler of the target
        return "other"
    if step:
        return "step"
    if encoder:
        return "encoder"
    if labels or names:
        return "names" if names else "labels"
    return "model"


def model_beside(neighbours: Sequence[Neighbour]) -> str:
    """The only model among the neighbours, as the command line takes it; else `MODEL`."""
    models = [str(own.file) for own in neighbours if own.role == "model"]
    return models[0] if len(models) == 1 else "MODEL"


def describe_unused(
    model_file: Path, neighbours: Sequence[Neighbour], *, has_names: bool, has_labels: bool
) -> list[str]:
    """A sentence for each neighbour that a build of the model file may lack.

    Args:
        model_file: the file that is built.
        neighbours: the files beside it.
        has_names: whether the names of the features are known.
        has_labels: whether the classes are texts, or have labels; or there are no classes.
    """
    sentences = []
    for own in neighbours:
        use = _use(own, has_names=has_names, has_labels=has_labels)
        if use is not None:
            sentences.append(f"{own.file.name} beside {model_file.name} is not used: {use}.")
    return sentences[:MOST_NAMED]


def _use(neighbour: Neighbour, *, has_names: bool, has_labels: bool) -> str | None:
    """When and how to use a neighbour: the end of a sentence."""
    path = shlex.quote(str(neighbour.file))
    match neighbour.role:
        case "step":
            return f"if rows pass through it before the model, add `--before {path}`"
        case "encoder":
            of_columns = f"if it encodes columns, add `--before {path}`"
            if has_labels:
                return of_columns
            return f"if it encodes the target, add `--target-labels {path}`; {of_columns}"
        case "labels":
            wanted = f"if it holds the labels of the classes, add `--target-labels {path}`"
            return None if has_labels else wanted
        case "names":
            return None if has_names else f"if it lists the features, add `--features {path}`"
        case "model" | "other":
            return None
        case _:
            assert_never(neighbour.role)
