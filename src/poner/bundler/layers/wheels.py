"""Installs wheels by uv, each into its own folder, and leaves out files about this machine."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from poner.aws_lambda.runtimes import Runtime
from poner.bundler.layers.package_index import Wheel, target_options
from poner.environments import run_uv
from poner.errors import BundleError, InstallError

_AT_ONCE = 4
_OF_THIS_MACHINE = {
    *("INSTALLER", "REQUESTED", "RECORD", "direct_url.json", "uv_cache.json", "uv_build.json")
}


def install_wheels(
    wheels: Sequence[Wheel],
    runtime: Runtime,
    architecture: str,
    scratch: Path,
    progress: Callable[[str, float], None],
) -> Mapping[Wheel, Path]:
    """Install wheels, fetching those that are not on this machine; returns the folder of each.

    Raises:
        InstallError: a wheel cannot be fetched, or its hash is not the recorded one.
        BundleError: there is no room for a wheel.
    """
    total = sum(wheel.size_bytes for wheel in wheels) or 1
    folders, done_bytes = {}, 0
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        jobs = {
            pool.submit(_install, wheel, runtime, architecture, scratch / f"wheel-{place}"): wheel
            for place, wheel in enumerate(wheels)
        }
        try:
            for job in as_completed(jobs):
                folders[jobs[job]] = job.result()
                done_bytes += jobs[job].size_bytes
                progress("Downloading", done_bytes / total)
        finally:
            pool.shutdown(cancel_futures=True)
    return folders


def _install(wheel: Wheel, runtime: Runtime, architecture: str, folder: Path) -> Path:
    folder.mkdir()
    pin = f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}\n"
    (folder / "pin.txt").write_text(pin, encoding="utf-8")
    target = folder / "installed"
    command = ["pip", "install", "--target", "installed", "--no-deps", "--no-compile-bytecode"]
    command += ["--require-hashes", *target_options(runtime, architecture), "-r", "pin.txt"]
    done = run_uv(command, folder)
    if done.returncode != 0:  # without a network, uv's cache may have it
        kept = run_uv(["--offline", *command], folder)
        done = kept if kept.returncode == 0 else done
    if done.returncode != 0:
        if shutil.disk_usage(folder).free < wheel.size_bytes:  # unpacked it is larger still
            raise BundleError(
                f"There is no room for {wheel.name} {wheel.version} in {folder.parent.parent}.",
                "Free some space, or choose another folder with PONER_CACHE_DIR.",
            )
        reason = " ".join(done.stderr.split())[-400:].rstrip(".")
        raise InstallError(
            f"{wheel.name} {wheel.version} is not on this machine and cannot be fetched: {reason}.",
            "Check the network, then run the command again; fetched files are kept.",
        )
    return target


def read_wheel(folder: Path) -> dict[str, bytes]:
    """The files of an installed wheel by path, with a RECORD of exactly these.

    Programs (`bin/`), bytecode and the installer's own records are left out.
    """
    files = {}
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if parts[0] in ("bin", ".lock") or "__pycache__" in parts or not path.is_file():
            continue
        if len(parts) == 2 and parts[0].endswith(".dist-info") and parts[1] in _OF_THIS_MACHINE:
            continue
        files["/".join(parts)] = path.read_bytes()
    (information,) = folder.glob("*.dist-info")
    record = f"{information.name}/RECORD"
    return {**files, record: _make_record(files, record)}


def _make_record(files: Mapping[str, bytes], record: str) -> bytes:
    """RECORD: path, hash and size of each file, sorted (Binary distribution format, PyPA)."""
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    for path in sorted(files):
        digest = base64.urlsafe_b64encode(hashlib.sha256(files[path]).digest())
        rows.writerow((path, f"sha256={digest.decode().rstrip('=')}", len(files[path])))
    rows.writerow((record, "", ""))
    return text.getvalue().encode()
