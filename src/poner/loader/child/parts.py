"""Loads the files of a request, and makes one model of the parts that it names.

A request that loads files has, beside their bytes::

    "files": [{"name": "model.pkl", "path": "model/model.pkl", "bytes": 7128, "sklearn": "1.9.1"}]
    "model": {"file": 0, "key": null, "columns": []}         a part
    "before": [...]                                          parts, in the order of the rows
    "target_labels": null, "features": null                  a part, or null
    "names": null                                            names of the features, as the user says
    "beside": "MODEL"                                        contents.Source.model
    "modules": []                                            the user's own, by top-level name
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .. import safe_pickle
from ..safe_pickle import FileRefusedError, FileUnreadableError
from . import assembly, contents, estimators, model_choice, transformers
from .contents import Source
from .placement import Step


class Loaded(NamedTuple):
    """What the files of a request hold."""

    estimator: Any
    """One model, made of its parts."""
    names: list[str] | None = None
    """Names of the features that a part holds."""
    labels: list[str] | None = None
    """Labels that a part holds, in the order of the model's classes."""
    notes: Sequence[str] = ()
    """Sentences on what was decided."""


def load_parts(request: Mapping[str, Any], body: bytes) -> Loaded:
    """Load each file once, and make one model of the parts.

    Raises:
        FileRefusedError: a file names or does what the allow-list does not permit.
        FileUnreadableError: a file is damaged, or a part is not there or does not fit.
    """
    files = _Files(request, body)
    model, source = files.part(request["model"])
    estimators.check_estimator(model, source)
    listed = None
    if request["features"] is not None:
        listed = _names_in(*files.part(request["features"]))
    names = request["names"] if listed is None else listed
    steps = []
    for part in request["before"]:
        steps.append(Step(*files.part(part), columns=tuple(part["columns"])))
        _check_version(steps[-1], request["files"][part["file"]]["sklearn"])
    assembled = assembly.assemble(steps, model, source, names)
    notes = list(assembled.notes)
    if names is None:
        notes += _offers(files.whole(request["model"]["file"]), assembled.estimator, source)
    labels = None
    if request["target_labels"] is not None:
        labels = labels_in(*files.part(request["target_labels"]), estimators.classes_of(model))
    return Loaded(assembled.estimator, listed, labels, notes)


def _check_version(step: Step, fitted_with: str | None) -> None:
    """Whether a step that another scikit-learn fitted works in this one.

    Raises:
        FileUnreadableError: it lacks what this version keeps in an attribute.
    """
    import sklearn

    if fitted_with in (None, sklearn.__version__):
        return
    for value in step.value.values() if isinstance(step.value, dict) else (step.value,):
        lacking = transformers.lacking_attribute(value)
        if lacking is not None:
            raise FileUnreadableError(
                f"{step.source.name} was fitted with scikit-learn {fitted_with} and does not work "
                f"in {sklearn.__version__}, in which the model is read: {lacking}.",
                "Fit and save both with one version of scikit-learn.",
            )


class _Files:
    """The files of a request, loaded when a part of them is needed."""

    def __init__(self, request: Mapping[str, Any], body: bytes) -> None:
        self.described = request["files"]
        self.beside = request["beside"]
        self.modules = frozenset(request["modules"])
        self.contents = []
        start = 0
        for file in self.described:
            self.contents.append(body[start : start + file["bytes"]])
            start += file["bytes"]
        self.loaded: dict[int, Any] = {}

    def whole(self, place: int) -> Any:
        """The object that a file holds; errors begin with the file's name."""
        if place not in self.loaded:
            self.loaded[place] = self._load(self.described[place]["name"], self.contents[place])
        return self.loaded[place]

    def _load(self, name: str, content: bytes) -> Any:
        try:
            if name.endswith(".json"):
                return json.loads(content.decode("utf-8-sig"))
            return safe_pickle.load_content(content, self.modules)
        except FileRefusedError as error:
            raise FileRefusedError(f"{name}: {error.message}", error.names) from error
        except FileUnreadableError as error:
            raise FileUnreadableError(f"{name}: {error.message}", error.hint) from error
        except MemoryError:
            raise
        except Exception as error:  # an untrusted file can raise anything
            lines = str(error).strip().splitlines() or [""]
            raised = f"{type(error).__name__}: {lines[-1][:300]}".rstrip(": .")
            raise FileUnreadableError(f"{name}: The file cannot be loaded: {raised}.") from error

    def part(self, part: Mapping[str, Any]) -> tuple[Any, Source]:
        """The object that a part of a request leads to, and where that is."""
        file = self.described[part["file"]]
        source = Source(file["name"], file["path"], self.beside)
        value = self.whole(part["file"])
        if part["key"] is None:
            return value, source
        return contents.find_part(value, part["key"], source), source.at(part["key"])


def _names_in(value: Any, source: Source) -> list[str]:
    names = contents.texts_of(value)
    if names is None:
        raise FileUnreadableError(
            f"{source.holds(value)}, not a list of feature names.",
            "Give the names themselves: --features a,b,c.",
        )
    return names


def _offers(whole: Any, estimator: Any, source: Source) -> Sequence[str]:
    """A note on feature names that lie in the model's own file, if the model has none."""
    first = estimator.steps[0][1] if hasattr(estimator, "steps") else estimator
    if contents.names_of_columns(first) is not None:
        return ()
    names = model_choice.offered_names(whole, first)
    if names is None:
        return ()
    file = Source(source.name.partition(":")[0], source.path.partition(":")[0])
    option = model_choice.option_of_names(names, file)
    return (f"{names.key} in {file.name} can name the features: `{option}`.",)


def labels_in(value: Any, source: Source, classes: list[Any] | None) -> list[str]:
    """The label of each class, from what encoded the target, or from a dict or list of labels.

    Args:
        value: a LabelEncoder, LabelBinarizer, OneHotEncoder or OrdinalEncoder of one column; a
            dict of labels by class or of classes by label; or the labels in order.
        source: where it comes from.
        classes: of the model, in its order; None for a regressor.

    Raises:
        FileUnreadableError: it does not give each class a label.
    """
    if not classes or isinstance(classes[0], list):
        raise FileUnreadableError(
            f"{source.name} is given as the labels of classes, but the model predicts "
            + ("several things at once." if classes else "numbers, not classes."),
            "Leave --target-labels out.",
        )
    labels = _labels_by_class(value)
    found = [labels.get(_plain(name)) for name in classes]
    if None in found:
        raise FileUnreadableError(
            f"{source.holds(value)}, which has no label for the class "
            f"{classes[found.index(None)]!r} of the model.",
            "Give the encoder that the target went through before the model was fitted; if the "
            "model predicts the labels themselves, leave --target-labels out.",
        )
    return [str(label) for label in found]


def _labels_by_class(value: Any) -> dict[Any, Any]:
    """Labels by class, or by the number of a class."""
    if isinstance(value, dict):
        by_label = all(isinstance(key, str) and _is_number(own) for key, own in value.items())
        return {
            _plain(own if by_label else key): key if by_label else own
            for key, own in value.items()
            if isinstance(own, (str, int, float)) or hasattr(own, "item")
        }
    columns = getattr(value, "categories_", None)
    if columns is not None and len(columns) == 1:
        known = columns[0]
    else:
        known = getattr(value, "classes_", value)
    listed = known.tolist() if hasattr(known, "tolist") else known
    return dict(enumerate(listed)) if isinstance(listed, (list, tuple)) else {}


def _is_number(value: Any) -> bool:
    return isinstance(_plain(value), (int, float))


def _plain(value: Any) -> Any:
    """A class as a number, even if it is numpy's or a text such as "1"."""
    value = value.item() if hasattr(value, "item") and not getattr(value, "shape", ()) else value
    if isinstance(value, str) and value.isdigit() and len(value) < 10:
        return int(value)
    return value
