"""In the bucket, only objects that a deploy uploaded are used, replaced or removed."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from poner.aws_lambda import quotas
from poner.deployer.resources import StoredZip
from poner.errors import DeployError
from tests.support.shipping import BUCKET, NAME, PUBLIC, Account

WISH = replace(PUBLIC, bucket=BUCKET)
SHA256 = hashlib.sha256(b"content").hexdigest()
OTHER = hashlib.sha256(b"other content").hexdigest()
KEY = f"poner/{NAME}/{SHA256}.zip"


@pytest.fixture(autouse=True)
def all_zips_through_the_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    """Treats each zip as too large for a call."""
    monkeypatch.setattr(quotas, "DIRECT_UPLOAD_BYTES", 0)


def theirs(key: str = KEY, sha256: str | None = None, *, marked: bool = False) -> StoredZip:
    """Someone else's object."""
    return StoredZip(key, sha256, marked, etag=f"theirs {key}")


NOT_OURS = [
    theirs(),
    theirs(marked=True),
    theirs(sha256=OTHER, marked=True),
    theirs(sha256=SHA256),
    theirs(f"poner/{NAME}/1.zip", SHA256, marked=True),
    theirs(f"poner/{NAME}/{SHA256}.zip.bak", SHA256, marked=True),
    theirs(f"poner/{NAME}/{SHA256.upper()}.zip", SHA256, marked=True),
    theirs(f"poner/{NAME}/{SHA256}.zip\n", SHA256, marked=True),
    theirs(f"poner/{NAME}/{SHA256[:-1]}.zip", SHA256, marked=True),
    theirs(f"poner/{NAME}/old/{SHA256}.zip", SHA256, marked=True),
    theirs(f"poner/{NAME}/", SHA256, marked=True),
    theirs(f"poner/{NAME}-b/{SHA256}.zip", SHA256, marked=True),
    theirs(f"poner/{NAME}.zip", SHA256, marked=True),
    theirs("theirs.zip", SHA256, marked=True),
]


@pytest.mark.parametrize("found", NOT_OURS, ids=lambda found: repr(found.key))
def test_objects_of_others_stay(account: Account, found: StoredZip) -> None:
    """Other objects stay, whatever their names, after deploys and after a removal."""
    account.cloud.place(BUCKET, found)
    before = account.snapshot
    account.deploy(account.bundle("1", ("numpy",)), WISH)
    account.deploy(account.bundle("2"), replace(WISH, keep=1))
    account.deploy(account.bundle("3"), replace(WISH, keep=1))
    account.destroy()
    assert account.snapshot == before


def test_what_stays_below_the_prefix_is_told(account: Account) -> None:
    """Objects that stay below the prefix are named to the user."""
    account.deploy(account.bundle(), WISH)
    account.cloud.place(BUCKET, theirs(f"poner/{NAME}/a.csv"))
    first = f"s3://{BUCKET}/poner/cancer/a.csv"
    assert account.destroy().notes == (f"{first} stays: poner did not put it there.",)
    account.cloud.place(BUCKET, theirs(f"poner/{NAME}/b.csv"))
    (note,) = account.destroy().notes
    assert note == f"2 objects such as {first} stay: poner did not put them there."


@pytest.mark.parametrize("sha256", [None, OTHER])
@pytest.mark.parametrize("marked", [False, True])
def test_an_object_in_the_way_is_refused(
    account: Account, sha256: str | None, marked: bool
) -> None:
    """Other content under a zip's key is neither deployed nor replaced."""
    bundle = account.bundle("1", ("numpy",))
    for record in (bundle.manifest.function, bundle.manifest.layers[0].zip):
        key = f"poner/{NAME}/{record.sha256}.zip"
        account.cloud.place(BUCKET, theirs(key, sha256, marked=marked))
    before = account.snapshot
    with pytest.raises(DeployError, match="is not the zip of that hash"):
        account.deploy(bundle, WISH)
    assert account.snapshot == before


def test_the_right_content_is_used_and_stays(account: Account) -> None:
    """The same zip, uploaded by someone else with its hash, is used and stays."""
    bundle = account.bundle("1")
    sha256 = bundle.manifest.function.sha256
    key = f"poner/{NAME}/{sha256}.zip"
    account.cloud.place(BUCKET, StoredZip(key, sha256, False, etag=sha256))
    account.deploy(bundle, WISH)
    assert account.function.latest.setup.code_sha256 == sha256
    account.destroy()
    assert [*account.snapshot["buckets"][BUCKET]] == [key]


def test_an_object_that_comes_in_between_is_not_written_over(account: Account) -> None:
    """An object that appears between plan and upload is not replaced."""
    bundle = account.bundle("1")
    key = f"poner/{NAME}/{bundle.manifest.function.sha256}.zip"

    def put(method: str) -> None:
        if method == "upload":
            account.cloud.place(BUCKET, theirs(key))

    account.cloud.before = put
    with pytest.raises(DeployError, match="is not the zip of that hash"):
        account.deploy(bundle, WISH)
    assert account.snapshot["buckets"][BUCKET] == {key: f"theirs {key}"}


def test_an_object_that_was_replaced_in_between_is_not_removed(account: Account) -> None:
    """An object that is replaced between plan and removal is not removed."""
    bundle = account.bundle("1")
    key = f"poner/{NAME}/{bundle.manifest.function.sha256}.zip"
    account.deploy(bundle, WISH)

    def put(method: str) -> None:
        if method == "delete_upload":
            account.cloud.place(BUCKET, theirs(key))

    account.cloud.before = put
    with pytest.raises(DeployError):
        account.destroy()
    account.deploy(account.bundle("2"), WISH)
    assert account.snapshot["buckets"][BUCKET][key] == f"theirs {key}"


def test_uploads_of_a_deploy_that_was_killed_go(account: Account) -> None:
    """Uploads of a killed deploy are removed, even without its journal."""
    before = account.snapshot
    bundle = account.bundle("1", ("numpy",))
    for record in (bundle.manifest.function, bundle.manifest.layers[0].zip):
        path = bundle.folder / record.path
        account.cloud.upload(path, BUCKET, f"poner/{NAME}/{record.sha256}.zip")
    account.deploy(account.bundle("2"), WISH)
    assert len(account.snapshot["buckets"][BUCKET]) == 1
    account.cloud.upload(path, BUCKET, f"poner/{NAME}/{record.sha256}.zip")
    account.destroy()
    assert account.snapshot == before
