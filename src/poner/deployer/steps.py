"""The steps of a plan: one frozen dataclass for each kind of change to an account.

A step holds the old and new values for the user (`changes`, with environment variables hidden) and
the values that the executor needs. ARNs of new layers and the number of a new version are missing,
because AWS assigns them during earlier steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from poner.aws_lambda.cors import Cors
from poner.deployer.desired import DesiredLayer
from poner.deployer.resources import Code, Document, FunctionSetup, Statement, StoredZip

Verb = Literal["create", "change", "remove"]
"""What happens to the resource."""


@dataclass(frozen=True)
class Change:
    """A value that a step changes."""

    field: str
    """Name of the value."""
    old: str | None
    """The present value; None for no value."""
    new: str | None
    """The new value; None for no value."""


@dataclass(frozen=True)
class CreateLogGroup:
    """Create the log group."""

    name: str
    """Its name."""
    tags: Mapping[str, str]
    """Its tags."""


@dataclass(frozen=True)
class SetRetention:
    """Set how long log events are kept."""

    log_group: str
    """The log group."""
    days: int | None
    """Days; None for ever."""
    changes: tuple[Change, ...]
    """Old and new days."""


@dataclass(frozen=True)
class CreateRole:
    """Create the execution role."""

    name: str
    """Its name."""
    trust: Document
    """Trust policy: who may assume it."""
    tags: Mapping[str, str]
    """Its tags."""


@dataclass(frozen=True)
class PutRolePolicy:
    """Set the inline policy of the role."""

    role: str
    """The role."""
    policy: str
    """Name of the policy."""
    document: Document
    """The policy."""
    verb: Verb
    """`create` for a new policy, `change` for an existing one."""


@dataclass(frozen=True)
class Upload:
    """Upload a zip to the bucket."""

    code: Code
    """The zip, with bucket and key."""
    size_bytes: int
    """Its size."""


@dataclass(frozen=True)
class RemoveUpload:
    """Remove a zip from the bucket."""

    bucket: str
    """The bucket."""
    found: StoredZip
    """The object that was found."""


@dataclass(frozen=True)
class PublishLayer:
    """Publish a layer."""

    layer: DesiredLayer
    """The layer."""
    runtime: str
    """Compatible runtime."""
    architecture: str
    """Compatible architecture."""


@dataclass(frozen=True)
class CreateFunction:
    """Create the function."""

    name: str
    """Its name."""
    code: Code
    """The zip."""
    setup: FunctionSetup
    """Its settings."""
    tags: Mapping[str, str]
    """Its tags."""
    changes: tuple[Change, ...]
    """All settings."""


@dataclass(frozen=True)
class UpdateCode:
    """Replace the code of $LATEST."""

    name: str
    """The function."""
    code: Code
    """The zip."""
    architecture: str
    """Compatible architecture."""
    changes: tuple[Change, ...]
    """Code and architecture."""


@dataclass(frozen=True)
class UpdateConfiguration:
    """Replace settings of $LATEST."""

    name: str
    """The function."""
    setup: FunctionSetup
    """All settings."""
    changes: tuple[Change, ...]
    """Settings that differ."""


@dataclass(frozen=True)
class TagFunction:
    """Tag the function."""

    name: str
    """The function."""
    arn: str
    """Its ARN."""
    tags: Mapping[str, str]
    """Tags that are missing or differ."""
    changes: tuple[Change, ...]
    """The tags."""


@dataclass(frozen=True)
class SetConcurrency:
    """Reserve environments for the function, which also limits it to them."""

    name: str
    """The function."""
    reserved: int
    """Number of environments."""
    changes: tuple[Change, ...]
    """Old and new number."""


@dataclass(frozen=True)
class PublishVersion:
    """Publish $LATEST as a version."""

    name: str
    """The function."""
    code_sha256: str
    """Hash of the code that $LATEST must hold."""
    description: str
    """Which model it is."""


@dataclass(frozen=True)
class CreateAlias:
    """Create the alias."""

    name: str
    """The function."""
    alias: str
    """The alias."""
    version: str | None
    """The version that it names; None for the new version."""


@dataclass(frozen=True)
class MoveAlias:
    """Change the version that the alias names, or the shares of its traffic."""

    name: str
    """The function."""
    alias: str
    """The alias."""
    main: str | None
    """The version that answers; None for the new version."""
    canary: str | None
    """The version that gets `percent` of the traffic; None for the new version, or if `percent` is
    0."""
    percent: int
    """Percentage of the canary; 0 for no canary."""
    previous: str | None
    """The version that a rollback returns to; None for no such version."""
    changes: tuple[Change, ...]
    """Version and canary."""


@dataclass(frozen=True)
class CreateUrl:
    """Create the Function URL."""

    name: str
    """The function."""
    alias: str
    """The alias to which it belongs."""
    auth: str
    """`NONE` or `AWS_IAM`."""
    cors: Cors | None
    """CORS."""


@dataclass(frozen=True)
class UpdateUrl:
    """Change the Function URL."""

    name: str
    """The function."""
    alias: str
    """The alias to which it belongs."""
    auth: str
    """`NONE` or `AWS_IAM`."""
    cors: Cors | None
    """CORS."""
    changes: tuple[Change, ...]
    """Auth and CORS."""


@dataclass(frozen=True)
class SetPermissions:
    """Change who may call the alias."""

    name: str
    """The function."""
    alias: str
    """The alias."""
    removed: tuple[str, ...]
    """Identifiers of the statements to remove."""
    added: tuple[Statement, ...]
    """Statements to add."""


@dataclass(frozen=True)
class DeleteVersion:
    """Remove an old version."""

    name: str
    """The function."""
    version: str
    """Its number."""


@dataclass(frozen=True)
class DeleteLayerVersion:
    """Remove a layer version that no version uses."""

    arn: str
    """Its ARN."""


@dataclass(frozen=True)
class DeleteFunction:
    """Remove the function with its versions, aliases, URLs and permissions."""

    name: str
    """The function."""
    changes: tuple[Change, ...]
    """Versions, aliases and URL that are removed with it."""


@dataclass(frozen=True)
class DeleteRolePolicy:
    """Remove the inline policy of the role."""

    role: str
    """The role."""
    policy: str
    """Name of the policy."""


@dataclass(frozen=True)
class DeleteRole:
    """Remove the role."""

    name: str
    """The role."""


@dataclass(frozen=True)
class DeleteLogGroup:
    """Remove the log group with its events."""

    name: str
    """The log group."""


Removal = (
    DeleteVersion
    | DeleteLayerVersion
    | RemoveUpload
    | DeleteFunction
    | DeleteRolePolicy
    | DeleteRole
    | DeleteLogGroup
)
"""Steps that succeed if the resource is already gone."""

Step = (
    CreateLogGroup
    | SetRetention
    | CreateRole
    | PutRolePolicy
    | Upload
    | PublishLayer
    | CreateFunction
    | UpdateCode
    | UpdateConfiguration
    | TagFunction
    | SetConcurrency
    | PublishVersion
    | CreateAlias
    | MoveAlias
    | CreateUrl
    | UpdateUrl
    | SetPermissions
    | Removal
)
"""All kinds of steps."""


@dataclass(frozen=True)
class Plan:
    """Steps in their order, with notes."""

    steps: tuple[Step, ...]
    """The steps; empty if there is nothing to change."""
    notes: tuple[str, ...] = ()
    """Notes for the user to read before agreeing."""

    @property
    def live(self) -> str | None:
        """The version that the alias will name; None if the plan does not move the alias."""
        return next((step.main for step in self.steps if isinstance(step, MoveAlias)), None)
