"""A cloud under test, the fake or moto's, with what it takes to make resources in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from poner.aws_lambda.cors import Cors
from poner.deployer.cloud import Cloud
from poner.deployer.desired import TRUST
from poner.deployer.resources import Code, FunctionSetup

LOGS = "/aws/lambda/cancer"
TAGS = {"poner:function": "cancer", "team": "health"}
CORS = Cors(
    allow_origins=("https://a.example", "https://b.example"),
    allow_methods=("POST",),
    allow_headers=("content-type",),
    expose_headers=("x-request",),
    allow_credentials=True,
    max_age_s=600,
)


@dataclass(frozen=True)
class Account:
    """A cloud, and what it takes to make things in it."""

    cloud: Cloud
    """The account."""
    is_moto: bool
    """Whether it is moto's."""
    make_code: Callable[[bytes], Code]
    """A zip of these bytes; nobody looks into it."""

    def make_role(self) -> str:
        """A role for functions; its ARN."""
        return self.cloud.create_role("poner-cancer", TRUST, TAGS).arn

    def make_function(self, **changed: Any) -> FunctionSetup:
        """A function `cancer`; its setup."""
        code = self.make_code(b"first")
        role = self.cloud.get_role("poner-cancer")
        setup = make_setup(role.arn if role else self.make_role(), code, **changed)
        self.cloud.create_function("cancer", code, setup, TAGS)
        return setup

    def make_version(self, content: bytes) -> str:
        """A version of `cancer` with other code; its number."""
        code = self.make_code(content)
        self.cloud.update_code("cancer", code, "x86_64")
        return self.cloud.publish_version("cancer", code.sha256, content.decode())


def make_setup(role_arn: str, code: Code, **changed: Any) -> FunctionSetup:
    """A function's settings."""
    setup = FunctionSetup(
        code_sha256=code.sha256,
        runtime="python3.13",
        architecture="x86_64",
        handler="lambda_function.lambda_handler",
        memory_mb=128,
        timeout_s=3,
        description="poner, native engine",
        role_arn=role_arn,
        layer_arns=(),
        environment={},
        log_format="Text",
    )
    return replace(setup, **changed)
