"""What shared objects ask of the system: the right machine, and libraries that are there.

A library that another one needs is found among the libraries by its file name (auditwheel puts
copies into `*.libs/` and notes their place), or in Lambda's own system. LightGBM's wheel asks for a
libgomp.so.1 that Lambda lacks; scikit-learn's wheel has one, which then also goes to `lib/`, since
/opt/lib is among the folders in which Lambda's linker looks (LD_LIBRARY_PATH).
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
"""What Lambda has: of the libraries that manylinux wheels may expect of a system (PEP 599 and 600)
those that Amazon Linux's minimal images hold, and /var/lang/lib's libpython. No libgomp, no X11."""


@dataclass(frozen=True)
class SharedObject:
    """What the linker reads of a shared object."""

    machine: str
    """Its instruction set, by ELF's name, such as EM_X86_64."""
    needed: tuple[str, ...]
    """File names of the libraries it needs."""


def read_shared_object(content: bytes) -> SharedObject | None:
    """What a file asks of the linker; None for one that is no shared object."""
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
    """Whether a machine of that architecture can load it."""
    return shared_object.machine == _MACHINES[architecture]


def is_of_system(name: str) -> bool:
    """Whether Lambda's system has a library of that file name, whatever the host."""
    return bool(_SYSTEM.fullmatch(name))
