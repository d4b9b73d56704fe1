"""Reads from AWS, as the deployer's values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from poner.deployer import resources
from poner.deployer.aws import values
from poner.deployer.aws.api import AwsApi
from poner.deployer.aws.errors import OTHER_BUCKET, Call, refused
from poner.deployer.failures import (
    BucketError,
    CloudError,
    CredentialsError,
    MissingError,
    RejectedError,
    UnreachableError,
)


class AwsReads:
    """`CloudReads` of AWS."""

    def __init__(self, api: AwsApi) -> None:
        self._api = api

    @property
    def region(self) -> str:
        """The region, such as `eu-west-1`."""
        return self._api.region

    def get_identity(self) -> resources.Identity:
        """The owner of the credentials."""
        answer = self._api.read("sts", "GetCallerIdentity")
        assert answer is not None
        return values.read_identity(answer)

    def get_function(self, name: str) -> resources.Function | None:
        """A function with its tags and reserved concurrency."""
        answer = self._api.read("lambda", "GetFunction", FunctionName=name)
        if answer is None:
            return None
        if (
            "TagsError" in answer
        ):  # tags may not be read: the function then counts as someone else's
            error = answer["TagsError"]
            call = Call("lambda", "ListTags", writes=False)
            raise refused(call, error.get("ErrorCode", "403"), 403, error.get("Message", ""))
        return values.read_function(answer)

    def get_state(self, name: str, version: str = resources.LATEST) -> resources.FunctionState:
        """Whether a version is ready."""
        answer = self._api.read(
            "lambda", "GetFunctionConfiguration", FunctionName=name, Qualifier=version
        )
        if answer is None:
            raise _no_function(name, version)
        return values.read_state(answer)

    def list_versions(self, name: str) -> tuple[resources.Version, ...]:
        """All versions but $LATEST, oldest first."""
        listed = self._list("lambda", "ListVersionsByFunction", "Versions", FunctionName=name)
        return values.read_versions(listed)

    def list_aliases(self, name: str) -> tuple[resources.Alias, ...]:
        """All aliases of a function."""
        listed = self._list("lambda", "ListAliases", "Aliases", FunctionName=name)
        return tuple(values.read_alias(answer) for answer in listed)

    def get_url(self, name: str, alias: str) -> resources.Url | None:
        """The Function URL on an alias."""
        answer = self._api.read(
            "lambda", "GetFunctionUrlConfig", FunctionName=name, Qualifier=alias
        )
        return None if answer is None else values.read_url(answer)

    def get_statements(self, name: str, alias: str) -> tuple[resources.Statement, ...]:
        """The alias's resource policy."""
        answer = self._api.read("lambda", "GetPolicy", FunctionName=name, Qualifier=alias)
        return () if answer is None else values.read_statements(answer)

    def get_role(self, name: str) -> resources.Role | None:
        """A role."""
        answer = self._api.read("iam", "GetRole", RoleName=name)
        return None if answer is None else values.read_role(answer)

    def get_role_policy(self, role: str, policy: str) -> resources.Document | None:
        """An inline policy of a role."""
        answer = self._api.read("iam", "GetRolePolicy", RoleName=role, PolicyName=policy)
        return None if answer is None else values.read_policy(answer)

    def get_log_group(self, name: str) -> resources.LogGroup | None:
        """A log group."""
        pages = self._api.pages("logs", "DescribeLogGroups", "logGroups", logGroupNamePrefix=name)
        for page in pages:  # sorted by name, so the shortest name comes first
            for group in page:
                found = values.read_log_group(group)
                if found.name == name:
                    return found
        return None

    def get_log_group_tags(self, arn: str) -> Mapping[str, str]:
        """A log group's tags."""
        answer = self._api.read("logs", "ListTagsForResource", resourceArn=arn)
        return {} if answer is None else values.read_tags(answer)

    def list_layers(self, prefix: str) -> tuple[str, ...]:
        """Names of the account's layers that begin with a prefix."""
        names = values.read_names(self._list("lambda", "ListLayers", "Layers"), "LayerName")
        return tuple(name for name in names if name.startswith(prefix))

    def list_layer_versions(self, layer: str) -> tuple[resources.LayerVersion, ...]:
        """The versions of a layer, newest first."""
        listed = self._list("lambda", "ListLayerVersions", "LayerVersions", LayerName=layer)
        return values.read_layer_versions(listed)

    def list_uploads(self, bucket: str, prefix: str) -> tuple[str, ...]:
        """Keys in a bucket that begin with a prefix; checks first the bucket's region."""
        try:
            answer = self._api.read("s3", "GetBucketLocation", Bucket=bucket)
        except BucketError as error:
            text = f"There is no bucket {bucket!r}."
            raise BucketError(text, OTHER_BUCKET, error.action) from error
        assert answer is not None, "what is missing is the bucket"
        # botocore follows a bucket to its region, but Lambda reads no code from another region
        region = values.read_bucket_region(answer)
        if region != self.region:
            where = f"The bucket {bucket!r} is in {region}, not in {self.region}."
            raise BucketError(where, OTHER_BUCKET, "s3:GetBucketLocation")
        listed = self._list("s3", "ListObjectsV2", "Contents", Bucket=bucket, Prefix=prefix)
        return values.read_names(listed, "Key")

    def get_upload(self, bucket: str, key: str) -> resources.StoredZip | None:
        """An object in a bucket."""
        answer = self._api.read("s3", "HeadObject", Bucket=bucket, Key=key, ChecksumMode="ENABLED")
        return None if answer is None else values.read_stored_zip(key, answer)

    def list_log_events(self, log_group: str, since_ms: int) -> Iterator[resources.LogEvent]:
        """Events of a log group since a time, read page by page on demand."""
        pages = self._api.pages(
            "logs", "FilterLogEvents", "events", logGroupName=log_group, startTime=since_ms
        )
        for page in pages:
            for event in page:
                yield values.read_log_event(event)

    def get_account_limits(self) -> resources.AccountLimits | None:
        """The account's limits in this region; None if an emulation of AWS does not know them."""
        try:
            answer = self._api.read("lambda", "GetAccountSettings")
        except UnreachableError:
            return None
        return None if answer is None else values.read_limits(answer)

    def find_denied(
        self,
        principal_arn: str,
        actions: Iterable[str],
        resource: str = "*",
        context: Mapping[str, str] | None = None,
    ) -> tuple[str, ...] | None:
        """The actions that a principal may not take on a resource; None if IAM does not tell."""
        entries = [
            {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
            for key, value in (context or {}).items()
        ]
        if principal_arn.endswith(":root"):
            return ()
        try:
            source = self._find_policy_source(principal_arn)
            results = self._list(
                "iam",
                "SimulatePrincipalPolicy",
                "EvaluationResults",
                PolicySourceArn=source,
                ActionNames=list(actions),
                ResourceArns=[resource],
                ContextEntries=entries,
            )
        except CredentialsError:
            raise
        except CloudError:
            return None
        if not results:
            return None
        return values.read_denied(results)

    def invoke(self, name: str, version: str, payload: bytes) -> bytes:
        """Invoke a version with an event; returns its answer."""
        answer = self._api.read(
            "lambda", "Invoke", FunctionName=name, Qualifier=version, Payload=payload
        )
        if answer is None:
            raise _no_function(name, version)
        if failure := answer.get("FunctionError"):
            raise RejectedError(
                f"Version {version} of {name} failed on AWS ({failure}).",
                "See the reason with `poner logs`.",
                "lambda:InvokeFunction",
            )
        return bytes(answer["Payload"])

    def sign(self, url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers of a POST to a URL with auth AWS_IAM, signed."""
        return self._api.sign(url, body, headers)

    def _list(self, service: str, operation: str, field: str, **parameters: Any) -> list[Any]:
        pages = self._api.pages(service, operation, field, **parameters)
        return [item for page in pages for item in page]

    def _find_policy_source(self, arn: str) -> str:
        """The ARN that IAM can simulate: for a session, that of its role, which IAM tells."""
        session = re.fullmatch(r"arn:[\w-]+:sts::\d+:assumed-role/([^/]+)/.+", arn)
        role = self.get_role(session[1]) if session else None
        return arn if role is None else role.arn


def _no_function(name: str, version: str) -> MissingError:
    text = f"There is no version {version} of the function {name!r}."
    return MissingError(text, "Deploy it first with `poner deploy`.")
