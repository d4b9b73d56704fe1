"""Identifiers of an invocation: its request id and its trace ids."""

from __future__ import annotations

import re
import secrets
import uuid


def new_request_id() -> str:
    """A new UUID for an invocation."""
    return str(uuid.uuid4())


def edge_trace_id(sent: str | None, now_s: float) -> str:
    """The `x-amzn-trace-id` header that the Function URL makes, or extends if one was sent (L8)."""
    own = f"1-{int(now_s):08x}-{secrets.token_hex(12)}"
    return f"Self={own};{sent}" if sent else f"Root={own}"


def function_trace_id(edge: str, now_s: float) -> str:
    """The trace id that the function and the client receive (L13)."""
    found = re.search(r"Root=([0-9a-f-]+)", edge)
    root = found[1] if found else f"1-{int(now_s):08x}-{secrets.token_hex(12)}"
    return f"Root={root};Parent={secrets.token_hex(8)};Sampled=0;Lineage=1:{secrets.token_hex(4)}:0"
