"""LZ4 frames: what the library lz4 wrote is read, and damaged frames are refused within bounds."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from poner import loader
from poner.artifacts import Table
from poner.loader.safe_pickle.faults import FileUnreadableError
from poner.loader.safe_pickle.formats import unpack
from poner.loader.safe_pickle.lz4_frames import MAGIC, unpack_block

FRAMES = Path(__file__).parents[2] / "data" / "lz4"
"""Frames of `content()` that `lz4.frame.compress` wrote (lz4 4.4.5): `plain.lz4` and `linked.lz4`
with the library's defaults, without and with the content's size; `independent.lz4` with
block_linked=False and blocks of 64 KiB; `checked.lz4` at level 9 with checksums of blocks and of
the content, and blocks of 256 KiB."""


def content():
    """Bytes with repetitions near and far, and some that run into themselves."""
    squares = b" ".join(str(place * place).encode() for place in range(6_000))
    return squares + b"a" * 100_000 + squares[::-1] + b"abc" * 40_000 + squares[:5]


def frame_of(*blocks, is_stored=True):
    """A frame with these blocks: independent, 4 MiB at most, no checksums."""
    mark = 1 << 31 if is_stored else 0
    sized = [(len(block) | mark).to_bytes(4, "little") + block for block in blocks]
    return MAGIC + b"\x60\x70\x73" + b"".join(sized) + bytes(4)


@pytest.mark.parametrize("name", ["plain", "linked", "independent", "checked"])
def test_a_frame_of_the_library_is_read(name):
    """Blocks may be linked or not, of any size, and with checksums."""
    frame = (FRAMES / f"{name}.lz4").read_bytes()
    assert unpack(frame) == ("pickle", "lz4", content())


def test_a_model_in_a_frame_is_opened(models, rows, tmp_path):
    """Joblib's file is a pickle in a frame; the format is listed, and the model answers."""
    written = pickle.dumps(models["regressor"])
    (tmp_path / "clf.joblib").write_bytes(frame_of(written[:300], written[300:]))
    assert loader.list_globals(tmp_path).format == "pickle+lz4"
    with loader.open_model(tmp_path) as model:
        answered = model.oracle.answer("predict", Table.of_numbers(rows))
    np.testing.assert_array_equal(answered, models["regressor"].predict(rows))


@pytest.mark.parametrize(
    "frame",
    [
        MAGIC,
        frame_of(b"abc")[:-4],
        frame_of(b"abc")[:-6],
        MAGIC + b"\xe0\x70\x73" + bytes(4),
        frame_of(b"", is_stored=False)[:-5],
        frame_of(b"\x10", is_stored=False),
        frame_of(b"\x10a\x09\x00\x00", is_stored=False),
        frame_of(b"\x10a\x00\x00\x00", is_stored=False),
        frame_of(b"\x1fa\x01\x00" + b"\xff" * 20_000, is_stored=False),
        frame_of(b"a" * ((4 << 20) + 1)),
    ],
    ids=[
        "no descriptor",
        "no end",
        "a cut block",
        "another version",
        "a cut size",
        "no literals",
        "a match before the content",
        "a distance of 0",
        "a length without an end",
        "a block that is too long",
    ],
)
def test_a_damaged_frame_is_refused(frame):
    """Each is one clean error."""
    with pytest.raises(FileUnreadableError):
        unpack(frame)


def test_a_block_is_refused_before_it_takes_more_memory_than_it_may():
    """A match of 5 MB is refused while the output is still small."""
    output = bytearray()
    with pytest.raises(ValueError, match="outside of the content"):
        unpack_block(b"\x1fa\x01\x00" + b"\xff" * 20_000 + b"\x00\x00", output, 4 << 20)
    assert output == b"a"
