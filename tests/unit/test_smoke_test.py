"""The smoke test repeats its request while a change spreads over AWS."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from poner import smoke_test
from poner.bundle import KnownAnswer, Manifest
from poner.errors import DeployError
from tests.support.serving import Handle, answering, serving
from tests.support.shipping import Account


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    """Of a Bundle whose model says 1 to its known row."""
    known = KnownAnswer('{"age": 7}', 1, (0.0,))
    return replace(Account(tmp_path).bundle().manifest, known_answer=known)


def saying(*answers: tuple[int, object]) -> Handle:
    """A handler that gives these statuses and predictions, the last one again and again."""
    left = list(answers)

    async def handle(request: web.Request) -> web.Response:
        status, prediction = left.pop(0) if len(left) > 1 else left[0]
        return answering(status, prediction)

    return handle


def test_answers_of_the_version_before_are_passed_over(
    manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers of the previous version, which may have other features, are passed over."""
    monkeypatch.setattr(smoke_test, "PAUSE_S", 0.0)
    with serving(saying((200, 0), (400, ""), (200, 1))) as url:
        assert smoke_test.check_answer(url, manifest)


def test_another_answer_that_stays_is_an_error(
    manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A different answer that stays after the settling time is an error."""
    monkeypatch.setattr(smoke_test, "PAUSE_S", 0.0)
    monkeypatch.setattr(smoke_test, "SETTLING_S", 0.05)
    with (
        serving(saying((200, 0))) as url,
        pytest.raises(DeployError, match="another prediction"),
    ):
        smoke_test.check_answer(url, manifest)
