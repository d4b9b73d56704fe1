"""Case files that have another form than README.md describes are refused, and never skipped."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contract.cases import MalformedError, read_files

GOOD: dict[str, Any] = {
    "format": 1,
    "says": "A file.",
    "model": "one",
    "request": {"method": "POST", "path": "/", "headers": {"content-type": "text/plain"}},
    "headers": {"Content-Type": "application/json"},
    "cases": [
        {
            "says": "A case.",
            "request": {"query": "a=1", "body": ["x", {"repeat": "y", "times": 2}]},
            "answer": {"status": 405, "headers": {"allow": "POST"}, "body": [{"base64": "/w=="}]},
        },
        {
            "says": "Another case.",
            "event": None,
            "by_engine": {
                "why": "They differ.",
                "native": {"status": 200, "body": "1"},
                "onnx": {"status": 200, "body": "2"},
            },
        },
    ],
}
CASE: dict[str, Any] = GOOD["cases"][0]
ENGINES = {"one": ("native", "onnx")}


def write(folder: Path, text: str) -> None:
    """Write a text as the folder's one case file."""
    (folder / "odd.json").write_text(text)


def test_a_good_file_gives_its_questions(tmp_path: Path) -> None:
    """A case has what it says itself, and else what its file says."""
    write(tmp_path, json.dumps(GOOD))
    first, second = read_files(tmp_path, ENGINES)["one"]
    assert first.place == "odd.json: A case."
    assert first.request == ("POST", "/?a=1", {"content-type": "text/plain"}, b"xyy")
    headers = {"content-type": "application/json", "allow": "POST"}
    assert first.answers == dict.fromkeys(ENGINES["one"], (405, headers, b"\xff"))
    assert (second.request, second.event) == (None, b"null")
    assert [body for _, _, body in second.answers.values()] == [b"1", b"2"]


def drop(key: str) -> Callable[[dict[str, Any]], object]:
    """Takes a key out of the file."""
    return lambda file: file.pop(key)


def change(**values: Any) -> Callable[[dict[str, Any]], object]:
    """Changes the first case; what is ... goes."""

    def apply(file: dict[str, Any]) -> None:
        case = {**file["cases"][0], **values}
        file["cases"][0] = {key: value for key, value in case.items() if value is not ...}

    return apply


MALFORMED: dict[str, Callable[[dict[str, Any]], object]] = {
    "another format": lambda file: file.update(format=2),
    "no format": drop("format"),
    "no sentence": drop("says"),
    "no headers": drop("headers"),
    "no cases": lambda file: file.update(cases=[]),
    "an unknown key": lambda file: file.update(note=""),
    "an unknown model": lambda file: file.update(model="two"),
    "an unknown key of a case": change(note=""),
    "a case without a sentence": change(says="no sentence"),
    "the same sentence twice": change(says="Another case."),
    "neither request nor event": change(request=...),
    "request and event": change(event={}),
    "no answer": change(answer=...),
    "two answers": change(by_engine=GOOD["cases"][1]["by_engine"]),
    "a status that is a text": change(answer={"status": "200", "body": ""}),
    "an answer without a body": change(answer={"status": 200}),
    "a misspelt part": change(request={"body": [{"repeated": "x", "times": 2}]}),
    "a part that is no base64": change(request={"body": [{"base64": "*"}]}),
    "an engine left out": change(answer=..., by_engine={"why": "So.", "native": CASE["answer"]}),
    "an engine that does not serve": change(
        answer=...,
        by_engine={"why": "So.", **dict.fromkeys(("native", "onnx", "sklearn"), CASE["answer"])},
    ),
    "no reason why they differ": change(
        answer=..., by_engine=dict.fromkeys(("native", "onnx"), CASE["answer"])
    ),
}


@pytest.mark.parametrize("fault", MALFORMED)
def test_a_malformed_file_is_refused_by_its_name(tmp_path: Path, fault: str) -> None:
    """Whatever is wrong with a file, its name is in the error."""
    file = copy.deepcopy(GOOD)
    MALFORMED[fault](file)
    write(tmp_path, json.dumps(file))
    with pytest.raises(MalformedError, match=r"odd\.json"):
        read_files(tmp_path, ENGINES)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format":1,"format":1}'])
def test_what_is_no_object_is_refused(tmp_path: Path, text: str) -> None:
    """Nor may a key come twice."""
    write(tmp_path, text)
    with pytest.raises(MalformedError, match=r"odd\.json"):
        read_files(tmp_path, ENGINES)


def test_a_model_without_cases_is_refused(tmp_path: Path) -> None:
    """A model that no file asks would be replayed without a question."""
    write(tmp_path, json.dumps(GOOD))
    with pytest.raises(MalformedError, match="two"):
        read_files(tmp_path, {**ENGINES, "two": ("native",)})
