"""Settings: L50 and L62 to L69."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from poner.emulator import LocalFunction
from poner.emulator.function import check_settings
from poner.errors import EmulatorError, SettingsError

FUNCTION = LocalFunction(Path("code"), "app.handler", "python3.13")


def test_defaults_are_lambda_s():
    """L62, L63: 128 MB, 3 seconds."""
    assert (FUNCTION.memory_mb, FUNCTION.timeout_s) == (128, 3)
    check_settings(FUNCTION)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"runtime": "python2.7"}, "python2.7"),
        ({"runtime": "nodejs22.x"}, "nodejs22.x"),
        ({"memory_mb": 127}, "memory_mb"),
        ({"memory_mb": 10_241}, "memory_mb"),
        ({"timeout_s": 0}, "timeout_s"),
        ({"timeout_s": 1_801}, "timeout_s"),
        ({"name": "a/b"}, "a/b"),
        ({"name": "n" * 65}, "n" * 65),
        ({"concurrency": 0}, "concurrency"),
        ({"layers": (Path("layer.zip"),) * 6}, r"Cannot reference more than 5 layers\."),
        ({"environment": {"AWS_REGION": "x"}}, "AWS_REGION"),
        ({"environment": {"AWS_LAMBDA_LOG_FORMAT": "JSON"}}, "AWS_LAMBDA_LOG_FORMAT"),
        ({"environment": {"1A": "x"}}, "1A"),
        ({"handler": "a." + "h" * 127}, "129 characters"),
        ({"environment": {"AB": "x" * 4_089}}, "exceeded the 4KB limit"),
    ],
)
def test_what_aws_refuses_is_refused(changes: dict[str, Any], named: str):
    """L50, L62, L63, L68: ranges, names and reserved variables; the message names what is wrong."""
    with pytest.raises((EmulatorError, SettingsError), match=named):
        check_settings(replace(FUNCTION, **changes))


def test_five_layers_are_taken():
    """L66: five layers."""
    check_settings(replace(FUNCTION, layers=(Path("layer.zip"),) * 5))


def test_environment_of_exactly_4_kb():
    """L64: 4,096 bytes of compact JSON are accepted, 4,097 are not."""
    check_settings(replace(FUNCTION, environment={"AB": "x" * (4_096 - 9)}))
    with pytest.raises(SettingsError, match="4097"):
        check_settings(replace(FUNCTION, environment={"AB": "x" * (4_097 - 9)}))


def test_name_of_one_letter_is_refused_with_the_reason():
    """Names of functions have at least two characters."""
    with pytest.raises(SettingsError) as raised:
        check_settings(replace(FUNCTION, environment={"A": "x"}))
    assert "two characters or more" in raised.value.hint


def test_aws_s_sentences_about_variables():
    """L50, L64: the error names reserved keys; values, which may be secret, are not shown."""
    with pytest.raises(SettingsError) as raised:
        check_settings(replace(FUNCTION, environment={"AWS_REGION": "x", "_HANDLER": "y"}))
    assert raised.value.message == (
        "Lambda was unable to configure your environment variables because the environment "
        "variables you have provided contains reserved keys that are currently not supported for "
        "modification. Reserved keys used in this request: AWS_REGION, _HANDLER."
    )
    with pytest.raises(SettingsError) as raised:
        check_settings(replace(FUNCTION, environment={"AB": "secret" * 1_000}))
    assert raised.value.message == (
        "Lambda was unable to configure your environment variables because the environment "
        "variables you have provided exceeded the 4KB limit."
    )
    assert "secret" not in str(raised.value)


def test_url_ids_look_like_aws_s():
    """L12: 32 characters of [a-z0-9], the same on every run."""
    assert len(FUNCTION.url_id) == 32
    assert FUNCTION.url_id.isalnum()
    assert FUNCTION.url_id == replace(FUNCTION, memory_mb=256).url_id
