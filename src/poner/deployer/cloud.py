"""The cloud as the deployer sees it: an interface for reads and changes.

`aws/` implements it for AWS; tests use a fake. Each method makes one call of AWS's API, except that
lists are read to their end and policies are read before they are replaced. A read gives None or an
empty value for a resource that does not exist. All failures are classes of `failures.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from poner.aws_lambda.cors import Cors
from poner.deployer import resources


class CloudReads(Protocol):
    """The reads."""

    @property
    def region(self) -> str:
        """The region, such as `eu-west-1`."""

    def get_identity(self) -> resources.Identity:
        """The owner of the credentials (sts:GetCallerIdentity)."""

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
        """An inline policy of a role."""

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
            BucketError: there is no such bucket, or it belongs to someone else.
        """

    def get_upload(self, bucket: str, key: str) -> resources.StoredZip | None:
        """An object in a bucket (s3:GetObject)."""

    def list_log_events(self, log_group: str, since_ms: int) -> Iterable[resources.LogEvent]:
        """Events of a log group since a time, ordered by time."""

    def get_account_limits(self) -> resources.AccountLimits | None:
        """The account's limits in this region; None if the service does not tell."""

    def find_denied(
        self,
        principal_arn: str,
        actions: Iterable[str],
        resource: str = "*",
        context: Mapping[str, str] | None = None,
    ) -> tuple[str, ...] | None:
        """The actions that a principal may not take on a resource; None if IAM does not tell.

        With `*`, an action counts as allowed only if it is allowed on all resources. `context`
        holds the keys that conditions compare, such as `iam:PassedToService`.
        """

    def invoke(self, name: str, version: str, payload: bytes) -> bytes:
        """Invoke a version with an event; returns its answer (lambda:InvokeFunction)."""

    def sign(self, url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers of a POST to a URL with auth AWS_IAM, signed; makes no call."""


class Cloud(CloudReads, Protocol):
    """The reads and the changes."""

    def create_log_group(self, name: str, tags: Mapping[str, str]) -> None:
        """Create a log group."""

    def set_retention(self, log_group: str, days: int | None) -> None:
        """Keep log events for `days` days; None for ever (logs:PutRetentionPolicy or Delete...)."""

    def delete_log_group(self, name: str) -> None:
        """Delete a log group with all its events."""

    def create_role(
        self, name: str, trust: resources.Document, tags: Mapping[str, str]
    ) -> resources.Role:
        """Create a role with the trust policy `trust`."""

    def put_role_policy(self, role: str, policy: str, document: resources.Document) -> None:
        """Create or replace an inline policy of a role."""

    def delete_role_policy(self, role: str, policy: str) -> None:
        """Delete an inline policy of a role."""

    def delete_role(self, name: str) -> None:
        """Delete a role that has no policies."""

    def upload(self, path: Path, bucket: str, key: str) -> None:
        """Upload a file with its hash and poner's mark; never overwrites an object.

        Raises:
            ExistsError: the key is taken.
        """

    def delete_upload(self, bucket: str, found: resources.StoredZip) -> None:
        """Delete exactly the object that was found: its version, or its content."""

    def publish_layer(
        self, name: str, code: resources.Code, description: str, runtime: str, architecture: str
    ) -> resources.LayerVersion:
        """Publish a version of a layer."""

    def delete_layer_version(self, arn: str) -> None:
        """Delete a version of a layer."""

    def create_function(
        self,
        name: str,
        code: resources.Code,
        setup: resources.FunctionSetup,
        tags: Mapping[str, str],
    ) -> None:
        """Create a function."""

    def update_code(self, name: str, code: resources.Code, architecture: str) -> None:
        """Replace the code of $LATEST."""

    def update_configuration(self, name: str, setup: resources.FunctionSetup) -> None:
        """Replace all other settings of $LATEST."""

    def tag_function(self, arn: str, tags: Mapping[str, str]) -> None:
        """Add or change tags."""

    def set_concurrency(self, name: str, reserved: int) -> None:
        """Reserve environments for a function."""

    def publish_version(self, name: str, code_sha256: str, description: str) -> str:
        """Publish $LATEST as a version if it holds that code; returns the version's number."""

    def delete_version(self, name: str, version: str) -> None:
        """Delete a version that no alias names."""

    def create_alias(self, name: str, alias: resources.Alias) -> None:
        """Create an alias."""

    def update_alias(self, name: str, alias: resources.Alias) -> None:
        """Change the versions that an alias names."""

    def create_url(self, name: str, alias: str, auth: str, cors: Cors | None) -> resources.Url:
        """Create a Function URL."""

    def update_url(self, name: str, alias: str, auth: str, cors: Cors | None) -> resources.Url:
        """Change a Function URL; its address stays the same."""

    def change_permissions(
        self, name: str, alias: str, removed: Iterable[str], added: Iterable[resources.Statement]
    ) -> None:
        """Remove statements, by their identifiers, from the alias's policy, and add others.

        This is one call if the service can replace a whole policy, else one call a statement.
        """

    def delete_function(self, name: str) -> None:
        """Delete a function with its versions, aliases, URLs and policies."""
