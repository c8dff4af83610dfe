"""Python values <-> JSON bytes: plain data only, nothing that can carry behaviour.

Does not pickle, call constructors of foreign types or keep identity: a value arrives as a copy made
of exact builtins. Subclasses are flattened with the methods of their base; what has no plain form
becomes an ``Opaque`` with a type name and a truth value. Decoding is strict and bounded, because
the bytes come from a process that runs hostile code.

Plain JSON stands for itself; everything else is an object with one key, the tag.
"""

from __future__ import annotations

import builtins
import json
import math
import sys
from collections.abc import Callable
from typing import Any, NoReturn

MAX_DEPTH = 200
# Elements a reply may hold. 8 MB of "[]," would grow to 300 MB in the judge; this bounds it to 40.
MAX_ELEMENTS = 250_000
# An iterator is handed over as the values it yields; a longer (or endless) one stays opaque.
MAX_ITERATOR_ITEMS = 10_000
_SAFE_INT = 2**53
_BUILTIN_TYPES = {
    name: value
    for name, value in vars(builtins).items()
    if isinstance(value, type) and not issubclass(value, BaseException)
}
_TYPE_NAMES = {value: name for name, value in _BUILTIN_TYPES.items()}
_NO_ITEMS: list[Any] = []
_ITERATORS: tuple[Any, ...] = (
    (item for item in _NO_ITEMS),
    map(len, _NO_ITEMS),
    filter(None, _NO_ITEMS),
    zip(_NO_ITEMS, strict=True),
    enumerate(_NO_ITEMS),
    reversed(_NO_ITEMS),
    *(iter(empty()) for empty in (list, tuple, dict, set, str)),
    iter(range(0)),
    {}.keys(),
    {}.values(),
    {}.items(),
)
_ITERATOR_TYPES = frozenset(type(iterator) for iterator in _ITERATORS)


class CodecError(Exception):
    """A value that cannot be sent, or bytes that are no value."""


class UnsupportedValueError(Exception):
    """A test used a returned object that has no plain form."""


class Opaque:
    """Stands in the judge for an object that stayed in the cell: only its truth can be used."""

    __slots__ = ("_name", "_on_use", "_truth")

    def __init__(self, name: str, truth: bool | None, on_use: Callable[[str], None]) -> None:
        object.__setattr__(self, "_name", name)
        object.__setattr__(self, "_truth", truth)
        object.__setattr__(self, "_on_use", on_use)

    def __bool__(self) -> bool:
        truth = object.__getattribute__(self, "_truth")
        if truth is None:
            _refuse(self)
        return bool(truth)

    def __repr__(self) -> str:
        return f"<{object.__getattribute__(self, '_name')} object of the solution>"

    def __getattribute__(self, name: str) -> Any:
        if name == "__class__":
            return Opaque
        return _refuse(self)


def _refuse(self: Any, *_: object, **__: object) -> NoReturn:
    name = object.__getattribute__(self, "_name")
    object.__getattribute__(self, "_on_use")(name)
    raise UnsupportedValueError(f"the test used an object of type {name}, which has no plain form")


for _method in (
    "eq ne lt le gt ge hash len iter next contains getitem setitem delitem call add radd sub rsub "
    "mul rmul truediv rtruediv floordiv rfloordiv mod rmod pow rpow and rand or ror xor rxor neg "
    "pos abs invert int float complex index round trunc floor ceil enter exit format str setattr "
    "delattr divmod rdivmod matmul rmatmul lshift rlshift rshift rrshift reversed"
).split():
    setattr(Opaque, f"__{_method}__", _refuse)


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
)


def _flatten_other(value: Any, kind: type, depth: int) -> object:
    for base, convert in _BASES:
        if base in kind.__mro__:
            return flatten(convert(value), depth)
    if kind in _ITERATOR_TYPES:
        return _flatten_iterator(value, kind, depth)
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
            return {"opaque": [kind.__name__, True]}
    return {"iterator": items}


def _flatten_opaque(value: object, kind: type) -> object:
    try:
        truth = bool(value)
    except Exception:  # noqa: BLE001 - hostile __bool__; no truth value is an answer too
        return {"opaque": [kind.__name__, None]}
    return {"opaque": [kind.__name__, truth]}


def parse_reply(payload: bytes) -> dict[str, Any]:
    """Return the JSON object in ``payload``, its values not yet decoded.

    Raises:
        CodecError: It is no JSON object, or holds more than MAX_ELEMENTS elements.
    """
    if payload.count(b",") > MAX_ELEMENTS:
        raise CodecError(f"more than {MAX_ELEMENTS} elements")
    try:
        reply = json.loads(payload, parse_constant=_refuse_constant)
    except (ValueError, RecursionError, MemoryError) as error:
        raise CodecError(f"malformed reply: {type(error).__name__}") from error
    if not isinstance(reply, dict):
        raise CodecError("malformed reply: no object")
    return reply


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
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError, MemoryError) as error:
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
        name, truth = content
        return Opaque(str(name)[:80], truth if truth is None else bool(truth), on_use)
    return _BUILDERS[tag](content)


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
}
_CONTAINERS: dict[str, Callable[[Any], object]] = {
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "iterator": lambda items: iter(list(items)),
}
