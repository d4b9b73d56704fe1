"""The whole flow on one screen: load, compile, bundle; then run it here, or ship it.

model file ─► TrainedModel ─► CompiledModel ─► Bundle ─► a URL
     loader.open_model   compiler.compile_model   bundler.make_native_bundle   emulator.running
                                                                               deployer.carry_out

plan, deploy, roll_back, promote and remove look at what is on AWS, plan, ask whether to, and do it.

A model that the native engine does not compute goes along in its file, or as a graph of ONNX, with
packages in layers; engines.py chooses.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from poner import bundler, deployer, emulator, loader
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
    "plan",
    "promote",
    "remove",
    "roll_back",
    "run_locally",
]

Agree = Callable[[deployer.Plan], bool]
"""Whether a plan is to be done."""


def _always(plan: deployer.Plan) -> bool:
    """Agrees to every plan."""
    return True


def build(
    model: Path,
    out: Path,
    target: Target,
    *,
    engine: EngineChoice = "auto",
    packages: Packages = NO_PACKAGES,
    feature_names: Sequence[str] | None = None,
    labels: Mapping[str, str] | None = None,
    require_confinement: bool = False,
    reporter: Reporter = SILENT,
) -> Bundle:
    """From a model file, or the folder it lies in, to a proved Bundle in `out`.

    Whatever reads or runs the model is confined; what this machine does not confine is said, or
    with `require_confinement` refused (ConfinementError).
    """
    check_extra("local", "Building")
    report.check(required=require_confinement, notify=reporter.notify)
    bundler.check_replaceable(out)
    opened = loader.open_model(
        model,
        feature_names=feature_names,
        labels=labels,
        include=packages.include,
        requirements=packages.require,
        notify=reporter.notify,
    )
    with opened as trained:
        return build_bundle(Job(trained, out, target, packages, reporter), engine)


def local_function(bundle: Bundle, **changes: Any) -> emulator.LocalFunction:
    """A Bundle as the emulator runs it; `changes` to its settings by name."""
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
        require_isolation=require_confinement,
    ) as urls:
        yield FunctionUrl.of(urls.url, bundle.manifest.signature)


def plan(cloud: deployer.Cloud, wish: deployer.Wish) -> deployer.Proposal:
    """Look at what is there, and say what a deploy would do; changes nothing."""
    today = datetime.datetime.now(datetime.UTC).date()
    return deployer.propose(cloud, wish, state_folder=state_folder(), today=today)


def deploy(
    cloud: deployer.Cloud,
    wish: deployer.Wish,
    *,
    agree: Callable[[deployer.Proposal], bool] = lambda proposal: True,
    check: bool = True,
    reporter: Reporter = SILENT,
) -> deployer.Deployment | None:
    """Ship a Bundle: look what is there, agree on a plan, do it, and ask the URL a known row.

    Returns:
        What is deployed; None where the plan was not agreed to.
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
    reporter.notify("Asking it a known row, for up to a minute")
    if not run_smoke_test(deployment, wish.bundle, cloud):
        reporter.notify("Note: the bundle brings no row whose answer is known, so none was asked.")
    return deployment


def roll_back(
    function: deployer.DeployedFunction,
    version: str | None = None,
    *,
    agree: Agree = _always,
    reporter: Reporter = SILENT,
) -> deployer.Plan | None:
    """Let the version before answer again, or the one that is named; withdraws a canary."""
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
    """Remove all that poner made for a function, and only that."""
    return _change(function, function.plan_removal(bucket), agree, reporter)


def _change(
    function: deployer.DeployedFunction, planned: deployer.Plan, agree: Agree, reporter: Reporter
) -> deployer.Plan | None:
    """Do what was planned, if it is agreed to; the plan, or None."""
    if not agree(planned):
        return None
    function.carry_out(planned, notify=reporter.notify, clock=Clock())
    return planned
