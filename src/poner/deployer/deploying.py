"""From a Bundle to a Deployment: observe, plan, execute.

A plan always starts from the present state of the account. A deploy that was interrupted, or a
step whose outcome is unknown, therefore continues with a new plan.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import tenacity

from poner.aws_lambda.runtimes import RUNTIMES
from poner.bundle import Bundle
from poner.deployer.cloud import Cloud, CloudReads
from poner.deployer.descriptions import describe
from poner.deployer.desired import Desired, is_own_layer_version, layer_name, make_desired
from poner.deployer.executor import Clock, Executor, Made
from poner.deployer.failures import ExistsError, MissingError, UncertainError
from poner.deployer.journal import Journal, JournalFile, journal_file, note_done
from poner.deployer.observing import Observed, check_own, check_uploads, observe, observe_parts
from poner.deployer.planning import find_version, is_switched_off, make_plan
from poner.deployer.resources import LATEST
from poner.deployer.settings import DeploySettings, check_settings
from poner.deployer.steps import DeleteLayerVersion, Plan, PublishLayer
from poner.errors import DeployError

_ATTEMPTS = 6


@dataclass(frozen=True)
class Wish:
    """What to deploy, and how."""

    bundle: Bundle
    """The Bundle."""
    settings: DeploySettings
    """Settings of the deploy."""
    percent: int = 0
    """Percentage of the traffic for the new version of a canary release; 0 for no canary."""


@dataclass(frozen=True)
class Proposal:
    """A plan with the values that it was made from; nothing has been changed yet."""

    wish: Wish
    """What the user asked for."""
    desired: Desired
    """The desired state."""
    observed: Observed
    """The present state."""
    plan: Plan
    """The steps between the two."""
    journal: JournalFile
    """The journal that records the execution."""
    interrupted: Journal | None
    """Journal of an earlier deploy that was interrupted; None if there was no such deploy."""

    @property
    def switched_off(self) -> bool:
        """Whether the function will refuse every call, because its reserved concurrency is 0."""
        return is_switched_off(self.desired, self.observed)


@dataclass(frozen=True)
class Deployment:
    """A function on AWS that was deployed from a Bundle."""

    name: str
    """The function."""
    region: str
    """Its region."""
    account: str
    """Account number, twelve digits."""
    version: str
    """The version that holds the Bundle."""
    url: str
    """The Function URL."""
    auth: str
    """`NONE` or `AWS_IAM`."""
    canary: bool
    """Whether that version gets only a share of the traffic."""
    notes: tuple[str, ...]
    """Settings that AWS refused."""


def propose(cloud: CloudReads, wish: Wish, *, state_folder: Path, today: datetime.date) -> Proposal:
    """Plan the deploy of a Bundle; changes nothing.

    Args:
        cloud: account and region.
        wish: what to deploy.
        state_folder: folder of the journals.
        today: decides whether AWS still accepts the runtime.

    Raises:
        DeployError: a name is taken, a zip is too large, AWS refuses the runtime, or a canary
            has another role than the live version.
        SettingsError: Lambda would refuse a setting.
        CloudError: AWS cannot be reached.
    """
    check_settings(wish.settings)
    desired, observed = _look(cloud, wish)
    _check_runtime(desired, observed, today)
    if wish.percent:
        _check_canary(desired, observed)
    journal = journal_file(state_folder, observed.identity.account, cloud.region, desired.name)
    interrupted = journal.read()
    strays = _find_strays(cloud, desired.name, interrupted)
    plan = make_plan(desired, observed, percent=wish.percent, strays=strays)
    return Proposal(wish, desired, observed, plan, journal, interrupted)


def carry_out(
    cloud: Cloud,
    proposal: Proposal,
    *,
    notify: Callable[[str], None],
    clock: Clock,
    begun: str,
) -> Deployment:
    """Execute a proposal; if the outcome of a step is unknown, observe and plan again.

    Args:
        cloud: account and region.
        proposal: the plan that the user agreed to.
        notify: called with a line for each step.
        clock: measures and waits.
        begun: the time now in ISO 8601, for the journal.

    Raises:
        CloudError: a step failed; the next deploy continues after the steps that are done.
        DeployError: the function cannot become active, or the journal cannot be written.
    """
    made = Made()
    try:
        observed = _do_until_done(cloud, proposal, Executor(cloud, made, clock), begun, notify)
    except (DeployError, KeyboardInterrupt):
        notify("The finished steps stay; `poner deploy` continues from there.")
        raise
    proposal.journal.remove()
    return _deployment(proposal, observed, made)


def _do_until_done(
    cloud: CloudReads,
    proposal: Proposal,
    executor: Executor,
    begun: str,
    notify: Callable[[str], None],
) -> Observed:
    """Execute the plan, and a new plan whenever the outcome of a step is unknown.

    The count of attempts starts again when a plan is shorter than all plans before. Returns the
    state from which the last plan was made.
    """
    plan, observed = proposal.plan, proposal.observed
    attempt, fewest = 1, len(plan.steps)
    while True:
        executor.made.layers.update(observed.layers)
        try:
            _do(executor, plan, proposal, begun, notify)
            return observed
        except (UncertainError, ExistsError, MissingError) as error:
            if attempt == _ATTEMPTS:
                raise
            notify(f"{error.message} Checking the account and continuing from its present state.")
        executor.clock.sleep(2.0 ** (attempt - 1))
        _, observed = _look(cloud, proposal.wish)
        strays = _find_strays(cloud, proposal.desired.name, proposal.journal.read())
        percent = proposal.wish.percent
        plan = make_plan(proposal.desired, observed, percent=percent, strays=strays)
        attempt = 1 if len(plan.steps) < fewest else attempt + 1
        fewest = min(fewest, len(plan.steps))


def _do(
    executor: Executor,
    plan: Plan,
    proposal: Proposal,
    begun: str,
    notify: Callable[[str], None],
) -> None:
    """Execute the steps of a plan, and write the journal after each step."""
    if not plan.steps:
        return
    titles = tuple(describe(step).title for step in plan.steps)
    before = proposal.journal.read()
    layers = dict.fromkeys(before.layers) if before else {}
    layers |= dict.fromkeys(_touched_layers(plan))
    journal = Journal(proposal.desired.setup.code_sha256, begun, titles, layers=tuple(layers))
    proposal.journal.write(journal)
    for number, (step, title) in enumerate(zip(plan.steps, titles, strict=True), start=1):
        notify(f"{number}/{len(titles)} {title}")
        executor.do(step)
        journal = note_done(journal, title)
        proposal.journal.write(journal)


def _touched_layers(plan: Plan) -> Iterator[str]:
    """Names of layers that might stay unused if the plan is interrupted."""
    for step in plan.steps:
        match step:
            case PublishLayer(layer):
                yield layer.name
            case DeleteLayerVersion(arn):
                yield layer_name(arn)


def _look(cloud: CloudReads, wish: Wish) -> tuple[Desired, Observed]:
    name = wish.bundle.manifest.settings.name
    observed = observe(cloud, name, own_role=wish.settings.role is None)
    check_own(observed, name, cloud.region)
    desired = make_desired(wish.bundle, wish.settings, observed.identity, cloud.region)
    observed = observe_parts(cloud, observed, desired)
    check_uploads(observed, desired)
    return desired, observed


def _find_strays(cloud: CloudReads, function: str, journal: Journal | None) -> frozenset[str]:
    """ARNs of layers that an interrupted deploy published or was about to remove."""
    return frozenset(
        version.arn
        for name in (journal.layers if journal else ())
        for version in cloud.list_layer_versions(name)
        if is_own_layer_version(version, function)
    )


def _check_runtime(desired: Desired, observed: Observed, today: datetime.date) -> None:
    """Check that AWS still accepts the runtime.

    Raises:
        DeployError: AWS refuses this runtime today.
    """
    runtime = RUNTIMES.get(desired.setup.runtime)
    if runtime is None or find_version(desired, observed) is not None:
        return
    function = observed.function
    has_it = function is not None and function.latest.setup.runtime == runtime.name
    until = runtime.taken_until(has_it=has_it)
    if today >= until:
        what = "updates no function" if has_it else "creates no function"
        raise DeployError(
            f"AWS {what} with {runtime.name} since {until}.",
            "Build for a newer runtime, such as `poner build --runtime python3.13`.",
        )


def _check_canary(desired: Desired, observed: Observed) -> None:
    """Check that a canary has the same role as the live version, as AWS requires.

    Source: Lambda's guide, "Create a routing configuration for a Lambda alias", 2026-11.

    Raises:
        DeployError: the versions have different roles.
    """
    live = observed.live
    for version in observed.versions:
        is_live = live is not None and version.version == live.version
        if is_live and version.setup.role_arn != desired.setup.role_arn:
            raise DeployError(
                f"Versions that share traffic need the same role, but version {version.version} "
                f"has the role {version.setup.role_arn}.",
                "Deploy without --canary, or restore `role` under [deploy] in poner.toml.",
            )


def _deployment(proposal: Proposal, observed: Observed, made: Made) -> Deployment:
    desired = proposal.desired
    version = made.version or find_version(desired, observed)
    assert version is not None, "a version that is not published exists already"
    url = made.url or observed.url
    assert url is not None, "a deploy creates a missing URL"
    live = observed.live
    return Deployment(
        name=desired.name,
        region=desired.region,
        account=observed.identity.account,
        version=version,
        url=url.url,
        auth=desired.auth,
        canary=bool(proposal.wish.percent and live and live.version not in (version, LATEST)),
        notes=tuple(made.notes),
    )


def do_plan(
    cloud: Cloud, plan: Plan, *, notify: Callable[[str], None], clock: Clock
) -> tuple[str, ...]:
    """Execute a plan whose steps may be repeated (move the alias, remove); returns its notes.

    Raises:
        CloudError: a step failed.
    """
    executor = Executor(cloud, Made(), clock)
    again = tenacity.Retrying(
        sleep=clock.sleep,
        stop=tenacity.stop_after_attempt(_ATTEMPTS),
        wait=tenacity.wait_exponential(),
        retry=tenacity.retry_if_exception_type(UncertainError),
        reraise=True,
    )
    for number, step in enumerate(plan.steps, start=1):
        notify(f"{number}/{len(plan.steps)} {describe(step).title}")
        again(executor.do, step)
    return tuple(executor.made.notes)
