"""An expression of the source -> all texts that it can be, as patterns with named places.

An expression is followed to where it is written: through conditional expressions, sums, local
names, loops over a dictionary, what callers of a private function give, and what functions return.
A literal is a text as it is; what cannot be followed is a value and gets a place. Does not know
which expressions are messages.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

_MOST_FORMS = 64
"""Forms of one text beyond which a part of it counts as a value."""
_DEEPEST = 6
_WORD = re.compile(r"(?!(?:and|or|of|id|pip|install|export)\b)\b[^\W\d_]{2,}\b")


@dataclass(frozen=True)
class Scope:
    """Where an expression stands."""

    module: Module
    function: ast.FunctionDef | None


@dataclass
class Module:
    """A parsed file, with the functions and calls in it."""

    name: str
    tree: ast.Module
    functions: dict[str, list[ast.FunctionDef]] = field(default_factory=dict)
    calls: dict[str, list[tuple[ast.Call, ast.FunctionDef | None]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._walk(self.tree, None)

    def _walk(self, node: ast.AST, function: ast.FunctionDef | None) -> None:
        for inner in ast.iter_child_nodes(node):
            if isinstance(inner, ast.FunctionDef):
                self.functions.setdefault(inner.name, []).append(inner)
            if isinstance(inner, ast.Call):
                self.calls.setdefault(name_of(inner.func), []).append((inner, function))
            self._walk(inner, inner if isinstance(inner, ast.FunctionDef) else function)


class Forms:
    """Follows expressions through all modules."""

    def __init__(self, modules: Sequence[Module]) -> None:
        self._functions: dict[str, list[tuple[Module, ast.FunctionDef]]] = {}
        for module in modules:
            for name, functions in module.functions.items():
                for function in functions:
                    self._functions.setdefault(name, []).append((module, function))

    def patterns(self, text: ast.expr, scope: Scope) -> Iterator[str]:
        """Yield the patterns of a text that have a word of their own."""
        for form in self._forms(text, scope, 0):
            if _has_words(pattern := _number_places(form)):
                yield pattern

    def _forms(self, node: ast.expr, scope: Scope, depth: int) -> list[str]:
        """Return all texts that an expression can be, each with places for its values."""
        if isinstance(node, ast.Constant) and node.value is None:
            return []
        forms = self._followed(node, scope, depth) if depth < _DEEPEST else None
        if forms is None or len(forms) > _MOST_FORMS:
            return [_place(node)]
        return list(dict.fromkeys(forms))

    def _followed(self, node: ast.expr, scope: Scope, depth: int) -> list[str] | None:
        forms: list[str] | None = None
        match node:
            case ast.Constant(value=str(text)):
                forms = [text.replace("%", "%%")]
            case ast.JoinedStr(values=parts):
                forms = self._product(parts, scope, depth)
            case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
                found = self._forms(value, scope, depth + 1)
                is_phrase = not isinstance(value, ast.Name | ast.Call) or " " in "".join(found)
                forms = found if is_phrase else None
            case ast.BinOp(left=left, op=ast.Add(), right=right) if _is_text(node):
                forms = self._product([left, right], scope, depth)
            case ast.IfExp(body=one, orelse=other):
                forms = self._union([one, other], scope, depth)
            case ast.BoolOp(op=ast.Or(), values=values):
                forms = self._union(values, scope, depth)
            case ast.Subscript(value=ast.JoinedStr() as text, slice=ast.Slice()):
                forms = self._forms(text, scope, depth)
            case ast.Name(id=name):
                forms = self._of_name(name, scope, depth)
            case ast.Call(func=ast.Name(id=name)):
                forms = self._of_call(name, scope, depth)
        return forms

    def _product(self, parts: Iterable[ast.expr], scope: Scope, depth: int) -> list[str] | None:
        forms = [self._forms(part, scope, depth) for part in parts]
        num = 1
        for some in forms:
            num *= len(some)
        if num > _MOST_FORMS:
            return None
        return ["".join(chosen) for chosen in itertools.product(*forms)]

    def _union(self, nodes: Iterable[ast.expr], scope: Scope, depth: int) -> list[str]:
        return [form for node in nodes for form in self._forms(node, scope, depth)]

    def _of_name(self, name: str, scope: Scope, depth: int) -> list[str] | None:
        """Return what was assigned to a name here, or what callers give for it."""
        function = scope.function
        if function is not None:
            assigned = list(_assigned(name, function))
            if assigned:
                return self._union(assigned, scope, depth + 1)
            parameters = [*function.args.args, *function.args.kwonlyargs]
            if name in [parameter.arg for parameter in parameters]:
                return self._of_callers(name, scope, depth)
        constants = [
            value for value in _assigned(name, scope.module.tree) if isinstance(value, ast.Constant)
        ]
        return self._union(constants, scope, depth + 1) if constants else None

    def _of_callers(self, name: str, scope: Scope, depth: int) -> list[str] | None:
        function = scope.function
        assert function is not None
        called = function.name
        if not called.startswith("_") or called.startswith("__"):
            return None
        names = [one.arg for one in function.args.args if one.arg != "self"]
        forms: list[str] = []
        for call, caller in scope.module.calls.get(called, ()):
            given = dict(zip(names, call.args, strict=False))
            given |= {word.arg: word.value for word in call.keywords if word.arg}
            if name in given:
                forms += self._forms(given[name], Scope(scope.module, caller), depth + 1)
        return forms or None

    def _of_call(self, name: str, scope: Scope, depth: int) -> list[str] | None:
        """Return what a function of kiyas returns, if it writes words."""
        found = [
            (module, function)
            for module, function in self._functions.get(name, ())
            if module is scope.module or not name.startswith("_")
        ]
        if len(found) != 1:
            return None
        module, function = found[0]
        forms = self._union(returned(function), Scope(module, function), depth + 1)
        return forms if any(map(_has_words, forms)) else None


def returned(function: ast.FunctionDef) -> list[ast.expr]:
    """Return everything that a function returns or yields."""
    return [
        node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Return | ast.Yield) and node.value
    ]


def _is_text(node: ast.expr) -> bool:
    """Return whether a sum is one of texts, not of numbers."""
    return any(
        isinstance(inner, ast.JoinedStr)
        or (isinstance(inner, ast.Constant) and isinstance(inner.value, str))
        for inner in ast.walk(node)
    )


def _assigned(name: str, node: ast.AST) -> Iterator[ast.expr]:
    """Yield what is assigned to a name directly in a function or module, not inside functions."""
    for inner in ast.iter_child_nodes(node):
        match inner:
            case ast.Assign(targets=[ast.Name(id=found)], value=value) if found == name:
                yield value
            case ast.AnnAssign(target=ast.Name(id=found), value=ast.expr() as value) if (
                found == name
            ):
                yield value
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                yield from (
                    value
                    for target, value in zip(targets, values, strict=False)
                    if isinstance(target, ast.Name) and target.id == name
                )
            case ast.For(
                target=ast.Tuple(elts=[ast.Name(id=found), *_]),
                iter=ast.Call(func=ast.Attribute(value=ast.Name(id=table), attr="items")),
            ) if found == name:
                for value in _assigned(table, node):
                    yield from _keys(value)
        if not isinstance(inner, ast.FunctionDef | ast.ClassDef):
            yield from _assigned(name, inner)


def _keys(node: ast.expr) -> list[ast.expr]:
    return [key for key in node.keys if key] if isinstance(node, ast.Dict) else []


def _place(node: ast.expr) -> str:
    return f"%({_name_place(node)})s"


def _name_place(node: ast.expr) -> str:
    """Return a name for the place of a value, after what it is read from."""
    name = "value"
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=" or "), attr="join")):
            name = "any_of"
        case ast.Call(func=ast.Name(id="len"), args=[argument]):
            name = "num_" + _name_place(argument)
        case (
            ast.Call(func=ast.Attribute(value=ast.Constant(), attr="join"), args=[inner])
            | ast.Call(func=ast.Attribute(attr="fromkeys"), args=[inner])
            | ast.Call(func=ast.Attribute(attr="items" | "split" | "decode", value=inner))
            | ast.GeneratorExp(generators=[ast.comprehension(iter=inner)])
            | ast.Call(func=ast.Name(), args=[inner, *_])
            | ast.Call(func=inner)
            | ast.Subscript(value=inner)
            | ast.FormattedValue(value=inner)
            | ast.BinOp(left=inner)
        ):
            name = _name_place(inner)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            name = name.strip("_").lower()
    return name


def _number_places(form: str) -> str:
    """Give every place of a pattern a name of its own."""
    seen: dict[str, int] = {}

    def numbered(found: re.Match[str]) -> str:
        name = found[1]
        seen[name] = seen.get(name, 0) + 1
        return f"%({name})s" if seen[name] == 1 else f"%({name}_{seen[name]})s"

    return re.sub(r"%\((\w+)\)s", numbered, form)


def _has_words(form: str) -> bool:
    """Return whether a text has a word beside names of keys, options and values."""
    text = re.sub(r"%\(\w+\)s|`[^`]*`|--[\w-]+|\w+(?:[._/-]+\w+)+", " ", form)
    return bool(_WORD.search(text))


def name_of(function: ast.expr) -> str:
    """Return the name of what is called."""
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
