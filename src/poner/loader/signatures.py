"""The Signature of an estimator: checked if it comes from a file, else made from its attributes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from poner.errors import ModelUnreadableError, SignatureError
from poner.loader.child.estimators import MOST_FEATURES
from poner.loader.child_process import wrong_answer
from poner.signature import Feature, JsonScalar, Signature, wire_names


class Facts(BaseModel):
    """Facts about a loaded estimator, as the child reports them."""

    model_config = ConfigDict(strict=True, frozen=True)

    type: str
    """Name of the estimator's class, without the module."""
    is_classifier: bool
    """Whether it predicts classes."""
    classes: list[JsonScalar] | list[list[JsonScalar]] | None
    """The answers that the estimator can give, in its own order: a list for each output where it
    has several outputs. None for a regressor."""
    n_features: int | None
    """Number of columns that the estimator was fitted on; None if it does not record the number."""
    feature_names: list[str] | None
    """Names of the columns that the estimator was fitted on; None if they had no names."""
    sklearn_version: str
    """Version of scikit-learn in the child process."""
    numpy_version: str
    """Version of numpy in the child process."""
    python_version: str
    """Version of Python in the child process."""

    @property
    def signature_classes(self) -> Any:
        """The classes in the form of a Signature: tuples."""
        return classes_as_tuples(self.classes)


def classes_as_tuples(classes: Sequence[Any] | None) -> Any:
    """Turn classes from the lists of an estimator's facts into the tuples of a Signature."""
    if classes is None:
        return None
    return tuple(tuple(name) if isinstance(name, list) else name for name in classes)


def check_one_output(classes: Sequence[Any]) -> None:
    """Refuse labels for a model with several outputs.

    Raises:
        SignatureError: the model has several outputs, each with classes of its own.
    """
    if classes and isinstance(classes[0], tuple):
        raise SignatureError(
            f"labels are given, but the model predicts {len(classes)} things at once.",
            "Leave the labels out: the answer holds the class of each output.",
        )


def checked_facts(found: object) -> Facts:
    """Check the form of the facts that the child sent.

    Raises:
        ModelUnreadableError: the form is wrong.
    """
    try:
        facts = Facts.model_validate(found)
    except ValidationError as error:
        raise wrong_answer() from error
    named = facts.feature_names or ()
    if not 0 <= (facts.n_features or 0) <= MOST_FEATURES or len(named) > MOST_FEATURES:
        raise wrong_answer()
    return facts


def checked_places(found: object, signature: Signature) -> tuple[int, ...]:
    """Check the indices of features that the child sent.

    Raises:
        ModelUnreadableError: an index is outside the features.
    """
    places = range(len(signature.features))
    if not isinstance(found, list) or not all(
        type(place) is int and place in places for place in found
    ):
        raise wrong_answer()
    return tuple(found)


def ignoring(signature: Signature, places: Collection[int]) -> Signature:
    """The signature in which just these features are ones that the model ignores.

    Whatever else it says of an ignored feature is dropped: the feature is always missing.
    """
    features = [
        Feature(feature.wire_name, feature.column, missing=True, ignored=True)
        if place in places
        else replace(feature, ignored=False)
        for place, feature in enumerate(signature.features)
    ]
    return replace(signature, features=tuple(features))


MOST_NOTES = 100
"""Most sentences of the child for the user."""


class Findings(BaseModel):
    """What the child found beside the model, in the parts that the user names."""

    model_config = ConfigDict(strict=True, frozen=True)

    names: list[str] | None
    """Names of the features, in the model's order."""
    labels: list[str] | None
    """Labels of the classes, in the model's order."""
    notes: list[str]
    """Sentences for the user."""

    def labels_by_class(self, facts: Facts) -> dict[str, str] | None:
        """The labels by `str(class)`."""
        if self.labels is None:
            return None
        return dict(zip(map(str, facts.classes or ()), self.labels, strict=True))


def checked_findings(found: Mapping[str, Any], facts: Facts) -> Findings:
    """Check the form of what the child found beside the model.

    Raises:
        ModelUnreadableError: the form is wrong.
    """
    try:
        findings = Findings.model_validate({key: found.get(key) for key in Findings.model_fields})
    except ValidationError as error:
        raise wrong_answer() from error
    labels, names = findings.labels or (), findings.names or ()
    too_long = len(names) > MOST_FEATURES or len(findings.notes) > MOST_NOTES
    if too_long or len(labels) not in (0, len(facts.classes or ())):
        raise wrong_answer()
    return findings


def check_supported(facts: Facts) -> None:
    """Refuse an estimator that poner cannot serve.

    Raises:
        ModelUnreadableError: the estimator is a classifier without classes.
    """
    if facts.is_classifier and not facts.classes:
        raise ModelUnreadableError(
            f"{facts.type} does not record which classes it predicts.",
            "Fit it on labelled data.",
        )


def check_signature(signature: Signature, facts: Facts, source: str) -> None:
    """Refuse a signature that does not belong to the estimator.

    Raises:
        SignatureError: the number of features or the classes differ.
    """
    given = len(signature.features)
    if facts.n_features is not None and given != facts.n_features:
        raise SignatureError(
            f"{source} has {given} features, but the model expects {facts.n_features}.",
            "Use the signature that was saved with this model.",
        )
    classes = facts.signature_classes
    if signature.classes != classes:
        raise SignatureError(
            f"{source} has the classes {_listed(signature.classes)}, but the model has "
            f"{_listed(classes)}.",
            "Use the signature that was saved with this model.",
        )


def _listed(classes: Sequence[Any] | None) -> str:
    return "none" if classes is None else ", ".join(map(repr, classes[:10]))


def make_signature(
    facts: Facts,
    names: Sequence[str] | None,
    labels: Mapping[str, str] | None,
    notify: Callable[[str], None],
) -> Signature:
    """A signature with the given feature names, else the estimator's own, else x0, x1, ...

    Raises:
        SignatureError: the number of names is wrong, or a label names an unknown class.
    """
    columns = list(names) if names is not None else facts.feature_names
    if columns is None:
        if facts.n_features is None:
            raise SignatureError(
                f"{facts.type} does not record how many features it takes.",
                "Give their names, in the model's order: --features a,b,c.",
            )
        columns = [f"x{position}" for position in range(facts.n_features)]
        notify(
            f"The model has no feature names: requests use x0 to x{facts.n_features - 1}; "
            "give others with --features a,b,c."
        )
    if facts.n_features is not None and len(columns) != facts.n_features:
        raise SignatureError(
            f"The model expects {facts.n_features} feature names, and got {len(columns)}.",
            "Name every feature, in the model's order.",
        )
    if len(set(columns)) != len(columns):
        raise SignatureError("Two features have the same name.", "Name each feature differently.")
    features = tuple(
        Feature(wire_name, column)
        for wire_name, column in zip(wire_names(columns), columns, strict=True)
    )
    signature = Signature(features, facts.signature_classes)
    return with_labels(signature, labels)


def check_width(n_columns: int, n_features: int) -> None:
    """Refuse an X whose number of columns differs from the model's.

    Raises:
        SignatureError: X has more or fewer columns.
    """
    if n_columns != n_features:
        raise SignatureError(
            f"X has {n_columns} columns, but the model was fitted on {n_features}.",
            "Give the X that it was fitted on.",
        )


def with_labels(signature: Signature, labels: Mapping[str, str] | None) -> Signature:
    """The signature with a label for each class; by default the label is the class as text.

    Args:
        signature: the signature of a classifier.
        labels: labels by `str(class)`, such as `{"1": "malignant"}`.

    Raises:
        SignatureError: a label names an unknown class, or the model has several outputs.
    """
    if labels is None:
        return signature
    check_one_output(signature.classes or ())
    known = [str(name) for name in signature.classes or ()]
    unknown = [name for name in labels if name not in known]
    if unknown:
        raise SignatureError(
            f"There is no class {unknown[0]!r} to label: the model has "
            f"{', '.join(known) or 'no classes'}.",
            "Name the model's own classes: --labels 0=benign,1=malignant.",
        )
    texts = tuple(labels.get(name, name) for name in known)
    return replace(signature, labels=texts)
