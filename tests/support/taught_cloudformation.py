"""Adds what moto's CloudFormation (5.2.5) lacks of Lambda, for tests of templates.

Aliases and URLs are missing there; functions lose layers, tags and architecture, layers their name
and architecture, versions their description and the code they are of, permissions the alias. All is
handed on to moto's Lambda, which knows it; only a URL's alias it does not keep.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
from moto.awslambda.models import LambdaBackend
from moto.awslambda.utils import get_backend
from moto.cloudformation.parsing import get_model_map


def teach(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add these resources to moto's CloudFormation until the test ends."""
    for kind, maker in MAKERS.items():
        model = type(kind.rpartition(":")[2], (Resource,), {"maker": staticmethod(maker)})
        monkeypatch.setitem(get_model_map(), kind, model)


@dataclass
class Resource:
    """A resource of a stack, as moto's CloudFormation handles them."""

    physical_resource_id: str
    """What Ref gives."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """Value of Fn::GetAtt for an attribute."""
    maker: ClassVar[Callable[[LambdaBackend, dict[str, Any], str], Resource]]
    """Makes it in moto's Lambda: backend, properties, logical id."""

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> Resource:
        """Make it; references in its properties are resolved already."""
        properties = json.loads(json.dumps(cloudformation_json["Properties"]))
        return cls.maker(get_backend(account_id, region_name), properties, kwargs["LogicalId"])

    def is_created(self) -> bool:
        """Whether the stack need not wait for it."""
        return True

    @classmethod
    def has_cfn_attr(cls, name: str) -> bool:
        """Whether Fn::GetAtt may be asked for it in outputs."""
        return name == "FunctionUrl"

    def get_cfn_attribute(self, name: str) -> str:
        """Value of Fn::GetAtt for an attribute."""
        return self.attributes[name]


def make_function(backend: LambdaBackend, properties: dict[str, Any], _: str) -> Resource:
    """As CreateFunction and PutFunctionConcurrency."""
    properties["Tags"] = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
    made = backend.create_function(properties)
    return Resource(made.function_name, {"Arn": made.function_arn})


def make_layer(backend: LambdaBackend, properties: dict[str, Any], _: str) -> Resource:
    """As PublishLayerVersion."""
    return Resource(backend.publish_layer_version(properties).arn)


def make_version(backend: LambdaBackend, properties: dict[str, Any], _: str) -> Resource:
    """As PublishVersion, which publishes the code it is told of, or nothing."""
    name = properties["FunctionName"]
    assert backend.get_function(name).code_sha_256 == properties["CodeSha256"]
    made = backend.publish_version(name, properties["Description"])
    assert made is not None
    return Resource(made.function_arn, {"Version": str(made.version)})


def make_alias(backend: LambdaBackend, properties: dict[str, Any], _: str) -> Resource:
    """As CreateAlias."""
    made = backend.create_alias(
        name=properties["Name"],
        function_name=properties["FunctionName"],
        function_version=properties["FunctionVersion"],
        description="",
        routing_config="",
    )
    return Resource(made.arn)


def make_url(backend: LambdaBackend, properties: dict[str, Any], _: str) -> Resource:
    """As CreateFunctionUrlConfig; moto keeps it on the function."""
    function, _, alias = properties["TargetFunctionArn"].rpartition(":")
    assert backend.get_alias(alias, function)
    made = backend.create_function_url_config(function, properties)
    return Resource(properties["TargetFunctionArn"], {"FunctionUrl": made.url})


def make_permission(
    backend: LambdaBackend, properties: dict[str, Any], logical_id: str
) -> Resource:
    """As AddPermission; CloudFormation chooses the identifier."""
    function, _, alias = properties.pop("FunctionName").rpartition(":")
    backend.add_permission(function, alias, json.dumps({**properties, "StatementId": logical_id}))
    return Resource(logical_id)


MAKERS: Mapping[str, Callable[[LambdaBackend, dict[str, Any], str], Resource]] = {
    "AWS::Lambda::Function": make_function,
    "AWS::Lambda::LayerVersion": make_layer,
    "AWS::Lambda::Version": make_version,
    "AWS::Lambda::Alias": make_alias,
    "AWS::Lambda::Url": make_url,
    "AWS::Lambda::Permission": make_permission,
}
