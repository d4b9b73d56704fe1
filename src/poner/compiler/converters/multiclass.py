"""OneVsRest, OneVsOne and OutputCode: many classes from classifiers of two classes.

Source: scikit-learn 1.1 to 1.9, sklearn/multiclass.py, and _ovr_decision_function of
sklearn/utils/multiclass.py; read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from poner.artifacts import FittedObject
from poner.compiler.converters.members import (
    binary_score,
    convert_members,
    inner_scope,
    label_values,
    present,
)
from poner.compiler.converters.pair_votes import pairs_of
from poner.compiler.converters.scope import Prediction, PredictorConverter, Scope
from poner.compiler.fitted import (
    get_classes,
    get_matrix,
    get_object,
    get_objects,
    get_value,
    get_vector,
)
from poner.compiler.operations.elementwise import Function, Pairing
from poner.compiler.operations.rowwise import Reduction


def convert_constant(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The member for a label that all training rows have, or that none has.

    scikit-learn gives this member no `classes_`.
    """
    label = get_vector(estimator, "y_")
    if len(label) != 1:
        raise scope.damaged("it must have exactly one label")
    value = scope.builder.constant(label)
    both = scope.builder.constant([1 - label[0], label[0]])
    return Prediction(value, None, predict_proba=both, decision_function=value)


def convert_one_versus_rest(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """A score from one classifier per class; with several labels per row, each is decided alone."""
    builder = scope.builder
    members = convert_members(estimator, scope, source)
    kind = str(get_value(get_object(estimator, "label_binarizer_"), "y_type_"))
    classes = get_classes(estimator)
    several = kind.startswith("multilabel")
    if len(members) != (1 if kind == "binary" else len(classes)):
        raise scope.damaged("it needs one estimator for each class")
    scores = builder.join([binary_score(member, scope) for member in members])
    probabilities = _normalized(members, several, scope)
    decides = all(member.decision_function is not None for member in members)
    if kind == "multiclass":
        label = first_or_last_argmax(scores, scope)
    else:
        label = builder.combine(Pairing.GREATER, scores, _threshold(members[0]))
    outputs = ((0, 1),) * len(classes) if several else (classes,)
    return Prediction(label, outputs, probabilities, scores if decides else None)


def first_or_last_argmax(scores: int, scope: Scope) -> int:
    """The index of the largest score: of equal scores the first, before 1.8 the last."""
    builder = scope.builder
    if scope.version >= (1, 8):
        return builder.argmax(scores)
    last = builder.width(scores) - 1
    backwards = builder.argmax(builder.select(scores, np.arange(last, -1, -1)))
    negative = builder.map(Function.NEGATIVE, backwards)
    return builder.combine(Pairing.ADD, negative, float(last))


def _normalized(members: Sequence[Prediction], several: bool, scope: Scope) -> int | None:
    """The probability of each class, normalized unless there are several labels per row."""
    builder = scope.builder
    registers = present([member.predict_proba for member in members])
    if not registers:
        return None
    each = builder.join([builder.select(register, [1]) for register in registers])
    if len(members) == 1:
        each = builder.combine(Pairing.ADD, builder.both_signs(each), [1.0, 0.0])
    if several:
        return each
    total = builder.reduce(Reduction.SUM_IN_ORDER, each)  # as numpy sums a transposed array
    if scope.version < (1, 7):  # dividing by a sum of 0 gave NaN
        return builder.pair(Pairing.DIVIDE, each, total)
    return builder.pair(Pairing.DIVIDE_OR_KEEP, each, total)


def _threshold(member: Prediction) -> float:
    """The threshold of a positive answer, from scikit-learn's _threshold_for_binary_predict."""
    return 0.5 if member.classes is None or member.decision_function is None else 0.0


def convert_one_versus_one(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """Votes of one classifier per pair of classes; confidences break ties."""
    builder = scope.builder
    classes = get_classes(estimator)
    members = _convert_pairs(estimator, scope, source)
    n_classes = len(classes)
    pairs = pairs_of(n_classes)
    if len(members) != len(pairs):
        raise scope.damaged("it needs one estimator for each pair of classes")
    labels = builder.join([label_values(member, scope) for member in members])
    scores = builder.join([binary_score(member, scope) for member in members])
    columns = [k for c in range(n_classes) for k, pair in enumerate(pairs) if c in pair]
    second = [float(pair[1] == c) for c in range(n_classes) for pair in pairs if c in pair]
    ends = [(n_classes - 1) * (c + 1) for c in range(n_classes)]
    given = builder.combine(Pairing.EQUAL, builder.select(labels, columns), second)
    votes = builder.reduce(Reduction.SUM_IN_ORDER, given, ends)
    signs = np.where(np.array(second) == 1.0, 1.0, -1.0)
    signed = builder.combine(Pairing.MULTIPLY, builder.select(scores, columns), signs)
    total = builder.reduce(Reduction.SUM_IN_ORDER, signed, ends)
    size = builder.combine(Pairing.ADD, builder.map(Function.ABSOLUTE, total), 1.0)
    share = builder.pair(Pairing.DIVIDE, total, builder.combine(Pairing.MULTIPLY, size, 3.0))
    decision = builder.pair(Pairing.ADD, votes, share)
    if n_classes != 2:
        return Prediction(builder.argmax(decision), (classes,), decision_function=decision)
    decision = builder.select(decision, [1])
    label = builder.combine(Pairing.GREATER, decision, _threshold(members[0]))
    return Prediction(label, (classes,), decision_function=decision)


def _convert_pairs(estimator: FittedObject, scope: Scope, source: int) -> list[Prediction]:
    """The classifiers of pairs; with a precomputed kernel each reads its own columns."""
    indices = get_value(estimator, "pairwise_indices_")
    if indices is None:
        return convert_members(estimator, scope, source)
    members = get_objects(estimator, "estimators_")
    if not isinstance(indices, list) or len(indices) != len(members):
        raise scope.damaged("it needs a list of columns for each pair of classes")
    builder, found = scope.builder, []
    for place, (member, columns) in enumerate(zip(members, indices, strict=True)):
        register = builder.select(source, scope.check_columns(columns, builder.width(source)))
        found.append(inner_scope(scope, "estimators_", place).predict(member, register))
    return found


def convert_output_code(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The class whose code is nearest to the members' scores."""
    builder = scope.builder
    classes = get_classes(estimator)
    codes = get_matrix(estimator, "code_book_")
    members = convert_members(estimator, scope, source)
    if codes.shape != (len(classes), len(members)):
        raise scope.damaged("it needs a code for each class")
    scores = builder.join([binary_score(member, scope) for member in members])
    # As scikit-learn finds the nearest: |code|^2 - 2 code . score, summed in order.
    repeated = builder.select(scores, np.tile(np.arange(len(members)), len(classes)))
    products = builder.combine(Pairing.MULTIPLY, repeated, codes.ravel())
    ends = [len(members) * (i + 1) for i in range(len(classes))]
    dots = builder.reduce(Reduction.SUM_IN_ORDER, products, ends)
    distances = builder.combine(Pairing.MULTIPLY, dots, -2.0)
    distances = builder.combine(Pairing.ADD, distances, (codes**2).sum(axis=1))
    return Prediction(builder.reduce(Reduction.ARGMIN, distances), (classes,))


_MULTICLASS = "sklearn.multiclass"

PREDICTORS: dict[str, PredictorConverter] = {
    f"{_MULTICLASS}._ConstantPredictor": convert_constant,
    f"{_MULTICLASS}.OneVsRestClassifier": convert_one_versus_rest,
    f"{_MULTICLASS}.OneVsOneClassifier": convert_one_versus_one,
    f"{_MULTICLASS}.OutputCodeClassifier": convert_output_code,
}
