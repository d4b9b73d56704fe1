"""Checks URLs and redirects, so that rows and signatures reach one host only.

The library that connects (yarl) parses a URL, once: the checked URL is the one that is asked.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from poner.errors import EndpointRefusedError

if TYPE_CHECKING:
    from yarl import URL

LOCALHOST = "localhost"
"""The only name of this machine that is accepted."""

_LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
_HINT = "Give the Function URL as `poner url` prints it, such as https://...on.aws/."


def read_url(text: str) -> URL:
    """Parse a URL.

    Raises:
        EndpointRefusedError: the text is not an absolute URL of http or https, or has characters
            that programs read in different ways.
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
        EndpointRefusedError: the text has a backslash, a blank or a control character.
    """
    if any(letter in "\\ " or not letter.isprintable() for letter in text):
        raise EndpointRefusedError(f"{text} has a character that no URL may have.", _HINT)


def check_signable(url: URL) -> None:
    """Refuse to sign a request that others could read, since its headers have a session token.

    Raises:
        EndpointRefusedError: the URL has neither https nor a host of this machine, or has a user.
    """
    if url.raw_user is not None or url.raw_password is not None:
        raise EndpointRefusedError(
            f"poner signs no requests to {url.with_user(None)}, because the URL has a user name.",
            "Remove the part before the @; boto3 finds the credentials.",
        )
    if url.scheme != "https" and not is_loopback(url.raw_host or ""):
        raise EndpointRefusedError(
            f"poner signs no requests to {url}, because without https others can read the "
            "session token.",
            "Use https; http is signed for this machine only (127.0.0.1, ::1 or localhost).",
        )


def is_loopback(host: str) -> bool:
    """Whether the host of a URL is this machine: 127.0.0.0/8 in four numbers, ::1, or localhost."""
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
    """The target of a redirect.

    Raises:
        EndpointRefusedError: the target has another scheme, host or port.
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
            f"{url} redirects to another host, to which nothing was sent: {location[:200]}.",
            "If you trust that host, give its URL.",
        )
    return target
