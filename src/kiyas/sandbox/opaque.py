"""Name of a type -> an object that stands in the judge for one that stayed in the cell.

Only its truth can be used, and that it equals no plain value where the cell says so. Any other use
raises and is reported, so that a test can neither pass nor fail by it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

# What an object that is compared by identity can never be equal to.
_PLAIN_TYPES: frozenset[type] = frozenset(
    (int, float, complex, bool, str, bytes, list, tuple, dict, set, frozenset, range, type(None))
)


class UnsupportedValueError(Exception):
    """A test used a returned object that has no plain form."""


class Opaque:
    """An object of the solution without a plain form.

    Args:
        name: Name of its type.
        truth: Its truth value; None if it has none.
        by_identity: Whether it is compared by identity, and so equals no plain value.
        on_use: Called with ``name`` when it is used.
    """

    __slots__ = ("_by_identity", "_name", "_on_use", "_truth")

    def __init__(
        self, name: str, truth: bool | None, by_identity: bool, on_use: Callable[[str], None]
    ) -> None:
        object.__setattr__(self, "_name", name)
        object.__setattr__(self, "_truth", truth)
        object.__setattr__(self, "_by_identity", by_identity)
        object.__setattr__(self, "_on_use", on_use)

    def __bool__(self) -> bool:
        truth = object.__getattribute__(self, "_truth")
        if truth is None:
            _refuse(self)
        return bool(truth)

    def __eq__(self, other: object) -> Any:
        if object.__getattribute__(self, "_by_identity") and type(other) in _PLAIN_TYPES:
            return NotImplemented
        return _refuse(self)

    def __ne__(self, other: object) -> Any:
        if object.__getattribute__(self, "_by_identity") and type(other) in _PLAIN_TYPES:
            return NotImplemented
        return _refuse(self)

    def __hash__(self) -> int:  # noqa: PLE0309 - never returns
        _refuse(self)

    def __repr__(self) -> str:
        return f"<{object.__getattribute__(self, '_name')} object of the solution>"

    def __getattribute__(self, name: str) -> Any:
        # Also for ``__class__``: whether it is an instance of a class of the test cannot be told.
        return _refuse(self)


def _refuse(self: Any, *_: object, **__: object) -> NoReturn:
    name = object.__getattribute__(self, "_name")
    object.__getattribute__(self, "_on_use")(name)
    raise UnsupportedValueError(f"the test used an object of type {name}, which has no plain form")


for _method in (
    "lt le gt ge len iter next contains getitem setitem delitem call add radd sub rsub "
    "mul rmul truediv rtruediv floordiv rfloordiv mod rmod pow rpow and rand or ror xor rxor neg "
    "pos abs invert int float complex index round trunc floor ceil enter exit format str setattr "
    "delattr divmod rdivmod matmul rmatmul lshift rlshift rshift rrshift reversed bytes fspath "
    "await aiter anext"
).split():
    setattr(Opaque, f"__{_method}__", _refuse)
