"""Request and trace ids: L8, L9 and L13."""

import re
import uuid

from poner.emulator.protocol.identities import edge_trace_id, function_trace_id, new_request_id

NOW_S = 1_783_711_146.0


def test_request_ids_are_uuids():
    """L9: requestId is a UUID."""
    made = new_request_id()
    assert str(uuid.UUID(made)) == made
    assert made != new_request_id()


def test_the_edge_makes_a_root():
    """L8: Root=1-<8 hex epoch>-<24 hex>."""
    assert re.fullmatch(r"Root=1-6a514[0-9a-f]{3}-[0-9a-f]{24}", edge_trace_id(None, NOW_S))


def test_the_edge_puts_itself_before_the_caller_s():
    """L8: Self=...;Root=... if the caller sent a trace id."""
    sent = "Root=1-5e1b4151-43a0913a12345678901234567"
    assert re.fullmatch(rf"Self=1-[0-9a-f]{{8}}-[0-9a-f]{{24}};{sent}", edge_trace_id(sent, NOW_S))


def test_the_function_s_keeps_the_root():
    """L13: Root=..;Parent=..;Sampled=0;Lineage=1:<8 hex>:0."""
    made = function_trace_id("Self=1-2-3;Root=1-5e1b4151-43a0", NOW_S)
    assert re.fullmatch(
        r"Root=1-5e1b4151-43a0;Parent=[0-9a-f]{16};Sampled=0;Lineage=1:[0-9a-f]{8}:0", made
    )
