"""A project to deploy, and the account that it is deployed to."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from poner.bundle import MANIFEST_NAME, Bundle, Layer, Manifest, read_bundle, zip_record
from poner.bundler.zips import make_zip
from tests.support.clouds import BUCKET, REGION, open_client
from tests.support.commands import Done, run

SECRET = "hunter2-of-the-tests"
"""Value of an environment variable, which only AWS may hold."""

SETTINGS = f'[project]\nname = "cancer"\n\n[deploy]\nregion = "{REGION}"\nauth = "none"\n'
"""The poner.toml of a project."""


@dataclass(frozen=True)
class Project:
    """A folder with poner.toml and a built Bundle, in which commands are run."""

    folder: Path
    """The folder."""
    state: Path
    """PONER_STATE_DIR."""

    @property
    def bundle(self) -> Bundle:
        """The Bundle as it is now."""
        return read_bundle(self.folder / "build")

    @property
    def journals(self) -> list[str]:
        """The texts of the journals that are there."""
        return [path.read_text() for path in self.state.rglob("*") if path.is_file()]

    def configure(self, text: str) -> None:
        """Write poner.toml: SETTINGS and what else is to be in [deploy]."""
        (self.folder / "poner.toml").write_text(SETTINGS + text)

    def deploy(self, *options: str) -> Done:
        """Deploy without a question and without the smoke test; the deploy must succeed."""
        done = run("deploy", "--yes", "--skip-check", *options)
        assert done.code == 0, done.err
        return done

    def rebuild(self, content: str = "", *, model_sha256: str = "", **settings: Any) -> None:
        """Another Bundle: with other code, of a model in a file, or with other settings."""
        manifest = self.bundle.manifest
        provenance = replace(manifest.provenance, sha256=model_sha256)
        manifest = replace(manifest, provenance=provenance)
        if content:
            code = make_zip({"lambda_function.py": content.encode()})
            (self.folder / "build/function.zip").write_bytes(code)
            manifest = replace(manifest, function=zip_record("function.zip", code, {}))
        self._write(replace(manifest, settings=replace(manifest.settings, **settings)))

    def add_layer(self, name: str, content: str) -> None:
        """Add a layer that nothing in the Bundle needs."""
        manifest = self.bundle.manifest
        files = {"python/module.py": content.encode()}
        code = make_zip(files)
        path = f"layers/{name}.zip"
        (self.folder / "build/layers").mkdir(exist_ok=True)
        (self.folder / "build" / path).write_bytes(code)
        others = tuple(layer for layer in manifest.layers if layer.name != name)
        layers = (*others, Layer(name, zip_record(path, code, files), ()))
        self._write(replace(manifest, layers=layers))

    def falsify(self) -> None:
        """Make the manifest claim another answer to the known row."""
        manifest = self.bundle.manifest
        assert manifest.known_answer is not None
        wrong = 1 - int(str(manifest.known_answer.prediction))
        self._write(
            replace(manifest, known_answer=replace(manifest.known_answer, prediction=wrong))
        )

    def _write(self, manifest: Manifest) -> None:
        (self.folder / "build" / MANIFEST_NAME).write_text(manifest.to_json())


def client(service: str, region: str = REGION) -> Any:
    """boto3 itself, past the proxy, to see and to do what poner does not."""
    return open_client(service, region, os.environ["MOTO_SERVER"])


def account() -> dict[str, Any]:
    """Everything in the account, except times and names that AWS generates."""
    return {
        "roles": dict(_roles()),
        "log groups": dict(_log_groups()),
        "layers": dict(_layers()),
        "uploads": sorted(
            one["Key"] for one in client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", ())
        ),
        "functions": {
            one["FunctionName"]: _function(one["FunctionName"])
            for one in client("lambda").list_functions()["Functions"]
        },
    }


def _roles() -> Iterator[tuple[str, Any]]:
    iam = client("iam")
    for role in iam.list_roles()["Roles"]:
        name = role["RoleName"]
        policies = iam.list_role_policies(RoleName=name)["PolicyNames"]
        yield (
            name,
            {
                "trust": role["AssumeRolePolicyDocument"],
                "tags": iam.list_role_tags(RoleName=name)["Tags"],
                "policies": {
                    policy: iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
                    for policy in policies
                },
            },
        )


def _log_groups() -> Iterator[tuple[str, Any]]:
    logs = client("logs")
    for group in logs.describe_log_groups()["logGroups"]:
        tags = logs.list_tags_for_resource(resourceArn=group["arn"].removesuffix(":*"))["tags"]
        yield group["logGroupName"], (group.get("retentionInDays"), tags)


def _layers() -> Iterator[tuple[str, Any]]:
    functions = client("lambda")
    for layer in functions.list_layers()["Layers"]:
        versions = functions.list_layer_versions(LayerName=layer["LayerName"])["LayerVersions"]
        yield (
            layer["LayerName"],
            {one["LayerVersionArn"]: one.get("Description") for one in versions},
        )


_CHANGING = ("LastModified", "RevisionId", "ResponseMetadata", "CreationTime", "LastModifiedTime")


def _function(name: str) -> dict[str, Any]:
    functions = client("lambda")
    versions = functions.list_versions_by_function(FunctionName=name)["Versions"]
    function = functions.get_function(FunctionName=name)
    aliases = functions.list_aliases(FunctionName=name)["Aliases"]
    return {
        "versions": [_lasting(one) for one in versions],
        "tags": function.get("Tags"),
        "concurrency": function.get("Concurrency"),
        "aliases": [_lasting(one) for one in aliases],
        "urls": [_url(name, one["Name"]) for one in aliases],
        "policies": [_policy(name, one["Name"]) for one in aliases],
    }


def _lasting(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key not in _CHANGING}


def _url(name: str, alias: str) -> dict[str, Any] | None:
    functions = client("lambda")
    try:
        url = functions.get_function_url_config(FunctionName=name, Qualifier=alias)
    except functions.exceptions.ResourceNotFoundException:
        return None
    return {key: value for key, value in _lasting(url).items() if key != "FunctionUrl"}


def _policy(name: str, alias: str) -> Any:
    functions = client("lambda")
    try:
        policy = functions.get_policy(FunctionName=name, Qualifier=alias)["Policy"]
    except functions.exceptions.ResourceNotFoundException:
        return None
    return json.loads(policy)["Statement"]
