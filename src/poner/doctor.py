"""Finds what blocks a build: in the project, on this machine, in the model and in the Bundle.

It only reads: it makes, fetches and loads nothing, and turns every failure into a finding. The
deployer has its own doctor, which finds what blocks a deploy on AWS.
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
from poner.config import CONFIG_NAME, Config, ModelSection, read_config
from poner.confinement import report
from poner.environments import look_for_python, look_for_uv
from poner.errors import ConfigError, ConfinementError, MissingPackageError, PonerError, UsageError
from poner.extras import check_extra
from poner.findings import Finding, of_error
from poner.hosts import HOSTS
from poner.signature import SIGNATURE_NAME
from poner.storage import cache_folder, list_entries

_LITTLE_SPACE_BYTES = 1 << 30  # an environment of scikit-learn takes some 300 MB
_REBUILD = "Build it again with `poner build`."


@dataclass(frozen=True)
class Project:
    """A project, as far as it can be read, and the findings."""

    config: Config
    """The project's settings; the defaults if poner.toml cannot be read."""
    bundle: Bundle | None
    """Its Bundle; None if there is none, or it is damaged."""
    runtime: str
    """Runtime of the Bundle, or of a Bundle that would be built now."""
    findings: tuple[Finding, ...]
    """One for each check."""


def check_project(folder: Path, bundle_folder: Path | None, today: datetime.date) -> Project:
    """Find what blocks a build in the project of a folder.

    Args:
        folder: the project's folder, with or without poner.toml.
        bundle_folder: folder of the Bundle; None for that of poner.toml.
        today: the date, on which the choice of runtimes depends.
    """
    config, project = _read_config(folder)
    out = bundle_folder or folder / config.build.out
    found = _read_bundle(out, asked_for=bundle_folder is not None)
    bundle = found if isinstance(found, Bundle) else None
    runtime = bundle.manifest.runtime if bundle else _runtime(config, today)
    architecture = bundle.manifest.architecture if bundle else config.build.architecture
    model, of_model = _identify_model(folder, config)
    findings = [
        project,
        _check_packages(),
        _check_uv(),
        _check_cache(),
        *_check_python(runtime),
        _check_kernel(architecture),
        _check_confinement(),
        *of_model,
    ]
    if isinstance(found, Finding):
        findings.append(found)
    else:
        findings += [_check_bundle(found, model, config), _check_quotas(found)]
    return Project(config, bundle, runtime, tuple(findings))


def _read_config(folder: Path) -> tuple[Config, Finding]:
    try:
        config = read_config(folder)
    except ConfigError as error:
        return Config(), of_error(CONFIG_NAME, error)
    if (folder / CONFIG_NAME).is_file():
        return config, Finding(CONFIG_NAME, "ok", f"The function is called {config.project.name}.")
    return config, Finding(CONFIG_NAME, "ok", "This folder has no poner.toml: the defaults apply.")


def _runtime(config: Config, today: datetime.date) -> str:
    """Runtime for which a Bundle would be built, even if poner.toml names one that AWS lacks."""
    try:
        return choose_runtimes(config.build.runtime, today)[0].name
    except UsageError:
        assert config.build.runtime is not None, "the default runtime exists"
        return config.build.runtime


def _check_packages() -> Finding:
    try:
        check_extra("local", "Building")
    except MissingPackageError as error:
        return of_error("packages", error)
    return Finding("packages", "ok", "All packages that a build needs are installed.")


def _check_uv() -> Finding:
    found = look_for_uv()
    if found is None:
        return Finding(
            "uv",
            "fix",
            "uv, which fetches packages and Python versions, is missing.",
            "Install it beside poner: `pip install uv`.",
        )
    return Finding("uv", "ok", f"{found}.")


def _check_cache() -> Finding:
    folder = cache_folder()
    remedy = "Run `poner cache prune`, free some space, or set PONER_CACHE_DIR to another folder."
    try:
        place = next(place for place in (folder, *folder.absolute().parents) if place.exists())
        with tempfile.TemporaryFile(dir=place) as probe:
            probe.write(b"poner")
        free_bytes = shutil.disk_usage(place).free
    except OSError as error:
        reason = error.strerror or error
        return Finding("cache", "fix", f"{folder} cannot be written: {reason}.", remedy)
    used_bytes = sum(entry.size_bytes for entry in list_entries())
    text = f"{folder} holds {used_bytes / 1e9:,.1f} GB, with {free_bytes / 1e9:,.1f} GB left."
    if free_bytes < _LITTLE_SPACE_BYTES:
        return Finding("cache", "warning", text, remedy)
    return Finding("cache", "ok", text)


def _check_python(runtime: str) -> Iterator[Finding]:
    """Look for the Python that proves a Bundle; no finding if the runtime is unknown."""
    if runtime not in HOSTS or look_for_uv() is None:
        return
    version = HOSTS[runtime].python_version
    found = look_for_python(version)
    if found is None:
        yield Finding(
            "Python",
            "warning",
            f"Python {version}, which {runtime} needs, is not on this machine; a build fetches it.",
            f"To fetch it now, run `uv python install {version}`.",
        )
    else:
        yield Finding("Python", "ok", f"{version} for {runtime}: {found}.")


def _check_kernel(architecture: str) -> Finding:
    """Look for the kernel for Lambda, and whether this machine can run it."""
    try:
        check_kernel(architecture)
    except PonerError as error:
        return of_error("kernel", error)
    own = host_architecture()
    if own == architecture:
        return Finding("kernel", "ok", f"Built for {architecture}, which this machine runs.")
    text = f"Built for {architecture}; this machine tries its twin for {own}."
    return Finding("kernel", "ok", text)


def _check_confinement() -> Finding:
    """Find how far this machine can confine a process that reads or runs a model."""
    try:
        found = report.look()
    except ConfinementError as error:
        return of_error("confinement", error)
    memory = f"it has up to {found.memory_bytes / 1e9:,.1f} GB of memory"
    if found.gaps:
        return Finding(
            "confinement",
            "warning",
            f"A process that reads a model is confined only in part: {found.gaps}; {memory}.",
            "Build models of other people on Linux 5.9 or later with seccomp; with "
            "--require-confinement, a build fails elsewhere.",
        )
    by = ", ".join(found.in_force)
    text = f"A process that reads a model sees none of your files and no network ({by}); {memory}."
    return Finding("confinement", "ok", text)


def _identify_model(
    folder: Path, config: Config
) -> tuple[loader.ModelIdentity | None, tuple[Finding, ...]]:
    path = folder / config.model.path
    if not path.exists():
        missing = Finding(
            "model",
            "warning",
            f"There is no model at {path} yet.",
            "Save one there with poner.save, or run `poner train`; `poner init DIR` makes an "
            "example project.",
        )
        return None, (missing,)
    try:
        model = loader.identify_model(
            path,
            parts=_parts(folder, config.model),
            include=[folder / name for name in config.build.include],
            requirements=config.build.require,
        )
    except PonerError as error:
        return None, (of_error("model", error),)
    return model, (_check_model(model), _check_sklearn(model))


def _parts(folder: Path, section: ModelSection) -> loader.Parts:
    """The parts of the project's model, whose files lie in its folder."""
    return loader.Parts.parse(
        folder=folder,
        key=section.key,
        before=section.before,
        before_keys=section.before_key,
        target_labels=section.target_labels,
    )


def _check_model(model: loader.ModelIdentity) -> Finding:
    text = f"{model.file} names only what fitted models need"
    if model.has_signature:
        return Finding("model", "ok", f"{text}, and has a signature.")
    return Finding(
        "model",
        "warning",
        f"{text}, but has no {SIGNATURE_NAME}.",
        "Save it with poner.save, or name the features: `poner build --features a,b,c`.",
    )


def _check_sklearn(model: loader.ModelIdentity) -> Finding:
    fitted, installed = model.sklearn_version, model.installed_version
    if not model.is_known_version:
        first, last = (".".join(map(str, release)) for release in loader.KNOWN_SKLEARN)
        return Finding(
            "scikit-learn",
            "warning",
            f"The model was fitted with {fitted}; poner knows files of {first} to {last}.",
            f"If the build fails, fit the model again with scikit-learn {last}.",
        )
    if fitted == installed:
        return Finding(
            "scikit-learn", "ok", f"The model was fitted with {fitted}, which is installed."
        )
    return Finding(
        "scikit-learn",
        "warning",
        f"The model was fitted with {fitted}, but {installed} is installed: a build reads it in an "
        f"environment of {fitted}, which poner makes once and needs the network for.",
        f"To avoid that, fit the model again with scikit-learn {installed}.",
    )


def _read_bundle(folder: Path, *, asked_for: bool) -> Bundle | Finding:
    """The Bundle, or a finding if it is damaged or missing; a named one must be there."""
    if not asked_for and not is_bundle(folder):
        text = f"There is no bundle in {folder} yet."
        return Finding("bundle", "warning", text, "Make one with `poner build`.")
    try:
        return read_bundle(folder)
    except PonerError as error:
        return of_error("bundle", error)


def _check_bundle(bundle: Bundle, model: loader.ModelIdentity | None, config: Config) -> Finding:
    """Check that the model and poner.toml are still those of the Bundle."""
    manifest, tried = bundle.manifest, bundle.manifest.verification
    if model is not None and model.sha256 != manifest.provenance.sha256:
        text = f"{bundle.folder} was made from another model than {model.file}."
        return Finding("bundle", "warning", text, _REBUILD)
    if changed := ", ".join(changed_settings(bundle, config)):
        text = f"{bundle.folder} was made with another {changed} than {CONFIG_NAME} says."
        return Finding("bundle", "warning", text, _REBUILD)
    text = (
        f"{bundle.folder}: {manifest.engine} engine, {manifest.runtime}, {manifest.architecture}; "
        f"proved with Python {tried.python_version} ({tried.architecture})."
    )
    return Finding("bundle", "ok", text)


def changed_settings(bundle: Bundle, config: Config) -> dict[str, object]:
    """Settings that poner.toml changed since the Bundle was built, with their new values."""
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
    """Report how much of Lambda's limits is left; a Bundle that exceeds them is never written."""
    # a zip too large for a direct upload needs a bucket: the deployer checks that
    parts = [
        f"{quota.left:,} of {quota.limit:,} {quota.name.replace('_', ' ')}"
        for quota in bundle.manifest.quotas
        if quota.left >= 0
    ]
    return Finding("quotas", "ok", f"Left: {', '.join(parts)}.")
