"""Which requests the local Lambda answers: those of programs and of permitted web pages.

A page in the user's browser can reach a server on this machine: through a host name that resolves
to this machine (DNS rebinding), or by sending requests across sites. Therefore the Host of a
request must be one of the server's own names, and a page of another site may call only if the user
allowed that site.

Source: RFC 9112, section 3.2 (Host and the request's target); the Fetch standard (Origin); W3C's
Fetch Metadata Request Headers (all 2026-11).
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from poner.emulator.function import Callers
from poner.emulator.protocol.responses import JSON_TYPE, HttpResponse
from poner.errors import EmulatorError

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""Names of this machine that no name server can redirect."""

ANY = "*"
"""Stands for every origin, as in AWS's Cors."""

LONGEST_SHOWN = 80
"""Most characters of a caller's header that a message quotes."""

AUTHORITY = re.compile(
    r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?)(?::(?P<port>[0-9]{1,5}))?",
    re.IGNORECASE | re.ASCII,
)
"""A host with an optional port, without user information and percent-encoding."""

ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*://(?P<authority>[^/?#]*)", re.IGNORECASE | re.ASCII)
"""Scheme and authority of an absolute URL, as in a request target in absolute form."""


@dataclass(frozen=True)
class Authority:
    """A host and a port, normalised for comparison."""

    host: str
    """In lower case, without a final dot; IPv6 without brackets."""
    port: int | None
    """None: the protocol's default port."""

    @classmethod
    def parse(cls, text: str) -> Authority | None:
        """The authority in a Host header or an origin; None if the text is malformed."""
        matched = AUTHORITY.fullmatch(text)
        if matched is None:
            return None
        host = matched["host"].lower().removesuffix(".")
        if host.startswith("["):
            try:
                host = str(ipaddress.IPv6Address(host[1:-1]))
            except ValueError:
                return None
        return cls(host, int(matched["port"]) if matched["port"] else None)


@dataclass(frozen=True)
class Refusal:
    """Why a request is not answered."""

    status: int
    """400 for a malformed request, 403 for a forbidden one."""
    reason: str
    """Completes "The request is refused: ..."."""
    advice: str = ""
    """What the developer can do about it."""

    @property
    def line(self) -> str:
        """The line that the log shows before the refused request's own line."""
        return " ".join(filter(None, (f"The next request is refused: {self.reason}.", self.advice)))

    @property
    def response(self) -> HttpResponse:
        """The answer, in the format of AWS's 403."""
        message = f"The local Lambda refuses this request: {self.reason}. {self.advice}".strip()
        headers = (JSON_TYPE, ("x-amzn-ErrorType", "AccessDeniedException"))
        return HttpResponse(self.status, headers, json.dumps({"Message": message}).encode())


@dataclass(frozen=True)
class Head:
    """The parts of a request that show its origin and its destination."""

    method: str
    """HTTP method."""
    target: str
    """The request target, as sent."""
    headers: Sequence[tuple[str, str]] = field(default_factory=tuple)
    """Header lines: name and value."""

    def all(self, name: str) -> list[str]:
        """The values of all lines of a header, without surrounding blanks."""
        return [value.strip(" \t") for key, value in self.headers if key.lower() == name]


def why_misdirected(head: Head, address: tuple[str, int], allowed: Sequence[str]) -> Refusal | None:
    """Why a request's Host is refused; None if it is one of the server's names.

    Args:
        head: the request.
        address: the server's address and port that the request arrived at.
        allowed: further host names, checked by `check_callers`.
    """
    hosts = head.all("host")
    if len(hosts) != 1:
        count = "no Host header" if not hosts else f"{len(hosts)} Host headers"
        return Refusal(400, f"it has {count}")
    absolute = ABSOLUTE.match(head.target)
    named = [*hosts, *([absolute["authority"]] if absolute else ())]
    for text in named:
        authority = Authority.parse(text)
        if authority is None:
            return Refusal(400, f"{_show(text)} is not a host with a port")
        if not _is_own(authority, address, allowed):
            return Refusal(
                403,
                f"{_show(text)} is not a name of this server, which is {address[0]}:{address[1]}",
                f"If this name is yours, start poner local with --allow-host {authority.host}.",
            )
    return None


def _is_own(authority: Authority, address: tuple[str, int], allowed: Sequence[str]) -> bool:
    host, port = address
    if authority.host in LOOPBACK | {host} and (authority.port or 80) == port:
        return True
    others = [other for text in allowed if (other := Authority.parse(text)) is not None]
    return any(
        authority.host == other.host and other.port in (None, authority.port) for other in others
    )


def origin_form(target: str) -> str:
    """A request target without its scheme and authority, if any (RFC 9112, section 3.2)."""
    absolute = ABSOLUTE.match(target)
    rest = target[absolute.end() :] if absolute else target
    return rest if rest.startswith("/") else f"/{rest}"


def why_cross_site(head: Head, is_allowed: Callable[[str | None], bool]) -> Refusal | None:
    """Why a request of another site's page is refused; None for programs and permitted pages.

    A user may follow a link to the server: the page with the link cannot read the answer, and GET
    has no effects (RFC 9110, section 9.2.1).

    Args:
        head: a request whose Host is one of the server's names.
        is_allowed: whether pages of an origin may call; for None: whether every page may.
    """
    origins = head.all("origin")
    if origins:
        origin = origins[0] if len(origins) == 1 else None
        if origin is not None and (_is_same(origin, head) or is_allowed(origin)):
            return None
        return _cross_site(origins[0] if len(origins) == 1 else ", ".join(origins))
    if not set(head.all("sec-fetch-site")) - {"none", "same-origin"} or _is_followed_link(head):
        return None
    referers = [ABSOLUTE.match(referer) for referer in head.all("referer")]
    origin = referers[0][0] if len(referers) == 1 and referers[0] is not None else None
    return None if is_allowed(origin) else _cross_site(origin)


def _is_same(origin: str, head: Head) -> bool:
    """Whether an origin is the server itself, under the host name of the request."""
    scheme, _, authority = origin.partition("://")
    named = Authority.parse(authority)
    return scheme in ("http", "https") and named is not None and named == _own_authority(head)


def _own_authority(head: Head) -> Authority | None:
    return Authority.parse(head.all("host")[0])


def _is_followed_link(head: Head) -> bool:
    expected: Mapping[str, str] = {
        "sec-fetch-mode": "navigate",
        "sec-fetch-dest": "document",
        "sec-fetch-user": "?1",
    }
    return head.method in ("GET", "HEAD") and all(
        head.all(name) == [value] for name, value in expected.items()
    )


def _cross_site(origin: str | None) -> Refusal:
    page = "a page of another site" if origin is None else f"a page of {_show(origin)}"
    return Refusal(
        403,
        f"{page} sent it",
        "Pages that may call the Function URL are named with --cors, as on AWS, or with "
        "--allow-origin.",
    )


def check_callers(callers: Callers) -> None:
    """Refuse malformed host names and origins.

    Raises:
        EmulatorError: names the malformed entry.
    """
    for host in callers.hosts:
        if Authority.parse(host) is None:
            raise EmulatorError(
                f"{_show(host)} is not a host name.", "Write it as NAME or NAME:PORT."
            )
    for origin in callers.origins:
        absolute = ABSOLUTE.fullmatch(origin)  # a browser extension has its own scheme
        if origin != ANY and not (absolute and Authority.parse(absolute["authority"])):
            raise EmulatorError(
                f"{_show(origin)} is not an origin.",
                "Write it as http://NAME:PORT, or * for every page.",
            )


def is_named(origins: Sequence[str]) -> Callable[[str | None], bool]:
    """A test of whether an origin is among these; `*` permits every origin."""
    return lambda origin: ANY in origins or origin in origins


def _show(text: str) -> str:
    """A caller's text in quotes: shortened, in ASCII, on one line."""
    cut = text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "..."
    return json.dumps(cut)
