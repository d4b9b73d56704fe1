"""A function that runs is asked for what the model itself answered when it was built."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from poner import emulator, pipeline, smoke_test
from poner.bundle import Bundle, KnownAnswer, Manifest
from poner.cli import app
from poner.errors import DeployError
from tests.support.clouds import no_aws

__all__ = ["no_aws"]


def known_answer_of(bundle: Bundle) -> KnownAnswer:
    """The Bundle's own."""
    assert bundle.manifest.known_answer is not None
    return bundle.manifest.known_answer


def falsified(bundle: Bundle, **changes: object) -> Manifest:
    """The Bundle's manifest with another known answer."""
    return replace(bundle.manifest, known_answer=replace(known_answer_of(bundle), **changes))


def test_a_function_gives_its_known_answer(article_bundle: Bundle) -> None:
    """Asked through the Function URL, as on AWS, with what signs a request."""
    signed: list[dict[str, float]] = []

    def sign(url: str, content: bytes) -> Mapping[str, str]:
        signed.append(json.loads(content))
        return {}

    with pipeline.run_locally(article_bundle) as url:
        assert smoke_test.check_answer(url, article_bundle.manifest) is True
        assert smoke_test.check_answer(url, article_bundle.manifest, sign=sign) is True
    assert signed == [json.loads(known_answer_of(article_bundle).body)]


def test_another_answer_is_an_error(article_bundle: Bundle) -> None:
    """Another class, or another kind of value; the row is not told, what to do is."""
    known = known_answer_of(article_bundle)
    with pipeline.run_locally(article_bundle) as url:
        for prediction in (1 - int(str(known.prediction)), float(str(known.prediction))):
            with pytest.raises(DeployError) as caught:
                smoke_test.check_answer(
                    url, falsified(article_bundle, prediction=prediction), patience_s=0
                )
            message, hint = caught.value.message, caught.value.hint
            assert "200: OK, with another prediction than the model's" in message
            assert "`poner logs`" in hint
            assert "`poner rollback`" in hint
            assert not any(str(value) in message for value in json.loads(known.body).values())


def test_a_refusal_is_an_error_with_its_reason(article_bundle: Bundle) -> None:
    """Such as the answer of another model's function."""
    with pipeline.run_locally(article_bundle) as url:
        other = falsified(article_bundle, body='{"worstArea": 686.5}')
        with pytest.raises(DeployError, match="400: 'body' must contain values for") as caught:
            smoke_test.check_answer(url, other, patience_s=0)
    assert "686.5" not in str(caught.value)


def test_no_answer_is_an_error(article_bundle: Bundle) -> None:
    """Once patience has ended."""
    with pytest.raises(DeployError, match=r"did not answer.* --skip-check`, or `poner.deploy"):
        smoke_test.check_answer("http://127.0.0.1:1/", article_bundle.manifest, patience_s=0.1)


def test_without_a_known_answer_nothing_is_asked(article_bundle: Bundle) -> None:
    """It is told by what is returned: there is no server at this URL."""
    manifest = replace(article_bundle.manifest, known_answer=None)
    assert smoke_test.check_answer("http://127.0.0.1:1/", manifest) is False


def test_predict_signs_for_a_url_with_aws_iam(
    article_bundle: Bundle,
    no_aws: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`poner predict --sign` is let in where an unsigned request is not, which is told there."""
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    key = emulator.AccessKey("testing", "testing")
    body = known_answer_of(article_bundle).body
    with emulator.running(pipeline.local_function(article_bundle, access_key=key)) as urls:
        unsigned = app.run(["predict", "--url", urls.url, "--data", body, "--json"])
        printed = capsys.readouterr()
        assert (unsigned, json.loads(printed.out)["status"]) == (1, 403)
        assert "--sign" in printed.err
        signed = app.run(["predict", "--url", urls.url, "--data", body, "--json", "--sign"])
        printed = capsys.readouterr()
        assert (signed, json.loads(printed.out)["status"]) == (0, 200)
        assert "--sign" not in printed.err
