"""boto3 and AWS's command line against the local Invoke API: L27 to L35."""

import json
import os
import subprocess
import threading
import time
from typing import Any

import pytest

from tests.support.aws_clients import aws_python

SETTINGS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_MAX_ATTEMPTS": "1",
}
BOTO3 = """
import base64, json, sys
import boto3
from botocore.exceptions import ClientError
client = boto3.client("lambda", endpoint_url=sys.argv[1])
answers = []
for arguments in json.load(sys.stdin):
    try:
        answer = client.invoke(**arguments)
    except ClientError as error:
        answers.append({"raised": type(error).__name__, **error.response["Error"]})
    else:
        answer["Payload"] = answer["Payload"].read().decode()
        answer.pop("ResponseMetadata")
        answers.append(answer)
print(json.dumps(answers))
"""


def boto3(function: Any, *calls: dict[str, Any]) -> list[dict[str, Any]]:
    """What boto3 makes of invocations, one after another."""
    done = subprocess.run(
        [aws_python(), "-c", BOTO3, function.urls.api],
        input=json.dumps([{"FunctionName": "function", **call} for call in calls]),
        capture_output=True,
        text=True,
        check=True,
        env=SETTINGS,
    )
    return json.loads(done.stdout)


def payload(**event: Any) -> dict[str, str]:
    """The argument with the event."""
    return {"Payload": json.dumps(event)}


def test_boto3(lively):
    """L27 to L34: results, errors, types of invocation and refusals as boto3 understands them."""
    good, failed, tail, dry, queued, context, *refused = boto3(
        lively,
        payload(do="return", value={"a": "ñ"}),
        payload(do="raise", message="wrong"),
        {**payload(do="print", text="hello"), "LogType": "Tail"},
        {**payload(do="exit", code=1), "InvocationType": "DryRun"},
        {**payload(do="return", value=1), "InvocationType": "Event"},
        {
            **payload(do="context"),
            "Qualifier": "$LATEST",
            "ClientContext": "eyJjdXN0b20iOnsiayI6MX19",
        },
        {"FunctionName": "other"},
        {"Qualifier": "7"},
        {"Payload": "{"},
        {"Payload": '"' + "x" * 6_291_455 + '"'},
        {"Payload": '"' + "x" * 1_048_575 + '"', "InvocationType": "Event"},
    )
    assert (good["StatusCode"], good["ExecutedVersion"]) == (200, "$LATEST")
    assert json.loads(good["Payload"]) == {"a": "ñ"}
    assert failed["FunctionError"] == "Unhandled"
    assert json.loads(failed["Payload"])["errorMessage"] == "wrong"
    assert "LogResult" in tail
    assert (dry["StatusCode"], dry["Payload"]) == (204, "")
    assert (queued["StatusCode"], queued["Payload"]) == (202, "")
    seen = json.loads(context["Payload"])
    assert seen["invoked_function_arn"].endswith(":function:function:$LATEST")
    assert seen["custom"] == {"k": 1}
    assert [answer["Code"] for answer in refused] == [
        "ResourceNotFoundException",
        "ResourceNotFoundException",
        "InvalidRequestContentException",
        "RequestEntityTooLargeException",
        "RequestEntityTooLargeException",
    ]
    assert [answer["raised"] for answer in refused[:2]] == ["ResourceNotFoundException"] * 2
    assert refused[0]["Message"].startswith("Function not found: arn:aws:lambda:us-east-1:")
    assert refused[3]["Message"].startswith("Request must be smaller than 6291456 bytes for the ")
    assert refused[4]["Message"].startswith("Request must be smaller than 1048576 bytes for the ")
    assert refused[2]["Message"].startswith("Could not parse request body into json: ")


def test_boto3_is_throttled(start):
    """L34: TooManyRequestsException, `Rate Exceeded.` as its message."""
    function = start(concurrency=1, timeout_s=60)
    sleep = {"do": "sleep", "seconds": 60}
    threading.Thread(target=function.invoke, args=(sleep,), daemon=True).start()
    while not any(line.startswith("START") for line in function.log):
        time.sleep(0.02)
    (answer,) = boto3(function, payload(do="state"))
    assert answer["raised"] == answer["Code"] == "TooManyRequestsException"
    assert answer["Message"] == "Rate Exceeded."


@pytest.mark.parametrize("error", [False, True])
def test_the_command_line(lively, tmp_path, error):
    """L27: `aws lambda invoke` with an endpoint URL writes the payload to a file."""
    out = tmp_path / "out.json"
    event = {"do": "raise", "message": "wrong"} if error else {"do": "return", "value": [1]}
    done = subprocess.run(
        [
            *(aws_python(), aws_python().with_name("aws"), "lambda", "invoke"),
            *("--endpoint-url", lively.urls.api, "--function-name", "function"),
            *("--payload", json.dumps(event), "--output", "json", str(out)),
        ],
        capture_output=True,
        text=True,
        check=True,
        env={**SETTINGS, "PATH": os.environ["PATH"]},
    )
    said = json.loads(done.stdout)
    assert (said["StatusCode"], said["ExecutedVersion"]) == (200, "$LATEST")
    assert ("FunctionError" in said) is error
    result = json.loads(out.read_text())
    assert result["errorMessage"] == "wrong" if error else result == [1]
