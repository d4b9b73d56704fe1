"""Runs attacks.py confined, as poner would; prints what came of it, and what was in force.

Run as `runner.py FOLDER`, a folder that `process.make_folder` made, with `targets.json` in it.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from poner.confinement.process import Limits, Program, run

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    targets = json.loads((folder / "files" / "targets.json").read_text())
    (folder / "files" / "targets.json").write_text(json.dumps({**targets, "parent": os.getpid()}))
    program = Program(
        sys.executable,
        ("-I", "-S", "-B"),
        Path(targets["program"]),
        arguments=(str(folder / "files"),),
    )
    limits = Limits(cpu_s=60, memory_bytes=1 << 30, threads=targets["threads"])
    done = run(program, limits, folder, timeout_s=60, most_bytes=1 << 20)
    print(json.dumps({**asdict(done), "output": done.output.decode("utf-8", "replace")}))
