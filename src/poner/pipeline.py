"""The whole flow on one screen: load, compile, bundle; then run the Bundle here, or deploy it.

model file ─► TrainedModel ─► CompiledModel ─► Bundle ─► a URL
     loader.open_model   compiler.compile_model   bundler.make_native_bundle   emulator.running
                                                                               deployer.carry_out

deploy, roll_back, promote and remove read the state on AWS, make a plan, ask for consent, and carry
the plan out. `plan` ends with the plan.

engines.py chooses the engine: a model that native does not compute ships as an ONNX graph or as a
pickle, with its packages in layers.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from poner import bundler, deployer, emulator, loader
from poner.aws_lambda.functions import Architecture, FunctionSettings
from poner.aws_lambda.runtimes import choose_runtimes
from poner.bundle import Bundle, EngineChoice
from poner.client import FunctionUrl
from poner.confinement import report
from poner.deployer.executor import Clock
from poner.engines import (
    NO_PACKAGES,
    SILENT,
    Job,
    Packages,
    Reporter,
    Target,
    build_bundle,
    compile_trained,
)
from poner.extras import check_extra
from poner.smoke_test import run_smoke_test
from poner.storage import state_folder

__all__ = [
    "Packages",
    "Reporter",
    "Target",
    "build",
    "compile_trained",
    "deploy",
    "local_function",
    "make_target",
    "plan",
    "promote",
    "remove",
    "roll_back",
    "run_locally",
]

Agree = Callable[[deployer.Plan], bool]
"""Decides whether to carry out a plan."""


def _always(plan: object) -> bool:
    """Agree to every plan."""
    return True


def make_target(
    runtime: str | None, architecture: Architecture, settings: FunctionSettings
) -> Target:
    """The target of a build; by default the runtime of this Python, or the nearest with wheels.

    Raises:
        UsageError: there is no such runtime, or AWS no longer takes it.
    """
    chosen, *others = choose_runtimes(runtime, datetime.date.today())
    return Target(chosen, architecture, settings, tuple(others))


def build(
    model: Path,
    out: Path,
    target: Target,
    *,
    parts: loader.Parts = loader.ALONE,
    engine: EngineChoice = "auto",
    packages: Packages = NO_PACKAGES,
    feature_names: Sequence[str] | None = None,
    labels: Mapping[str, str] | None = None,
    require_confinement: bool = False,
    reporter: Reporter = SILENT,
) -> Bundle:
    """Build a Bundle from a model file or its folder, and write it to `out` once it is proved.

    Processes that read or run the model are confined. A warning says what this machine cannot
    confine; with `require_confinement` that is a ConfinementError.
    """
    check_extra("local", "Building")
    report.check(required=require_confinement, notify=reporter.notify)
    bundler.check_replaceable(out)
    opened = loader.open_model(
        model,
        parts=parts,
        feature_names=feature_names,
        labels=labels,
        include=packages.include,
        requirements=packages.require,
        notify=reporter.notify,
    )
    with opened as trained:
        return build_bundle(Job(trained, out, target, packages, reporter), engine)


def local_function(bundle: Bundle, **changes: Any) -> emulator.LocalFunction:
    """A Bundle as a function of the emulator; `changes` replace its settings by name."""
    settings = bundle.manifest.settings
    values = {
        "handler": bundle.manifest.handler,
        "runtime": bundle.manifest.runtime,
        "name": settings.name,
        "memory_mb": settings.memory_mb,
        "timeout_s": settings.timeout_s,
        "layers": bundle.layer_zips,
    }
    return emulator.LocalFunction(bundle.function_zip, **{**values, **changes})


@contextmanager
def run_locally(
    bundle: Bundle,
    *,
    log: Callable[[str], None] = lambda line: None,
    warn: Callable[[str], None] = emulator.write_to_stderr,
    require_confinement: bool = False,
) -> Iterator[FunctionUrl]:
    """A local Function URL for a Bundle, as long as the context lasts."""
    with emulator.running(
        local_function(bundle),
        log=log,
        notify=log,
        warn=warn,
        require_confinement=require_confinement,
    ) as urls:
        yield FunctionUrl.of(urls.url, bundle.manifest.signature)


def plan(cloud: deployer.Cloud, wish: deployer.Wish) -> deployer.Proposal:
    """Compare a Bundle with what is on AWS, and plan a deploy; changes nothing."""
    today = datetime.datetime.now(datetime.UTC).date()
    return deployer.propose(cloud, wish, state_folder=state_folder(), today=today)


def deploy(
    cloud: deployer.Cloud,
    wish: deployer.Wish,
    *,
    agree: Callable[[deployer.Proposal], bool] = _always,
    check: bool = True,
    reporter: Reporter = SILENT,
) -> deployer.Deployment | None:
    """Deploy a Bundle: plan, ask `agree`, carry out the plan, and run the smoke test.

    Returns:
        The Deployment, or None if `agree` refused the plan.
    """
    proposal = plan(cloud, wish)
    if not agree(proposal):
        return None
    begun = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    deployment = deployer.carry_out(
        cloud, proposal, notify=reporter.notify, clock=Clock(), begun=begun
    )
    for note in deployment.notes:
        reporter.notify(f"Note: {note}")
    if not check or proposal.switched_off:
        return deployment
    reporter.notify("Testing the URL, for up to a minute")
    if not run_smoke_test(deployment, wish.bundle, cloud):
        reporter.notify("Note: the URL was not tested: the bundle has no row with a known answer.")
    return deployment


def roll_back(
    function: deployer.DeployedFunction,
    version: str | None = None,
    *,
    agree: Agree = _always,
    reporter: Reporter = SILENT,
) -> deployer.Plan | None:
    """Send all traffic to the previous version, or to the one that is named; ends a canary."""
    return _change(function, function.plan_rollback(version), agree, reporter)


def promote(
    function: deployer.DeployedFunction, *, agree: Agree = _always, reporter: Reporter = SILENT
) -> deployer.Plan | None:
    """Send all traffic to the canary."""
    return _change(function, function.plan_promotion(), agree, reporter)


def remove(
    function: deployer.DeployedFunction,
    bucket: str | None = None,
    *,
    agree: Agree = _always,
    reporter: Reporter = SILENT,
) -> deployer.Plan | None:
    """Delete what poner made for a function, and nothing else."""
    return _change(function, function.plan_removal(bucket), agree, reporter)


def _change(
    function: deployer.DeployedFunction, planned: deployer.Plan, agree: Agree, reporter: Reporter
) -> deployer.Plan | None:
    """Carry out a plan and return it, or return None if `agree` refuses it."""
    if not agree(planned):
        return None
    function.carry_out(planned, notify=reporter.notify, clock=Clock())
    return planned
