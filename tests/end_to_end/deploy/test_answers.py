"""The deployed code answers: it is downloaded from the cloud and run."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.awslambda.utils import get_backend

from poner import emulator, pipeline, smoke_test
from poner.errors import DeployError
from tests.fakes.faulty_proxy import FaultyProxy
from tests.support.clouds import ACCOUNT, REGION
from tests.support.commands import run
from tests.support.deploying import Project, client

KEY = emulator.AccessKey("testing", "testing")
"""The credentials of the tests."""


def deployed_code(region: str = REGION) -> bytes:
    """The zip of the version that the alias names, as the cloud has it."""
    return bytes(get_backend(ACCOUNT, region).get_function("cancer:live").code_bytes)


@contextlib.contextmanager
def function(project: Project, code: Path, **changes: object) -> Iterator[str]:
    """Run a zip as the Bundle's function; its URL."""
    local = pipeline.local_function(project.bundle, **changes)
    values = {**vars(local), "code": code}
    silent = {"log": lambda line: None, "notify": lambda line: None}
    with emulator.running(emulator.LocalFunction(**values), **silent) as urls:
        yield urls.url


@contextlib.contextmanager
def behind_the_url(project: Project, faults: FaultyProxy, **changes: object) -> Iterator[str]:
    """Run the Bundle, and make the cloud's Function URLs lead to it."""
    with function(project, project.bundle.function_zip, **changes) as url:
        leads = f'"FunctionUrl": "{url}"'.encode()
        faults.rewrite = lambda body: re.sub(rb'"FunctionUrl": ?"[^"]+"', leads, body)
        yield url


def test_what_was_deployed_gives_the_known_answer(project: Project, tmp_path: Path):
    """The zip on AWS is the Bundle's, and its function answers as the model does."""
    project.deploy()
    code = tmp_path / "deployed.zip"
    code.write_bytes(deployed_code())
    assert code.read_bytes() == project.bundle.function_zip.read_bytes()
    with function(project, code) as url:
        assert smoke_test.check_answer(url, project.bundle.manifest) is True


def test_code_that_answers_otherwise_is_found_out(project: Project, tmp_path: Path):
    """The check above can fail: it runs the code on AWS, not the local code."""
    original = project.bundle.manifest
    project.rebuild(
        "import json\n"
        "def lambda_handler(event, context):\n"
        "    text = json.dumps({'reason': 'OK', 'prediction': 7, 'status': '200'})\n"
        "    return {'statusCode': 200, 'body': text}\n"
    )
    project.deploy()
    code = tmp_path / "deployed.zip"
    code.write_bytes(deployed_code())
    with function(project, code) as url, pytest.raises(DeployError, match="another prediction"):
        smoke_test.check_answer(url, original, patience_s=0)


def test_deploy_ends_with_its_own_check(project: Project, faults: FaultyProxy):
    """A deploy prints the URL last, after the URL has answered."""
    with behind_the_url(project, faults) as url:
        done = run("deploy", "--yes")
    assert (done.code, done.out) == (0, f"{url}\n")
    assert "Testing the URL" in done.err


def test_signed_urls_are_asked_with_a_signature(
    project: Project, faults: FaultyProxy, monkeypatch: pytest.MonkeyPatch
):
    """With auth iam, requests are signed with the user's credentials; others are refused."""
    settings = project.folder / "poner.toml"
    text = settings.read_text().replace('"none"', '"iam"')
    settings.write_text(text.replace(REGION, "us-east-1"))  # the local Lambda's own
    with behind_the_url(project, faults, access_key=KEY) as url:
        done = run("deploy", "--yes")
        with pytest.raises(DeployError, match="403"):
            smoke_test.check_answer(url, project.bundle.manifest, patience_s=0.1)
    assert (done.code, done.out) == (0, f"{url}\n")
    assert client("lambda", "us-east-1").get_alias(FunctionName="cancer", Name="live")


def test_wrong_answer_fails_the_deploy(
    project: Project, faults: FaultyProxy, monkeypatch: pytest.MonkeyPatch
):
    """A wrong answer fails the deploy without printing a URL; --skip-check omits the request."""
    monkeypatch.setattr(smoke_test, "SETTLING_S", 0.0)
    project.falsify()
    with behind_the_url(project, faults) as url:
        done = run("deploy", "--yes")
        skipped = run("deploy", "--yes", "--skip-check")
    assert (done.code, done.out) == (1, "")
    assert done.error == [
        f"Error: {url} answered the known row with 200: OK, with another prediction than the "
        "model's.",
        "  See the reason with `poner logs`, or return to the previous version with "
        "`poner rollback`.",
    ]
    assert (skipped.code, skipped.out) == (0, f"{url}\n")


def test_function_that_is_switched_off_is_not_asked(project: Project):
    """A function with concurrency 0 is not asked, since it would not answer."""
    project.configure("reserved_concurrency = 0\n")
    done = run("deploy", "--yes")
    assert done.code == 0
    assert "known row" not in done.err


@pytest.mark.parametrize("answer", [{"prediction": 7}, {"statusCode": 200, "body": "7"}, None])
def test_canary_that_answers_otherwise_fails_the_deploy(project: Project, answer: object):
    """A canary with another answer fails the deploy; it is invoked directly, not by the URL."""
    project.deploy()
    project.rebuild(memory_mb=256)
    get_backend(ACCOUNT, REGION).lambda_simple_results_queue.append(json.dumps(answer))
    done = run("deploy", "--yes", "--canary", "10")
    assert (done.code, done.out) == (1, "")
    assert len(done.error) == 2
    assert done.error[0].startswith("Error: Version 2 ")
    assert "`poner rollback`" in done.error[1]


def test_canary_that_answers_as_the_model_passes(project: Project, faults: FaultyProxy):
    """A canary with the model's answer passes, and its share is printed."""
    project.deploy()
    project.rebuild(memory_mb=256)
    faults.reset()
    known = project.bundle.manifest.known_answer
    assert known is not None
    body = json.dumps({"reason": "OK", "prediction": known.prediction, "status": "200"})
    answer = json.dumps({"statusCode": 200, "body": body})
    get_backend(ACCOUNT, REGION).lambda_simple_results_queue.append(answer)
    done = run("deploy", "--yes", "--canary", "10")
    assert done.code == 0
    assert "Version 2 gets 10% of the traffic." in done.err
    assert faults.reads["Invoke"] == 1
