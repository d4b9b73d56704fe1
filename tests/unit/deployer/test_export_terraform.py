"""The configuration for Terraform: every reference leads somewhere, and names are a deploy's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from poner.aws_lambda.cors import Cors
from poner.deployer.aws.values import write_sha256
from poner.deployer.desired import PUBLIC_STATEMENTS, ROLE_POLICY, TRUST, Desired
from poner.deployer.export.terraform import write_terraform
from poner.deployer.resources import Identity
from poner.deployer.settings import ALIAS, DeploySettings
from tests.support.exporting import DESCRIPTION, SECRET, SETTINGS, make_example, put_into_bucket

GIVEN_ROLE = "arn:aws:iam::123456789012:role/given"
KINDS_OF_SETTINGS = {
    "everything": SETTINGS,
    "nothing": DeploySettings(),
    "given role": DeploySettings(role=GIVEN_ROLE),
    "logs for ever": DeploySettings(log_retention_days=0),
}
REFERENCE = re.compile(r"(?<!\$)\$\{([^}]*)\}")
ATTRIBUTES = {
    "aws_cloudwatch_log_group": {"arn"},
    "aws_iam_role": {"arn"},
    "aws_lambda_function": {"version"},
    "aws_lambda_function_url": {"function_url"},
    "aws_lambda_layer_version": {"arn"},
}
"""What the provider tells of a resource beside its arguments, as far as it is used here."""


def export(desired: Desired, folder: Path) -> dict[str, Any]:
    """The configuration, read as JSON."""
    return json.loads(write_terraform(desired, folder))


def find_texts(value: Any) -> Iterator[str]:
    """All texts in a document, but for keys."""
    match value:
        case str():
            yield value
        case Mapping():
            for one in value.values():
                yield from find_texts(one)
        case list():
            for one in value:
                yield from find_texts(one)


def find_dangling(document: dict[str, Any]) -> list[str]:
    """References in a document that lead nowhere in it."""
    resources = document["resource"]
    dangling = []
    for text in find_texts(document):
        for reference in REFERENCE.findall(text):
            match reference.split("."):
                case ["path", "module"]:
                    found = True
                case ["var", "environment", name]:
                    found = f"{name} = string" in document["variable"]["environment"]["type"]
                case [kind, name, attribute]:
                    arguments = resources.get(kind, {}).get(name, {})
                    found = attribute in arguments or (
                        bool(arguments) and attribute in ATTRIBUTES.get(kind, ())
                    )
                case _:
                    found = False
            if not found:
                dangling.append(reference)
    for instances in resources.values():
        for resource in instances.values():
            for kind, name in (one.split(".") for one in resource.get("depends_on", [])):
                if name not in resources.get(kind, {}):
                    dangling.append(f"{kind}.{name}")
    return dangling


@pytest.mark.parametrize("settings", KINDS_OF_SETTINGS.values(), ids=KINDS_OF_SETTINGS)
def test_every_reference_leads_somewhere(tmp_path: Path, settings: DeploySettings) -> None:
    """To a resource of the document, and an argument or attribute of it."""
    desired = make_example(tmp_path, settings)
    assert find_dangling(export(desired, tmp_path)) == []
    assert find_dangling(export(put_into_bucket(desired, "zips"), tmp_path)) == []


def test_dangling_references_would_be_found(tmp_path: Path) -> None:
    """The check above is not empty."""
    document = export(make_example(tmp_path), tmp_path)
    del document["resource"]["aws_iam_role"], document["resource"]["aws_lambda_alias"]
    assert set(find_dangling(document)) == {
        "aws_iam_role.function.name",
        "aws_iam_role.function.arn",
        "aws_lambda_alias.live.name",
    }


def test_function_is_what_a_deploy_makes(tmp_path: Path) -> None:
    """Every setting, under the provider's names."""
    desired = make_example(tmp_path)
    function = export(desired, tmp_path)["resource"]["aws_lambda_function"]["function"]
    setup = desired.setup
    wanted = {
        "function_name": "cancer",
        "description": DESCRIPTION,
        "filename": "${path.module}/build/function.zip",
        "source_code_hash": write_sha256(desired.code.sha256),
        "runtime": setup.runtime,
        "architectures": [setup.architecture],
        "handler": setup.handler,
        "memory_size": setup.memory_mb,
        "timeout": setup.timeout_s,
        "logging_config": {"log_format": "JSON"},
        "reserved_concurrent_executions": 5,
        "publish": True,
        "tags": desired.tags,
    }
    assert {name: function[name] for name in wanted} == wanted


def test_layers_are_what_a_deploy_makes(tmp_path: Path) -> None:
    """In their order, under their names."""
    desired = make_example(tmp_path)
    resources = export(desired, tmp_path)["resource"]
    made = list(resources["aws_lambda_layer_version"].values())
    assert [layer["layer_name"] for layer in made] == [layer.name for layer in desired.layers]
    assert [layer["description"] for layer in made] == [one.description for one in desired.layers]
    assert [layer["source_code_hash"] for layer in made] == [
        write_sha256(layer.code.sha256) for layer in desired.layers
    ]
    assert resources["aws_lambda_function"]["function"]["layers"] == [
        "${aws_lambda_layer_version.layer_1.arn}",
        "${aws_lambda_layer_version.layer_2.arn}",
    ]


def test_role_is_what_a_deploy_makes(tmp_path: Path) -> None:
    """Trust and policy, with the log group's ARN in the place of the account's."""
    desired = make_example(tmp_path)
    assert desired.role is not None
    resources = export(desired, tmp_path)["resource"]
    role = resources["aws_iam_role"]["function"]
    policy = resources["aws_iam_role_policy"]["function"]
    assert (role["name"], policy["name"]) == (desired.role.name, ROLE_POLICY)
    assert json.loads(role["assume_role_policy"]) == TRUST
    group = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/cancer"
    text = policy["policy"].replace("${aws_cloudwatch_log_group.function.arn}", group)
    assert json.loads(text) == desired.role.policy


def test_given_role_is_used_and_none_is_made(tmp_path: Path) -> None:
    """Where a role is given, the configuration holds no resource of IAM's."""
    resources = export(make_example(tmp_path, DeploySettings(role=GIVEN_ROLE)), tmp_path)[
        "resource"
    ]
    assert resources["aws_lambda_function"]["function"]["role"] == GIVEN_ROLE
    assert not [kind for kind in resources if kind.startswith("aws_iam")]


@pytest.mark.parametrize(("wanted", "written"), [(30, 30), (0, 0)])
def test_log_group_is_what_a_deploy_makes(tmp_path: Path, wanted: int, written: int) -> None:
    """To the provider, 0 days are for ever."""
    desired = make_example(tmp_path, DeploySettings(log_retention_days=wanted))
    group = export(desired, tmp_path)["resource"]["aws_cloudwatch_log_group"]["function"]
    assert group == {"name": desired.log_group, "retention_in_days": written, "tags": desired.tags}


def test_public_url_has_both_statements_before_it(tmp_path: Path) -> None:
    """Both conditions; the provider passes over statements that are there already."""
    resources = export(make_example(tmp_path), tmp_path)["resource"]
    found = {
        (
            one["statement_id"],
            one["action"],
            one["principal"],
            one.get("function_url_auth_type"),
            one.get("invoked_via_function_url", False),
        )
        for one in resources["aws_lambda_permission"].values()
    }
    assert found == {
        (one.sid, one.action, one.principal, one.url_auth, one.via_url) for one in PUBLIC_STATEMENTS
    }
    url = resources["aws_lambda_function_url"][ALIAS]
    assert url["authorization_type"] == "NONE"
    assert len(url["depends_on"]) == 2


def test_signed_url_has_no_statements(tmp_path: Path) -> None:
    """Auth AWS_IAM lets nobody in by the function's own policy."""
    resources = export(make_example(tmp_path, DeploySettings()), tmp_path)["resource"]
    assert resources["aws_lambda_function_url"][ALIAS]["authorization_type"] == "AWS_IAM"
    assert "aws_lambda_permission" not in resources


def test_values_of_environment_variables_are_asked_for(tmp_path: Path) -> None:
    """By one sensitive variable without a default; no value is in the file."""
    text = write_terraform(make_example(tmp_path), tmp_path)
    variable = json.loads(text)["variable"]["environment"]
    assert SECRET not in text
    assert variable["sensitive"] is True
    assert "default" not in variable
    assert variable["type"] == "object({ API_KEY = string, GREETING = string })"


def test_nothing_is_asked_for_without_environment_variables(tmp_path: Path) -> None:
    """No variable, no environment."""
    document = export(make_example(tmp_path, DeploySettings()), tmp_path)
    assert "variable" not in document
    assert "environment" not in document["resource"]["aws_lambda_function"]["function"]


def test_large_zips_go_through_the_bucket(tmp_path: Path) -> None:
    """Under the keys that a deploy gives them, and Lambda takes them from there."""
    desired = put_into_bucket(make_example(tmp_path), "zips")
    resources = export(desired, tmp_path)["resource"]
    assert resources["aws_s3_object"]["function"] == {
        "bucket": "zips",
        "key": desired.code.key,
        "source": "${path.module}/build/function.zip",
    }
    function = resources["aws_lambda_function"]["function"]
    assert "filename" not in function
    assert function["s3_key"] == "${aws_s3_object.function.key}"
    assert function["source_code_hash"] == write_sha256(desired.code.sha256)


def test_texts_of_the_user_stand_for_themselves(tmp_path: Path) -> None:
    """In Terraform's JSON every text is a template; what looks like one is escaped."""
    cors = Cors(allow_origins=("https://${x}.org",))
    settings = replace(SETTINGS, tags={"note": "${aws_x.y.z} %{if true}"}, cors=cors)
    desired = make_example(tmp_path / "${a}", settings)
    document = export(desired, tmp_path)
    resources = document["resource"]
    assert find_dangling(document) == []
    tags = resources["aws_lambda_function"]["function"]["tags"]
    assert tags["note"] == "$${aws_x.y.z} %%{if true}"
    url = resources["aws_lambda_function_url"][ALIAS]
    assert url["cors"]["allow_origins"] == ["https://$${x}.org"]
    code = resources["aws_lambda_function"]["function"]["filename"]
    assert code == "${path.module}/$${a}/build/function.zip"


def test_configuration_does_not_know_the_account(tmp_path: Path) -> None:
    """It can be made without credentials, and applied in any account."""
    here = write_terraform(make_example(tmp_path), tmp_path)
    there = make_example(tmp_path, identity=Identity("210987654321", "aws-cn"))
    assert here == write_terraform(there, tmp_path)


def test_provider_knows_the_second_statement(tmp_path: Path) -> None:
    """invoked_via_function_url came with 6.28.0 of the AWS provider."""
    document = export(make_example(tmp_path), tmp_path)
    assert document["terraform"]["required_providers"] == {
        "aws": {"source": "hashicorp/aws", "version": ">= 6.28.0, < 7.0.0"}
    }
    assert document["provider"] == {"aws": {"region": "us-east-1"}}
