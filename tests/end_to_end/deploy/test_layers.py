"""Bundles with layers, and zips that go through a bucket."""

from __future__ import annotations

import base64

import pytest

from poner.aws_lambda import quotas
from tests.fakes.faulty_proxy import FaultyProxy
from tests.support.clouds import BUCKET
from tests.support.commands import run
from tests.support.deploying import Project, account, client

DEPLOY = ("deploy", "--yes", "--skip-check")


def layers_in_use() -> list[str]:
    """Layers of the version that answers: name and number."""
    functions = client("lambda")
    setup = functions.get_function_configuration(FunctionName="cancer", Qualifier="live")
    return [":".join(layer["Arn"].split(":")[6:]) for layer in setup["Layers"]]


@pytest.fixture
def small_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets calls take only tiny zips."""
    monkeypatch.setattr(quotas, "DIRECT_UPLOAD_BYTES", 100)


def test_layers_are_published_once(project: Project, faults: FaultyProxy):
    """Layers are published once, under a name with their hash, with the bundle's content."""
    project.add_layer("numpy", "a = 1")
    project.add_layer("scipy", "b = 1")
    project.deploy()
    assert faults.writes["PublishLayerVersion"] == 2
    hashes = [layer.zip.sha256 for layer in project.bundle.manifest.layers]
    names = [f"cancer-numpy-{hashes[0][:12]}", f"cancer-scipy-{hashes[1][:12]}"]
    assert layers_in_use() == [f"{name}:1" for name in names]
    for name, sha256 in zip(names, hashes, strict=True):
        content = client("lambda").get_layer_version(LayerName=name, VersionNumber=1)["Content"]
        assert base64.b64decode(content["CodeSha256"]).hex() == sha256
    faults.reset()
    project.deploy()
    assert not faults.writes
    project.rebuild(memory_mb=256)
    project.deploy()
    assert "PublishLayerVersion" not in faults.writes


def test_one_layer_that_changes_is_the_one_that_is_published(project: Project, faults: FaultyProxy):
    """Only a layer that changed is published."""
    project.add_layer("numpy", "a = 1")
    project.add_layer("scipy", "b = 1")
    project.deploy()
    before = layers_in_use()
    faults.reset()
    project.add_layer("scipy", "b = 2")
    project.deploy()
    assert faults.writes["PublishLayerVersion"] == 1
    assert layers_in_use()[0] == before[0]
    assert layers_in_use()[1] != before[1]


def test_large_zips_go_through_the_bucket(project: Project, faults: FaultyProxy, small_calls: None):
    """Large zips are uploaded once, and removed when no version needs them, or by destroy."""
    project.configure(f'bucket = "{BUCKET}"\n')
    project.add_layer("numpy", "a = 1")
    project.deploy()
    function, layer = (
        project.bundle.manifest.function.sha256,
        project.bundle.manifest.layers[0].zip.sha256,
    )
    keys = sorted(f"poner/cancer/{sha256}.zip" for sha256 in (function, layer))
    assert account()["uploads"] == keys
    assert faults.writes["PutObject"] == 2
    deployed = client("lambda").get_function_configuration(FunctionName="cancer")
    assert base64.b64decode(deployed["CodeSha256"]).hex() == function
    faults.reset()
    project.deploy()
    assert not faults.writes
    client("s3").put_object(Bucket=BUCKET, Key="poner/others/a.zip", Body=b"")
    assert run("destroy", "--yes").code == 0
    assert account()["uploads"] == ["poner/others/a.zip"]
    assert not account()["layers"]


def test_large_zip_without_a_bucket_is_refused(
    project: Project, faults: FaultyProxy, small_calls: None
):
    """A large zip without a bucket is refused before any write, and the setting is named."""
    done = run(*DEPLOY)
    assert done.code == 1
    assert done.error[0].startswith("Error: function.zip has ")
    assert "`bucket` under [deploy] in poner.toml" in done.error[1]
    assert not faults.writes


def test_upload_that_is_lost_is_found(project: Project, faults: FaultyProxy, small_calls: None):
    """An upload whose answer was lost is found, and not sent again."""
    from tests.fakes.faulty_proxy import Fault

    project.configure(f'bucket = "{BUCKET}"\n')
    faults.fail("PutObject", Fault.LOST)
    project.deploy()
    assert faults.writes["PutObject"] == 1
