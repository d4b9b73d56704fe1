"""The HTTP contract, replayed on the function of each model and engine as the local Lambda runs it.

The functions hold what a build would ship. They are not proved here, which saves most of the time
that a build takes.
"""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

import pytest

from poner import compiler, loader
from poner.bundler import LayeredFunction, onnx_function, sklearn_function
from poner.bundler.layers import LayerRequest, make_layers
from poner.bundler.trial import host_architecture
from poner.emulator import LocalFunction, LocalUrls, running
from poner.emulator.sandbox.unpacking import unpack
from poner.hosts import HOSTS
from tests.contract.cases import Engine, Question, read_files
from tests.contract.models import MODELS, NOT_ON, ContractModel
from tests.support.layered import model_file, whole_files, write_files

HOST = HOSTS["python3.13"]
ENGINES = {
    model: [engine for engine in get_args(Engine) if engine not in NOT_ON.get(model, {})]
    for model in MODELS
}
QUESTIONS = read_files(Path(__file__).parent, ENGINES)
OF_THE_PLATFORM = {
    "connection",
    "content-length",
    "date",
    "x-amzn-requestid",
    "x-amzn-trace-id",
}
"""Headers that Lambda adds to every answer."""

FindLayers = Callable[[LayeredFunction], Path]
Reply = tuple[int, Mapping[str, str], bytes]


@pytest.mark.parametrize(
    ("model", "engine"), [(model, engine) for model in MODELS for engine in ENGINES[model]]
)
def test_every_answer_is_as_recorded(
    model: str, engine: str, tmp_path: Path, find_layers: FindLayers
) -> None:
    """Status, headers and body of each case are those of the case file, to the byte."""
    function = make_function(MODELS[model](), engine, tmp_path / "task", find_layers)
    log: list[str] = []
    with running(function, log=log.append, notify=lambda line: None) as urls:
        failures = [
            f"{question.place}\n  expected {question.answers[engine]}\n  received {received}"
            for question, received in ask(urls, function.name, QUESTIONS[model])
            if received != question.answers[engine]
        ]
    assert not failures, "\n".join([f"{len(failures)} answers differ:", *failures])
    platform = ("INIT", "START", "END", "REPORT")
    assert [line for line in log if not line.startswith(platform)] == []  # nothing of a request


def make_function(
    model: ContractModel, engine: str, folder: Path, find_layers: FindLayers
) -> LocalFunction:
    """The function of a model and an engine, with its files in a folder."""
    with loader.open_estimator(model.estimator, X=model.X, feature_names=model.names) as trained:
        if engine == "native":
            content = compiler.compile_model(
                trained, body_limit_bytes=model.body_limit_bytes
            ).content
            own = HOST.function_files("native", host_architecture())
            files = {**own, "model.poner": content}
            return LocalFunction(write_files(files, folder), HOST.handler, HOST.runtime.name)
        examples = compiler.collect_examples(trained)
    file = model_file(model.estimator)
    if engine == "sklearn":
        function = sklearn_function(
            file, examples, requirements=(), body_limit_bytes=model.body_limit_bytes
        )
    else:
        function = onnx_function(
            loader.convert_model(file, examples.signature),
            examples,
            HOST.runtime,
            requirements=(),
            body_limit_bytes=model.body_limit_bytes,
        )
    return LocalFunction(
        write_files(whole_files(function), folder),
        HOST.handler,
        HOST.runtime.name,
        memory_mb=1769,
        timeout_s=30,
        layers=(find_layers(function),),
    )


@pytest.fixture(scope="module")
def find_layers(tmp_path_factory: pytest.TempPathFactory) -> FindLayers:
    """Gives the folder of a function's layers; models of one engine share it, unpacked once."""
    folders: dict[tuple[str, ...], Path] = {}

    def find(function: LayeredFunction) -> Path:
        if function.requirements not in folders:
            folder = tmp_path_factory.mktemp("layers")
            (folder / "code").mkdir()
            unpack(folder / "code", make_zips(function), folder / "task", folder / "opt")
            folders[function.requirements] = folder / "opt"
        return folders[function.requirements]

    return find


def make_zips(function: LayeredFunction) -> list[Path]:
    """The layers of a function, made once and then kept in poner's cache."""
    request = LayerRequest(
        requirements=function.requirements,
        runtime=HOST.runtime,
        architecture=host_architecture(),
        preferences=function.preferences,
        excluded=function.excluded,
        slim="auto",
        reserved_bytes=1_000_000,
    )
    made = make_layers(request, progress=lambda what, share: None, notify=lambda line: None)
    return [made.files[layer.zip.path] for layer in made.layers]


def ask(
    urls: LocalUrls, name: str, questions: Sequence[Question]
) -> Iterator[tuple[Question, Reply]]:
    """Each question with the function's reply."""
    url, api = (
        http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
        for address in (urls.url, urls.api)
    )
    with contextlib.closing(url), contextlib.closing(api):
        for question in questions:
            if question.request is not None:
                method, target, headers, body = question.request
                yield question, send(url, method, target, headers, body)
            else:
                path = f"/2015-03-31/functions/{name}/invocations"
                _, _, result = send(api, "POST", path, {}, question.event)
                yield question, read_result(result)


def send(
    connection: http.client.HTTPConnection,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes,
) -> Reply:
    """Send a request exactly as given; the reply without the platform's own headers."""
    connection.putrequest(method, target, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    if body or method in ("POST", "PUT", "PATCH"):
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body or None)
    response = connection.getresponse()
    received = {name.lower(): value for name, value in response.getheaders()}
    own = {name: value for name, value in received.items() if name not in OF_THE_PLATFORM}
    return response.status, own, response.read()


def read_result(result: bytes) -> Reply:
    """The reply in a function's result, as Lambda's own doors read it."""
    told = json.loads(result)
    if set(told) != {"statusCode", "headers", "body"}:
        return 0, {}, result
    headers = {name.lower(): value for name, value in told["headers"].items()}
    return told["statusCode"], headers, told["body"].encode()
