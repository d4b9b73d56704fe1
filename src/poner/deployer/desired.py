"""What should be in the account for a Bundle: values only, the same for the same Bundle."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from poner.aws_lambda import quotas
from poner.aws_lambda.cors import Cors
from poner.bundle import Bundle, Layer, ZipRecord
from poner.deployer import resources
from poner.deployer.settings import TAG, DeploySettings
from poner.errors import DeployError

ROLE_POLICY = "poner-logs"
"""Name of the policy that a role of poner's has of its own."""

TRUST: resources.Document = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
"""Who may assume the execution role: Lambda."""

PUBLIC_STATEMENTS = (
    resources.Statement(
        "FunctionURLAllowPublicAccess", "lambda:InvokeFunctionUrl", url_auth="NONE"
    ),
    resources.Statement("FunctionURLAllowInvokeAction", "lambda:InvokeFunction", via_url=True),
)
"""Both statements that a public URL needs since October 2025; without either it answers 403. The
second lets nobody in but through the URL. Identifiers are those of AWS's console."""

OWN_STATEMENT_IDS = frozenset(statement.sid for statement in PUBLIC_STATEMENTS)
"""Identifiers of the statements that poner makes."""

NAME_A_BUCKET = "Name a bucket of the same region as `bucket` under [deploy] in poner.toml."
"""What to do about a zip that is too large to be sent in a call."""

_ROLE_NAME_LENGTH = 64
_LAYER_HASH_LENGTH = 12


@dataclass(frozen=True)
class DesiredRole:
    """The execution role that poner makes: it may write the function's log, and nothing else."""

    name: str
    """Its name; IAM knows no regions, so the name holds the function's."""
    policy: resources.Document
    """What it may do."""


@dataclass(frozen=True)
class DesiredLayer:
    """A layer, found again by the hash in its name."""

    name: str
    """Name of the function, of the Bundle's layer, and 12 digits of the zip's hash."""
    description: str
    """Whose it is, and the whole hash."""
    code: resources.Code
    """The zip."""
    size_bytes: int
    """Its size."""


@dataclass(frozen=True)
class Desired:
    """What should be there once a deploy is done."""

    name: str
    """The function's name."""
    region: str
    """Where."""
    tags: Mapping[str, str]
    """Tags of the function, the role and the log group."""
    code: resources.Code
    """function.zip."""
    code_bytes: int
    """Its size."""
    setup: resources.FunctionSetup
    """What the version is made of; layer ARNs without their numbers, which AWS gives."""
    role: DesiredRole | None
    """The execution role; None where one is given."""
    layers: tuple[DesiredLayer, ...]
    """The layers, in their order."""
    settings: DeploySettings
    """What else the user wants."""

    @property
    def log_group(self) -> str:
        """Where Lambda writes the function's log."""
        return log_group_name(self.name)

    @property
    def retention_days(self) -> int | None:
        """Days that log events are kept; None for ever."""
        return self.settings.log_retention_days or None

    @property
    def auth(self) -> str:
        """The auth type of the URL, in AWS's words."""
        return {"none": "NONE", "iam": "AWS_IAM"}[self.settings.auth]

    @property
    def statements(self) -> tuple[resources.Statement, ...]:
        """The statements of poner's that the alias's policy should hold."""
        return PUBLIC_STATEMENTS if self.settings.auth == "none" else ()

    @property
    def cors(self) -> Cors | None:
        """CORS of the URL as AWS tells it: nothing allowed is none, and no age is 0 as well."""
        cors = self.settings.cors
        if cors is not None and cors.max_age_s == 0:
            cors = replace(cors, max_age_s=None)
        return None if cors == Cors() else cors

    @property
    def uploads(self) -> Mapping[str, resources.Code]:
        """The zips that go through the bucket, by key."""
        codes = (self.code, *(layer.code for layer in self.layers))
        return {code.key: code for code in codes if code.key is not None}


def make_desired(
    bundle: Bundle, settings: DeploySettings, identity: resources.Identity, region: str
) -> Desired:
    """What a Bundle should become in an account.

    Raises:
        DeployError: a zip is too large to be sent in a call, and there is no bucket.
    """
    manifest = bundle.manifest
    name = manifest.settings.name
    assert manifest.settings.memory_mb is not None, "a manifest says all in numbers"
    assert manifest.settings.timeout_s is not None, "a manifest says all in numbers"
    role = None if settings.role else make_role(name, region, identity)
    layers = tuple(_make_layer(bundle, layer, settings) for layer in manifest.layers)
    setup = resources.FunctionSetup(
        code_sha256=manifest.function.sha256,
        runtime=manifest.runtime,
        architecture=manifest.architecture,
        handler=manifest.handler,
        memory_mb=manifest.settings.memory_mb,
        timeout_s=manifest.settings.timeout_s,
        description=describe_model(bundle),
        role_arn=settings.role or _arn(identity, "iam", "", f"role/{role_name(name, region)}"),
        layer_arns=tuple(_arn(identity, "lambda", region, f"layer:{one.name}") for one in layers),
        environment=settings.environment,
        log_format={"text": "Text", "json": "JSON"}[settings.log_format],
    )
    return Desired(
        name=name,
        region=region,
        tags={**settings.tags, TAG: name},
        code=_make_code(bundle, manifest.function, settings),
        code_bytes=manifest.function.size_bytes,
        setup=setup,
        role=role,
        layers=layers,
        settings=settings,
    )


def describe_model(bundle: Bundle) -> str:
    """The function's description: which model it is, at most 256 characters.

    A model that was never in a file is told by the zip that it became.
    """
    manifest = bundle.manifest
    sha256 = manifest.provenance.sha256
    what = f"model sha256:{sha256}" if sha256 else f"function.zip sha256:{manifest.function.sha256}"
    return f"poner, {manifest.engine} engine, {what}"


def is_own_description(description: str) -> bool:
    """Whether a version's description is one that `describe_model` gives, so that poner made it."""
    return re.fullmatch(r"poner, \w+ engine, .+ sha256:[0-9a-f]{64}", description) is not None


def make_role(name: str, region: str, identity: resources.Identity) -> DesiredRole:
    """The role of a function: basic execution, which is to write its own log."""
    group = _arn(identity, "logs", region, f"log-group:{log_group_name(name)}")
    statement = {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{group}:*",
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return DesiredRole(role_name(name, region), policy)


def role_name(name: str, region: str) -> str:
    """Name of a function's role; where it would be too long, its end is a hash."""
    full = f"poner-{name}-{region}"
    if len(full) <= _ROLE_NAME_LENGTH:
        return full
    digest = hashlib.sha256(full.encode()).hexdigest()[:8]
    return f"{full[: _ROLE_NAME_LENGTH - 9]}-{digest}"


def log_group_name(name: str) -> str:
    """Where Lambda writes a function's log, unless it is told otherwise."""
    return f"/aws/lambda/{name}"


def upload_prefix(name: str) -> str:
    """Where in the bucket a function's zips lie."""
    return f"poner/{name}/"


def upload_key(name: str, sha256: str) -> str:
    """Key of one of a function's zips: its name is its content."""
    return f"{upload_prefix(name)}{sha256}.zip"


def is_upload_key(key: str, name: str) -> bool:
    """Whether a key is one that `upload_key` gives for this function."""
    return re.fullmatch(upload_key(re.escape(name), "[0-9a-f]{64}"), key) is not None


def holds_what_it_says(found: resources.StoredZip, name: str) -> bool:
    """Whether an object's checksum is the SHA-256 in its key."""
    return found.sha256 is not None and found.key == upload_key(name, found.sha256)


def is_own_upload(found: resources.StoredZip, name: str) -> bool:
    """Whether a deploy of this function put an object where it is."""
    return found.marked and holds_what_it_says(found, name)


def is_own_layer(layer: str, function: str) -> bool:
    """Whether a layer's name is one that `make_desired` gives for this function.

    The name alone does not tell: `a-b` may be layer `b` of function `a`, or belong to `a-b`.
    """
    digits = f"[0-9a-f]{{{_LAYER_HASH_LENGTH}}}"
    return re.fullmatch(rf"{re.escape(function)}-.+-{digits}", layer) is not None


def is_own_layer_version(found: resources.LayerVersion, function: str) -> bool:
    """Whether a deploy of this function published a layer version, by its name and description."""
    layer, sha256 = layer_name(found.arn), found.description[-64:]
    return (
        is_own_layer(layer, function)
        and found.description == layer_description(function, sha256)
        and layer.endswith(f"-{sha256[:_LAYER_HASH_LENGTH]}")
    )


def layer_description(name: str, sha256: str) -> str:
    """Description of a layer version: whose it is, and the hash that it is found by."""
    return f"poner {name} sha256:{sha256}"


def layer_name(arn: str) -> str:
    """Name of the layer in the ARN of one of its versions, or in its own."""
    return arn.split(":")[6]


def _make_layer(bundle: Bundle, layer: Layer, settings: DeploySettings) -> DesiredLayer:
    name = bundle.manifest.settings.name
    digits = layer.zip.sha256[:_LAYER_HASH_LENGTH]
    room = quotas.LAYER_NAME_LENGTH - len(name) - len(digits) - 2
    return DesiredLayer(
        name=f"{name}-{layer.name[:room]}-{digits}",
        description=layer_description(name, layer.zip.sha256),
        code=_make_code(bundle, layer.zip, settings),
        size_bytes=layer.zip.size_bytes,
    )


def _make_code(bundle: Bundle, record: ZipRecord, settings: DeploySettings) -> resources.Code:
    code = resources.Code(bundle.folder / record.path, record.sha256)
    if record.size_bytes <= quotas.DIRECT_UPLOAD_BYTES:
        return code
    if settings.bucket is None:
        raise DeployError(
            f"{record.path} has {record.size_bytes:,} bytes, and a call takes "
            f"{quotas.DIRECT_UPLOAD_BYTES:,}.",
            NAME_A_BUCKET,
        )
    key = upload_key(bundle.manifest.settings.name, record.sha256)
    return replace(code, bucket=settings.bucket, key=key)


def _arn(identity: resources.Identity, service: str, region: str, resource: str) -> str:
    return f"arn:{identity.partition}:{service}:{region}:{identity.account}:{resource}"
