"""What is said of invocations and requests: L71 to L78, and the line of each request."""

import base64
import json
import re

import pytest

CHATTY = """
import logging
print("while loading")
print("without newline", end="")
def handler(event, context):
    print("printed")
    logging.getLogger("mine").info("logged %s", 1)
    logging.debug("not shown")
    try:
        1 / 0
    except ZeroDivisionError:
        logging.exception("caught")
    if event.get("raise"):
        raise ValueError("wrong")
"""
TAIL = (("X-Amz-Log-Type", "Tail"),)


def test_what_is_printed_while_loading_comes_before_start(start):
    """L35, L71: INIT_START, what the module printed, START; the tail begins with START."""
    function = start(CHATTY)
    answer = function.invoke({}, headers=TAIL)
    assert function.log[0].startswith("INIT_START Runtime Version: python:3.")
    assert function.log[1:3] == ["while loading", "without newline"]
    assert function.log[3].startswith("START RequestId: ")
    tail = base64.b64decode(answer.header("X-Amz-Log-Result") or "").decode()
    assert tail.startswith("START RequestId: ")
    function.invoke({})
    assert sum(line.startswith("INIT_START") for line in function.log) == 1


def test_a_crash_in_the_log(start):
    """L73, L76: the error and its type in one event before END, and the status in REPORT."""
    function = start()
    request_id = function.invoke({"do": "kill", "signal": 9}).header("x-amzn-RequestId")
    assert function.log[-3:-1] == [
        f"RequestId: {request_id} Error: Runtime exited with error: signal: killed\n"
        "Runtime.ExitError",
        f"END RequestId: {request_id}",
    ]
    assert function.log[-1].endswith("\tStatus: error\tError Type: Runtime.ExitError\t")


def test_a_broken_module_in_the_log(start):
    """L74: both INIT_REPORT lines name the phase and the error's type."""
    function = start("import nothing_such")
    function.invoke({})
    reports = [line for line in function.log if line.startswith("INIT_REPORT")]
    status = "Status: error\tError Type: Runtime.ImportModuleError"
    for line, phase in zip(reports, ("init", "invoke"), strict=True):
        assert re.fullmatch(
            rf"INIT_REPORT Init Duration: \d+\.\d\d ms\tPhase: {phase}\t{status}", line
        )


def test_json(start):
    """L77, L78: platform records, the application's lines as the runtime has them, prints."""
    function = start(CHATTY, log_format="json")
    request_id = function.invoke({"raise": True}, headers=TAIL).header("x-amzn-RequestId")
    plain = [line for line in function.log if not line.startswith("{")]
    assert plain == ["while loading", "without newline", "printed"]
    lines = [json.loads(line) for line in function.log if line.startswith("{")]
    platform = [line for line in lines if "type" in line]
    assert [line["type"] for line in platform] == [
        "platform.initStart",
        "platform.start",
        "platform.report",
    ]
    assert platform[1]["record"]["requestId"] == request_id
    assert platform[2]["record"]["metrics"].keys() == {
        "durationMs",
        "billedDurationMs",
        "memorySizeMB",
        "maxMemoryUsedMB",
        "initDurationMs",
    }
    logged, caught, uncaught = (line for line in lines if "type" not in line)
    stamp = logged.pop("timestamp")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamp)
    assert logged == {
        "level": "INFO",
        "message": "logged 1",
        "logger": "mine",
        "requestId": request_id,
    }
    assert caught["errorType"] == "ZeroDivisionError"
    assert {"stackTrace", "errorMessage", "location"} <= caught.keys()
    assert (uncaught["level"], uncaught["errorType"]) == ("ERROR", "ValueError")
    assert uncaught["requestId"] == request_id


def test_json_says_timeouts_and_crashes_in_the_report(start):
    """L35, L77: the report's status, and the tail begins with platform.start."""
    function = start(log_format="json", timeout_s=1)
    answer = function.invoke({"do": "sleep", "seconds": 30}, headers=TAIL)
    assert json.loads(function.log[-1])["record"]["status"] == "timeout"
    tail = base64.b64decode(answer.header("X-Amz-Log-Result") or "").decode()
    assert tail.startswith('{"time":')
    assert '"platform.start"' in tail.splitlines()[0]
    function.invoke({"do": "exit", "code": 1})
    record = json.loads(function.log[-1])["record"]
    assert (record["status"], record["errorType"]) == ("error", "Runtime.ExitError")


@pytest.mark.parametrize(
    ("request_of", "expected"),
    [
        (lambda function: function.request("/a%20b?secret=1"), r"POST /a%20b 200 \d+\.\d ms cold"),
        (lambda function: function.invoke({}), r"POST /2015-.*/invocations 200 \d+\.\d ms cold"),
        (lambda function: function.request(body=b"x" * 6_291_456), r"POST / 413 \d+\.\d ms -"),
    ],
    ids=["url", "api", "refused"],
)
def test_every_request_has_a_line(start, request_of, expected):
    """Time, method, path without its query, status, duration, cold or warm."""
    function = start()
    request_of(function)
    time_of_day = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z "
    assert re.fullmatch(time_of_day + expected, function.lines[-1])
    function.request("/act", body=b'{"do":"return","value":1}')
    function.request("/act", body=b'{"do":"exit","code":1}')
    function.request("/act", body=b'{"do":"return","value":1}')
    assert [line.split()[3] for line in function.lines[-3:]] == ["200", "502", "200"]
    assert function.lines[-1].endswith(" cold")
    assert function.lines[-2].endswith(" warm") or "413" in expected
