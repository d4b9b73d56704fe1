"""The memory a function may hold: L30, L56, L59, L62."""

import re
import time

MEMORY = """
import mmap, os, subprocess, sys, tempfile, threading, time
held = []

def hold(megabytes):
    held.append(bytearray(b"x") * (megabytes * 2**20))

def handler(event, context):
    match event["do"]:
        case "hold": hold(event["mb"])
        case "later": threading.Timer(0.1, hold, [event["mb"]]).start()
        case "reserve": held.append(mmap.mmap(-1, event["mb"] * 2**20))
        case "share":
            held.append(mmap.mmap(-1, event["mb"] * 2**20))
            held[0].write(bytes(event["mb"] * 2**20))
        case "start":
            hold_it = f"x = bytearray(b'x') * ({event['mb']} * 2**20); import time; time.sleep(9)"
            subprocess.run([sys.executable, "-c", hold_it])
        case "fork":
            hold(event["mb"])
            children = [os.fork() for _ in range(4)]
            time.sleep(0.3)
            if 0 in children: os._exit(0)
            for child in children: os.waitpid(child, 0)
        case "map":
            with open(tempfile.gettempdir() + "/file", "wb+") as file:
                for _ in range(event["mb"]): file.write(b"x" * 2**20)
                file.flush()
                mapped = mmap.mmap(file.fileno(), 0)
                sum(mapped[:: 4096])
                held.append(mapped)
        case "write": open(tempfile.gettempdir() + "/kept", "w").close()
    time.sleep(event.get("then_s", 0))
    return [len(held), os.path.exists(tempfile.gettempdir() + "/kept")]
"""


def held_mb(report: str) -> int:
    """What REPORT says of the memory."""
    found = re.search("Max Memory Used: ([0-9]+) MB", report)
    assert found is not None
    return int(found[1])


def test_holding_too_much_is_killed(start, isolated):
    """L30, L59: the process is killed; the next invocation has a fresh one and the old /tmp."""
    function = start(MEMORY, memory_mb=128, timeout_s=30)
    function.invoke({"do": "write"})
    answer = function.invoke({"do": "hold", "mb": 1024, "then_s": 9})
    request_id = answer.header("x-amzn-RequestId")
    assert answer.status == 200
    assert answer.header("X-Amz-Function-Error") == "Unhandled"
    assert answer.json() == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {request_id} Error: Runtime exited with error: signal: killed",
    }
    assert function.log[-1].endswith("\tStatus: error\tError Type: Runtime.OutOfMemory\t")
    assert 128 <= held_mb(function.log[-1]) < 1024
    assert function.invoke({"do": "nothing"}).json() == [0, True]


def test_holding_what_is_allowed(start, isolated):
    """Memory up to the limit, and the peak is reported."""
    function = start(MEMORY, memory_mb=256)
    assert function.invoke({"do": "hold", "mb": 150, "then_s": 0.5}).json() == [1, False]
    assert 150 <= held_mb(function.log[-1]) < 256


def test_reserving_is_not_holding(start, isolated):
    """Address space costs nothing: numerical libraries reserve far more than they use."""
    function = start(MEMORY, memory_mb=128)
    assert function.invoke({"do": "reserve", "mb": 4096, "then_s": 0.5}).json() == [1, False]


def test_shared_memory_counts(start, isolated):
    """Shared memory without a file counts, too."""
    function = start(MEMORY, memory_mb=128, timeout_s=30)
    answer = function.invoke({"do": "share", "mb": 512, "then_s": 9}).json()
    assert answer["errorType"] == "Runtime.ExitError"


def test_other_processes_count(start, isolated):
    """What the function starts is in the same sandbox."""
    function = start(MEMORY, memory_mb=128, timeout_s=30)
    answer = function.invoke({"do": "start", "mb": 512}).json()
    assert answer["errorType"] == "Runtime.ExitError"
    assert function.log[-1].endswith("Error Type: Runtime.OutOfMemory\t")
    assert function.processes() == []


def test_pages_in_common_count_once(start, isolated):
    """Five processes share 80 MB after a fork, and 128 MB are enough."""
    function = start(MEMORY, memory_mb=128, timeout_s=30)
    assert function.invoke({"do": "fork", "mb": 80}).json() == [1, False]


def test_mapped_files_do_not_count(start, isolated):
    """Pages of mapped files, such as models in /tmp, do not count."""
    function = start(MEMORY, memory_mb=128, timeout_s=30)
    assert function.invoke({"do": "map", "mb": 250, "then_s": 0.5}).json() == [1, False]


def test_growing_between_invocations(start, isolated):
    """Whoever is killed then is replaced by the next invocation."""
    function = start(MEMORY, memory_mb=128)
    function.invoke({"do": "later", "mb": 512})
    time.sleep(1.5)
    assert function.processes() == []
    assert function.invoke({"do": "nothing"}).json() == [0, False]


def test_an_init_that_holds_too_much(start, isolated):
    """L56, L74: killed in the init phase, and again when it is run in the invocation."""
    function = start("import time\nx = bytearray(b'x') * 2**29\ntime.sleep(9)\n", timeout_s=30)
    assert function.invoke({}).json()["errorType"] == "Runtime.ExitError"
    reports = [line for line in function.log if line.startswith("INIT_REPORT")]
    assert [line.partition("\tPhase: ")[2] for line in reports] == [
        "init\tStatus: error\tError Type: Runtime.OutOfMemory",
        "invoke\tStatus: error\tError Type: Runtime.OutOfMemory",
    ]
