"""The desired state of the account for a Bundle: values that depend on nothing else."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from poner.aws_lambda import quotas
from poner.aws_lambda.cors import Cors
from poner.bundle import Bundle, Layer, ZipRecord
from poner.deployer import resources
from poner.deployer.settings import TAG, DeploySettings
from poner.errors import DeployError
from poner.signature import Signature

ROLE_POLICY = "poner-logs"
"""Name of the inline policy of a role that poner makes."""

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
"""The two statements that a public URL needs since October 2025; without either it answers 403. The
second allows calls through the URL only. The identifiers are those of AWS's console."""

OWN_STATEMENT_IDS = frozenset(statement.sid for statement in PUBLIC_STATEMENTS)
"""Identifiers of the statements that poner makes."""

NAME_A_BUCKET = "Name a bucket of the same region as `bucket` under [deploy] in poner.toml."
"""Hint for a zip that is too large to be sent in a call."""

_ROLE_NAME_LENGTH = 64
_LAYER_HASH_LENGTH = 12
_INTERFACE_LENGTH = 12


@dataclass(frozen=True)
class DesiredRole:
    """The execution role that poner makes; it may only write the function's log."""

    name: str
    """Its name, which holds the region because roles belong to all regions."""
    policy: resources.Document
    """Its permissions."""


@dataclass(frozen=True)
class DesiredLayer:
    """A layer, identified by the hash in its name."""

    name: str
    """Name of the function, of the Bundle's layer, and 12 digits of the zip's hash."""
    description: str
    """Name of the function, and the whole hash."""
    code: resources.Code
    """The zip."""
    size_bytes: int
    """Its size."""


@dataclass(frozen=True)
class Desired:
    """The state of the account after a deploy."""

    name: str
    """The function's name."""
    region: str
    """The region."""
    tags: Mapping[str, str]
    """Tags of the function, the role and the log group."""
    code: resources.Code
    """function.zip."""
    code_bytes: int
    """Its size."""
    setup: resources.FunctionSetup
    """Setup of the version; layer ARNs have no version numbers, which AWS assigns."""
    role: DesiredRole | None
    """The execution role that poner makes; None if the settings name a role."""
    layers: tuple[DesiredLayer, ...]
    """The layers, in their order."""
    settings: DeploySettings
    """The other settings."""
    signature: Signature
    """What the model takes and answers."""

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
        """The statements that poner adds to the alias's policy."""
        return PUBLIC_STATEMENTS if self.settings.auth == "none" else ()

    @property
    def cors(self) -> Cors | None:
        """CORS of the URL in AWS's form, which has no age of 0 and no CORS that allows nothing."""
        cors = self.settings.cors
        if cors is not None and cors.max_age_s == 0:
            cors = replace(cors, max_age_s=None)
        return None if cors == Cors() else cors

    @property
    def uploads(self) -> Mapping[str, resources.Code]:
        """The zips that are uploaded to the bucket, by key."""
        codes = (self.code, *(layer.code for layer in self.layers))
        return {code.key: code for code in codes if code.key is not None}


def make_desired(
    bundle: Bundle, settings: DeploySettings, identity: resources.Identity, region: str
) -> Desired:
    """The desired state of an account for a Bundle.

    Raises:
        DeployError: a zip is too large to be sent in a call, and the settings name no bucket.
    """
    manifest = bundle.manifest
    name = manifest.settings.name
    assert manifest.settings.memory_mb is not None, "a manifest holds numbers"
    assert manifest.settings.timeout_s is not None, "a manifest holds numbers"
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
        signature=manifest.signature,
    )


def describe_model(bundle: Bundle) -> str:
    """The function's description, at most 256 characters.

    It has the engine, a hash of what goes in and comes out, and the hash of the model. A model that
    was never in a file is identified by the hash of function.zip.
    """
    manifest = bundle.manifest
    sha256 = manifest.provenance.sha256
    what = f"model sha256:{sha256}" if sha256 else f"function.zip sha256:{manifest.function.sha256}"
    interface = hash_interface(manifest.signature)
    return f"poner, {manifest.engine} engine, interface {interface}, {what}"


def hash_interface(signature: Signature) -> str:
    """A hash of names and kinds of features, classes and target: a model fitted anew keeps it."""
    features = [[feature.wire_name, feature.kind] for feature in signature.features]
    content = json.dumps([features, signature.classes, signature.target])
    return hashlib.sha256(content.encode()).hexdigest()[:_INTERFACE_LENGTH]


def serves_another_model(description: str, signature: Signature) -> bool:
    """Whether a description says another interface than that of this signature."""
    found = re.search(rf", interface ([0-9a-f]{{{_INTERFACE_LENGTH}}}), ", description)
    return found is not None and found[1] != hash_interface(signature)


def is_own_description(description: str) -> bool:
    """Whether a description has the form of `describe_model`, so that poner made the version."""
    return re.fullmatch(r"poner, \w+ engine, .+ sha256:[0-9a-f]{64}", description) is not None


def make_role(name: str, region: str, identity: resources.Identity) -> DesiredRole:
    """The role of a function, which may write the function's own log."""
    group = _arn(identity, "logs", region, f"log-group:{log_group_name(name)}")
    statement = {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{group}:*",
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return DesiredRole(role_name(name, region), policy)


def role_name(name: str, region: str) -> str:
    """Name of a function's role; a hash shortens a name that would be too long."""
    full = f"poner-{name}-{region}"
    if len(full) <= _ROLE_NAME_LENGTH:
        return full
    digest = hashlib.sha256(full.encode()).hexdigest()[:8]
    return f"{full[: _ROLE_NAME_LENGTH - 9]}-{digest}"


def log_group_name(name: str) -> str:
    """Lambda's default log group of a function."""
    return f"/aws/lambda/{name}"


def upload_prefix(name: str) -> str:
    """Prefix of the keys of a function's zips."""
    return f"poner/{name}/"


def upload_key(name: str, sha256: str) -> str:
    """Key of a function's zip, which holds the hash of its content."""
    return f"{upload_prefix(name)}{sha256}.zip"


def is_upload_key(key: str, name: str) -> bool:
    """Whether a key has the form of `upload_key` for this function."""
    return re.fullmatch(upload_key(re.escape(name), "[0-9a-f]{64}"), key) is not None


def holds_what_it_says(found: resources.StoredZip, name: str) -> bool:
    """Whether an object's checksum is the SHA-256 in its key."""
    return found.sha256 is not None and found.key == upload_key(name, found.sha256)


def is_own_upload(found: resources.StoredZip, name: str) -> bool:
    """Whether a deploy of this function uploaded an object."""
    return found.marked and holds_what_it_says(found, name)


def is_own_layer(layer: str, function: str) -> bool:
    """Whether a layer's name has the form that `make_desired` gives for this function.

    The name alone is ambiguous: `a-b-...` may be layer `b` of function `a`, or belong to `a-b`.
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
    """Description of a layer version: the function, and the hash of the zip."""
    return f"poner {name} sha256:{sha256}"


def layer_name(arn: str) -> str:
    """Name of the layer in the ARN of a layer or of a layer version."""
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
            f"{record.path} has {record.size_bytes:,} bytes, but a call takes at most "
            f"{quotas.DIRECT_UPLOAD_BYTES:,}.",
            NAME_A_BUCKET,
        )
    key = upload_key(bundle.manifest.settings.name, record.sha256)
    return replace(code, bucket=settings.bucket, key=key)


def _arn(identity: resources.Identity, service: str, region: str, resource: str) -> str:
    return f"arn:{identity.partition}:{service}:{region}:{identity.account}:{resource}"
