"""Reads the case files: the form that README.md describes, and nothing else.

A file that is malformed raises an error that names the file, so that no case is lost in silence.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

FORMAT = 1
"""Version of the form of a case file."""

Engine = Literal["native", "onnx", "sklearn"]


class MalformedError(Exception):
    """A case file has another form than README.md describes."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Repeated(_Strict):
    """A part of a body: a text many times over."""

    repeat: str
    times: int


class Encoded(_Strict):
    """A part of a body: bytes that are no text."""

    base64: str


Body = str | list[str | Repeated | Encoded]


class Request(_Strict):
    """A request to a Function URL; what is None is taken from the file's own `request`."""

    method: str | None = None
    path: str | None = None
    query: str | None = None
    headers: dict[str, str] | None = None
    body: Body | None = None


class Answer(_Strict):
    """A status, headers besides the file's own, and a body."""

    status: int
    headers: dict[str, str] = {}
    body: Body


class ByEngine(_Strict):
    """Answers that differ between the engines."""

    why: str
    native: Answer | None = None
    onnx: Answer | None = None
    sklearn: Answer | None = None

    @property
    def answers(self) -> dict[str, Answer]:
        """Those that are there, by engine."""
        every = {"native": self.native, "onnx": self.onnx, "sklearn": self.sklearn}
        return {engine: answer for engine, answer in every.items() if answer is not None}


class Case(_Strict):
    """One question with its answer."""

    says: str = Field(pattern=r"^[A-Z0-9].*[^.]\.$")
    request: Request | None = None
    event: Any = None
    event_bytes: Body | None = None
    answer: Answer | None = None
    by_engine: ByEngine | None = None

    @model_validator(mode="after")
    def _check(self) -> Case:
        asked = self.model_fields_set & {"request", "event", "event_bytes"}
        if len(asked) != 1:
            raise ValueError("a case has exactly one of request, event and event_bytes")
        if (self.answer is None) == (self.by_engine is None):
            raise ValueError("a case has either an answer or by_engine")
        return self


class CaseFile(_Strict):
    """A whole file."""

    format: Literal[1]
    says: str
    model: str
    request: Request
    headers: dict[str, str]
    cases: list[Case] = Field(min_length=1)


@dataclass(frozen=True)
class Question:
    """One case, ready to be sent."""

    place: str
    """File and sentence, such as `bodies.json: A key twice is refused.`"""
    request: tuple[str, str, Mapping[str, str], bytes] | None
    """Method, target, headers and body for the Function URL; None for an event."""
    event: bytes
    """What the Invoke API gets; empty for a request."""
    answers: Mapping[str, tuple[int, Mapping[str, str], bytes]]
    """Status, headers in lower case, and body, by engine."""


def read_files(folder: Path, models: Mapping[str, Sequence[str]]) -> dict[str, list[Question]]:
    """All questions of a folder's case files, by model.

    Args:
        folder: where the case files lie.
        models: the engines that serve each model, by the model's name.

    Raises:
        MalformedError: a file has another form, or names a model or engine that is not there.
    """
    questions: dict[str, list[Question]] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            file = CaseFile.model_validate(_parse(path.read_text("utf-8")))
            engines = models[file.model]
            made = [_question(path.name, file, case, engines) for case in file.cases]
            _check_unique(case.says for case in file.cases)
        except KeyError as error:
            raise MalformedError(f"{path.name}: there is no model {error}") from error
        except (ValidationError, ValueError) as error:
            raise MalformedError(f"{path.name}: {error}") from error
        questions.setdefault(file.model, []).extend(made)
    if questions.keys() != models.keys():
        raise MalformedError(f"no cases for {sorted(models.keys() - questions.keys())}")
    return questions


def to_bytes(body: Body | None) -> bytes:
    """The bytes that a body stands for."""
    if body is None:
        return b""
    parts = [body] if isinstance(body, str) else body
    return b"".join(_part(part) for part in parts)


def _part(part: str | Repeated | Encoded) -> bytes:
    if isinstance(part, Encoded):
        return base64.b64decode(part.base64, validate=True)
    if isinstance(part, Repeated):
        return part.repeat.encode() * part.times
    return part.encode()


def _parse(text: str) -> Any:
    """JSON in which no key comes twice.

    Raises:
        ValueError: it is not that.
    """

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        _check_unique(key for key, _ in pairs)
        return dict(pairs)

    return json.loads(text, object_pairs_hook=unique)


def _check_unique(texts: Iterable[str]) -> None:
    seen: set[str] = set()
    for text in texts:
        if text in seen:
            raise ValueError(f"{text!r} comes twice")
        seen.add(text)


def _question(name: str, file: CaseFile, case: Case, engines: Sequence[str]) -> Question:
    if case.answer is not None:
        answers = dict.fromkeys(engines, case.answer)
    else:
        assert case.by_engine is not None
        answers = case.by_engine.answers
        if answers.keys() != set(engines):
            raise ValueError(f"{case.says!r}: by_engine has to name {', '.join(engines)}")
    expected = {
        engine: (answer.status, _lower({**file.headers, **answer.headers}), to_bytes(answer.body))
        for engine, answer in answers.items()
    }
    place = f"{name}: {case.says}"
    if case.request is not None:
        return Question(place, _request(file.request, case.request), b"", expected)
    event = to_bytes(case.event_bytes)
    if "event" in case.model_fields_set:
        event = json.dumps(case.event).encode()
    return Question(place, None, event, expected)


def _request(default: Request, own: Request) -> tuple[str, str, Mapping[str, str], bytes]:
    values = {**default.model_dump(exclude_none=True), **own.model_dump(exclude_none=True)}
    query = values.get("query")
    target = values["path"] + ("" if query is None else f"?{query}")
    body = default.body if own.body is None else own.body
    return values["method"], target, values.get("headers", {}), to_bytes(body)


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
