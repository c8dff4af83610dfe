"""Test -> the calls it makes for what they do to their arguments; and what they did, carried over.

Arguments are copies, so that a solution cannot damage what its test compares with. Only where a
test throws the value of a call away, or asks that it be None, is the change itself the answer: then
the arguments come back as well. This is read off the test, never off the solution.
"""

from __future__ import annotations

import ast
import collections
import itertools
from collections.abc import Iterable
from types import FrameType
from typing import Any

from . import codec

Position = tuple[int | None, int | None, int | None, int | None]
"""First line, last line, first column, last column, as ``code.co_positions`` has them."""

_MUTABLE = frozenset(
    (
        *(list, set, bytearray, collections.deque),
        *(dict, collections.OrderedDict, collections.Counter, collections.defaultdict),
    )
)


def find_calls(tree: ast.Module) -> frozenset[Position]:
    """Return the places of all calls whose value is thrown away or compared with None."""
    loaded = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    return frozenset(
        (call.lineno, call.end_lineno, call.col_offset, call.end_col_offset)
        for node in ast.walk(tree)
        if isinstance(call := _discarded(node, loaded), ast.Call)
    )


def _discarded(node: ast.AST, loaded: set[str]) -> ast.expr | None:
    if isinstance(node, ast.Expr):
        return node.value
    if isinstance(node, ast.Assign):
        names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        unused = len(names) == len(node.targets) and not loaded.intersection(names)
        return node.value if unused else None
    if isinstance(node, ast.Compare) and isinstance(node.comparators[0], ast.Constant):
        is_same = len(node.ops) == 1 and isinstance(node.ops[0], (ast.Is, ast.Eq))
        return node.left if is_same and node.comparators[0].value is None else None
    return None


def position_of(frame: FrameType) -> Position:
    """Return the place in the source that a frame is at."""
    positions = frame.f_code.co_positions()
    return next(itertools.islice(positions, frame.f_lasti // 2, None))


def update(original: Any, changed: Any) -> None:
    """Make a mutable value of the test like the changed copy of it, as deep as both have one form.

    Args:
        original: The test's own object; left alone if it is not mutable.
        changed: What came back for it, made of exact types.
    """
    if isinstance(original, (list, bytearray)) and isinstance(changed, (list, bytearray)):
        original[:] = _merged_items(original, changed)
    elif isinstance(original, dict) and isinstance(changed, dict):
        merged = {key: _merged(original.get(key), new) for key, new in changed.items()}
        original.clear()
        original.update(merged)
    elif isinstance(original, set) and isinstance(changed, set):
        original.clear()
        original.update(changed)
    elif isinstance(original, collections.deque) and isinstance(changed, collections.deque):
        merged_items = _merged_items(original, changed)
        original.clear()
        original.extend(merged_items)


def _merged_items(old: Iterable[Any], new: Iterable[Any]) -> list[Any]:
    items = list(new)
    for index, previous in enumerate(itertools.islice(old, len(items))):
        items[index] = _merged(previous, items[index])
    return items


def _merged(old: Any, new: Any) -> Any:
    """Return the test's own object where it is mutable (updated) or unchanged; else the new one."""
    if type(old) is type(new):
        if type(new) in _MUTABLE:
            update(old, new)
            return old
        return tuple(_merged_items(old, new)) if type(new) is tuple else new
    try:
        return old if codec.flatten(old) == codec.flatten(new) else new
    except codec.CodecError:
        return new
