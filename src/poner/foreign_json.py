"""Reads foreign JSON, with a ValueError for every fault of the text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from pydantic import ValidationError


def read_json(content: str | bytes, *, strict: bool = False, unique_keys: bool = False) -> Any:
    """Parse a JSON document.

    Args:
        content: the document; bytes may be UTF-8, UTF-16 or UTF-32.
        strict: whether to refuse NaN and Infinity, which Python accepts and JSON lacks.
        unique_keys: whether to refuse an object with a key twice, of which Python takes the last.

    Raises:
        ValueError: the text is not JSON or not Unicode, is nested too deeply for Python's stack, or
            holds an integer of more digits than Python reads.
    """
    try:
        return json.loads(
            content,
            parse_constant=_refuse if strict else None,
            object_pairs_hook=_unique if unique_keys else None,
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except (json.JSONDecodeError, UnicodeDecodeError, _TwiceError):
        raise
    except ValueError:  # from int(); its message is about sys.set_int_max_str_digits
        raise ValueError("an integer in it has too many digits") from None


def first_fault(error: ValidationError) -> str:
    """The first fault that pydantic found, and where: `features.0.kind: Input should be ...`."""
    fault = error.errors()[0]
    place = ".".join(map(str, fault["loc"])) or "the document"
    return f"{place}: {fault['msg']}"


class _TwiceError(ValueError):
    """An object has a key twice."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        seen: set[str] = set()
        key = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise _TwiceError(f"an object in it has the key {key[:80]!r} twice")
    return values


def _refuse(constant: str) -> NoReturn:
    raise json.JSONDecodeError(f"{constant} is not JSON", constant, 0)
