"""What uv is told: the user's and the system's configuration, and the environment."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from poner.environments.uv_settings import UvSettings, hide_credentials, read_settings


def configure(folder: Path, text: str) -> Path:
    """Put a uv.toml where uv looks for it below a folder."""
    path = folder / "uv" / "uv.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def read(tmp_path: Path, **more: str) -> UvSettings:
    """The settings of a user whose home and system lie in a folder."""
    places = {"HOME": str(tmp_path / "home"), "XDG_CONFIG_DIRS": str(tmp_path / "system")}
    return read_settings({**places, **more}, tmp_path / "project")


def test_without_configuration_uv_looks_for_none(tmp_path: Path) -> None:
    """There is no file that could be meant."""
    assert read(tmp_path).options(tmp_path) == ["--no-config"]


@pytest.mark.parametrize("variable", [None, "XDG_CONFIG_HOME"])
def test_the_users_configuration_is_taken(tmp_path: Path, variable: str | None) -> None:
    """It lies in ~/.config, or where XDG_CONFIG_HOME says."""
    folder = tmp_path / "elsewhere" if variable else tmp_path / "home" / ".config"
    path = configure(folder, "no-index = true\n")
    settings = read(tmp_path, **({variable: str(folder)} if variable else {}))
    assert settings.options(tmp_path) == ["--config-file", str(path)]


def test_the_systems_configuration_is_taken(tmp_path: Path) -> None:
    """Where the user has none."""
    path = configure(tmp_path / "system", "no-index = true\n")
    assert read(tmp_path).options(tmp_path) == ["--config-file", str(path)]


def test_two_configurations_are_combined(tmp_path: Path) -> None:
    """As uv does it: the user's values, both lists, the user's entries first."""
    configure(
        tmp_path / "home" / ".config",
        'prerelease = "allow"\nfind-links = ["a\\"b"]\n[[index]]\nurl = "https://u/"\n',
    )
    configure(
        tmp_path / "system",
        'prerelease = "never"\noffline = true\nfind-links = ["c"]\n[[index]]\nurl = "https://s/"\n'
        "[pip]\nstrict = true\n",
    )
    option, path = read(tmp_path).options(tmp_path)
    assert option == "--config-file"
    assert tomllib.loads(Path(path).read_text()) == {
        "prerelease": "allow",
        "offline": True,
        "find-links": ['a"b', "c"],
        "index": [{"url": "https://u/"}, {"url": "https://s/"}],
        "pip": {"strict": True},
    }


def test_a_named_file_stands_for_all_others(tmp_path: Path) -> None:
    """UV_CONFIG_FILE means the folder that poner runs in, if it is relative."""
    configure(tmp_path / "home" / ".config", "no-index = true\n")
    settings = read(tmp_path, UV_CONFIG_FILE="own.toml")
    path = str(tmp_path / "project" / "own.toml")
    assert settings.options(tmp_path) == ["--config-file", path]
    assert "UV_CONFIG_FILE" not in settings.variables


@pytest.mark.parametrize(("value", "taken"), [("1", False), ("true", False), ("0", True)])
def test_configuration_can_be_switched_off(tmp_path: Path, value: str, taken: bool) -> None:
    """UV_NO_CONFIG is the user's word."""
    configure(tmp_path / "system", "no-index = true\n")
    settings = read(tmp_path, UV_NO_CONFIG=value)
    assert (settings.options(tmp_path)[0] == "--config-file") is taken


@pytest.mark.parametrize("value", [".", "relative", ".:relative"])
def test_relative_places_of_configuration_are_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """They would lead into the folder that poner runs in."""
    for folder in (tmp_path, tmp_path / "relative", tmp_path / ".config"):
        configure(folder, "no-index = true\n")
    monkeypatch.chdir(tmp_path)
    places = {"HOME": ".", "XDG_CONFIG_HOME": value, "XDG_CONFIG_DIRS": value}
    assert not any(
        path.is_relative_to(tmp_path) or not path.is_absolute()
        for path in read_settings(places, tmp_path).configuration
    )


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("UV_INDEX_URL", "./simple", "{}/simple"),
        ("UV_DEFAULT_INDEX", "own=simple", "own={}/simple"),
        ("UV_INDEX", "own=https://x/a=b wheels", "own=https://x/a=b {}/wheels"),
        ("UV_EXTRA_INDEX_URL", "https://x/ file:///y", "https://x/ file:///y"),
        ("UV_FIND_LINKS", "a,/b c", "{}/a,/b c"),
        ("UV_CONSTRAINT", "a.txt /b.txt", "{0}/a.txt /b.txt"),
        ("UV_CACHE_DIR", "cache", "{}/cache"),
        ("SSL_CERT_FILE", "own.pem", "{}/own.pem"),
    ],
)
def test_relative_paths_keep_their_meaning(
    tmp_path: Path, name: str, value: str, told: str
) -> None:
    """Paths in the user's variables are absolute for uv, which is started elsewhere."""
    expected = told.format(tmp_path / "project")
    assert read(tmp_path, **{name: value}).variables[name] == expected


def test_what_decides_about_packages_is_part_of_the_key(tmp_path: Path) -> None:
    """Configuration, indexes and the contents of constraints each give another key."""
    constraints = tmp_path / "c.txt"
    constraints.write_text("a==1\n")
    keys = [read(tmp_path).key]
    keys += [read(tmp_path, UV_DEFAULT_INDEX=url).key for url in ("https://a/", "https://b/")]
    keys += [read(tmp_path, UV_SOME_FUTURE_SETTING="1").key]
    keys += [read(tmp_path, UV_CONSTRAINT=str(constraints)).key]
    constraints.write_text("a==2\n")
    keys += [read(tmp_path, UV_CONSTRAINT=str(constraints)).key]
    path = configure(tmp_path / "home" / ".config", "no-index = true\n")
    keys += [read(tmp_path).key]
    path.write_text("no-index = false\n")
    keys += [read(tmp_path).key]
    assert len(set(keys)) == len(keys)


def test_credentials_are_no_part_of_the_key(tmp_path: Path) -> None:
    """Another password for the same index, or another place for uv's cache, keeps the key."""
    path = configure(tmp_path / "home" / ".config", 'index-url = "https://u:one@x/"\n')
    first = read(tmp_path, UV_INDEX_URL="https://u:one@y/", UV_INDEX_OWN_PASSWORD="one")
    key = first.key
    path.write_text('index-url = "https://v:two@x/"\n')
    other = {"UV_INDEX_URL": "https://v:t@wo@y/", "UV_INDEX_OWN_PASSWORD": "two"}
    assert read(tmp_path, **other, UV_CACHE_DIR="/elsewhere").key == key


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no `https://u:p@x/simple/a.whl`", "no `https://***@x/simple/a.whl`"),
        ("https://token@x/ and http://u:p@ss@y", "https://***@x/ and http://***@y"),
        ("at https://x/a?sig=abc&k=1, twice", "at https://x/a?*** twice"),
        ("mail a@b.example", "mail a@b.example"),
    ],
)
def test_addresses_are_shown_without_credentials(text: str, shown: str) -> None:
    """User information and queries are replaced, all else stays."""
    assert hide_credentials(text) == shown
