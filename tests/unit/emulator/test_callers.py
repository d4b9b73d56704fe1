"""Which requests are answered: under the server's own names, from programs and allowed pages."""

from __future__ import annotations

import json

import pytest

from poner.emulator import Callers
from poner.emulator.protocol.callers import (
    Head,
    check_callers,
    is_named,
    why_cross_site,
    why_misdirected,
)
from poner.errors import EmulatorError

ADDRESS = ("127.0.0.1", 9000)
EVIL = "http://evil.example"


def head(
    *lines: tuple[str, str], method: str = "POST", target: str = "/", host: str = "localhost:9000"
) -> Head:
    """A request with these header lines after its Host."""
    return Head(method, target, [("Host", host), *lines])


def misdirected(host: str, *allowed: str, target: str = "/") -> int:
    """The status of the refusal of a Host; 200 where there is none."""
    refusal = why_misdirected(head(host=host, target=target), ADDRESS, allowed)
    return refusal.status if refusal is not None else 200


def cross_site(*lines: tuple[str, str], method: str = "POST", origins: tuple[str, ...] = ()) -> int:
    """The status of the refusal of these header lines; 200 where there is none."""
    refusal = why_cross_site(head(*lines, method=method), is_named(origins))
    return refusal.status if refusal is not None else 200


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:9000", "localhost:9000", "LocalHost:9000", "localhost.:9000", "[::1]:9000",
     "[0:0:0:0:0:0:0:1]:9000", " localhost:9000\t"],
)  # fmt: skip
def test_its_own_names_are_answered(host: str) -> None:
    """The server's names are accepted in any case, with a final dot, and in any IPv6 notation."""
    assert misdirected(host) == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example:9000", "evil.example", "localhost", "localhost:9001", "127.0.0.1",
     "0.0.0.0:9000", "127.0.0.2:9000", "127.1:9000", "2130706433:9000",
     "localhost.evil.example:9000",
     "evil-localhost:9000", "a.localhost:9000", "[::2]:9000", "[::ffff:127.0.0.1]:9000"],
)  # fmt: skip
def test_other_names_are_refused(host: str) -> None:
    """A page's host name that resolves to this machine is refused, as is another port."""
    assert misdirected(host) == 403


@pytest.mark.parametrize(
    "host",
    ["", ":9000", "localhost:", "localhost:x", "localhost:+9000", "localhost:\u0669000",
     "user@localhost:9000", "localhost:9000@evil.example", "localhost:9000, evil.example",
     "localhost:9000 evil.example", "localhost..:9000", "localhost:9000/", "local%68ost:9000",
     "http://localhost:9000", "[::1:9000", "[127.0.0.1]:9000", "localh\u00f6st:9000"],
)  # fmt: skip
def test_what_is_no_host_is_bad_http(host: str) -> None:
    """A Host header with user information, a list, a path or escapes is refused."""
    assert misdirected(host) == 400


@pytest.mark.parametrize("count", [0, 2])
def test_a_request_has_one_host(count: int) -> None:
    """A request with no Host header or two gets a 400, even if both name the server."""
    request = Head("GET", "/", [("hOsT", "localhost:9000")] * count)
    refusal = why_misdirected(request, ADDRESS, ())
    assert refusal is not None
    assert refusal.status == 400


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("http://localhost:9000/x", 200),
        ("http://evil.example/x", 403),
        ("HTTP://evil.example:9000", 403),
        ("http://user@localhost:9000/", 400),
        ("http://localhost:9000@evil.example/", 400),
        ("/?u=http://evil.example/", 200),
    ],
)
def test_a_target_in_absolute_form_is_checked_too(target: str, status: int) -> None:
    """A target in absolute form has precedence over Host, so both must name the server."""
    assert misdirected("localhost:9000", target=target) == status
    assert misdirected("evil.example", target=target) != 200


@pytest.mark.parametrize(
    ("allowed", "host", "status"),
    [
        ("tunnel.example", "tunnel.example", 200),
        ("tunnel.example", "Tunnel.Example.:8443", 200),
        ("tunnel.example:8443", "tunnel.example:8443", 200),
        ("tunnel.example:8443", "tunnel.example", 403),
        ("tunnel.example", "a.tunnel.example", 403),
        ("localhost", "localhost:19000", 200),
    ],
)
def test_further_names_are_answered(allowed: str, host: str, status: int) -> None:
    """An allowed name without a port stands for every port, since a tunnel has its own."""
    assert misdirected(host, allowed) == status


def test_a_refusal_says_what_to_do() -> None:
    """The log and the answer name the host, on one line and in ASCII, and the option."""
    refusal = why_misdirected(head(host="tunnel.example:1"), ADDRESS, ())
    assert refusal is not None
    reason = (
        '"tunnel.example:1" is not a name of this server, which is 127.0.0.1:9000. '
        "If this name is yours, start poner local with --allow-host tunnel.example."
    )
    assert refusal.line == f"The next request is refused: {reason}"
    assert json.loads(refusal.response.body) == {
        "Message": f"The local Lambda refuses this request: {reason}"
    }
    hostile = why_misdirected(head(host="\x1b[31m\x9b\n" + "x" * 1000), ADDRESS, ())
    assert hostile is not None
    assert hostile.line.isascii()
    assert hostile.line.isprintable()
    assert len(hostile.line) < 250


def test_programs_are_answered() -> None:
    """Programs send none of the headers by which browsers show a request's origin."""
    assert cross_site(("User-Agent", "curl"), ("Referer", f"{EVIL}/page")) == 200


@pytest.mark.parametrize(
    "origin",
    [EVIL, "null", "", "http://localhost:3000", "http://127.0.0.1:9000", "http://localhost",
     "ftp://localhost:9000", "http://localhost:9000.evil.example", "http://localhost:9000 http://x",
     "http://user@localhost:9000", "localhost:9000", "*"],
)  # fmt: skip
@pytest.mark.parametrize("site", [(), (("Sec-Fetch-Site", "same-origin"),)])
def test_pages_of_other_origins_are_refused(origin: str, site: tuple[tuple[str, str], ...]) -> None:
    """Another port or another name of this machine is another origin."""
    assert cross_site(("Origin", origin), *site) == 403


@pytest.mark.parametrize("origin", ["http://localhost:9000", "https://LOCALHOST:9000"])
def test_its_own_pages_are_answered(origin: str) -> None:
    """A page may call the server that it was loaded from, under the same name."""
    assert cross_site(("Origin", origin)) == 200


def test_two_origins_are_refused() -> None:
    """A request with two Origin headers is refused, since no browser sends two."""
    own = ("Origin", "http://localhost:9000")
    assert cross_site(own, own) == 403
    assert cross_site(own, ("Origin", EVIL), origins=(EVIL,)) == 403


@pytest.mark.parametrize(
    ("site", "status"),
    [("none", 200), ("same-origin", 200), ("same-site", 403), ("cross-site", 403), ("new", 403)],
)
def test_requests_without_an_origin_say_their_site(site: str, status: int) -> None:
    """Requests without an Origin, such as those of <script>, are judged by Sec-Fetch-Site."""
    assert cross_site(("Sec-Fetch-Site", site), method="GET") == status


def test_a_link_may_be_followed() -> None:
    """A user's own step from another page is answered; a frame's or a form's is not."""
    link = {
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
        "Sec-Fetch-User": "?1",
    }
    assert cross_site(*link.items(), method="GET") == 200
    assert cross_site(*link.items(), method="POST") == 403
    for name, value in (("Dest", "iframe"), ("Mode", "no-cors"), ("User", "")):
        assert cross_site(*{**link, f"Sec-Fetch-{name}": value}.items(), method="GET") == 403


@pytest.mark.parametrize(
    ("origins", "status"), [((EVIL,), 200), (("*",), 200), (("http://other.example",), 403)]
)
def test_pages_that_may_call_are_answered(origins: tuple[str, ...], status: int) -> None:
    """With an Origin, or with a Referer where browsers send no Origin."""
    assert cross_site(("Origin", EVIL), origins=origins) == status
    image = [("Sec-Fetch-Site", "cross-site"), ("Referer", f"{EVIL}/page?x")]
    assert cross_site(*image, method="GET", origins=origins) == status


@pytest.mark.parametrize(
    ("callers", "what"),
    [
        (Callers(hosts=("http://x",)), "host name"),
        (Callers(hosts=("*",)), "host name"),
        (Callers(origins=("evil.example",)), "origin"),
        (Callers(origins=("http://x/path",)), "origin"),
        (Callers(origins=("http://",)), "origin"),
    ],
)
def test_callers_that_are_none_are_named(callers: Callers, what: str) -> None:
    """A name or an origin that could never match is an error."""
    with pytest.raises(EmulatorError, match=what):
        check_callers(callers)


def test_an_extension_may_be_allowed() -> None:
    """A browser extension's origin, which has its own scheme, is accepted."""
    origin = "chrome-extension://abcdefghijklmnop"
    check_callers(Callers(origins=(origin, "*"), hosts=("tunnel.example:443",)))
    assert cross_site(("Origin", origin), origins=(origin,)) == 200
