"""Distinguishes answers of AWS from those of a proxy or a network's sign-in page.

botocore reads a web page as an empty answer, which would mean that a resource does not exist.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from typing import ParamSpec, TypeVar

from poner.deployer.aws.errors import CHECK_REGION
from poner.deployer.failures import UnreachableError
from poner.foreign_json import read_json

P = ParamSpec("P")
T = TypeVar("T")

_REDIRECTS = {302, 303, 308}
"""AWS itself redirects with 301 and 307 (S3), which botocore handles."""

_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?[^>]*>\s*|<!--.*?-->\s*)*<(?:!doctype\s+)?html\b",
    re.IGNORECASE | re.DOTALL,
)


def find_stranger(protocol: str, status: int, headers: Mapping[str, str], body: object) -> str:
    """What came instead of an answer from AWS, in words; empty if it may be from AWS.

    Args:
        protocol: protocol of the service, such as `rest-json`.
        status: the HTTP status.
        headers: the HTTP headers.
        body: the body; a stream is not examined.
    """
    if status in _REDIRECTS and "location" in {name.lower() for name in headers}:
        return f"a redirect ({status})"
    if not isinstance(body, bytes):
        return ""
    if _PAGE.match(body[:4000]):
        return f"a web page (status {status})"
    if status < 300 and body and "json" in protocol and not _is_object(body):
        return f"something that is not JSON (status {status})"
    return ""


def _is_object(body: bytes) -> bool:
    try:
        return isinstance(read_json(body), dict | None)
    except ValueError:
        return False


def checked(read: Callable[P, T]) -> Callable[P, T]:
    """A decorator: `read` raises UnreachableError if the answer lacks a field."""

    @functools.wraps(read)
    def read_checked(*arguments: P.args, **named: P.kwargs) -> T:
        try:
            return read(*arguments, **named)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            what = read.__name__.removeprefix("read_").replace("_", " ")
            text = f"The answer about a {what} is not in AWS's form."
            raise UnreachableError(text, CHECK_REGION) from error

    return read_checked
