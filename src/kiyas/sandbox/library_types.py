"""Values of the standard library's own types <-> plain data: numbers, dates, times.

The modules are looked up where they are used: a lean zygote does not have them, and a solution
that has such a value has imported them. Subclasses arrive as their base.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

# A longer number would keep the judge busy with divisions that no signal interrupts.
_MAX_DIGITS = 10_000


class _LibraryType(NamedTuple):
    """A type with its way to plain data and back."""

    module: str
    name: str
    to_plain: Callable[[Any, Any], Any]
    """Type and value -> JSON data; items of a container are still to be flattened."""
    from_plain: Callable[[Any, Any], Any]
    """Type and JSON data -> value."""


def _digits(text: Any) -> str:
    if not isinstance(text, str) or len(text) > _MAX_DIGITS:
        raise ValueError("a number of too many digits")
    return text


def _decimal(kind: Any, text: Any) -> Any:
    value = kind(_digits(text))
    # A short text can stand for a number that fills the memory once it is made whole.
    if value.is_finite() and abs(value.adjusted()) > _MAX_DIGITS:
        raise ValueError("a number of too many digits")
    return value


def _iso(kind: Any, value: Any) -> str:
    text: str = kind.isoformat(value)
    return text


def _from_iso(kind: Any, text: Any) -> Any:
    return kind.fromisoformat(_digits(text))


def _iso_and_fold(kind: Any, value: Any) -> list[object]:
    return [_iso(kind, value), value.fold]


def _from_iso_and_fold(kind: Any, parts: Any) -> Any:
    text, fold = parts
    return _from_iso(kind, text).replace(fold=fold)


_TYPES = {
    "decimal": _LibraryType(
        "decimal",
        "Decimal",
        lambda kind, value: kind.__str__(value),
        _decimal,
    ),
    "fraction": _LibraryType(
        "fractions",
        "Fraction",
        lambda _, value: [hex(value.numerator), hex(value.denominator)],
        lambda kind, parts: kind(*(int(_digits(part), 16) for part in parts)),
    ),
    # A datetime is a date, too: the order matters.
    "datetime": _LibraryType("datetime", "datetime", _iso_and_fold, _from_iso_and_fold),
    "date": _LibraryType("datetime", "date", _iso, _from_iso),
    "time": _LibraryType("datetime", "time", _iso_and_fold, _from_iso_and_fold),
    "timedelta": _LibraryType(
        "datetime",
        "timedelta",
        lambda _, value: [value.days, value.seconds, value.microseconds],
        lambda kind, parts: kind(*parts),
    ),
}
TAGS = frozenset(_TYPES)


def tag_of(kind: type) -> str | None:
    """Return the tag of values of a type; None if it is none of these."""
    for tag, known in _TYPES.items():
        base = getattr(sys.modules.get(known.module), known.name, None)
        if isinstance(base, type) and base in kind.__mro__:
            return tag
    return None


def is_subclass(kind: type) -> bool:
    """Return whether a type is derived from one of these, rather than being one."""
    tag = tag_of(kind)
    return tag is not None and kind is not getattr(
        sys.modules[_TYPES[tag].module], _TYPES[tag].name
    )


def to_plain(tag: str, value: Any) -> object:
    """Return JSON data for a value."""
    known = _TYPES[tag]
    return known.to_plain(getattr(sys.modules[known.module], known.name), value)


def from_plain(tag: str, data: Any) -> object:
    """Return the value; raises ValueError, TypeError or ArithmeticError."""
    known = _TYPES[tag]
    return known.from_plain(getattr(importlib.import_module(known.module), known.name), data)
