"""Refuses what is no model, and says how to build what is there.

A file may hold one half of a model, or a dict with the model and more. The hints are options of the
command line that build it.
"""

from __future__ import annotations

import re
import shlex
from typing import Any

from ..safe_pickle.faults import FileUnreadableError
from . import contents
from .contents import Entry, Source

LONGEST_NAMES = 200
"""Characters of feature names that a hint spells out."""

TELLING = re.compile(
    r"(?:^|[^a-z])(?:cols?|columns?|feats?|features?|names?|inputs?|fields?|predictors?|x)"
    r"(?:$|[^a-z])"
)
"""Keys under which a list of texts is likely to name the features."""

SAVE_BOTH = "Give a list of steps that ends in the model, such as [scaler, model]."


def check_model(value: Any, source: Source) -> None:
    """Whether an object is an estimator that predicts.

    Raises:
        FileUnreadableError: it is not; says what it is, and how to build what is there.
    """
    if contents.predicts(value):
        return
    if contents.encodes_targets(value):
        raise FileUnreadableError(
            f"{source.holds(value)}, which encodes labels and predicts nothing.",
            _hint_for_encoder(source),
        )
    if contents.prepares_rows(value) or contents.prepares_columns(value):
        raise FileUnreadableError(
            f"{source.holds(value)}, which prepares rows for a model and predicts nothing.",
            SAVE_BOTH
            if not source.path
            else f"Build the model, and name this file before it: `{_build(source)}`.",
        )
    if contents.entries_of(value) is not None:
        raise FileUnreadableError(
            f"{source.holds(value)}, not one model: {contents.listed(value) or 'nothing'}.",
            _hint_for_container(value, source),
        )
    if contents.is_estimator(value):
        raise FileUnreadableError(
            f"{source.holds(value)}, which has no method predict.",
            "Save a classifier or a regressor, or a Pipeline that ends in one.",
        )
    raise FileUnreadableError(
        f"{source.holds(value)}, not a scikit-learn estimator.", "Save the fitted estimator itself."
    )


def _build(source: Source) -> str:
    return f"poner build {shlex.quote(source.model)} --before {source.quoted}"


def _hint_for_encoder(source: Source) -> str:
    if not source.path:
        return "Give the model, and the encoder's classes as labels=encoder.classes_."
    path, build = source.quoted, f"poner build {shlex.quote(source.model)}"
    return (
        f"Build the model: `{build} --target-labels {path}` if it encodes what the model predicts, "
        f"`{build} --before COLUMN={path}` if it encodes a column of the rows."
    )


def _hint_for_container(value: Any, source: Source) -> str:
    """The options that build a model inside a container."""
    entries = contents.flattened(value)
    models = [entry for entry in entries if contents.predicts(entry.value)]
    if not source.path:
        return "Give the fitted model itself, or a list of steps that ends in the model."
    if not models:
        return "Name the file that holds the fitted model."
    if len(models) > 1:
        keys = ", ".join(f"`--key {shlex.quote(model.key)}`" for model in models[:MOST_KEYS])
        return f"Choose one of the models: {keys}."
    return f"Choose its parts: `{' '.join(_options(entries, models[0], value, source))}`."


MOST_KEYS = 5
"""Models that a hint names."""


def _options(entries: list[Entry], model: Entry, value: Any, source: Source) -> list[str]:
    """The options for one model, with what stands beside it in the container."""
    options = [f"--key {shlex.quote(model.key)}"]
    first = model.value
    for entry in entries:
        if contents.encodes_targets(entry.value):
            if encodes_classes(entry.value, model.value):
                options.append(f"--target-labels {source.at(entry.key).quoted}")
        elif contents.prepares_rows(entry.value) or contents.prepares_columns(entry.value):
            if first is model.value and not isinstance(entry.value, dict):
                first = entry.value
            options.append(f"--before-key {shlex.quote(entry.key)}")
    names = offered_names(value, first)
    if names is not None:
        options.append(option_of_names(names, source))
    return options


def encodes_classes(encoder: Any, model: Any) -> bool:
    """Whether an encoder's numbers are the classes that a model predicts."""
    known, classes = getattr(encoder, "classes_", ()), getattr(model, "classes_", None)
    try:
        return classes is not None and list(classes) == list(range(len(known)))
    except ValueError:
        return False


def offered_names(value: Any, first: Any) -> Entry | None:
    """A list of texts in a container that can be the feature names of an estimator.

    Args:
        value: the container.
        first: the first estimator that the rows pass.
    """
    own = contents.names_of_columns(first)
    for entry in contents.flattened(value):
        texts = contents.texts_of(entry.value)
        if texts is None or not TELLING.search(entry.key.lower()):
            continue
        if len(texts) == contents.number_of_columns(first) and own in (None, texts):
            return Entry(entry.key, texts)
    return None


def option_of_names(names: Entry, source: Source) -> str:
    """The option that gives these feature names."""
    spelled = ",".join(names.value)
    plain = all(name == name.strip() and name and "," not in name for name in names.value)
    if plain and len(spelled) <= LONGEST_NAMES:
        return f"--features {shlex.quote(spelled)}"
    return f"--features {source.at(names.key).quoted}"
