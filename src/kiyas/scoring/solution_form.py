"""Syntax tree -> whether it is a solution in form, and what it lacks to stand alone.

In form: the entry point is there, takes the arguments of the prompt and has a body. Does not run
anything and says nothing about the answers. Trees are at most as deep as the parser
allows, so that walks (which ``ast`` does without recursion) are safe.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from typing import NamedTuple

from kiyas.records import Problem
from kiyas.scoring.source import Fault, Parser, split_lines

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_BUILTINS = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__"}


class Signature(NamedTuple):
    """How many positional arguments a function can be called with."""

    num_required: int
    max_arguments: float
    """Infinite for ``*args``."""


class Prompt(NamedTuple):
    """The prompt of a problem, read as code."""

    signature: Signature | None
    """Of the entry point; None if the prompt does not define it."""
    statements: tuple[tuple[str, frozenset[str]], ...]
    """Source of each statement before the entry point, with the names that it binds."""


def read_prompt(problem: Problem) -> Prompt:
    """Read the prompt of ``problem``; one that is prose gives an empty ``Prompt``."""
    for ending in ("", "    pass\n", "\n    pass\n"):
        tree = Parser().parse(problem.prompt + ending)
        if isinstance(tree, ast.Module):
            break
    else:
        return Prompt(None, ())
    lines = split_lines(problem.prompt)
    statements: list[tuple[str, frozenset[str]]] = []
    for node in tree.body:
        if isinstance(node, _Function) and node.name == problem.entry_point:
            return Prompt(_signature(node.args), tuple(statements))
        text = "".join(lines[_first_line(node) - 1 : node.end_lineno])
        statements.append((text, frozenset(_bound_here(node))))
    return Prompt(None, ())


def find_fault(tree: ast.Module, entry_point: str, expected: Signature | None) -> Fault | None:
    """Return why ``tree`` does not define the entry point in full, or None if it does.

    A name bound by an assignment or an import is taken as it is, lambdas excepted: what it will be
    is known only when it runs. The last definition counts, as it does in Python.
    """
    node = _definition(tree, entry_point)
    if node is None:
        names = ", ".join(sorted(bound_names(tree)))[:200] or "nothing"
        return Fault("wrong_entry_point", f"{entry_point} is not defined; defined: {names}")
    arguments = _arguments(node)
    if arguments is not None and expected is not None and not _accepts(arguments, expected):
        names = ", ".join(argument.arg for argument in [*arguments.posonlyargs, *arguments.args])
        detail = f"{entry_point}({names[:200]}) does not take the arguments of the prompt"
        return Fault("signature_mismatch", detail)
    if isinstance(node, _Function) and not any(_does_something(step) for step in node.body):
        return Fault("body_missing", f"{entry_point} has no body", node.lineno)
    return None


def returns_value(tree: ast.Module, entry_point: str) -> bool:
    """Return whether the entry point can be seen to return anything but None.

    False for a name that is merely imported or assigned, as in the usage examples that follow a
    solution (``from solution import f``, ``f = f(2)``): it may be a function, but no text shows it.
    """
    node = _definition(tree, entry_point)
    if not isinstance(node, _Function):
        return isinstance(node, ast.ClassDef) or (node is not None and _arguments(node) is not None)
    return any(
        isinstance(step, ast.Yield | ast.YieldFrom)
        or (isinstance(step, ast.Return) and step.value is not None)
        for step in ast.walk(node)
    )


def is_last_statement(tree: ast.Module, entry_point: str) -> bool:
    """Return whether the module ends with the entry point."""
    return bool(tree.body) and tree.body[-1] is _definition(tree, entry_point)


def bound_names(tree: ast.Module) -> set[str]:
    """Return the names that the module binds at its own level."""
    return {name for node in _module_level(tree.body) for name in _bound_here(node)}


def unbound_names(tree: ast.Module) -> set[str]:
    """Return the names that are used and bound nowhere in ``tree``, builtins left out.

    Empty after ``from module import *``, which may bind anything.
    """
    used: set[str] = set()
    bound: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            bound.add(node.name)
        elif isinstance(node, ast.stmt):
            bound.update(_bound_here(node))
    return set() if "*" in bound else used - bound - _BUILTINS


def put_before(source: str, tree: ast.Module, texts: list[str]) -> str:
    """Return ``source`` with ``texts`` before it, but behind its ``from __future__`` imports."""
    texts = [text if text.endswith("\n") else text + "\n" for text in texts]
    future = [
        node.end_lineno or 0
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
    ]
    lines = split_lines(source)
    place = max(future, default=0)
    return "".join([*lines[:place], *texts, *lines[place:]])


def _module_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield statements of the module, those inside ``if``, ``try``, ``with`` and loops too."""
    stack: list[ast.AST] = list(reversed(body))
    while stack:
        node = stack.pop()
        if isinstance(node, ast.stmt):
            yield node
        if isinstance(
            node,
            ast.If | ast.Try | ast.With | ast.For | ast.While | ast.ExceptHandler,
        ):
            children = ast.iter_child_nodes(node)
            stack += reversed([n for n in children if isinstance(n, ast.stmt | ast.ExceptHandler)])


def _bound_here(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, _Function | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import):
        yield from (alias.asname or alias.name.split(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield from (alias.asname or alias.name for alias in node.names)
    elif isinstance(node, ast.Assign):
        parts = (part for target in node.targets for part in ast.walk(target))
        # ``f.memo = {}`` and ``cache[f(3)] = 1`` read the name f and bind none.
        names = (part for part in parts if isinstance(part, ast.Name))
        yield from (part.id for part in names if isinstance(part.ctx, ast.Store))
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
        yield node.target.id


def _definition(tree: ast.Module, name: str) -> ast.stmt | None:
    found = None
    for node in _module_level(tree.body):
        if name in _bound_here(node):
            found = node
    return found


def _arguments(node: ast.stmt) -> ast.arguments | None:
    if isinstance(node, _Function):
        return node.args
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
        return node.value.args
    return None


def _signature(arguments: ast.arguments) -> Signature:
    count = len(arguments.posonlyargs) + len(arguments.args)
    most = float("inf") if arguments.vararg else count
    return Signature(count - len(arguments.defaults), most)


def _accepts(arguments: ast.arguments, expected: Signature) -> bool:
    """Return whether every call that the prompt's signature takes is taken (by position)."""
    if None in arguments.kw_defaults:
        return False
    received = _signature(arguments)
    return (
        received.num_required <= expected.num_required
        and received.max_arguments >= expected.max_arguments
    )


def _does_something(node: ast.stmt) -> bool:
    """Return whether a statement is more than a docstring, ``pass``, ``...`` or a stub's raise."""
    if isinstance(node, ast.Expr):
        return not isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Raise) and node.exc is not None:
        exception = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        return not (isinstance(exception, ast.Name) and exception.id == "NotImplementedError")
    return not isinstance(node, ast.Pass)


def _first_line(node: ast.stmt) -> int:
    decorators = node.decorator_list if isinstance(node, _Function | ast.ClassDef) else []
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])
