"""Reads the requirements of shared objects: their machine and the libraries that they need.

A needed library is found by its file name in the wheels (auditwheel puts copies into `*.libs/` and
records their place) or in Lambda's system. LightGBM's wheel needs libgomp.so.1, which Lambda lacks;
scikit-learn's wheel has a copy. That copy also goes to `lib/` of a layer, since Lambda's linker
searches /opt/lib (LD_LIBRARY_PATH).
Sources: AWS, "Working with layers for Python Lambda functions", 2026-11-22; LightGBM issue 4484.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

_MACHINES = {"x86_64": "EM_X86_64", "arm64": "EM_AARCH64"}

_SYSTEM = re.compile(
    r"(ld-linux-(x86-64|aarch64)|libanl|libc|libdl|libgcc_s|libm|libmvec|libpthread|libresolv|librt"
    r"|libstdc\+\+|libutil|libz)\.so\.\d+"
)
"""System libraries on Lambda: those that manylinux wheels may expect (PEP 599 and 600) and that
Amazon Linux's minimal images hold. libgomp and X11 are not among them."""


@dataclass(frozen=True)
class SharedObject:
    """The machine and the needed libraries of a shared object."""

    machine: str
    """Instruction set by its ELF name, such as EM_X86_64."""
    needed: tuple[str, ...]
    """File names of the libraries that it needs."""


def read_shared_object(content: bytes) -> SharedObject | None:
    """Read a shared object's headers; None for any other file."""
    if not content.startswith(b"\x7fELF"):
        return None
    from elftools.common.exceptions import ELFError
    from elftools.elf.dynamic import DynamicSegment
    from elftools.elf.elffile import ELFFile

    try:
        file = ELFFile(io.BytesIO(content))
        needed = [
            tag.needed
            for segment in file.iter_segments()
            if isinstance(segment, DynamicSegment)
            for tag in cast("Iterator[Any]", segment.iter_tags("DT_NEEDED"))
        ]
        return SharedObject(str(file["e_machine"]), tuple(needed))
    except ELFError:
        return None


def is_for(shared_object: SharedObject, architecture: str) -> bool:
    """Whether a machine of the architecture can load a shared object."""
    return shared_object.machine == _MACHINES[architecture]


def is_of_system(name: str) -> bool:
    """Whether Lambda's system, in every runtime, has a library of this file name."""
    return bool(_SYSTEM.fullmatch(name))
