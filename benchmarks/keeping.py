"""Stores figures under benchmarks/results, with their machine and commit."""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def keep(name: str, figures: Mapping[str, Any], versions: Mapping[str, str] | None = None) -> None:
    """Write figures to benchmarks/results/DATE-COMMIT-NAME.json, and print the path.

    Args:
        name: name of the measurement.
        figures: the figures.
        versions: versions of the measured software, by name.
    """
    git = ["git", "-C", str(RESULTS.parent), "rev-parse", "--short", "HEAD"]
    asked = subprocess.run(git, capture_output=True, text=True, check=False)
    commit = asked.stdout.strip() or "unknown"
    machine = {
        "processor": processor(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "poner": importlib.metadata.version("poner"),
        **(versions or {}),
    }
    today = datetime.date.today().isoformat()
    content = {"date": today, "commit": commit, "machine": machine, **figures}
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{today}-{commit}-{name}.json"
    path.write_text(json.dumps(content, indent=1) + "\n")
    print(path)


def processor() -> str:
    """The processor's name, as Linux says it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if "model name" in line), "?")
