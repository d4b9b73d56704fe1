"""Files that are not models: damaged, empty, of another kind, or made to waste resources."""

import io
import json
import os
import pickle
import time
import warnings
import zipfile
import zlib

import joblib
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poner import loader
from poner.errors import ModelUnreadableError, PonerError
from poner.loader.safe_pickle.faults import FileRefusedError, FileUnreadableError
from poner.loader.safe_pickle.listing import Listing, list_content
from poner.loader.safe_pickle.loading import load_content


def failure(path):
    """The error of opening a path."""
    with pytest.raises(PonerError) as caught, loader.open_model(path):
        pass
    return caught.value


def failure_of(content, tmp_path, name="clf.sav"):
    """The error of opening the content."""
    file = tmp_path / name
    file.write_bytes(content)
    return failure(file)


def test_a_missing_file_is_named(tmp_path):
    """The name that was given is in the message."""
    assert "nowhere.sav" in failure(tmp_path / "nowhere.sav").message


def test_an_empty_file_says_so(tmp_path):
    """An empty file is an error that says so."""
    assert failure_of(b"", tmp_path).message == "clf.sav: The model file is empty."


def test_a_folder_without_a_model_says_which_files_it_looked_for(tmp_path):
    """The suffixes are in the message."""
    assert ".skops" in failure(tmp_path).message


def test_a_folder_with_several_models_does_not_choose(tmp_path):
    """Two model files and no clf.sav: the user has to say which."""
    (tmp_path / "a.pkl").write_bytes(b"")
    (tmp_path / "b.pkl").write_bytes(b"")
    assert "2 model files" in failure(tmp_path).message


def test_a_pipe_is_not_a_file(tmp_path):
    """A pipe is refused without being opened."""
    os.mkfifo(tmp_path / "clf.sav")
    assert "not a regular file" in failure(tmp_path / "clf.sav").message


@pytest.mark.parametrize(
    "content",
    [
        b"hello, world\n",
        b"\x80\x04",
        b"\x80\x04.",
        b"\x80\x09\x8c",
        b"\x00" * 100,
        b"PK\x03\x04 but no zip",
        zlib.compress(b"not a pickle"),
        zlib.compress(pickle.dumps([1]))[:-6],
        b"\x1f\x8b\x08garbage",
        b"BZh9garbage",
        b"\xfd7zXZ\x00garbage",
        b"\x04\x22\x4d\x18lz4",
        b"\x93NUMPY\x01",
        b"ZF0x1",
    ],
)
def test_what_is_no_model_file_is_unreadable(content, tmp_path):
    """Garbage of every beginning ends in one clean error."""
    assert isinstance(failure_of(content, tmp_path), ModelUnreadableError)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_model_is_unreadable(part, writer, models, tmp_path):
    """A download that broke off is damaged, in every format."""
    content = writer(models["boosting"])
    error = failure_of(content[: int(len(content) * part)], tmp_path)
    assert isinstance(error, ModelUnreadableError)


@pytest.mark.parametrize(
    ("value", "word"), [({"a": 1}, "no estimator"), ([1, 2], "no estimator"), (3, "no estimator")]
)
def test_what_holds_no_estimator_says_so(value, word, tmp_path):
    """A pickle of plain values has no scikit-learn version in it."""
    assert word in failure_of(pickle.dumps(value), tmp_path).message


def test_a_dictionary_around_the_model_is_not_the_model(models, tmp_path):
    """The object itself has to be the estimator; the message says what it is instead."""
    error = failure_of(pickle.dumps({"model": models["regressor"]}), tmp_path)
    assert "holds a dict" in error.message


def test_an_estimator_that_is_not_fitted_says_so(tmp_path):
    """Saved before fit."""
    from sklearn.linear_model import LogisticRegression

    error = failure_of(pickle.dumps(LogisticRegression()), tmp_path)
    assert error.message == "clf.sav holds a LogisticRegression that is not fitted."


def test_a_clusterer_of_its_training_rows_alone_does_not_predict(rows, tmp_path):
    """DBSCAN is fitted, but has nothing to serve."""
    from sklearn.cluster import DBSCAN

    error = failure_of(pickle.dumps(DBSCAN().fit(rows)), tmp_path)
    assert error.message == "clf.sav holds a DBSCAN, which has no method predict."


def test_a_decompression_bomb_is_stopped_by_its_size(tmp_path):
    """A megabyte that unpacks to more than a model's largest size is refused."""
    packer = zlib.compressobj(9)
    pieces = [packer.compress(b"\0" * (1 << 24)) for _ in range(65)]
    content = b"".join([*pieces, packer.flush()])
    assert "MiB" in failure_of(content, tmp_path, "clf.joblib").message


def test_a_zip_bomb_is_stopped_by_its_directory(tmp_path):
    """What the members say of their sizes is added up before any is read."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(65):
            archive.writestr(f"{number}.npy", b"\0" * (1 << 24))
        archive.writestr("schema.json", json.dumps({"protocol": 2}))
    assert "MiB" in failure_of(stream.getvalue(), tmp_path, "clf.skops").message


def test_a_hash_bomb_takes_no_time(tmp_path):
    """Tuples of tuples, 2^60 deep to hash: the listing never hashes what is no text."""
    nest = b"\x80\x04)" + b"\x32\x86" * 60  # DUP, TUPLE2
    begun = time.monotonic()
    failure_of(b"\x80\x04}" + nest[2:] + b"Ns.", tmp_path)
    assert time.monotonic() - begun < 10


def test_the_loader_refuses_keys_that_are_not_plain():
    """The same file, were it listed as harmless, is refused before it is hashed."""
    with pytest.raises(FileRefusedError):
        load_content(b"\x80\x04})" + b"\x32\x86" * 60 + b"Ns.")


def test_a_claim_of_many_bytes_allocates_none(tmp_path):
    """A length field of 2^62 on a file of 20 bytes."""
    content = b"\x80\x04\x8e" + (1 << 62).to_bytes(8, "little") + b"abc."
    assert isinstance(failure_of(content, tmp_path), ModelUnreadableError)


def test_endless_nesting_of_joblib_arrays_ends(tmp_path):
    """An array of objects that holds an array of objects, and so on."""
    value = None
    for _ in range(60):
        array = np.empty(1, dtype=object)
        array[0] = value
        stream = io.BytesIO()
        joblib.dump(array, stream)
        value = array
    wrapper = stream.getvalue()[: stream.getvalue().index(b"\x80\x05")]
    error = failure_of(wrapper * 60, tmp_path, "clf.joblib")
    assert isinstance(error, ModelUnreadableError)


CLEAN = (
    FileRefusedError,
    FileUnreadableError,
    TypeError,
    ValueError,
    AttributeError,
    KeyError,
    IndexError,
)
"""What the child turns into an error of poner's."""


def outcome(content):
    """What listing and loading a content in this process comes to."""
    listing = Listing()
    try:
        list_content(content, listing)
    except (FileRefusedError, FileUnreadableError):
        return "unreadable"
    return "listed"


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes_never_do_anything(content):
    """Whatever the bytes: listed, or one of the reader's own errors."""
    assert outcome(content) in ("unreadable", "listed")
    assert outcome(b"\x80\x04" + content + b".") in ("unreadable", "listed")


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_mutated_models_never_do_anything(data, models, writers):
    """Bytes changed in a real model: read, or one of the reader's own errors; twice the same."""
    name = data.draw(st.sampled_from(["pickle 0", "pickle 4", "joblib", "skops"]))
    content = bytearray(writers[name](models["regressor"]))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    listed = outcome(bytes(content))
    loaded = "listed"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a version that was changed
            load_content(bytes(content))
    except CLEAN:  # some of them what scikit-learn itself says of a wrong state
        loaded = "unreadable"
    assert listed == "listed" or loaded == "unreadable"
