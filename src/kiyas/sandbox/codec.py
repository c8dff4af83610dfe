"""Python values <-> JSON bytes: plain data only, nothing that can carry behaviour.

Does not pickle, call constructors of foreign types or keep identity: a value arrives as a copy made
of exact builtins. Subclasses are flattened with the methods of their base; what has no plain form
becomes an ``Opaque`` with a type name and a truth value. Decoding is strict and bounded, because
the bytes come from a process that runs hostile code.

Plain JSON stands for itself; everything else is an object with one key, the tag.
"""

from __future__ import annotations

import builtins
import collections
import functools
import json
import math
import re
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from . import library_types
from .opaque import Opaque, UnsupportedValueError

__all__ = ["Opaque", "UnsupportedValueError"]

MAX_DEPTH = 200
# An iterator is handed over as the values it yields; a longer (or endless) one stays opaque.
MAX_ITERATOR_ITEMS = 10_000
_SAFE_INT = 2**53
# A tagged value takes several times the memory of a plain one while it is decoded.
_TAG_WEIGHT = 3
_JSON_TEXT = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_BUILTIN_TYPES = {
    name: value
    for name, value in vars(builtins).items()
    if isinstance(value, type) and not issubclass(value, BaseException)
}
_TYPE_NAMES = {value: name for name, value in _BUILTIN_TYPES.items()}
# Views of a dictionary keep their length and are compared as sets.
_VIEWS: dict[type, str] = {
    type(getattr(kind(), tag)()): tag
    for kind in (dict, collections.OrderedDict)
    for tag in ("keys", "values", "items")
}


class CodecError(Exception):
    """A value that cannot be sent, or bytes that are no value."""


def encode(value: object) -> bytes:
    """Return ``value`` as JSON bytes.

    Raises:
        CodecError: It is nested deeper than MAX_DEPTH, cycles included.
    """
    return json.dumps(flatten(value), separators=(",", ":")).encode("ascii")


def flatten(value: object, depth: int = 0) -> object:
    """Return ``value`` as JSON data made of exact builtins; raises CodecError."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is int:
        small = -_SAFE_INT <= value <= _SAFE_INT  # type: ignore[operator]  # kind is int
        return value if small else {"int": hex(value)}  # type: ignore[arg-type]  # kind is int
    if kind is float:
        finite = math.isfinite(value)  # type: ignore[arg-type]  # kind is float
        return value if finite else {"float": repr(value)}
    if depth > MAX_DEPTH:
        raise CodecError(f"value nested deeper than {MAX_DEPTH}")
    flattener = _FLATTENERS.get(kind)
    if flattener is not None:
        return flattener(value, depth)
    return _flatten_other(value, kind, depth)


def _items(value: Any, depth: int) -> list[object]:
    return [flatten(item, depth + 1) for item in value]


def _flatten_dict(value: dict[object, object], depth: int) -> object:
    return {
        "dict": [[flatten(key, depth + 1), flatten(item, depth + 1)] for key, item in value.items()]
    }


_FLATTENERS: dict[type, Callable[[Any, int], object]] = {
    list: _items,
    tuple: lambda value, depth: {"tuple": _items(value, depth)},
    set: lambda value, depth: {"set": _items(value, depth)},
    frozenset: lambda value, depth: {"frozenset": _items(value, depth)},
    dict: _flatten_dict,
    bytes: lambda value, _: {"bytes": value.hex()},
    bytearray: lambda value, _: {"bytearray": value.hex()},
    complex: lambda value, _: {"complex": [repr(value.real), repr(value.imag)]},
    range: lambda value, _: {"range": [hex(value.start), hex(value.stop), hex(value.step)]},
    collections.deque: lambda value, depth: {"deque": _items(value, depth)},
    type(...): lambda *_: {"ellipsis": None},
}

# Base classes in the order in which a subclass is taken for one, with the base's own conversion.
_BASES: tuple[tuple[type, Callable[[Any], object]], ...] = (
    (int, int.__int__),
    (float, float.__float__),
    (str, str.__str__),
    (list, lambda value: list(list.__iter__(value))),
    (tuple, lambda value: tuple(tuple.__iter__(value))),
    (dict, lambda value: dict(dict.items(value))),
    (set, lambda value: set(set.__iter__(value))),
    (frozenset, lambda value: set(frozenset.__iter__(value))),
    (bytes, lambda value: bytes.__add__(value, b"")),
    (collections.deque, lambda value: collections.deque(collections.deque.__iter__(value))),
)


def _flatten_other(value: Any, kind: type, depth: int) -> object:
    for base, convert in _BASES:
        if base in kind.__mro__:
            return flatten(convert(value), depth)
    if kind in _VIEWS:
        return {_VIEWS[kind]: _items(value, depth)}
    if kind.__module__ in {"builtins", "itertools"} and hasattr(kind, "__next__"):
        return _flatten_iterator(value, kind, depth)
    tag = library_types.tag_of(kind)
    if tag is not None:
        return {tag: library_types.to_plain(tag, value)}
    return _flatten_foreign(value, kind, depth)


def _flatten_foreign(value: Any, kind: type, depth: int) -> object:
    if isinstance(value, type) and value in _TYPE_NAMES:
        return {"type": _TYPE_NAMES[value]}
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.generic):
        return flatten(value.item(), depth)
    if numpy is not None and isinstance(value, numpy.ndarray) and value.dtype.kind in "biufc":
        return {"array": [value.dtype.str, flatten(value.tolist(), depth)]}
    return _flatten_opaque(value, kind)


def _flatten_iterator(value: Any, kind: type, depth: int) -> object:
    items = []
    for item in value:
        items.append(flatten(item, depth + 1))
        if len(items) > MAX_ITERATOR_ITEMS:
            return _opaque(kind, True)
    return {"iterator": items}


def _flatten_opaque(value: object, kind: type) -> object:
    try:
        truth = bool(value)
    except Exception:  # noqa: BLE001 - hostile __bool__; no truth value is an answer too
        return _opaque(kind, None)
    return _opaque(kind, truth)


def _opaque(kind: type, truth: bool | None) -> object:
    by_identity = getattr(kind, "__eq__", None) is object.__eq__
    return {"opaque": [kind.__name__, truth, by_identity]}


def parse_reply(payload: bytes, max_elements: int) -> dict[str, Any]:
    """Return the JSON object in ``payload``, its values not yet decoded.

    Raises:
        CodecError: It is no JSON object, or holds more than ``max_elements`` elements.
    """
    if _count_elements(payload, max_elements) > max_elements:
        raise CodecError(f"more than {max_elements} elements")
    try:
        reply = json.loads(payload, parse_constant=_refuse_constant)
    except (ValueError, RecursionError, MemoryError) as error:
        raise CodecError(f"malformed reply: {type(error).__name__}") from error
    if not isinstance(reply, dict):
        raise CodecError("malformed reply: no object")
    return reply


def _count_elements(payload: bytes, enough: int) -> int:
    """Return the number of elements before anything is built of them; a tag counts as three more.

    Exact only above ``enough``: what merely looks like an element within a text is not taken off
    below.
    """
    total = payload.count(b",") + _TAG_WEIGHT * payload.count(b"{")
    if total > enough:
        for text in _JSON_TEXT.finditer(payload):
            total -= text[0].count(b",") + _TAG_WEIGHT * text[0].count(b"{")
    return total


def decode(node: object, on_opaque_use: Callable[[str], None] = lambda _: None) -> Any:
    """Return the value that JSON data stands for.

    Args:
        node: What ``flatten`` returned, or any JSON data at all.
        on_opaque_use: Called with the type name when an ``Opaque`` is used.

    Raises:
        CodecError: The data is no value, or too deep.
    """
    try:
        return unflatten(node, on_opaque_use)
    except (ValueError, TypeError, KeyError, ArithmeticError, RecursionError, MemoryError) as error:
        raise CodecError(f"malformed value: {type(error).__name__}") from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def unflatten(node: Any, on_use: Callable[[str], None], depth: int = 0) -> Any:
    """Return the value of decoded JSON data; raises CodecError, ValueError or TypeError."""
    if depth > MAX_DEPTH:
        raise CodecError(f"value nested deeper than {MAX_DEPTH}")
    if isinstance(node, list):
        return [unflatten(item, on_use, depth + 1) for item in node]
    if not isinstance(node, dict):
        return node
    if len(node) != 1:
        raise CodecError("a tagged value has one key")
    [(tag, content)] = node.items()
    if tag in _CONTAINERS:
        return _CONTAINERS[tag](unflatten(item, on_use, depth + 1) for item in content)
    if tag == "dict":
        pairs = (unflatten(pair, on_use, depth + 1) for pair in content)
        return {key: value for key, value in pairs}  # noqa: C416 - a pair has two items
    if tag == "opaque":
        return _build_opaque(content, on_use)
    return _BUILDERS[tag](content)


def _build_opaque(content: Any, on_use: Callable[[str], None]) -> Opaque:
    name, truth, by_identity = content
    return Opaque(
        str(name)[:80], truth if truth is None else bool(truth), bool(by_identity), on_use
    )


def _build_array(content: Any) -> object:
    dtype, items = content
    if not isinstance(dtype, str) or dtype[1:2] not in "biufc":
        raise CodecError("array of objects")
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return unflatten(items, lambda _: None)
    return numpy.array(unflatten(items, lambda _: None), dtype=dtype)


_BUILDERS: dict[str, Callable[[Any], object]] = {
    "array": _build_array,
    "int": lambda text: int(text, 16),
    "float": lambda text: float({"nan": "nan", "inf": "inf", "-inf": "-inf"}[text]),
    "bytes": bytes.fromhex,
    "bytearray": bytearray.fromhex,
    "complex": lambda parts: complex(float(parts[0]), float(parts[1])),
    "range": lambda parts: range(*(int(part, 16) for part in parts)),
    "type": _BUILTIN_TYPES.__getitem__,
    "ellipsis": lambda _: ...,
    **{tag: functools.partial(library_types.from_plain, tag) for tag in library_types.TAGS},
}
_CONTAINERS: dict[str, Callable[[Any], object]] = {
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "deque": collections.deque,
    "iterator": lambda items: iter(list(items)),
    "keys": lambda items: dict.fromkeys(items).keys(),
    "values": lambda items: dict(enumerate(items)).values(),
    "items": lambda items: dict(items).items(),
}
