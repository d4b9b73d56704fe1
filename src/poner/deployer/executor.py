"""The executor: makes the call of each step, and waits where AWS needs time."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import assert_never

import tenacity

from poner.deployer import steps
from poner.deployer.cloud import Cloud
from poner.deployer.desired import layer_name
from poner.deployer.failures import (
    BusyError,
    ConcurrencyRefusedError,
    MissingError,
    RoleNotReadyError,
)
from poner.deployer.planning import concurrency_note
from poner.deployer.resources import LATEST, Alias, Code, FunctionSetup, Url
from poner.deployer.traffic import remember_previous
from poner.errors import DeployError

_ROLE_PATIENCE_S = 90.0
_READY_PATIENCE_S = 600.0
_FIRST_PAUSE_S = 0.25
_LONGEST_PAUSE_S = 5.0


@dataclass(frozen=True)
class Clock:
    """A clock that can wait; tests pass their own."""

    now_s: Callable[[], float] = time.monotonic
    """Seconds since a fixed moment."""
    sleep: Callable[[float], None] = time.sleep
    """Waits for a number of seconds."""

    def retrying(self, patience_s: float, when: tenacity.retry_base) -> tenacity.Retrying:
        """Repeats a call after growing pauses until the time is up; then raises the last error."""
        end_s = self.now_s() + patience_s
        return tenacity.Retrying(
            sleep=self.sleep,
            stop=lambda state: self.now_s() > end_s,
            wait=tenacity.wait_exponential(_FIRST_PAUSE_S, _LONGEST_PAUSE_S),
            retry=when,
            reraise=True,
        )


@dataclass
class Made:
    """Values that AWS assigned in earlier steps and that later steps need."""

    layers: dict[str, str] = field(default_factory=dict)
    """ARNs of layer versions by the layer's name."""
    version: str | None = None
    """The version that was published."""
    url: Url | None = None
    """The Function URL that was created or changed."""
    notes: list[str] = field(default_factory=list)
    """Lines for the user about settings that AWS refused."""

    def note(self, line: str) -> None:
        """Add a line, unless an earlier attempt at the step added it."""
        if line not in self.notes:
            self.notes.append(line)


@dataclass(frozen=True)
class Executor:
    """Executes steps in an account."""

    cloud: Cloud
    """The account."""
    made: Made
    """Values that AWS assigned so far."""
    clock: Clock
    """The clock for waiting."""

    def do(self, step: steps.Step) -> None:
        """Execute a step, and wait until the next step is possible.

        Raises:
            CloudError: the step failed, or its outcome is unknown.
            DeployError: the function cannot become active.
        """
        if isinstance(step, steps.CreateAlias | steps.MoveAlias):
            # an interrupted deploy may have left a version that is not ready yet
            self._wait_until_ready(step.name, self._receiver(step))
        busy = tenacity.retry_if_exception_type((BusyError, RoleNotReadyError))
        try:
            self.clock.retrying(_ROLE_PATIENCE_S, busy)(self._call, step)
        except MissingError:
            if not isinstance(step, steps.Removal):
                raise  # a removal: someone else was faster
        if isinstance(step, steps.CreateFunction | steps.UpdateCode | steps.UpdateConfiguration):
            self._wait_until_ready(step.name, LATEST)

    def _call(self, step: steps.Step) -> None:
        """Make the call of a step."""
        cloud = self.cloud
        match step:
            case steps.CreateLogGroup(name, tags):
                cloud.create_log_group(name, tags)
            case steps.SetRetention(log_group, days):
                cloud.set_retention(log_group, days)
            case steps.CreateRole(name, trust, tags):
                cloud.create_role(name, trust, tags)
            case steps.PutRolePolicy(role, policy, document):
                cloud.put_role_policy(role, policy, document)
            case steps.Upload(code):
                assert code.bucket is not None
                assert code.key is not None
                check_zip(code)
                cloud.upload(code.path, code.bucket, code.key)
            case steps.PublishLayer(layer, runtime, architecture):
                check_zip(layer.code)
                self.made.layers[layer.name] = cloud.publish_layer(
                    layer.name, layer.code, layer.description, runtime, architecture
                ).arn
            case steps.CreateFunction(name, code, setup, tags):
                check_zip(code)
                cloud.create_function(name, code, self._with_layers(setup), tags)
            case steps.UpdateCode(name, code, architecture):
                check_zip(code)
                cloud.update_code(name, code, architecture)
            case steps.UpdateConfiguration(name, setup):
                cloud.update_configuration(name, self._with_layers(setup))
            case steps.TagFunction(_, arn, tags):
                cloud.tag_function(arn, tags)
            case steps.SetConcurrency(name, reserved):
                try:
                    cloud.set_concurrency(name, reserved)
                except ConcurrencyRefusedError:
                    self.made.note(concurrency_note(name))
            case steps.PublishVersion(name, code_sha256, description):
                self.made.version = cloud.publish_version(name, code_sha256, description)
            case steps.CreateAlias(name, alias, version):
                cloud.create_alias(name, Alias(alias, self._version(version), {}))
            case steps.MoveAlias(name, alias, main, canary, percent, previous):
                weights = {self._version(canary): percent / 100} if percent else {}
                remembered = remember_previous(previous)
                cloud.update_alias(name, Alias(alias, self._version(main), weights, remembered))
            case steps.CreateUrl(name, alias, auth, cors):
                self.made.url = cloud.create_url(name, alias, auth, cors)
            case steps.UpdateUrl(name, alias, auth, cors):
                self.made.url = cloud.update_url(name, alias, auth, cors)
            case steps.SetPermissions(name, alias, removed, added):
                cloud.change_permissions(name, alias, removed, added)
            case steps.DeleteVersion(name, version):
                cloud.delete_version(name, version)
            case steps.DeleteLayerVersion(arn):
                cloud.delete_layer_version(arn)
            case steps.RemoveUpload(bucket, found):
                cloud.delete_upload(bucket, found)
            case steps.DeleteFunction(name):
                cloud.delete_function(name)
            case steps.DeleteRolePolicy(role, policy):
                cloud.delete_role_policy(role, policy)
            case steps.DeleteRole(name):
                cloud.delete_role(name)
            case steps.DeleteLogGroup(name):
                cloud.delete_log_group(name)
            case _:
                assert_never(step)

    def _version(self, version: str | None) -> str:
        """The version that a step names; None stands for the version just published."""
        known = version or self.made.version
        assert known is not None, "a plan publishes a version before it names the version"
        return known

    def _receiver(self, step: steps.CreateAlias | steps.MoveAlias) -> str:
        """The version that gets more traffic."""
        if isinstance(step, steps.CreateAlias):
            return self._version(step.version)
        return self._version(step.canary if step.percent else step.main)

    def _with_layers(self, setup: FunctionSetup) -> FunctionSetup:
        """The setup with the ARNs of layer versions."""
        arns = tuple(self.made.layers[layer_name(arn)] for arn in setup.layer_arns)
        return replace(setup, layer_arns=arns)

    def _wait_until_ready(self, name: str, version: str) -> None:
        unready = tenacity.retry_if_result(lambda ready: not ready)
        try:
            self.clock.retrying(_READY_PATIENCE_S, unready)(self._is_ready, name, version)
        except tenacity.RetryError as error:
            raise DeployError(
                f"{name} is still being changed after {_READY_PATIENCE_S:.0f} s.",
                "Run `poner deploy` again later; it continues where it stopped.",
            ) from error

    def _is_ready(self, name: str, version: str) -> bool:
        state = self.cloud.get_state(name, version)
        if "Failed" in (state.state, state.update):
            raise DeployError(
                f"AWS could not make {name} ready: {state.reason or 'it gives no reason'}.",
                "Correct that and run `poner deploy` again; it continues where it stopped.",
            )
        return state.state in ("Active", "Inactive") and state.update == "Successful"


def check_zip(code: Code) -> None:
    """Check that a zip was not rebuilt since the plan was made; layers are named after its hash.

    Raises:
        DeployError: the zip cannot be read, or its hash differs from the plan.
    """
    try:
        with code.path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        found = None
    if found != code.sha256:
        raise DeployError(
            f"{code.path} was removed or changed after the plan was made.",
            "Run `poner deploy` again to make a new plan.",
        )
