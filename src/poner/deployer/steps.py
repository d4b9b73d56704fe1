"""The steps of a plan: one frozen dataclass for each thing that can be done to an account.

A step says what it changes (`changes`, old and new values, environment variables without theirs)
and holds what is needed to do it, but for what only AWS knows: the ARNs of layers and the number of
the version that steps before it made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from poner.deployer.cloud import Code, Document, FunctionSetup, Statement, StoredZip
from poner.deployer.desired import DesiredLayer
from poner.lambda_settings import Cors

Verb = Literal["create", "change", "remove"]
"""What happens to the resource."""


@dataclass(frozen=True)
class Change:
    """A value that a step changes."""

    field: str
    """What it is."""
    old: str | None
    """The value that is there; None for none."""
    new: str | None
    """The value that will be; None for none."""


@dataclass(frozen=True)
class CreateLogGroup:
    """Make the log group."""

    name: str
    """Its name."""
    tags: Mapping[str, str]
    """Its tags."""


@dataclass(frozen=True)
class SetRetention:
    """Say how long log events are kept."""

    log_group: str
    """The log group."""
    days: int | None
    """Days; None for ever."""
    changes: tuple[Change, ...]
    """The days."""


@dataclass(frozen=True)
class CreateRole:
    """Make the execution role."""

    name: str
    """Its name."""
    trust: Document
    """Who may assume it."""
    tags: Mapping[str, str]
    """Its tags."""


@dataclass(frozen=True)
class PutRolePolicy:
    """Say what the role may do."""

    role: str
    """The role."""
    policy: str
    """The policy's name."""
    document: Document
    """The policy."""
    verb: Verb
    """Whether the role had it, otherwise."""


@dataclass(frozen=True)
class Upload:
    """Put a zip into the bucket."""

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
    """The zip as it was found."""


@dataclass(frozen=True)
class PublishLayer:
    """Publish a layer."""

    layer: DesiredLayer
    """The layer."""
    runtime: str
    """The runtime it is for."""
    architecture: str
    """The architecture it is for."""


@dataclass(frozen=True)
class CreateFunction:
    """Make the function."""

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
    """The architecture it is for."""
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
    """Those that differ."""


@dataclass(frozen=True)
class TagFunction:
    """Tag the function."""

    name: str
    """The function."""
    arn: str
    """Its ARN."""
    tags: Mapping[str, str]
    """Tags that are missing or have another value."""
    changes: tuple[Change, ...]
    """The tags."""


@dataclass(frozen=True)
class SetConcurrency:
    """Reserve environments, which are also the most the function gets."""

    name: str
    """The function."""
    reserved: int
    """How many."""
    changes: tuple[Change, ...]
    """The number."""


@dataclass(frozen=True)
class PublishVersion:
    """Make a version of $LATEST."""

    name: str
    """The function."""
    code_sha256: str
    """The code that $LATEST must hold."""
    description: str
    """Which model it is."""


@dataclass(frozen=True)
class CreateAlias:
    """Make the alias."""

    name: str
    """The function."""
    alias: str
    """The alias."""
    version: str | None
    """The version it names; None for the one that was just published."""


@dataclass(frozen=True)
class MoveAlias:
    """Point the alias at another version, or share its traffic."""

    name: str
    """The function."""
    alias: str
    """The alias."""
    main: str | None
    """The version that answers; None for the one that was just published."""
    canary: str | None
    """The version that gets `percent` of the traffic; None for the one that was just published,
    where `percent` is not 0."""
    percent: int
    """Share of the canary, 0 to 99."""
    previous: str | None
    """The version to go back to in a rollback; None for none."""
    changes: tuple[Change, ...]
    """Version and canary."""


@dataclass(frozen=True)
class CreateUrl:
    """Make the Function URL."""

    name: str
    """The function."""
    alias: str
    """The alias it is on."""
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
    """The alias it is on."""
    auth: str
    """`NONE` or `AWS_IAM`."""
    cors: Cors | None
    """CORS."""
    changes: tuple[Change, ...]
    """Auth and CORS."""


@dataclass(frozen=True)
class SetPermissions:
    """Change who may call the alias, in one call where the service has one."""

    name: str
    """The function."""
    alias: str
    """The alias."""
    removed: tuple[str, ...]
    """Identifiers of the statements that go."""
    added: tuple[Statement, ...]
    """The statements that come."""


@dataclass(frozen=True)
class DeleteVersion:
    """Remove an old version."""

    name: str
    """The function."""
    version: str
    """Its number."""


@dataclass(frozen=True)
class DeleteLayerVersion:
    """Remove a layer version that no version uses any more."""

    arn: str
    """Its ARN."""


@dataclass(frozen=True)
class DeleteFunction:
    """Remove the function with its versions, aliases, URLs and permissions."""

    name: str
    """The function."""
    changes: tuple[Change, ...]
    """What goes with it."""


@dataclass(frozen=True)
class DeleteRolePolicy:
    """Take the role's own policy away."""

    role: str
    """The role."""
    policy: str
    """The policy's name."""


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
"""Steps that are done as well if what they remove is gone."""

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
"""All that can be done."""


@dataclass(frozen=True)
class Plan:
    """What would be done, in order."""

    steps: tuple[Step, ...]
    """The steps; none where nothing is to be changed."""
    notes: tuple[str, ...] = ()
    """Lines worth knowing before agreeing to it."""
