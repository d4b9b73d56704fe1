"""Zips that are the same bytes for the same files: fixed dates, sorted names, fixed modes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

_DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip can say
_FILE_MODE, _PROGRAM_MODE = 0o100644, 0o100755
_UNIX = 3


def make_zip(files: Mapping[str, bytes]) -> bytes:
    """The zip of files by path; shared objects are marked as programs."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = _UNIX
            entry.external_attr = (_PROGRAM_MODE if name.endswith(".so") else _FILE_MODE) << 16
            archive.writestr(entry, files[name])
    return buffer.getvalue()
