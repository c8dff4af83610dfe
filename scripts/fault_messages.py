"""Source of kiyas -> patterns of everything that its faults can say, by the syntax tree.

A fault is a construction of ``KiyasError`` or a subclass, of the sandbox's error, of a conflict
between keys or of a table's warning. Each of its texts is followed to where it is written: through
conditional expressions, sums, local names, what callers of a private function give, and what
functions return. A literal is a message as it is, an f-string one with named places; what cannot
be followed is a value and gets a place too. Texts without a word are left out.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

FIELDS: Mapping[str, tuple[str, ...]] = {
    "KiyasError": ("what",),
    "SandboxError": ("what",),
    "Conflict": ("", "what", "received", "expected"),
    "TableWarning": ("", "where", "text", "next_step"),
}
"""Classes whose texts are shown, with the names of their places; "" is no text."""
TEXTS = frozenset({"what", "where", "received", "expected", "next_step", "text"})
SAID_BY = frozenset({"_parse_label"})
"""Functions that return a part of a fault beside other things."""
WORDS = (
    *("row", "rows", "line", "item", "label", "labels", "problem", "problems"),
    *("arm", "seed", "checkpoint", "no text"),
    *(" or ", ", or "),
)
"""Words that stand at places (units, what is missing) and between choices."""
LIBRARY = (
    "input should be greater than %(limit)s",
    "input should be greater than or equal to %(limit)s",
    "input should be less than %(limit)s",
    "input should be less than or equal to %(limit)s",
    "input should be a valid integer",
    "input should be a valid integer, got a number with a fractional part",
    "input should be a valid number",
    "input should be a finite number",
    "input should be a valid string",
    "input should be a valid boolean",
    "input should be a valid list",
    "input should be a valid dictionary",
    "input should be a valid dictionary or instance of %(model)s",
    "input should be %(any_of)s",
    "input should be %(any_of)s (did you mean `%(near)s`?)",
    "string should match pattern %(pattern)s",
    "string should have at least %(num)s character",
    "string should have at least %(num)s characters",
    "string should have at most %(num)s characters",
    "list should have at least %(num)s item after validation, not %(received)s",
    "list should have at least %(num)s items after validation, not %(received)s",
    "dictionary should have at least %(num)s item after validation, not %(received)s",
)
"""What pydantic says of a value in a study, as ``kiyas.config`` writes it."""

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
                self.calls.setdefault(_name_of(inner.func), []).append((inner, function))
            self._walk(inner, inner if isinstance(inner, ast.FunctionDef) else function)


def fault_messages(package: Path) -> Iterator[tuple[str, str]]:
    """Yield every pattern with the file that says it.

    Args:
        package: Folder of the source of kiyas.
    """
    modules = [
        Module(path.relative_to(package).as_posix(), ast.parse(path.read_text(encoding="utf-8")))
        for path in sorted(package.rglob("*.py"))
    ]
    yield from Extractor(modules).messages()
    yield from ((text, "pydantic") for text in LIBRARY)
    yield from ((text, "units") for text in WORDS)


class Extractor:
    """Follows the texts of faults through all modules."""

    def __init__(self, modules: Sequence[Module]) -> None:
        self._modules = modules
        self._fields = dict(FIELDS)
        classes = [
            node
            for module in modules
            for node in ast.walk(module.tree)
            if isinstance(node, ast.ClassDef)
        ]
        for _generation in range(3):
            for node in classes:
                for base in node.bases:
                    if isinstance(base, ast.Name) and base.id in self._fields:
                        self._fields.setdefault(node.name, self._fields[base.id])
        self._fields.pop("MissingExtraError")  # it writes its text around its arguments
        self._functions: dict[str, list[tuple[Module, ast.FunctionDef]]] = {}
        for module in modules:
            for name, functions in module.functions.items():
                for function in functions:
                    self._functions.setdefault(name, []).append((module, function))

    def messages(self) -> Iterator[tuple[str, str]]:
        """Yield every pattern with the file that says it."""
        for text, scope in self._texts():
            for form in self._forms(text, scope, 0):
                if _has_words(pattern := _number_places(form)):
                    yield pattern, scope.module.name

    def _texts(self) -> Iterator[tuple[ast.expr, Scope]]:
        for module in self._modules:
            for calls in module.calls.values():
                for call, function in calls:
                    for text in self._texts_of(call, module.name):
                        yield text, Scope(module, function)
            for name in SAID_BY & module.functions.keys():
                for function in module.functions[name]:
                    for returned in _returned(function):
                        for part in _parts(returned):
                            yield part, Scope(module, function)

    def _texts_of(self, call: ast.Call, where: str) -> Iterator[ast.expr]:
        name = _name_of(call.func)
        if name == "say" and where == "errors.py":  # its labels
            yield call.args[0]
        if name == "__init__" and where == "errors.py":
            name = "KiyasError"
        if name in self._fields:
            yield from (text for place, text in zip(self._fields[name], call.args) if place)
            yield from (word.value for word in call.keywords if word.arg in TEXTS)

    def _forms(self, node: ast.expr, scope: Scope, depth: int) -> list[str]:
        """Return all texts that an expression can be, each with places for its values."""
        forms = self._followed(node, scope, depth) if depth < _DEEPEST else None
        if forms is None or len(forms) > _MOST_FORMS:
            return [_place(node)]
        return list(dict.fromkeys(forms))

    def _followed(self, node: ast.expr, scope: Scope, depth: int) -> list[str] | None:
        match node:
            case ast.Constant(value=str(text)):
                return [text.replace("%", "%%")]
            case ast.Constant(value=None):
                return []
            case ast.JoinedStr(values=parts):
                return self._product(parts, scope, depth)
            case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
                forms = self._forms(value, scope, depth + 1)
                is_phrase = not isinstance(value, ast.Name | ast.Call) or " " in "".join(forms)
                return forms if is_phrase else None
            case ast.BinOp(left=left, op=ast.Add(), right=right) if _is_text(node):
                return self._product([left, right], scope, depth)
            case ast.IfExp(body=one, orelse=other):
                return self._union([one, other], scope, depth)
            case ast.BoolOp(op=ast.Or(), values=values):
                return self._union(values, scope, depth)
            case ast.Subscript(value=ast.JoinedStr() as text, slice=ast.Slice()):
                return self._forms(text, scope, depth)
            case ast.Name(id=name):
                return self._of_name(name, scope, depth)
            case ast.Call(func=ast.Name(id=name)):
                return self._of_call(name, scope, depth)
        return None

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
        modules = [scope.module]
        if called == "__init__" and "feature" in [one.arg for one in function.args.args]:
            called, modules = "MissingExtraError", list(self._modules)
        elif not called.startswith("_"):
            return None
        names = [parameter.arg for parameter in function.args.args]
        names = [one for one in names if one != "self"]
        forms: list[str] = []
        for module in modules:
            for call, caller in module.calls.get(called, ()):
                given = dict(zip(names, call.args))
                given |= {word.arg: word.value for word in call.keywords if word.arg}
                if name in given:
                    forms += self._forms(given[name], Scope(module, caller), depth + 1)
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
        forms = self._union(_returned(function), Scope(module, function), depth + 1)
        return forms if any(map(_has_words, forms)) else None


def _returned(function: ast.FunctionDef) -> list[ast.expr]:
    return [
        node.value for node in ast.walk(function) if isinstance(node, ast.Return) and node.value
    ]


def _parts(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple) else [node]


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
                    for target, value in zip(targets, values)
                    if isinstance(target, ast.Name) and target.id == name
                )
        if not isinstance(inner, ast.FunctionDef | ast.ClassDef):
            yield from _assigned(name, inner)


def _place(node: ast.expr) -> str:
    return f"%({_name_place(node)})s"


def _name_place(node: ast.expr) -> str:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=" or "), attr="join")):
            return "any_of"
        case ast.Call(func=ast.Attribute(value=ast.Constant(), attr="join"), args=[argument]):
            return _name_place(argument)
        case ast.Call(func=ast.Attribute(attr="fromkeys"), args=[argument]):
            return _name_place(argument)
        case ast.GeneratorExp(generators=[ast.comprehension(iter=iterated)]):
            return _name_place(iterated)
        case ast.Call(func=ast.Name(id="len"), args=[argument]):
            return "num_" + _name_place(argument)
        case ast.Call(func=ast.Attribute(attr="items" | "split" | "decode", value=value)):
            return _name_place(value)
        case ast.Call(func=ast.Name(), args=[argument, *_]):
            return _name_place(argument)
        case ast.Call(func=function):
            return _name_place(function)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.strip("_").lower()
        case ast.Subscript(value=value) | ast.FormattedValue(value=value):
            return _name_place(value)
        case ast.BinOp(left=left):
            return _name_place(left)
    return "value"


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


def _name_of(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
