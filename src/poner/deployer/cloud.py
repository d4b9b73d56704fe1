"""The cloud as the deployer sees it: what can be asked and done.

`aws/` speaks to AWS; tests speak to a fake. Every method is one call of AWS's API, but for lists,
which are read to their end, and policies, which are read before they are replaced. Reading what is
not there gives None or nothing. Every failure is one of `failures.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from poner.aws_lambda.cors import Cors
from poner.deployer import resources


class CloudReads(Protocol):
    """What can be asked."""

    @property
    def region(self) -> str:
        """The region, such as `eu-west-1`."""

    def get_identity(self) -> resources.Identity:
        """Whose credentials these are (sts:GetCallerIdentity)."""

    def get_function(self, name: str) -> resources.Function | None:
        """A function with its tags and reserved concurrency."""

    def get_state(self, name: str, version: str = resources.LATEST) -> resources.FunctionState:
        """Whether a version is ready (lambda:GetFunctionConfiguration)."""

    def list_versions(self, name: str) -> tuple[resources.Version, ...]:
        """All versions but $LATEST, oldest first."""

    def list_aliases(self, name: str) -> tuple[resources.Alias, ...]:
        """All aliases of a function."""

    def get_url(self, name: str, alias: str) -> resources.Url | None:
        """The Function URL on an alias."""

    def get_statements(self, name: str, alias: str) -> tuple[resources.Statement, ...]:
        """The alias's resource policy (lambda:GetPolicy)."""

    def get_role(self, name: str) -> resources.Role | None:
        """A role."""

    def get_role_policy(self, role: str, policy: str) -> resources.Document | None:
        """A role's own policy of that name."""

    def get_log_group(self, name: str) -> resources.LogGroup | None:
        """A log group (logs:DescribeLogGroups)."""

    def get_log_group_tags(self, arn: str) -> Mapping[str, str]:
        """A log group's tags."""

    def list_layers(self, prefix: str) -> tuple[str, ...]:
        """Names of the account's layers that begin with a prefix."""

    def list_layer_versions(self, layer: str) -> tuple[resources.LayerVersion, ...]:
        """The versions of a layer, newest first; none if there is no such layer."""

    def list_uploads(self, bucket: str, prefix: str) -> tuple[str, ...]:
        """Keys in a bucket that begin with a prefix.

        Raises:
            BucketError: there is no such bucket, or it is not ours.
        """

    def get_upload(self, bucket: str, key: str) -> resources.StoredZip | None:
        """An object in a bucket (s3:GetObject)."""

    def list_log_events(self, log_group: str, since_ms: int) -> Iterable[resources.LogEvent]:
        """Events of a log group from a moment on, in the order of their times."""

    def get_account_limits(self) -> resources.AccountLimits | None:
        """The account's limits in this region; None where the service does not tell."""

    def find_denied(
        self,
        principal_arn: str,
        actions: Iterable[str],
        resource: str = "*",
        context: Mapping[str, str] | None = None,
    ) -> tuple[str, ...] | None:
        """Which actions a principal may not do to a resource; None where nobody tells.

        With `*` only what is allowed to all resources counts as allowed. `context` is what
        conditions ask about, such as `iam:PassedToService`.
        """

    def invoke(self, name: str, version: str, payload: bytes) -> bytes:
        """A version's answer to an event, past alias and URL (lambda:InvokeFunction)."""

    def sign(self, url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers of a POST to a URL with auth AWS_IAM, signed; makes no call."""


class Cloud(CloudReads, Protocol):
    """What can be asked and done."""

    def create_log_group(self, name: str, tags: Mapping[str, str]) -> None:
        """Make a log group."""

    def set_retention(self, log_group: str, days: int | None) -> None:
        """Keep events for so many days; None for ever (logs:PutRetentionPolicy or Delete...)."""

    def delete_log_group(self, name: str) -> None:
        """Remove a log group with all its events."""

    def create_role(
        self, name: str, trust: resources.Document, tags: Mapping[str, str]
    ) -> resources.Role:
        """Make a role that `trust` lets somebody assume."""

    def put_role_policy(self, role: str, policy: str, document: resources.Document) -> None:
        """Give a role a policy of its own, or replace it."""

    def delete_role_policy(self, role: str, policy: str) -> None:
        """Take it away."""

    def delete_role(self, name: str) -> None:
        """Remove a role that has no policies any more."""

    def upload(self, path: Path, bucket: str, key: str) -> None:
        """Put a file into a bucket, marked as poner's and with its hash; never over another.

        Raises:
            ExistsError: there is an object of that key.
        """

    def delete_upload(self, bucket: str, found: resources.StoredZip) -> None:
        """Remove an object as it was found: this version of it, or this content."""

    def publish_layer(
        self, name: str, code: resources.Code, description: str, runtime: str, architecture: str
    ) -> resources.LayerVersion:
        """Publish a version of a layer."""

    def delete_layer_version(self, arn: str) -> None:
        """Remove a version of a layer."""

    def create_function(
        self,
        name: str,
        code: resources.Code,
        setup: resources.FunctionSetup,
        tags: Mapping[str, str],
    ) -> None:
        """Make a function."""

    def update_code(self, name: str, code: resources.Code, architecture: str) -> None:
        """Replace the code of $LATEST."""

    def update_configuration(self, name: str, setup: resources.FunctionSetup) -> None:
        """Replace all other settings of $LATEST."""

    def tag_function(self, arn: str, tags: Mapping[str, str]) -> None:
        """Add tags, or change them."""

    def set_concurrency(self, name: str, reserved: int) -> None:
        """Reserve environments for a function."""

    def publish_version(self, name: str, code_sha256: str, description: str) -> str:
        """Make a version of $LATEST, if it holds that code; returns its number."""

    def delete_version(self, name: str, version: str) -> None:
        """Remove a version that no alias names."""

    def create_alias(self, name: str, alias: resources.Alias) -> None:
        """Make an alias."""

    def update_alias(self, name: str, alias: resources.Alias) -> None:
        """Point an alias elsewhere."""

    def create_url(self, name: str, alias: str, auth: str, cors: Cors | None) -> resources.Url:
        """Make a Function URL."""

    def update_url(self, name: str, alias: str, auth: str, cors: Cors | None) -> resources.Url:
        """Change a Function URL; its address stays."""

    def change_permissions(
        self, name: str, alias: str, removed: Iterable[str], added: Iterable[resources.Statement]
    ) -> None:
        """Remove the statements of these identifiers from the alias's policy, and add those.

        All at once where the service can replace a whole policy; else one after the other.
        """

    def delete_function(self, name: str) -> None:
        """Remove a function with its versions, aliases, URLs and policies."""
