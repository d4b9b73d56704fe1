"""A deploy's input, made without a model: the same bytes on every machine."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

from poner.aws_lambda.cors import Cors
from poner.deployer.desired import Desired, DesiredLayer, layer_description, make_role
from poner.deployer.resources import Code, FunctionSetup, Identity
from poner.deployer.settings import TAG, DeploySettings
from poner.signature import Signature

IDENTITY = Identity("123456789012", "aws")
SECRET = "not-for-templates"
SETTINGS = DeploySettings(
    auth="none",
    cors=Cors(
        ("https://example.com",), ("POST",), ("content-type",), ("x-amzn-requestid",), True, 600
    ),
    environment={"API_KEY": SECRET, "GREETING": f"{SECRET}-either"},
    tags={"team": "radiology"},
    log_format="json",
    reserved_concurrency=5,
)
DESCRIPTION = "poner, onnx engine, model sha256:" + "ab" * 32


def write_zip(path: Path, member: str, text: str) -> Code:
    """A zip that is the same to the bit everywhere: stored, with a date of its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(member), text)
    return Code(path, hashlib.sha256(path.read_bytes()).hexdigest())


def make_example(
    folder: Path,
    settings: DeploySettings = SETTINGS,
    identity: Identity = IDENTITY,
    source: str = "def handler(event, context): return 1\n",
    layers: tuple[str, ...] = ("numpy", "onnxruntime"),
) -> Desired:
    """A function with layers; its zips lie under folder/build."""
    name, region = "cancer", "us-east-1"
    code = write_zip(folder / "build/function.zip", "lambda_function.py", source)
    role = None if settings.role else make_role(name, region, identity)
    made = tuple(make_layer(folder, name, layer) for layer in layers)
    place = f"{region}:{identity.account}"
    setup = FunctionSetup(
        code_sha256=code.sha256,
        runtime="python3.13",
        architecture="arm64",
        handler="lambda_function.handler",
        memory_mb=1_769,
        timeout_s=30,
        description=DESCRIPTION,
        role_arn=settings.role
        or f"arn:{identity.partition}:iam::{identity.account}:role/poner-{name}-{region}",
        layer_arns=tuple(
            f"arn:{identity.partition}:lambda:{place}:layer:{one.name}" for one in made
        ),
        environment=settings.environment,
        log_format={"text": "Text", "json": "JSON"}[settings.log_format],
    )
    return Desired(
        name=name,
        region=region,
        tags={**settings.tags, TAG: name},
        code=code,
        code_bytes=code.path.stat().st_size,
        setup=setup,
        role=role,
        layers=made,
        settings=settings,
        signature=Signature((), (0, 1)),
    )


def make_layer(folder: Path, function: str, name: str) -> DesiredLayer:
    """A layer with one file."""
    code = write_zip(folder / f"build/layers/{name}.zip", f"python/{name}.py", f"# {name}\n")
    return DesiredLayer(
        f"{function}-{name}-{code.sha256[:12]}",
        layer_description(function, code.sha256),
        code,
        code.path.stat().st_size,
    )


def put_into_bucket(desired: Desired, bucket: str) -> Desired:
    """The same with zips in a bucket, as if they were too large for a call."""

    def put(code: Code) -> Code:
        return replace(code, bucket=bucket, key=f"poner/{desired.name}/{code.sha256}.zip")

    layers = tuple(replace(layer, code=put(layer.code)) for layer in desired.layers)
    return replace(desired, code=put(desired.code), layers=layers)
