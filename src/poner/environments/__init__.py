"""environments: the settings that decide which packages poner installs.

In: the variables of the environment. Out: the settings that uv is started with, and the packages
that poner chooses itself, with their hashes.

Nothing in a project's folder may have a say in them.
"""

from poner.environments.pins import (
    are_hashed,
    describe,
    parse_requirement,
    read_hashes,
    read_pins,
    read_versions,
    without_hashes,
)
from poner.environments.uv_settings import (
    REQUIREMENT_FILES,
    UvSettings,
    current_settings,
    hide_credentials,
    read_settings,
)

__all__ = [
    "REQUIREMENT_FILES",
    "UvSettings",
    "are_hashed",
    "current_settings",
    "describe",
    "hide_credentials",
    "parse_requirement",
    "read_hashes",
    "read_pins",
    "read_settings",
    "read_versions",
    "without_hashes",
]
