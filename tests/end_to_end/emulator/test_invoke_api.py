"""The Invoke API with a real awslambdaric behind it: L27 to L35."""

import base64
import json
import math
import signal

import pytest

from poner.emulator.function import ACCOUNT_ID
from poner.errors import InterpreterNotFoundError
from poner.interpreters import find_python

ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT_ID}:function:function"


def error_of(answer):
    """The payload of a function error: HTTP 200, marked Unhandled."""
    assert (answer.status, answer.header("X-Amz-Function-Error")) == (200, "Unhandled")
    return answer.json()


def test_success(lively):
    """L27: 200 with the result as posted, its version, ids and the remapped length."""
    answer = lively.invoke({"do": "return", "value": {"a": "ñ"}})
    assert (answer.status, answer.json()) == (200, {"a": "ñ"})
    assert answer.header("X-Amz-Executed-Version") == "$LATEST"
    assert answer.header("X-Amz-Function-Error") is None
    assert answer.header("X-Amz-Log-Result") is None
    assert answer.header("x-amzn-Remapped-Content-Length") == "0"
    assert answer.header("x-amzn-RequestId")
    assert answer.header("X-Amzn-Trace-Id")


def test_results_are_posted_as_the_runtime_writes_them(lively):
    """L27: no re-serialisation here; None is null, NaN stays NaN."""
    assert lively.invoke({"a": 1, "do": "return", "value": [1, 2]}).body == b"[1, 2]"
    assert lively.invoke({"do": "return", "value": None}).body == b"null"
    assert math.isnan(lively.invoke({"do": "nan"}).json())


def test_bytes_are_posted_raw(lively):
    """L37: a handler that returns bytes is not serialised."""
    assert lively.invoke({"do": "bytes"}).body == b"raw"


@pytest.mark.parametrize(("version", "posted"), [("3.11", b'"\\u00f1"'), ("3.12", '"ñ"'.encode())])
def test_the_runtime_decides_how_non_ascii_is_posted(start, version, posted):
    """L45: AWS_EXECUTION_ENV tells its client; escaped below 3.12, UTF-8 from there on."""
    try:
        find_python(version)
    except InterpreterNotFoundError as error:
        pytest.skip(str(error))
    function = start(runtime=f"python{version}")
    assert function.invoke({"do": "return", "value": "ñ"}).body == posted


def test_no_payload_is_an_empty_event(lively):
    """L27: no payload is the event {}; the handler returns None for it."""
    assert lively.invoke(body=b"").body == b"null"


def test_events_need_not_be_objects(lively):
    """L27: any JSON is an event."""
    assert lively.invoke([1, "ñ", None]).json() == [1, "ñ", None]


def test_exception(lively):
    """L29: errorMessage, errorType, requestId, stackTrace, as the runtime wrote them."""
    answer = lively.invoke({"do": "raise", "message": "böse"})
    error = error_of(answer)
    assert list(error) == ["errorMessage", "errorType", "requestId", "stackTrace"]
    assert (error["errorMessage"], error["errorType"]) == ("böse", "ValueError")
    assert error["requestId"] == answer.header("x-amzn-RequestId")
    assert error["stackTrace"][0].startswith('  File "/')


def test_long_error_messages(lively):
    """L38: beyond 64 KiB, where http.server would hang; the header may take 1 MiB."""
    for length in (70_000, 250_000, 1_000_000):
        error = error_of(lively.invoke({"do": "raise", "message": "ñ" * length}))
        assert len(error["errorMessage"]) == length


def test_an_error_message_of_1_mb_in_one_line(lively):
    """L38: it arrives whole, also in the log, as one event."""
    message = "x" * 1_048_576
    lively.log.clear()
    assert error_of(lively.invoke({"do": "raise", "message": message}))["errorMessage"] == message
    assert sum(message in event for event in lively.log) == 1


def test_errors_beyond_the_limit(lively):
    """L32: an error is a response too, and no larger than one."""
    error = error_of(lively.invoke({"do": "raise", "message": "x", "times": 6_300_000}))
    assert error["errorType"] == "Function.ResponseSizeTooLarge"


def test_odd_characters_in_error_messages(lively):
    """L38: the message goes through a header line too; control characters do not break it."""
    message = "a\x00c\r\nd\te\u2028f\U0001f600"
    assert error_of(lively.invoke({"do": "raise", "message": message}))["errorMessage"] == message


@pytest.mark.parametrize("what", ["set", "number"])
def test_results_that_are_no_json(lively, what):
    """L33: Runtime.MarshalError with an empty stack trace, for sets and numpy-like objects."""
    error = error_of(lively.invoke({"do": what}))
    assert error["errorType"] == "Runtime.MarshalError"
    assert error["errorMessage"].startswith("Unable to marshal response: Object of type ")
    assert error["errorMessage"].endswith(" is not JSON serializable")
    assert error["stackTrace"] == []


@pytest.mark.parametrize(
    ("event", "cause"),
    [
        ({"do": "exit", "code": 0}, "Runtime exited without providing a reason"),
        ({"do": "exit", "code": 3}, "Runtime exited with error: exit status 3"),
        ({"do": "_exit", "code": 127}, "Runtime exited with error: exit status 127"),
        ({"do": "kill", "signal": signal.SIGKILL}, "Runtime exited with error: signal: killed"),
        ({"do": "segfault"}, "Runtime exited with error: signal: segmentation fault"),
    ],
    ids=lambda value: value["do"] if isinstance(value, dict) else "",
)
def test_exits(lively, event, cause):
    """L30: the end of the process is seen at once, and the next invocation works."""
    answer = lively.invoke(event)
    request_id = answer.header("x-amzn-RequestId")
    assert error_of(answer) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {request_id} Error: {cause}",
    }
    assert lively.invoke({"do": "return", "value": 1}).body == b"1"


def test_timeout(lively):
    """L31: Sandbox.Timedout with the configured time in two decimals."""
    answer = lively.invoke({"do": "sleep", "seconds": 30})
    assert error_of(answer) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {answer.header('x-amzn-RequestId')} "
        "Error: Task timed out after 1.00 seconds",
    }


def test_results_beyond_the_limit(lively):
    """L32: 6,291,556 bytes pass, one more does not, and the environment is kept."""
    assert len(lively.invoke({"do": "size", "bytes": 6_291_556}).body) == 6_291_556
    before = lively.invoke({"do": "state"}).json()
    assert error_of(lively.invoke({"do": "size", "bytes": 6_291_557})) == {
        "errorMessage": "Response payload size exceeded maximum allowed payload size "
        "(6291556 bytes).",
        "errorType": "Function.ResponseSizeTooLarge",
    }
    after = lively.invoke({"do": "state"}).json()
    assert (after["process"], after["count"]) == (before["process"], before["count"] + 2)


@pytest.mark.parametrize(
    ("source", "error_type", "message"),
    [
        ("import nothing_such", "Runtime.ImportModuleError", "Unable to import module 'app': No"),
        ("def other(): pass", "Runtime.HandlerNotFound", "Handler 'handler' missing on module"),
        ("def handler(:", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app'"),
        ("1 / 0", "ZeroDivisionError", "division by zero"),
    ],
    ids=["import", "handler", "syntax", "other"],
)
def test_init_errors(start, source, error_type, message):
    """L29, L39: the runtime's error with an empty requestId; over the URL it is a 502."""
    function = start(source)
    error = error_of(function.invoke({}))
    assert (error["errorType"], error["requestId"]) == (error_type, "")
    assert error["errorMessage"].startswith(message)
    answer = function.request()
    assert (answer.status, answer.body) == (502, b"Internal Server Error")


def test_an_exception_at_import_shows_how_it_was_imported(start):
    """L29: the frames of importlib come first, the module's own last."""
    trace = error_of(start("1 / 0").invoke({}))["stackTrace"]
    assert "importlib" in trace[0]
    assert "app.py" in trace[-1]


def test_a_built_in_module_is_no_handler(start, tmp_path):
    """L43: Runtime.BuiltInModuleConflict, although there is a file of that name."""
    (tmp_path / "code-1").mkdir()
    (tmp_path / "code-1/sys.py").write_text("")
    error = error_of(start(handler="sys.handler").invoke({}))
    assert error["errorType"] == "Runtime.BuiltInModuleConflict"
    assert error["errorMessage"] == "Cannot use built-in module sys as a handler module"


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (0, "Runtime exited without providing a reason"),
        (7, "Runtime exited with error: exit status 7"),
    ],
)
def test_exit_at_import(start, code, cause):
    """L30: sys.exit at import is Runtime.ExitError too."""
    answer = start(f"import sys\nsys.exit({code})\n").invoke({})
    assert error_of(answer) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {answer.header('x-amzn-RequestId')} Error: {cause}",
    }


@pytest.mark.parametrize(
    "path", ["other", "function:7", "arn:aws:lambda:us-east-1:123456789012:function:other"]
)
def test_other_names_are_404(lively, path):
    """L34: ResourceNotFoundException with the ARN that was meant."""
    answer = lively.invoke({}, path=f"/2015-03-31/functions/{path}/invocations")
    assert (answer.status, answer.header("X-Amzn-Errortype")) == (404, "ResourceNotFoundException")
    name = path.removeprefix("arn:aws:lambda:us-east-1:123456789012:function:")
    qualified = name if ":" in name else f"{name}:$LATEST"
    assert answer.json() == {
        "Type": "User",
        "Message": f"Function not found: {ARN.removesuffix('function')}{qualified}",
    }


@pytest.mark.parametrize(
    ("path", "arn"),
    [
        ("function/invocations", ARN),
        ("function/invocations?Qualifier=$LATEST", f"{ARN}:$LATEST"),
        ("function:$LATEST/invocations", f"{ARN}:$LATEST"),
        (f"{ARN.replace(':', '%3A')}/invocations", ARN),
        (f"{ACCOUNT_ID}:function:function/invocations", ARN),
        (f"{ACCOUNT_ID}%3Afunction%3Afunction%3A$LATEST/invocations", f"{ARN}:$LATEST"),
    ],
)
def test_the_context_names_the_arn_that_was_meant(lively, path, arn):
    """L48: invoked_function_arn ends in the qualifier where one was given."""
    answer = lively.invoke({"do": "context"}, path=f"/2015-03-31/functions/{path}")
    assert answer.json()["invoked_function_arn"] == arn


def test_the_context(lively):
    """L48: what the handler can read of its function; memory is a string."""
    context = lively.invoke({"do": "context"}).json()
    assert context["function_name"] == "function"
    assert context["function_version"] == "$LATEST"
    assert context["memory_limit_in_mb"] == "128"
    assert context["log_group_name"] == "/aws/lambda/function"
    assert context["custom"] is None
    assert context["identity"].count("None") == 2
    assert context.get("tenant_id") is None
    assert 0 < context["left"] <= 1000


def test_a_client_context_that_is_none_is_400(lively):
    """L34: neither base64 nor an object; the function does not run."""
    for header in ("?", base64.b64encode(b"[]").decode(), base64.b64encode(b"{").decode()):
        answer = lively.invoke({}, headers=(("X-Amz-Client-Context", header),))
        assert answer.status == 400
        assert answer.header("X-Amzn-Errortype") == "InvalidRequestContentException"


def test_the_client_context_is_passed_on(lively):
    """L36: Lambda-Runtime-Client-Context, from base64 of JSON."""
    packed = base64.b64encode(json.dumps({"custom": {"k": "ñ"}}).encode()).decode()
    answer = lively.invoke({"do": "context"}, headers=(("X-Amz-Client-Context", packed),))
    assert answer.json()["custom"] == {"k": "ñ"}


@pytest.mark.parametrize("body", [b"{", b"\xff", b"NaN", b"[" * 100_000])
def test_payloads_that_are_no_json_are_400(lively, body):
    """L34: InvalidRequestContentException, and the function does not run."""
    answer = lively.invoke(body=body)
    assert answer.status == 400
    assert answer.header("X-Amzn-Errortype") == "InvalidRequestContentException"
    assert answer.json()["Type"] == "User"
    assert answer.json()["message"].startswith("Could not parse request body into json: ")


def test_payloads_beyond_the_limit_are_413(lively):
    """L34: 6,291,456 bytes pass, one more does not."""
    assert lively.invoke(body=b'"%s"' % (b"x" * 6_291_454)).status == 200
    answer = lively.invoke(body=b'"%s"' % (b"x" * 6_291_455))
    assert answer.status == 413
    assert answer.header("X-Amzn-Errortype") == "RequestEntityTooLargeException"


def test_the_log_tail(lively):
    """L35: base64, from START to REPORT, at most the last 4 KB."""
    tail = (("X-Amz-Log-Type", "Tail"),)
    answer = lively.invoke({"do": "print", "text": "hello"}, headers=tail)
    log = base64.b64decode(answer.header("X-Amz-Log-Result") or "").decode()
    request_id = answer.header("x-amzn-RequestId")
    assert log.startswith(f"START RequestId: {request_id} Version: $LATEST\nhello\n")
    assert f"\nEND RequestId: {request_id}\nREPORT RequestId: {request_id}\tDuration: " in log
    long = lively.invoke({"do": "print", "text": "x" * 9_000}, headers=tail)
    assert len(base64.b64decode(long.header("X-Amz-Log-Result") or "")) == 4_096


def test_dry_run(lively):
    """L27: 204, empty, and the function does not run."""
    before = lively.invoke({"do": "state"}).json()["count"]
    answer = lively.invoke({"do": "state"}, headers=(("X-Amz-Invocation-Type", "DryRun"),))
    assert (answer.status, answer.body) == (204, b"")
    assert lively.invoke({"do": "state"}).json()["count"] == before + 1


def test_what_is_not_served_is_refused(lively):
    """An invocation type that AWS does not know, and operations other than Invoke."""
    answer = lively.invoke({}, headers=(("X-Amz-Invocation-Type", "Later"),))
    assert (answer.status, answer.header("X-Amzn-Errortype")) == (
        400,
        "InvalidParameterValueException",
    )
    assert "Later" in answer.json()["message"]
    assert lively.invoke({}, path="/2015-03-31/functions").status == 404
    assert lively.invoke({}, method="GET").status == 404
