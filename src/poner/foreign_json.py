"""Reads JSON that others wrote: every fault of the text is a ValueError, and can be said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from pydantic import ValidationError


class ConstantError(ValueError):
    """NaN or Infinity, which JSON does not have."""


def read_json(content: str | bytes, *, strict: bool = False) -> Any:
    """The value that a JSON document stands for.

    Args:
        content: the document; bytes are UTF-8, UTF-16 or UTF-32, as JSON says.
        strict: whether to refuse NaN and Infinity, which Python reads and JSON does not have.

    Raises:
        ValueError: the text is not JSON, is nested too deeply for Python's stack, is not Unicode,
            or holds an integer of more digits than Python reads.
    """
    try:
        if strict:
            return json.loads(content, parse_constant=_refuse)
        return json.loads(content)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except (json.JSONDecodeError, UnicodeDecodeError, ConstantError):
        raise
    except ValueError:  # of int(), which names a function of Python's
        raise ValueError("an integer in it has too many digits") from None


def first_fault(error: ValidationError) -> str:
    """What pydantic found wrong first, and where: `features.0.kind: Input should be ...`."""
    fault = error.errors()[0]
    place = ".".join(map(str, fault["loc"])) or "the document"
    return f"{place}: {fault['msg']}"


def _refuse(constant: str) -> NoReturn:
    raise ConstantError(f"{constant} is not JSON")
