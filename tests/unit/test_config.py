"""poner.toml and the choice of a runtime."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path

import pytest

from poner.aws_lambda.runtimes import RUNTIMES, choose_runtimes
from poner.config import Config, read_config
from poner.errors import ConfigError, UsageError

OWN = f"python{sys.version_info.major}.{sys.version_info.minor}"


def test_no_file_means_defaults(tmp_path: Path) -> None:
    """A folder without poner.toml has all defaults."""
    assert read_config(tmp_path) == Config()


def test_the_documented_file_holds_the_defaults(tmp_path: Path) -> None:
    """docs/configuration.md lists every key with its default."""
    text = (Path(__file__).parents[2] / "docs/configuration.md").read_text()
    toml = text.split("```toml\n")[1].split("```")[0]
    (tmp_path / "poner.toml").write_text(toml.replace('runtime = "python3.13"', ""))
    assert read_config(tmp_path) == Config()
    keys = {line.split(" =")[0].strip("# ") for line in toml.splitlines() if " = " in line}
    sections = Config().model_dump().values()
    assert keys == {key for section in sections for key in section}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("x", "cannot be read"),
        ("x = " + "[" * 60_000, "nested too deeply"),
        ("x = " + "{a = " * 10_000, "cannot be read"),
        ("x = " + "9" * 5_000, "cannot be read"),
        ("x = " + "9" * 70_000, "more than 65,536 bytes"),
        (".".join("a" * 30_000) + " = 1", "more than 1,000 dots"),
        ("[" + ".".join("a" * 30_000) + "]", "more than 1,000 dots"),
        ("\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "cannot be read"),
        ("[nonsense]", "nonsense"),
        ("[function]\ntimeout_s = 1801", "function.timeout_s"),
        ('[function]\nmemory_mb = "128"', "function.memory_mb"),
        ('[build]\nengine = "magic"', "build.engine"),
        ('[project]\nname = ""', "project.name"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, named: str) -> None:
    """A wrong key or value is an error that names it."""
    (tmp_path / "poner.toml").write_text(text)
    with pytest.raises(ConfigError, match=named):
        read_config(tmp_path)


@pytest.mark.parametrize(
    ("text", "key", "hint"),
    [
        ('[deploy]\nauht = "none"', "deploy.auht", "Perhaps deploy.auth was meant; "),
        ("[depoly]\nkeep = 5", "depoly", "Perhaps deploy was meant; "),
        ("[deploy.cors]\nallow_origin = []", "deploy.cors.allow_origin", "Perhaps deploy.cors."),
        ("keep = 5", "keep", "It belongs under [deploy]; "),
        ("[project]\nmemory_mb = 128", "project.memory_mb", "It belongs under [function]; "),
        ("[deploy]\ncolour = 1", "deploy.colour", "Leave it out; "),
    ],
)
def test_an_unknown_key_comes_with_what_was_meant(
    tmp_path: Path, text: str, key: str, hint: str
) -> None:
    """An unknown key is an error that suggests the right key or section."""
    (tmp_path / "poner.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_config(tmp_path)
    assert caught.value.message.endswith(f"has a key that poner does not know: {key}.")
    assert caught.value.hint.startswith(hint)


def test_the_default_runtime_is_this_python(tmp_path: Path) -> None:
    """The default runtime is this Python's, if Lambda creates functions for it."""
    assert choose_runtimes(None, datetime.date(2026, 1, 1))[0].name == OWN


def test_other_runtimes_come_nearest_first() -> None:
    """A package without a wheel for this Python may have one for an older Python, too."""
    names = [runtime.name for runtime in choose_runtimes(None, datetime.date(2026, 1, 1))]
    distances = [abs(int(name.partition(".")[2]) - sys.version_info.minor) for name in names]
    assert distances == sorted(distances)
    assert set(names) == set(RUNTIMES)


def test_a_runtime_that_is_blocked_gives_way_to_the_newest() -> None:
    """Once AWS creates no functions for this Python, the newest one is taken."""
    blocked = RUNTIMES[OWN].block_create
    assert choose_runtimes(None, blocked)[0].name == list(RUNTIMES)[-1]
    assert choose_runtimes(OWN, blocked)[0].name == OWN


def test_an_unknown_runtime_is_refused() -> None:
    """An unknown runtime is an error that lists the runtimes."""
    with pytest.raises(UsageError, match=r"python2\.7") as caught:
        choose_runtimes("python2.7", datetime.date(2026, 1, 1))[0]
    assert "python3.13" in caught.value.hint
