"""environments: Python versions and package environments, found and made with uv.

In: a Python version, requirements, and the user's environment variables. Out: interpreters, cached
virtual environments, uv's results, and poner's own pinned packages with their hashes. This package
must not read configuration from a project's folder.
"""

from poner.environments.interpreters import (
    find_python,
    look_for_python,
    look_for_uv,
    make_environment,
    run_uv,
)
from poner.environments.pins import read_hashes, read_pins, read_versions
from poner.environments.requirements import bounds_of_sklearn, package_of, read_requirement
from poner.environments.uv_settings import current_settings

__all__ = [
    "bounds_of_sklearn",
    "current_settings",
    "find_python",
    "look_for_python",
    "look_for_uv",
    "make_environment",
    "package_of",
    "read_hashes",
    "read_pins",
    "read_requirement",
    "read_versions",
    "run_uv",
]
