"""Noticing changes of files."""

import os
from pathlib import Path

from poner.emulator.watching import prints


def test_every_kind_of_change_is_seen(tmp_path):
    """Content, size, new files, removed files and replaced ones, in folders below too."""
    code = tmp_path / "code"
    (code / "package").mkdir(parents=True)
    file = code / "package/app.py"
    states = [prints((code,))]

    def changed() -> bool:
        states.append(prints((code,)))
        return states[-1] != states[-2]

    file.write_text("1")
    assert changed()
    assert not changed()
    file.write_text("22")
    assert changed()
    os.utime(file, ns=(1, 1))
    assert changed()
    os.utime(file, ns=(1, 1))
    (tmp_path / "new").write_text("22")
    os.utime(tmp_path / "new", ns=(1, 1))
    (tmp_path / "new").rename(file)
    assert changed()
    file.unlink()
    assert changed()


def test_files_and_what_is_not_there(tmp_path):
    """A zip is watched as one file; a missing path is noticed when it appears."""
    path = tmp_path / "function.zip"
    assert prints((path,)) == {}
    path.write_bytes(b"x")
    assert list(prints((path,))) == [str(path)]


def test_a_link_that_leads_back_up_ends(tmp_path):
    """A cycle of links is read once."""
    (tmp_path / "up").symlink_to(tmp_path)
    (tmp_path / "app.py").write_text("")
    found = {Path(path).relative_to(tmp_path).as_posix() for path in prints((tmp_path,))}
    assert found == {".", "up", "app.py"}
