"""Looks for what stands in the way of a build: the project, this machine, the model, the Bundle.

It asks only: nothing is made, fetched or loaded, and every failure becomes a finding. What stands
in the way of a deploy on the side of AWS is the deployer's to find.
"""

from __future__ import annotations

import dataclasses
import datetime
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from poner import loader
from poner.aws_lambda.runtimes import choose_runtimes
from poner.bundle import Bundle, is_bundle, read_bundle
from poner.bundler import check_kernel, host_architecture
from poner.config import CONFIG_NAME, Config, read_config
from poner.confinement import report
from poner.environments import look_for_python, look_for_uv
from poner.errors import ConfigError, ConfinementError, MissingPackageError, PonerError, UsageError
from poner.extras import check_extra
from poner.findings import Finding, of_error
from poner.hosts import HOSTS
from poner.signature import SIGNATURE_NAME
from poner.storage import cache_folder

_LITTLE_SPACE_BYTES = 1 << 30  # an environment of scikit-learn takes some 300 MB
_MECHANISMS = {
    "mounts": "namespaces",
    "landlock": "Landlock",
    "broker": "a broker of files",
    "seccomp": "seccomp",
    "limits": "limits",
}
"""What confines a process, by the words of `confinement.report`, in those of its documentation."""
_REDO = "Build it anew with `poner build`."


@dataclass(frozen=True)
class Project:
    """A project as far as it could be read, and what was found."""

    config: Config
    """The project's settings; defaults where they cannot be read."""
    bundle: Bundle | None
    """Its Bundle; None where there is none, or it is damaged."""
    runtime: str
    """What the Bundle is for, or would be."""
    findings: tuple[Finding, ...]
    """What was found."""


def check_project(folder: Path, bundle_folder: Path | None, today: datetime.date) -> Project:
    """What stands in the way of a build, in the project of a folder.

    Args:
        folder: with poner.toml, or without.
        bundle_folder: of the Bundle; None for what poner.toml says.
        today: for the runtimes that AWS takes no more.
    """
    config, project = _read_config(folder)
    out = bundle_folder or folder / config.build.out
    found = _read_bundle(out, asked_for=bundle_folder is not None)
    bundle = found if isinstance(found, Bundle) else None
    runtime = bundle.manifest.runtime if bundle else _runtime(config, today)
    architecture = bundle.manifest.architecture if bundle else config.build.architecture
    model, of_model = _identify_model(folder, config)
    of_machine = (
        *(
            _check_packages(),
            _check_uv(),
            _check_cache(),
            *_check_python(runtime),
            _check_kernel(architecture),
        ),
        _check_confinement(),
    )
    of_bundle = (
        (found,)
        if isinstance(found, Finding)
        else (_check_bundle(found, model, config), _check_quotas(found))
    )
    findings = (project, *of_machine, *of_model, *of_bundle)
    return Project(config, bundle, runtime, findings)


def _read_config(folder: Path) -> tuple[Config, Finding]:
    try:
        config = read_config(folder)
    except ConfigError as error:
        return Config(), of_error(CONFIG_NAME, error)
    if (folder / CONFIG_NAME).is_file():
        return config, Finding(CONFIG_NAME, "ok", f"The function is called {config.project.name}.")
    return config, Finding(CONFIG_NAME, "ok", "This folder has no poner.toml: the defaults apply.")


def _runtime(config: Config, today: datetime.date) -> str:
    """What a Bundle would be built for; the name alone where there is no such runtime."""
    try:
        return choose_runtimes(config.build.runtime, today)[0].name
    except UsageError:
        assert config.build.runtime is not None, "the default is one of poner's"
        return config.build.runtime


def _check_packages() -> Finding:
    try:
        check_extra("local", "Building")
    except MissingPackageError as error:
        return of_error("packages", error)
    return Finding("packages", "ok", "All that building needs is installed.")


def _check_uv() -> Finding:
    found = look_for_uv()
    if found is None:
        return Finding(
            "uv",
            "fix",
            "uv is not installed beside poner: packages and other Pythons cannot be fetched.",
            "Install it there: `pip install uv`.",
        )
    return Finding("uv", "ok", f"{found}.")


def _check_cache() -> Finding:
    folder = cache_folder()
    remedy = "Free some space, or choose another folder with PONER_CACHE_DIR."
    try:
        place = next(place for place in (folder, *folder.absolute().parents) if place.exists())
        with tempfile.TemporaryFile(dir=place) as probe:
            probe.write(b"poner")
        free_bytes = shutil.disk_usage(place).free
    except OSError as error:
        reason = error.strerror or error
        return Finding("cache", "fix", f"{folder} cannot be written: {reason}.", remedy)
    text = f"{folder}, with {free_bytes / 1e9:,.1f} GB left."
    if free_bytes < _LITTLE_SPACE_BYTES:
        return Finding("cache", "warning", text, remedy)
    return Finding("cache", "ok", text)


def _check_python(runtime: str) -> Iterator[Finding]:
    """The Python that a Bundle is proved with; nothing for a runtime that there is not."""
    if runtime not in HOSTS or look_for_uv() is None:
        return
    version = HOSTS[runtime].python_version
    found = look_for_python(version)
    if found is None:
        yield Finding(
            "Python",
            "warning",
            f"Python {version}, which {runtime} needs, is not on this machine: a build fetches it.",
            f"To have it before, `uv python install {version}`.",
        )
    else:
        yield Finding("Python", "ok", f"{version} for {runtime}: {found}.")


def _check_kernel(architecture: str) -> Finding:
    """The kernel for Lambda, and whether this machine runs it."""
    try:
        check_kernel(architecture)
    except PonerError as error:
        return of_error("kernel", error)
    own = host_architecture()
    if own == architecture:
        return Finding("kernel", "ok", f"Built for {architecture}, which this machine runs.")
    text = f"Built for {architecture}; on this machine, its twin for {own} is tried."
    return Finding("kernel", "ok", text)


def _check_confinement() -> Finding:
    """What a process that reads or runs a model is kept from on this machine."""
    try:
        found = report.look()
    except ConfinementError as error:
        return of_error("confinement", error)
    may_take = f"it may take {found.memory_bytes / 1e9:,.1f} GB of memory now"
    if found.gaps:
        return Finding(
            "confinement",
            "warning",
            f"A process that reads a model is confined only partly: {found.gaps}; {may_take}.",
            "Build models of others on Linux 5.9 or later with seccomp, on x86_64 or aarch64; "
            "--require-confinement refuses where that is missing.",
        )
    by = ", ".join(name for word, name in _MECHANISMS.items() if word in found.in_force)
    return Finding(
        "confinement",
        "ok",
        f"A process that reads a model sees none of your files and no network ({by}); {may_take}.",
    )


def _identify_model(
    folder: Path, config: Config
) -> tuple[loader.ModelIdentity | None, tuple[Finding, ...]]:
    path = folder / config.model.path
    if not path.exists():
        missing = Finding(
            "model",
            "warning",
            f"There is none at {path} yet.",
            "Save one there with poner.save, or run `poner train`; `poner init DIR` makes a "
            "project that has it all.",
        )
        return None, (missing,)
    try:
        model = loader.identify_model(
            path,
            include=[folder / name for name in config.build.include],
            requirements=config.build.require,
        )
    except PonerError as error:
        return None, (of_error("model", error),)
    return model, (_check_model(model), _check_sklearn(model))


def _check_model(model: loader.ModelIdentity) -> Finding:
    text = f"{model.file} names nothing that a fitted model has no need of"
    if model.has_signature:
        return Finding("model", "ok", f"{text}, and has its signature.")
    return Finding(
        "model",
        "warning",
        f"{text}, and has no {SIGNATURE_NAME}.",
        "Save it with poner.save, or name the features: `poner build --features a,b,c`.",
    )


def _check_sklearn(model: loader.ModelIdentity) -> Finding:
    fitted, installed = model.sklearn_version, model.installed_version
    if not model.is_known_version:
        first, last = (".".join(map(str, release)) for release in loader.KNOWN_SKLEARN)
        return Finding(
            "scikit-learn",
            "warning",
            f"The model was fitted with {fitted}; poner knows the files of {first} to {last}.",
            f"If it cannot be built, fit it again with scikit-learn {last}.",
        )
    if fitted == installed:
        return Finding("scikit-learn", "ok", f"{fitted} fitted the model, and is installed.")
    return Finding(
        "scikit-learn",
        "warning",
        f"The model was fitted with {fitted}, and {installed} is installed: it is read in an "
        f"environment of {fitted}, which poner makes once, with the network.",
        f"To do without, fit it again with scikit-learn {installed}.",
    )


def _read_bundle(folder: Path, *, asked_for: bool) -> Bundle | Finding:
    """The Bundle, or why there is none; that there is none yet is no fault, unless it was named."""
    if not asked_for and not is_bundle(folder):
        text = f"There is none in {folder} yet."
        return Finding("bundle", "warning", text, "Make one with `poner build`.")
    try:
        return read_bundle(folder)
    except PonerError as error:
        return of_error("bundle", error)


def _check_bundle(bundle: Bundle, model: loader.ModelIdentity | None, config: Config) -> Finding:
    """Whether it is still what the model and poner.toml ask for."""
    manifest, tried = bundle.manifest, bundle.manifest.verification
    if model is not None and model.sha256 != manifest.provenance.sha256:
        text = f"{bundle.folder} was made of another model than {model.file}."
        return Finding("bundle", "warning", text, _REDO)
    if changed := ", ".join(changed_settings(bundle, config)):
        text = f"{bundle.folder} was made with another {changed} than {CONFIG_NAME} has."
        return Finding("bundle", "warning", text, _REDO)
    text = (
        f"{bundle.folder}: {manifest.engine} engine, {manifest.runtime}, {manifest.architecture}; "
        f"proved with Python {tried.python_version} ({tried.architecture})."
    )
    return Finding("bundle", "ok", text)


def changed_settings(bundle: Bundle, config: Config) -> dict[str, object]:
    """What poner.toml says otherwise than the Bundle has it; what it leaves open is not in it."""
    manifest = bundle.manifest
    built = {
        "runtime": manifest.runtime,
        "architecture": manifest.architecture,
        **dataclasses.asdict(manifest.settings),
    }
    sections = (config.project, config.function, config.build)
    asked = {
        key: value
        for section in sections
        for key, value in section.model_dump(exclude_unset=True, exclude_none=True).items()
    }
    return {key: asked[key] for key in built if key in asked and asked[key] != built[key]}


def _check_quotas(bundle: Bundle) -> Finding:
    """What is left of Lambda's limits; what does not fit them was never written."""
    # a zip too large for a call goes through a bucket, which the deployer looks for
    parts = [
        f"{quota.left:,} of {quota.limit:,} {quota.name.replace('_', ' ')}"
        for quota in bundle.manifest.quotas
        if quota.left >= 0
    ]
    return Finding("quotas", "ok", f"Left: {', '.join(parts)}.")
