"""URLs that are requested, signed for and followed."""

from __future__ import annotations

import pytest

from poner.client.addresses import check_signable, follow, read_url
from poner.errors import EndpointRefusedError


@pytest.mark.parametrize(
    "text",
    [
        "https://abc.lambda-url.eu-west-1.on.aws/",
        "https://example.com:8443/path?query=1",
        "http://127.0.0.1:9000/",
        "http://127.99.0.3/",
        "http://[::1]:9000/",
        "http://localhost:9000/",
        "http://LOCALHOST/",
    ],
)
def test_https_and_this_machine_are_signed_for(text: str) -> None:
    """Only https and this machine are signed for, so nobody on the way reads the session token."""
    check_signable(read_url(text))


@pytest.mark.parametrize(
    "text",
    [
        "http://example.com/",
        "http://localhost.evil.com/",
        "http://evil.com/localhost",
        "http://evil.com#localhost",
        "http://evil.com?127.0.0.1",
        "http://127.0.0.1@evil.com/",
        "http://localhost:9000@evil.com/",
        "http://127.0.0.1.evil.com/",
        "http://127.0.0.1.nip.io/",
        "http://xn--lcalhost-54a.com/",
        "http://loсalhost/",  # noqa: RUF001  # the third letter is Cyrillic
        "http://localhost./",
        "http://a.localhost/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://127.0.0.01/",
        "http://0/",
        "http://0.0.0.0/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[fe80::1]/",
        "http://128.0.0.1/",
        "http://10.0.0.1/",
        "http://169.254.169.254/",
        "https://user:secret@example.com/",
        "http://user@127.0.0.1/",
    ],
)
def test_all_else_is_not(text: str) -> None:
    """Names and numbers that only resemble this machine, and URLs with a user, are not signed."""
    with pytest.raises(EndpointRefusedError, match="signs no requests"):
        check_signable(read_url(text))


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1\\@evil.com/",
        "http://evil.com\\.localhost/",
        "http://local host/",
        "http://127.0.0.1/\r\nHost: evil.com",
        "http://127.0.0.1\t/",
        "http:///path",
        "http:localhost",
        "//localhost/",
        "ftp://localhost/",
        "file:///etc/passwd",
        "http://localhost:port/",
        "http://localhost:99999/",
        "http://[::1/",
        "http://\ud800/",
        "",
    ],
)
def test_what_programs_read_in_different_ways_is_not_asked(text: str) -> None:
    """A URL that programs read differently is refused, signed or not."""
    with pytest.raises(EndpointRefusedError):
        read_url(text)


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/other", "https://a.example/other"),
        ("?q=1", "https://a.example/path?q=1"),
        ("https://a.example/x", "https://a.example/x"),
        ("https://A.EXAMPLE:443/x", "https://a.example/x"),
        ("//a.example/x", "https://a.example/x"),
    ],
)
def test_a_redirect_on_the_same_host_is_followed(location: str, target: str) -> None:
    """A redirect to the same scheme, host and port is followed."""
    assert str(follow(read_url("https://a.example/path"), location)) == target


@pytest.mark.parametrize(
    "location",
    [
        "http://a.example/path",
        "https://b.example/path",
        "https://a.example.evil.com/",
        "https://a.example:8443/path",
        "//b.example/path",
        "https://a.example@b.example/",
        "https://user@a.example/",
        "ftp://a.example/",
        "data:text/plain,x",
        "https://[/",
        "https:\\\\b.example/",  # browsers read a backslash as a slash, RFC 3986 as a letter
        "/\\b.example/",
    ],
)
def test_a_redirect_elsewhere_is_refused(location: str) -> None:
    """A redirect to another host, port or scheme is refused, and gets no row."""
    with pytest.raises(EndpointRefusedError, match="another host"):
        follow(read_url("https://a.example/path"), location)
