"""Reads and changes on AWS, with the deployer's values."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from poner.aws_lambda.cors import Cors, write_cors
from poner.deployer import resources
from poner.deployer.aws import values
from poner.deployer.aws.api import AwsApi
from poner.deployer.aws.reads import AwsReads
from poner.deployer.cloud import Cloud
from poner.deployer.failures import MissingError, PermissionMissingError, UnreachableError


def open_cloud(profile: str | None, region: str | None) -> Cloud:
    """AWS with the user's credentials; calls nothing yet.

    Raises:
        CredentialsError: there is no such profile.
        CloudError: no region is set.
    """
    return AwsCloud(AwsApi(profile, region))


class AwsCloud(AwsReads):
    """Implements `Cloud` for AWS: one call a method, except for policies."""

    def create_log_group(self, name: str, tags: Mapping[str, str]) -> None:
        """Create a log group."""
        self._api.write("logs", "CreateLogGroup", logGroupName=name, tags=dict(tags))

    def set_retention(self, log_group: str, days: int | None) -> None:
        """Keep log events for `days` days; None for ever."""
        if days is None:
            self._api.write("logs", "DeleteRetentionPolicy", logGroupName=log_group)
        else:
            self._api.write(
                "logs", "PutRetentionPolicy", logGroupName=log_group, retentionInDays=days
            )

    def delete_log_group(self, name: str) -> None:
        """Delete a log group with all its events."""
        self._api.write("logs", "DeleteLogGroup", logGroupName=name)

    def create_role(
        self, name: str, trust: resources.Document, tags: Mapping[str, str]
    ) -> resources.Role:
        """Create a role with the trust policy `trust`."""
        answer = self._api.write(
            "iam",
            "CreateRole",
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps(trust),
            Description="Lets a function of poner's write its log.",
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        )
        return values.read_role(answer)

    def put_role_policy(self, role: str, policy: str, document: resources.Document) -> None:
        """Create or replace an inline policy of a role."""
        text = json.dumps(document)
        self._api.write(
            "iam", "PutRolePolicy", RoleName=role, PolicyName=policy, PolicyDocument=text
        )

    def delete_role_policy(self, role: str, policy: str) -> None:
        """Delete an inline policy of a role."""
        self._api.write("iam", "DeleteRolePolicy", RoleName=role, PolicyName=policy)

    def delete_role(self, name: str) -> None:
        """Delete a role that has no policies."""
        self._api.write("iam", "DeleteRole", RoleName=name)

    def upload(self, path: Path, bucket: str, key: str) -> None:
        """Upload a file with its hash and poner's mark; never overwrites an object."""
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            self._api.write(
                "s3",
                "PutObject",
                Bucket=bucket,
                Key=key,
                Body=file,
                IfNoneMatch="*",
                Metadata=values.UPLOAD_MARK,
                ChecksumAlgorithm="SHA256",
                ChecksumSHA256=values.write_sha256(sha256),
            )

    def delete_upload(self, bucket: str, found: resources.StoredZip) -> None:
        """Delete exactly the object that was found: its version, or its content."""
        # if versioning is suspended, a later object has the version "null", too
        is_kept = found.version not in (None, "null")
        which = {"VersionId": found.version} if is_kept else {"IfMatch": found.etag}
        self._api.write("s3", "DeleteObject", Bucket=bucket, Key=found.key, **which)

    def publish_layer(
        self, name: str, code: resources.Code, description: str, runtime: str, architecture: str
    ) -> resources.LayerVersion:
        """Publish a version of a layer."""
        answer = self._api.write(
            "lambda",
            "PublishLayerVersion",
            LayerName=name,
            Content=values.write_code(code),
            Description=description,
            CompatibleRuntimes=[runtime],
            CompatibleArchitectures=[architecture],
        )
        return values.read_layer_version(answer)

    def delete_layer_version(self, arn: str) -> None:
        """Delete a version of a layer."""
        name, number = arn.split(":")[6:8]
        self._api.write("lambda", "DeleteLayerVersion", LayerName=name, VersionNumber=int(number))

    def create_function(
        self,
        name: str,
        code: resources.Code,
        setup: resources.FunctionSetup,
        tags: Mapping[str, str],
    ) -> None:
        """Create a function."""
        self._api.write(
            "lambda",
            "CreateFunction",
            FunctionName=name,
            PackageType="Zip",
            Code=values.write_code(code),
            Architectures=[setup.architecture],
            Tags=dict(tags),
            Publish=False,
            **values.write_setup(setup),
        )

    def update_code(self, name: str, code: resources.Code, architecture: str) -> None:
        """Replace the code of $LATEST."""
        self._api.write(
            "lambda",
            "UpdateFunctionCode",
            FunctionName=name,
            Architectures=[architecture],
            Publish=False,
            **values.write_code(code),
        )

    def update_configuration(self, name: str, setup: resources.FunctionSetup) -> None:
        """Replace all other settings of $LATEST."""
        self._api.write(
            "lambda",
            "UpdateFunctionConfiguration",
            FunctionName=name,
            **values.write_setup(setup),
        )

    def tag_function(self, arn: str, tags: Mapping[str, str]) -> None:
        """Add or change tags."""
        self._api.write("lambda", "TagResource", Resource=arn, Tags=dict(tags))

    def set_concurrency(self, name: str, reserved: int) -> None:
        """Reserve environments for a function."""
        self._api.write(
            "lambda",
            "PutFunctionConcurrency",
            FunctionName=name,
            ReservedConcurrentExecutions=reserved,
        )

    def publish_version(self, name: str, code_sha256: str, description: str) -> str:
        """Publish $LATEST as a version if it holds that code; returns the version's number."""
        answer = self._api.write(
            "lambda",
            "PublishVersion",
            FunctionName=name,
            CodeSha256=values.write_sha256(code_sha256),
            Description=description,
        )
        return values.read_number(answer)

    def delete_version(self, name: str, version: str) -> None:
        """Delete a version that no alias names."""
        self._api.write("lambda", "DeleteFunction", FunctionName=name, Qualifier=version)

    def create_alias(self, name: str, alias: resources.Alias) -> None:
        """Create an alias."""
        routing = {"RoutingConfig": values.write_routing(alias)} if alias.weights else {}
        self._api.write(
            "lambda", "CreateAlias", FunctionName=name, **values.write_alias(alias), **routing
        )

    def update_alias(self, name: str, alias: resources.Alias) -> None:
        """Change the versions that an alias names."""
        self._api.write(
            "lambda",
            "UpdateAlias",
            FunctionName=name,
            **values.write_alias(alias),
            RoutingConfig=values.write_routing(alias),
        )

    def create_url(self, name: str, alias: str, auth: str, cors: Cors | None) -> resources.Url:
        """Create a Function URL."""
        said = {"Cors": write_cors(cors)} if cors else {}
        return self._write_url("CreateFunctionUrlConfig", name, alias, auth, said)

    def update_url(self, name: str, alias: str, auth: str, cors: Cors | None) -> resources.Url:
        """Change a Function URL; its address stays the same."""
        said = {"Cors": write_cors(cors)}  # without it, existing CORS would stay
        return self._write_url("UpdateFunctionUrlConfig", name, alias, auth, said)

    def change_permissions(
        self, name: str, alias: str, removed: Iterable[str], added: Iterable[resources.Statement]
    ) -> None:
        """Remove statements, by their identifiers, from the alias's policy, and add others.

        This is one call if botocore, the server and the credentials allow it.
        """
        removed, added = tuple(removed), tuple(added)
        if self._api.knows("lambda", "PutResourcePolicy"):
            try:
                return self._replace_policy(name, alias, removed, added)
            except (MissingError, PermissionMissingError, UnreachableError):
                pass  # the calls below raise the error that says what is wrong
        place = {"FunctionName": name, "Qualifier": alias}
        for sid in removed:
            with contextlib.suppress(MissingError):
                self._api.write("lambda", "RemovePermission", **place, StatementId=sid)
        for statement in added:
            parameters = values.write_permission(statement)
            self._api.write("lambda", "AddPermission", **place, **parameters)
        return None

    def _replace_policy(
        self, name: str, alias: str, removed: Sequence[str], added: Sequence[resources.Statement]
    ) -> None:
        """Replace the policy but keep others' statements; fails if it changed meanwhile."""
        function = self._api.read(
            "lambda", "GetFunctionConfiguration", FunctionName=name, Qualifier=alias
        )
        arn = values.read_alias_arn(function or {}, alias)
        found = self._api.read("lambda", "GetResourcePolicy", ResourceArn=arn) or {}
        unchanged = {"RevisionId": found["RevisionId"]} if "RevisionId" in found else {}
        policy = values.edit_policy(found, removed, [values.write_statement(s, arn) for s in added])
        if policy["Statement"]:
            text = json.dumps(policy)
            self._api.write(
                "lambda", "PutResourcePolicy", ResourceArn=arn, Policy=text, **unchanged
            )
        elif found:
            self._api.write("lambda", "DeleteResourcePolicy", ResourceArn=arn, **unchanged)

    def delete_function(self, name: str) -> None:
        """Delete a function with its versions, aliases, URLs and policies."""
        self._api.write("lambda", "DeleteFunction", FunctionName=name)

    def _write_url(
        self, operation: str, name: str, alias: str, auth: str, said: Mapping[str, Any]
    ) -> resources.Url:
        answer = self._api.write(
            "lambda",
            operation,
            FunctionName=name,
            Qualifier=alias,
            AuthType=auth,
            InvokeMode="BUFFERED",
            **said,
        )
        return values.read_url(answer)
