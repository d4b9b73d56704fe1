"""Which URLs may be asked, signed and followed: the rows and the signature stay with one host.

A URL is parsed once, by the library that connects (yarl); what is checked is what is asked.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from poner.errors import EndpointRefusedError

if TYPE_CHECKING:
    from yarl import URL

LOCALHOST = "localhost"
"""The one name that means this machine."""

_LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
_HINT = "Give the Function URL as `poner url` prints it, such as https://...on.aws/."


def read_url(text: str) -> URL:
    """A URL to ask.

    Raises:
        EndpointRefusedError: it is not an absolute URL of http or https, or holds characters that
            programs read in different ways.
    """
    from yarl import URL

    try:
        url = URL(text)
        url.port  # noqa: B018  # raises where it is not a number
    except ValueError as error:
        raise EndpointRefusedError(f"{text} is not a URL: {error}.", _HINT) from error
    if url.scheme not in ("http", "https") or not url.raw_host:
        raise EndpointRefusedError(f"{text} is not a URL of http or https.", _HINT)
    _check_letters(text)
    return url


def _check_letters(text: str) -> None:
    """Refuse characters that programs read in different ways.

    Raises:
        EndpointRefusedError: there is a backslash, a blank or a control character.
    """
    if any(letter in "\\ " or not letter.isprintable() for letter in text):
        raise EndpointRefusedError(f"{text} holds a character that no URL has.", _HINT)


def check_signable(url: URL) -> None:
    """Refuse to sign a request that others could read, since its headers hold a session token.

    Raises:
        EndpointRefusedError: the URL is neither https nor on this machine, or names a user.
    """
    if url.raw_user is not None or url.raw_password is not None:
        raise EndpointRefusedError(
            f"Requests to {url.with_user(None)} are not signed: the URL names a user.",
            "Leave out the part before the @; boto3 finds the credentials.",
        )
    if url.scheme != "https" and not is_loopback(url.raw_host or ""):
        raise EndpointRefusedError(
            f"Requests to {url} are not signed: without https, others can read the signature and "
            "the session token.",
            "Give the URL with https; plain http is signed for this machine only (127.0.0.1, ::1 "
            "or localhost).",
        )


def is_loopback(host: str) -> bool:
    """Whether a host of a URL is this machine: 127.0.0.0/8 in four numbers, ::1, or localhost."""
    if host == LOCALHOST:
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return address in _LOOPBACK
    return address == ipaddress.IPv6Address("::1")


def follow(url: URL, location: str) -> URL:
    """Where a redirect leads, if that is on the same host.

    Raises:
        EndpointRefusedError: it leads to another scheme, host or port.
    """
    from yarl import URL

    try:
        _check_letters(location)
        target = url.join(URL(location))
        same = (target.scheme, target.raw_host, target.port) == (url.scheme, url.raw_host, url.port)
    except (EndpointRefusedError, ValueError):
        same = False
    if not same or target.raw_user is not None or target.raw_password is not None:
        raise EndpointRefusedError(
            f"{url} leads to another host: {location[:200]}. Nothing was sent there.",
            "If you trust that host, ask it by its own URL.",
        )
    return target
