"""The template for SAM: correct by cfn-lint, and deployed it makes what a deploy makes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from cfnlint.api import lint
from moto.backends import get_backend
from moto.server import ThreadedMotoServer

from poner.deployer.aws.values import write_sha256
from poner.deployer.desired import PUBLIC_STATEMENTS, ROLE_POLICY, TRUST, Desired, is_own_layer
from poner.deployer.export.sam import digest_setup, name_parameters, write_sam
from poner.deployer.resources import Identity
from poner.deployer.settings import ALIAS, DeploySettings
from tests.support.exporting import DESCRIPTION, SECRET, SETTINGS, make_example, make_layer
from tests.support.taught_cloudformation import teach

GIVEN_ROLE = "arn:aws:iam::123456789012:role/given"
KINDS_OF_SETTINGS = {
    "everything": SETTINGS,
    "nothing": DeploySettings(),
    "given role": DeploySettings(role=GIVEN_ROLE),
    "logs for ever": DeploySettings(log_retention_days=0),
}


@dataclass
class Account:
    """An account at moto's server, into which a template was deployed."""

    endpoint: str

    def client(self, service: str) -> Any:
        """A client of boto3's for it."""
        return boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=self.endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def deploy(self, template: Path, parameters: Mapping[str, str]) -> dict[str, str]:
        """Deploy a template as `sam deploy` does; returns the stack's outputs."""
        s3, cloudformation = self.client("s3"), self.client("cloudformation")
        s3.create_bucket(Bucket="artifacts")
        document = yaml.safe_load(template.read_text())
        for resource in document["Resources"].values():
            for name in {"Code", "Content"} & set(resource["Properties"]):
                path = template.parent / resource["Properties"][name]
                s3.upload_file(str(path), "artifacts", path.name)
                resource["Properties"][name] = {"S3Bucket": "artifacts", "S3Key": path.name}
        cloudformation.create_stack(
            StackName="stack",
            TemplateBody=json.dumps(document),
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
            ],
        )
        (stack,) = cloudformation.describe_stacks(StackName="stack")["Stacks"]
        assert stack["StackStatus"] == "CREATE_COMPLETE"
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server of moto's in this process."""
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def account(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An empty account whose CloudFormation knows all of Lambda that is needed."""
    teach(monkeypatch)
    yield Account(server)
    for service in ("s3", "cloudformation", "lambda", "iam", "logs"):
        get_backend(service).reset()


def write_template(desired: Desired, folder: Path) -> Path:
    """Write template.yaml, so that its paths begin in its folder."""
    path = folder / "template.yaml"
    path.write_text(write_sam(desired, folder))
    return path


def deploy(account: Account, desired: Desired, folder: Path) -> dict[str, str]:
    """Deploy what is wanted with the values of its environment variables."""
    names = name_parameters(desired.setup.environment)
    parameters = {names[name]: value for name, value in desired.setup.environment.items()}
    return account.deploy(write_template(desired, folder), parameters)


@pytest.mark.parametrize("settings", KINDS_OF_SETTINGS.values(), ids=KINDS_OF_SETTINGS)
def test_template_is_correct(tmp_path: Path, settings: DeploySettings) -> None:
    """cfn-lint finds no error and has no warning."""
    text = write_sam(make_example(tmp_path, settings), tmp_path)
    assert [str(match) for match in lint(text, regions=["us-east-1"])] == []


def test_function_is_what_a_deploy_makes(account: Account, tmp_path: Path) -> None:
    """Every setting of the published version, by boto3's own words."""
    desired = make_example(tmp_path)
    deploy(account, desired, tmp_path)
    client = account.client("lambda")
    setup, found = desired.setup, client.get_function(FunctionName="cancer", Qualifier=ALIAS)
    configuration = found["Configuration"]
    assert configuration["Version"] == "1"
    assert configuration["CodeSha256"] == write_sha256(desired.code.sha256)
    assert configuration["Runtime"] == setup.runtime
    assert configuration["Architectures"] == [setup.architecture]
    assert configuration["Handler"] == setup.handler
    assert configuration["MemorySize"] == setup.memory_mb
    assert configuration["Timeout"] == setup.timeout_s
    assert configuration["Description"] == DESCRIPTION
    assert configuration["Role"] == setup.role_arn
    assert configuration["Environment"]["Variables"] == setup.environment
    assert [layer["Arn"] for layer in configuration["Layers"]] == [
        f"{arn}:1" for arn in setup.layer_arns
    ]


def test_tags_and_concurrency_are_what_a_deploy_makes(account: Account, tmp_path: Path) -> None:
    """The tag by which poner knows its function, and the cap on what it costs."""
    desired = make_example(tmp_path)
    deploy(account, desired, tmp_path)
    found = account.client("lambda").get_function(FunctionName="cancer")
    assert found["Tags"] == desired.tags
    assert found["Concurrency"]["ReservedConcurrentExecutions"] == 5


def test_layers_are_what_a_deploy_makes(account: Account, tmp_path: Path) -> None:
    """Names, descriptions, content, runtime and architecture."""
    desired = make_example(tmp_path)
    deploy(account, desired, tmp_path)
    client = account.client("lambda")
    for layer in desired.layers:
        found = client.get_layer_version(LayerName=layer.name, VersionNumber=1)
        assert found["Description"] == layer.description
        assert found["Content"]["CodeSha256"] == write_sha256(layer.code.sha256)
        assert found["CompatibleRuntimes"] == [desired.setup.runtime]
        assert found["CompatibleArchitectures"] == [desired.setup.architecture]
    assert len(client.list_layers()["Layers"]) == len(desired.layers)


def test_role_is_what_a_deploy_makes(account: Account, tmp_path: Path) -> None:
    """Name, trust, tags, and the one policy, with the ARN of the log group in it."""
    desired = make_example(tmp_path)
    assert desired.role is not None
    deploy(account, desired, tmp_path)
    iam = account.client("iam")
    role = iam.get_role(RoleName=desired.role.name)["Role"]
    assert role["AssumeRolePolicyDocument"] == TRUST
    assert {tag["Key"]: tag["Value"] for tag in role["Tags"]} == desired.tags
    assert iam.list_role_policies(RoleName=desired.role.name)["PolicyNames"] == [ROLE_POLICY]
    policy = iam.get_role_policy(RoleName=desired.role.name, PolicyName=ROLE_POLICY)
    # moto keeps a policy that comes out of a template as Python writes it
    assert str(policy["PolicyDocument"]) == str(desired.role.policy)


def test_given_role_is_used_and_none_is_made(account: Account, tmp_path: Path) -> None:
    """Where a role is given, the template holds no resource of IAM's."""
    account.client("iam").create_role(RoleName="given", AssumeRolePolicyDocument=json.dumps(TRUST))
    deploy(account, make_example(tmp_path, DeploySettings(role=GIVEN_ROLE)), tmp_path)
    found = account.client("lambda").get_function(FunctionName="cancer")
    assert found["Configuration"]["Role"] == GIVEN_ROLE
    assert len(account.client("iam").list_roles()["Roles"]) == 1


def test_log_group_is_what_a_deploy_makes(account: Account, tmp_path: Path) -> None:
    """Name, retention and tags."""
    desired = make_example(tmp_path)
    deploy(account, desired, tmp_path)
    logs = account.client("logs")
    (group,) = logs.describe_log_groups()["logGroups"]
    assert group["logGroupName"] == desired.log_group
    assert group["retentionInDays"] == 30
    tags = logs.list_tags_for_resource(resourceArn=group["arn"].removesuffix(":*"))["tags"]
    assert tags == desired.tags


def test_public_url_and_its_statements_are_what_a_deploy_makes(
    account: Account, tmp_path: Path
) -> None:
    """Auth and CORS; both statements, on the alias, with their conditions."""
    desired = make_example(tmp_path)
    outputs = deploy(account, desired, tmp_path)
    client = account.client("lambda")
    url = client.get_function_url_config(FunctionName="cancer")
    assert outputs == {"Url": url["FunctionUrl"]}
    assert url["AuthType"] == "NONE"
    assert url["Cors"] == {
        "AllowOrigins": ["https://example.com"],
        "AllowMethods": ["POST"],
        "AllowHeaders": ["content-type"],
        "ExposeHeaders": ["x-amzn-requestid"],
        "AllowCredentials": True,
        "MaxAge": 600,
    }
    policy = json.loads(client.get_policy(FunctionName="cancer", Qualifier=ALIAS)["Policy"])
    found = {
        (
            statement["Action"],
            statement["Principal"],
            statement.get("FunctionUrlAuthType"),
            statement.get("InvokedViaFunctionUrl", False),
        )
        for statement in policy["Statement"]
    }
    assert found == {
        (one.action, one.principal, one.url_auth, one.via_url) for one in PUBLIC_STATEMENTS
    }
    assert all(one["Resource"].endswith(f":cancer:{ALIAS}") for one in policy["Statement"])


def test_signed_url_has_no_statements(account: Account, tmp_path: Path) -> None:
    """Auth AWS_IAM lets nobody in by the function's own policy."""
    deploy(account, make_example(tmp_path, DeploySettings()), tmp_path)
    client = account.client("lambda")
    assert client.get_function_url_config(FunctionName="cancer")["AuthType"] == "AWS_IAM"
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_policy(FunctionName="cancer", Qualifier=ALIAS)


def test_log_format_is_said(tmp_path: Path) -> None:
    """Moto keeps no logging configuration, so the template is read."""
    document = yaml.safe_load(write_sam(make_example(tmp_path), tmp_path))
    properties = document["Resources"]["Function"]["Properties"]
    assert properties["LoggingConfig"] == {"LogFormat": "JSON"}


def test_values_of_environment_variables_are_asked_for(tmp_path: Path) -> None:
    """Each by a parameter that is not echoed and has no default; no value is in the file."""
    text = write_sam(make_example(tmp_path), tmp_path)
    parameters = yaml.safe_load(text)["Parameters"]
    assert SECRET not in text
    assert set(parameters) == {"EnvironmentAPIKEY", "EnvironmentGREETING"}
    assert all(one["NoEcho"] is True and "Default" not in one for one in parameters.values())


def test_variables_that_differ_in_underscores_have_parameters_of_their_own() -> None:
    """Names of parameters have no underscores."""
    names = name_parameters({"A_BC": "", "AB_C": "", "ABC": ""})
    assert len(set(names.values())) == 3
    assert all(name.isalnum() for name in names.values())


def test_template_does_not_know_the_account(tmp_path: Path) -> None:
    """It can be made without credentials, and deployed in any account."""
    here = write_sam(make_example(tmp_path), tmp_path)
    there = write_sam(make_example(tmp_path, identity=Identity("210987654321", "aws-cn")), tmp_path)
    assert here == there


def test_paths_begin_where_the_template_is(tmp_path: Path) -> None:
    """The template may lie beside the Bundle, above it, or elsewhere."""
    desired = make_example(tmp_path)
    folder = tmp_path / "deploy/sam"
    folder.mkdir(parents=True)
    document = yaml.safe_load(write_sam(desired, folder))
    code = document["Resources"]["Function"]["Properties"]["Code"]
    assert code == "../../build/function.zip"
    assert (folder / code).is_file()


def test_nothing_is_marked_for_reuse(tmp_path: Path) -> None:
    """CloudFormation reads no anchors and aliases of YAML's."""
    desired = make_example(tmp_path)
    text = write_sam(replace(desired, layers=(desired.layers[0],) * 2), tmp_path)
    assert not [event for event in yaml.parse(text) if getattr(event, "anchor", None)]


CHANGES = {
    "code": lambda one: replace(one, setup=replace(one.setup, code_sha256="0" * 64)),
    "memory": lambda one: replace(one, setup=replace(one.setup, memory_mb=128)),
    "layers": lambda one: replace(one, layers=one.layers[:1]),
    "layers' order": lambda one: replace(one, layers=one.layers[::-1]),
    "variables": lambda one: replace(one, setup=replace(one.setup, environment={"A": "1"})),
    "log format": lambda one: replace(one, setup=replace(one.setup, log_format="Text")),
}
SAME_VERSION = {
    "account": lambda one: replace(one, setup=replace(one.setup, role_arn="arn:aws:iam::1:role/x")),
    "values": lambda one: replace(
        one, setup=replace(one.setup, environment=dict.fromkeys(one.setup.environment, "other"))
    ),
    "tags": lambda one: replace(one, tags={"team": "other"}),
    "retention": lambda one: replace(one, settings=replace(one.settings, log_retention_days=1)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_another_function_is_another_version(tmp_path: Path, change: Any) -> None:
    """CloudFormation publishes a version where its resource is new."""
    desired = make_example(tmp_path)
    assert digest_setup(change(desired)) != digest_setup(desired)


@pytest.mark.parametrize("change", SAME_VERSION.values(), ids=SAME_VERSION)
def test_what_is_no_part_of_a_version_publishes_none(tmp_path: Path, change: Any) -> None:
    """Lambda would not publish the same twice, and the stack would fail."""
    desired = make_example(tmp_path)
    assert digest_setup(change(desired)) == digest_setup(desired)


def test_versions_before_stay(tmp_path: Path) -> None:
    """A version that leaves the template stays, to go back to."""
    desired = make_example(tmp_path)
    resources = yaml.safe_load(write_sam(desired, tmp_path))["Resources"]
    version = resources[f"Version{digest_setup(desired)}"]
    assert version["DeletionPolicy"] == version["UpdateReplacePolicy"] == "Retain"


def test_layer_helper_names_what_a_deploy_names(tmp_path: Path) -> None:
    """The example's layers are the deployer's by their names."""
    assert is_own_layer(make_layer(tmp_path, "cancer", "numpy").name, "cancer")
