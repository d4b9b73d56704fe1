"""`poner local`: CORS, the access key, and the settings from its flags."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from poner import emulator
from poner.aws_lambda.cors import Cors
from poner.bundle import Bundle
from poner.cli.app import run
from poner.cli.url_settings import make_access_key, read_cors
from poner.emulator import AccessKey
from poner.errors import UsageError

FULL = {
    "AllowOrigins": ["https://a.b"],
    "AllowMethods": ["GET"],
    "AllowHeaders": ["x-a"],
    "ExposeHeaders": ["date"],
    "AllowCredentials": True,
    "MaxAge": 60,
}


def test_cors_is_aws_s_own_structure(tmp_path: Path) -> None:
    """As JSON or in a file, as create-function-url-config takes it; every part may be missing."""
    expected = Cors(("https://a.b",), ("GET",), ("x-a",), ("date",), True, 60)
    assert read_cors(json.dumps(FULL)) == expected
    (tmp_path / "cors.json").write_text(json.dumps(FULL))
    assert read_cors(str(tmp_path / "cors.json")) == expected
    assert read_cors("{}") == Cors()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('{"AllowOrigin": ["*"]}', "AllowOrigin"),
        ('{"AllowOrigins": "*"}', "AllowOrigins"),
        ('{"MaxAge": "60"}', "MaxAge"),
        ("{", "JSON"),
        ("nowhere.json", "nowhere.json cannot be read"),
    ],
)
def test_cors_that_is_none(text: str, named: str) -> None:
    """Invalid CORS is an error that names the problem."""
    with pytest.raises(UsageError, match=named):
        read_cors(text)


def test_the_key_is_the_flag_s_the_environment_s_or_local(monkeypatch: Any) -> None:
    """The key comes from the flag, the environment or `local`; half a pair does not count."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert make_access_key(None) == AccessKey("local", "local")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    assert make_access_key(None) == AccessKey("id", "secret")
    assert make_access_key("a:b:c") == AccessKey("a", "b:c")
    for text in ("a", "a:", ":b"):
        with pytest.raises(UsageError, match="ID:SECRET"):
            make_access_key(text)


@pytest.fixture
def served(monkeypatch: Any) -> list[tuple[emulator.LocalFunction, dict[str, Any]]]:
    """The settings that `poner local` would have served."""
    calls: list[tuple[emulator.LocalFunction, dict[str, Any]]] = []
    monkeypatch.setattr(
        emulator, "serve", lambda function, **settings: calls.append((function, settings))
    )
    return calls


def test_flags_become_settings(tmp_path: Path, served: Any) -> None:
    """CORS, key and log format become settings; files are watched only with --watch."""
    flags = ["--handler", "app.handler", "--runtime", "python3.13", "--cors", json.dumps(FULL)]
    flags += ["--auth", "iam", "--access-key", "a:b", "--log-format", "json"]
    assert run(["local", str(tmp_path), *flags]) == 0
    ((function, settings),) = served
    assert function.cors == read_cors(json.dumps(FULL))
    assert (function.access_key, function.log_format) == (AccessKey("a", "b"), "json")
    assert settings["watching"] is None


def test_without_flags_nothing_is_added(tmp_path: Path, served: Any) -> None:
    """No CORS, no signatures, text; a key alone does not make the URL ask for it."""
    flags = ["--handler", "app.handler", "--runtime", "python3.13", "--access-key", "a:b"]
    assert run(["local", str(tmp_path), *flags]) == 0
    ((function, _),) = served
    assert (function.cors, function.access_key, function.log_format) == (None, None, "text")


def test_a_bundle_s_manifest_is_read_again(
    article_bundle: Bundle, tmp_path: Path, served: Any
) -> None:
    """--watch reads the whole Bundle again after a change, and runs its new content."""
    folder = tmp_path / "build"
    shutil.copytree(article_bundle.folder, folder)
    assert run(["local", str(folder), "--watch", "--layer", "more.zip"]) == 0
    ((function, settings),) = served
    watching = settings["watching"]
    assert watching.paths == (folder, Path("more.zip"))
    manifest = article_bundle.manifest
    changed = replace(manifest, settings=replace(manifest.settings, timeout_s=7))
    (folder / "manifest.json").write_text(changed.to_json())
    assert watching.make() == replace(function, timeout_s=7)
