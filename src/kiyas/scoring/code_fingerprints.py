"""Text with code in it -> fingerprints of its functions, blind to names, layout and comments.

Two functions have one fingerprint if their syntax trees are the same once names that the function
itself binds are numbered in order of appearance, and docstrings, annotations and decorators are
taken off. Functions of fewer than ``MIN_NODES`` nodes have none: too short to be evidence. Blind
to reordered statements and to another algorithm. Code is parsed, never run.

Source of the approach: type-2 clones as in Roy, Cordy & Koschke 2009 (Sci Comput Program 74:470).
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from kiyas.scoring.markdown import find_fences
from kiyas.scoring.source import Parser

MIN_NODES = 20
"""A one-line filter has 13 nodes, Euclid's algorithm 18: everybody writes them alike."""

FINGERPRINT_VERSION = 1
"""Raised when the same function would have another fingerprint than before."""

_MAX_CHARS = 100_000
_MAX_PIECES = 32
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_KEEPING_NAMES = (ast.Constant, ast.Attribute, ast.keyword, ast.alias)
_DROPPED_FIELDS = frozenset(("decorator_list", "returns", "annotation", "type_comment", "ctx"))


def fingerprint_code(text: str, *, name: str | None = None) -> frozenset[str]:
    """Return the fingerprints of the functions in a text: in its fences, or in all of it.

    Never raises; what does not parse has no fingerprint.

    Args:
        text: Code, or prose with code in it.
        name: Take the functions of this name alone; None takes all.
    """
    text = text[:_MAX_CHARS]
    pieces = [fence.text for fence in find_fences(text)][:_MAX_PIECES] or [text]
    parser = Parser()
    found: set[str] = set()
    for piece in pieces:
        if "def " not in piece:
            continue
        tree = parser.parse(piece)
        if isinstance(tree, ast.Module):
            found.update(_fingerprints(tree, name))
    return frozenset(found)


def _fingerprints(tree: ast.Module, name: str | None) -> Iterator[str]:
    """Yield the fingerprints of functions at module level, and in classes and functions there."""
    stack: list[ast.stmt] = list(tree.body)
    while stack:
        node = stack.pop()
        if isinstance(node, _Function) and name in (None, node.name):
            lines = _normalise(node)
            if len(lines) >= MIN_NODES:
                yield hashlib.sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()
        if isinstance(node, _Function | ast.ClassDef):
            stack += node.body


def _normalise(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """Return one line a node: its kind and what it holds besides nodes; for trees of any depth."""
    own = {function.name}
    lines: list[list[str | _Name]] = []
    stack: list[ast.AST] = [function]
    while stack:
        node = stack.pop()
        words: list[str | _Name] = [type(node).__name__]
        children: list[ast.AST] = []
        for field in node._fields:
            if field in _DROPPED_FIELDS:
                continue
            value = getattr(node, field, None)
            items: list[Any] = value if isinstance(value, list) else [value]
            if field == "body" and isinstance(node, _Function):
                items = _without_docstring(items)
            words.append(f"{field}*{len(items)}")
            for item in items:
                if isinstance(item, ast.AST):
                    children.append(item)
                else:
                    words.append(_word(node, item))
        lines.append(words)
        stack += reversed(children)
        own.update(_bound_by(node))
    numbers: dict[str, int] = {}
    return [
        " ".join(
            f"${numbers.setdefault(word.text, len(numbers))}"
            if isinstance(word, _Name) and word.text in own
            else str(word)
            for word in words
        )
        for words in lines
    ]


class _Name(NamedTuple):
    """A word that may be a name of the function's own."""

    text: str


def _bound_by(node: ast.AST) -> tuple[str, ...]:
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        return (node.id,)
    if isinstance(node, ast.arg):
        return (node.arg,)
    return (node.name,) if isinstance(node, _Function) else ()


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    if len(body) < 2 or not isinstance(body[0], ast.Expr):
        return body
    first = body[0].value
    return body[1:] if isinstance(first, ast.Constant) and isinstance(first.value, str) else body


def _word(node: ast.AST, value: object) -> str | _Name:
    if isinstance(value, str) and not isinstance(node, _KEEPING_NAMES):
        return _Name(value)
    # A decimal text of a huge number is refused by Python, a hexadecimal one is not.
    return hex(value) if isinstance(value, int) else repr(value)
