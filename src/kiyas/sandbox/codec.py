"""Python values <-> JSON bytes: plain data only, nothing that can carry behaviour.

Does not pickle, call constructors of foreign types or keep identity: a value arrives as a copy made
of exact types of the standard library. Subclasses are flattened with the methods of their base;
what has no plain form becomes an ``Opaque`` with a type name and a truth value. Decoding is strict
and bounded, because the bytes come from a process that runs hostile code.

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
from collections.abc import Callable, Iterator
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
# What a defaultdict may make of a missing key: calling these does nothing but make an empty value.
_FACTORIES: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        *(bool, int, float, complex, str, bytes, bytearray),
        *(list, tuple, dict, set, frozenset),
    )
}
# Views of a dictionary keep their length and are compared as sets.
_VIEWS: dict[type, str] = {
    type(getattr(kind(), tag)()): tag
    for kind in (dict, collections.OrderedDict)
    for tag in ("keys", "values", "items")
}


class CodecError(Exception):
    """A value that cannot be sent, or bytes that are no value."""


def encode(value: object, *, exact: bool = False) -> bytes:
    """Return ``value`` as JSON bytes.

    Args:
        value: Any value.
        exact: As for ``flatten``.

    Raises:
        CodecError: It is nested deeper than MAX_DEPTH, cycles included.
    """
    return json.dumps(flatten(value, exact=exact), separators=(",", ":")).encode("ascii")


def flatten(value: object, depth: int = 0, exact: bool = False) -> object:
    """Return ``value`` as JSON data made of exact builtins.

    Args:
        value: Any value.
        depth: How many containers are around it.
        exact: Whether what would arrive without its class, an instance of a subclass, becomes an
            ``Opaque`` instead of a value of its base.

    Raises:
        CodecError: It is nested deeper than MAX_DEPTH, cycles included.
    """
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
        return flattener(value, depth, exact)
    return _flatten_other(value, kind, depth, exact)


def _items(value: Any, depth: int, exact: bool) -> list[object]:
    return [flatten(item, depth + 1, exact) for item in value]


def _pairs(value: Any, depth: int, exact: bool) -> list[object]:
    depth += 1
    return [
        [flatten(key, depth, exact), flatten(item, depth, exact)] for key, item in value.items()
    ]


def _flatten_default_dict(
    value: collections.defaultdict[object, object], depth: int, exact: bool
) -> object:
    factory = value.default_factory
    name = next((name for name, known in _FACTORIES.items() if factory is known), None)
    if name or factory is None:
        return {"defaultdict": [name, *_pairs(value, depth, exact)]}
    if exact:
        return _flatten_opaque(value, collections.defaultdict)
    return {"dict": _pairs(value, depth, exact)}


_FLATTENERS: dict[type, Callable[[Any, int, bool], object]] = {
    list: _items,
    tuple: lambda *of: {"tuple": _items(*of)},
    set: lambda *of: {"set": _items(*of)},
    frozenset: lambda *of: {"frozenset": _items(*of)},
    dict: lambda *of: {"dict": _pairs(*of)},
    collections.OrderedDict: lambda *of: {"ordereddict": _pairs(*of)},
    collections.Counter: lambda *of: {"counter": _pairs(*of)},
    collections.defaultdict: _flatten_default_dict,
    collections.deque: lambda value, *how: {"deque": [value.maxlen, *_items(value, *how)]},
    bytes: lambda value, *_: {"bytes": value.hex()},
    bytearray: lambda value, *_: {"bytearray": value.hex()},
    complex: lambda value, *_: {"complex": [repr(value.real), repr(value.imag)]},
    range: lambda value, *_: {"range": [hex(value.start), hex(value.stop), hex(value.step)]},
    type(...): lambda *_: {"ellipsis": None},
}

# Base classes in the order in which a subclass is taken for one, with the base's own conversion.
_BASES: tuple[tuple[type, Callable[[Any], object]], ...] = (
    (int, int.__int__),
    (float, float.__float__),
    (str, str.__str__),
    (list, lambda value: list(list.__iter__(value))),
    (tuple, lambda value: tuple(tuple.__iter__(value))),
    # These are dictionaries, too: the order matters.
    (
        collections.OrderedDict,
        lambda value: collections.OrderedDict(collections.OrderedDict.items(value)),
    ),
    (collections.Counter, lambda value: collections.Counter(dict(dict.items(value)))),
    (
        collections.defaultdict,
        lambda value: collections.defaultdict(value.default_factory, dict.items(value)),
    ),
    (dict, lambda value: dict(dict.items(value))),
    (set, lambda value: set(set.__iter__(value))),
    (frozenset, lambda value: frozenset(frozenset.__iter__(value))),
    (bytes, lambda value: bytes.__add__(value, b"")),
    (
        collections.deque,
        lambda value: collections.deque(collections.deque.__iter__(value), value.maxlen),
    ),
)


def _flatten_other(value: Any, kind: type, depth: int, exact: bool) -> object:
    if exact and _is_subclass(kind):
        return _flatten_opaque(value, kind)
    for base, convert in _BASES:
        if base in kind.__mro__:
            return flatten(convert(value), depth, exact)
    if kind in _VIEWS:
        return {_VIEWS[kind]: _items(value, depth, exact)}
    if kind.__module__ in {"builtins", "itertools"} and hasattr(kind, "__next__"):
        return _flatten_iterator(value, kind, depth, exact)
    tag = library_types.tag_of(kind)
    if tag is not None:
        return {tag: library_types.to_plain(tag, value)}
    return _flatten_foreign(value, kind, depth)


def _is_subclass(kind: type) -> bool:
    """Return whether a type without a flattener would arrive as its base; not numpy's numbers."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and issubclass(kind, numpy.generic):
        return False
    return any(base in kind.__mro__ for base, _ in _BASES) or library_types.is_subclass(kind)


def _flatten_foreign(value: Any, kind: type, depth: int) -> object:
    if isinstance(value, type) and value in _TYPE_NAMES:
        return {"type": _TYPE_NAMES[value]}
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.generic):
        return flatten(value.item(), depth)
    if numpy is not None and isinstance(value, numpy.ndarray) and value.dtype.kind in "biufc":
        return {"array": [value.dtype.str, flatten(value.tolist(), depth)]}
    return _flatten_opaque(value, kind)


def _flatten_iterator(value: Any, kind: type, depth: int, exact: bool) -> object:
    items = []
    for item in value:
        items.append(flatten(item, depth + 1, exact))
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
    if tag == "opaque":
        return _build_opaque(content, on_use)
    return _BUILDERS[tag](content)


def _build_opaque(content: Any, on_use: Callable[[str], None]) -> Opaque:
    name, truth, by_identity = content
    return Opaque(
        str(name)[:80], truth if truth is None else bool(truth), bool(by_identity), on_use
    )


def _build_default_dict(parts: Iterator[Any]) -> object:
    name = next(parts, None)
    return collections.defaultdict(None if name is None else _FACTORIES[name], parts)


def _build_deque(parts: Iterator[Any]) -> object:
    max_length = next(parts, None)
    return collections.deque(parts, max_length)


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
# From their decoded items; those of dictionaries are pairs.
_CONTAINERS: dict[str, Callable[[Any], object]] = {
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "deque": _build_deque,
    "dict": dict,
    "ordereddict": collections.OrderedDict,
    "counter": lambda pairs: collections.Counter(dict(pairs)),
    "defaultdict": _build_default_dict,
    "iterator": lambda items: iter(list(items)),
    "keys": lambda items: dict.fromkeys(items).keys(),
    "values": lambda items: dict(enumerate(items)).values(),
    "items": lambda items: dict(items).items(),
}
