"""The request whose answer is known: medians, the model's own answer, and what agrees with it."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from poner.bundle import Bundle, KnownAnswer, agrees, read_bundle
from poner.bundler.trial import Response, compare_answers, known_requests
from poner.bundler.verification import NATIVE
from poner.compiled_model import CompiledModel
from poner.errors import BundleError, ParityError
from poner.proof import find_known_answer
from tests.conftest import WIRE_NAMES, Cancer
from tests.support.compiling import compile_fitted
from tests.support.mixing import mixed_model, with_proof


def known_answer_of(compiled: CompiledModel) -> KnownAnswer | None:
    """What would be asked of this model's function."""
    assert compiled.evidence is not None
    return find_known_answer(compiled.evidence, NATIVE)


def with_features(compiled: CompiledModel, **changes: dict[str, Any]) -> CompiledModel:
    """The model with other words about some of its features."""
    features = tuple(
        replace(feature, **changes.get(feature.wire_name, {}))
        for feature in compiled.signature.features
    )
    signature = replace(compiled.signature, features=features)
    return replace(compiled, served=replace(compiled.served, signature=signature))


def test_the_row_is_of_medians_and_the_answer_the_models_own(cancer: Cancer) -> None:
    """It is no patient's row; a class is an integer here, and has to be equal."""
    model = LogisticRegression(max_iter=5000).fit(cancer.X, cancer.y)
    known = known_answer_of(compile_fitted(model, cancer.X))
    assert known is not None
    row = list(json.loads(known.body).values())
    assert row == np.median(cancer.X, axis=0).tolist()
    assert row not in cancer.X.tolist()
    assert known.prediction == model.predict([row])[0]
    assert type(known.prediction) is int
    assert known.tolerance == (0.0,)


def test_several_values_have_a_tolerance_each(cancer: Cancer) -> None:
    """An ulp or some of each, however large the others are."""
    model = LinearRegression().fit(cancer.X, cancer.X[:, :2] * [1e6, 1.0])
    compiled = compile_fitted(model, cancer.X)
    assert compiled.evidence is not None
    known = known_answer_of(compiled)
    assert known is not None
    own = model.predict([list(json.loads(known.body).values())])[0]
    np.testing.assert_allclose(known.prediction, own, rtol=1e-9)
    compiled_values = compiled.predict(compiled.evidence.rows.numbers)
    sizes = np.maximum(np.abs(own), np.median(np.abs(compiled_values), axis=0))
    np.testing.assert_allclose(known.tolerance, sizes * 1e-12, rtol=1e-6)


def test_the_bundle_of_a_model_holds_it(article_bundle: Bundle) -> None:
    """Under the wire names, and read back as it was written."""
    known = read_bundle(article_bundle.folder).manifest.known_answer
    assert known is not None
    assert known == article_bundle.manifest.known_answer
    assert tuple(json.loads(known.body)) == WIRE_NAMES
    assert known.prediction in (0, 1)
    assert type(known.prediction) is int


ROWS = [[size, color, "round", None] for size in (1.0, 2.0, 30.0) for color in ("red", "añil")]


def test_unknown_medians_are_taken_from_the_proof() -> None:
    """The middle of all that was tried of a feature, texts in their own words, null where alone."""
    known = known_answer_of(with_proof(mixed_model(), ROWS))
    assert known is not None
    body = {"size": 2.0, "color": "añil", "shape": "round", "age": None}
    assert json.loads(known.body) == body
    assert known.prediction == 2.0 + 10.0 * 1 + 100.0 * 0 + 0.5


def test_of_a_text_the_first_in_training_is_taken() -> None:
    """Of a number the median."""
    quantiles = tuple(float(number) for number in range(21))
    compiled = with_features(
        mixed_model(),
        size={"quantiles": quantiles}, color={"categories": ("new\nline", "red")},
    )  # fmt: skip
    known = known_answer_of(with_proof(compiled, ROWS))
    assert known is not None
    assert json.loads(known.body) | {"size": 10.0, "color": "new\nline"} == json.loads(known.body)


def test_medians_that_are_refused_are_replaced() -> None:
    """A text that the model refuses gives way to one of the proof."""
    compiled = with_features(mixed_model(), color={"categories": ("a colour",)})
    known = known_answer_of(with_proof(compiled, ROWS))
    assert known is not None
    assert json.loads(known.body)["color"] == "añil"


def test_a_median_that_is_not_finite_is_none() -> None:
    """Nor is a list of quantiles of another length one of medians."""
    for quantiles in ((math.inf,) * 21, (5.0,)):
        compiled = with_features(mixed_model(), size={"quantiles": quantiles})
        known = known_answer_of(with_proof(compiled, ROWS))
        assert known is not None
        assert json.loads(known.body)["size"] == 2.0


def test_a_gap_is_tried_where_middles_are_refused() -> None:
    """The sum of two large numbers is beyond what the model takes; without one it is not."""
    rows = [[1.7e308, "red", "round", -1.0], [1.0, "red", "round", 1.7e308]]
    rows.append([1.7e308, "red", "round", None])
    compiled = with_proof(mixed_model("sum"), rows)
    known = known_answer_of(compiled)
    assert known is not None
    body = {"size": 1.7e308, "color": "red", "shape": None, "age": None}
    assert json.loads(known.body) == body


def test_a_model_without_a_finite_answer_has_none() -> None:
    """JSON has no word for infinity."""
    assert known_answer_of(with_proof(mixed_model("exp"), [[1000.0, "red", "round", 1.0]])) is None


@pytest.mark.parametrize(
    ("given", "wanted", "tolerance", "agreed"),
    [
        (1, 1, (0.0,), True),
        (1.0, 1, (0.0,), False),
        (True, 1, (0.0,), False),
        ("1", 1, (0.0,), False),
        (None, 1, (0.0,), False),
        (0.5, 0.5, (0.0,), True),
        (0.5 + 1e-12, 0.5, (0.0,), False),
        (0.5 + 1e-12, 0.5, (1e-11,), True),
        (math.nan, 0.5, (1.0,), False),
        (1, 1.0, (1.0,), False),
        (["a", 1.5], ["a", 1.0], (0.0, 0.5), True),
        (["a", 1.5], ["a", 1.0], (0.5, 0.0), False),
        (["a"], ["a", 1.0], (0.5, 0.5), False),
        ("a", ["a"], (0.0,), False),
    ],
    ids=repr,
)
def test_what_agrees(given: Any, wanted: Any, tolerance: Any, agreed: bool) -> None:
    """The same value of the same type, output by output; of floats, within the tolerance."""
    assert agrees(given, wanted, tolerance) is agreed
    assert KnownAnswer("{}", wanted, tolerance).agrees_with(given) is agreed


def test_zips_must_give_the_known_answer() -> None:
    """Another class, another status: there is no bundle."""
    requests = known_requests(KnownAnswer("{}", 1, (0.0,)))
    examples = with_proof(mixed_model(), ROWS).evidence
    assert examples is not None
    how: Any = {"tolerance": NATIVE, "advice": "Look."}
    compare_answers([Response(200, {"prediction": 1})], requests, examples, **how)
    for status, prediction in ((200, 0), (200, 1.0), (500, 1)):
        with pytest.raises(ParityError, match="answers request 1 of 1 otherwise"):
            compare_answers(
                [Response(status, {"prediction": prediction})], requests, examples, **how
            )


def test_a_manifest_from_before_is_told_by_its_format(
    article_bundle: Bundle, tmp_path: Any
) -> None:
    """Not by what it lacks: it was made by an earlier poner."""
    values = json.loads(article_bundle.manifest.to_json())
    del values["known_answer"]
    (tmp_path / "manifest.json").write_text(json.dumps(values | {"format": 2}))
    with pytest.raises(BundleError, match="format 2; this poner reads 4"):
        read_bundle(tmp_path)
