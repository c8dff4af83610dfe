"""Source of kiyas -> patterns of everything that its faults can say, by the syntax tree.

A fault is a construction of ``KiyasError`` or a subclass, of the sandbox's error, of a conflict
between keys or of a table's warning; what a comparison warns of and corrects for is said like one.
``text_forms`` follows each of its texts to where it is written. Texts without a word are left out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from text_forms import Forms, Module, Scope, name_of, returned

from kiyas.faults import UNITS

PLACES: Mapping[str, tuple[str, ...]] = {
    "KiyasError": ("what",),
    "MissingExtraError": ("feature",),
    "SandboxError": ("what",),
    "Conflict": ("", "what", "received", "expected"),
    "TableWarning": ("", "where", "text", "next_step"),
    "TableAudit": (),
    "replace": (),  # of a comparison, whose family is a text
}
"""Calls whose arguments are shown, with what those given by place mean; "" is no text."""
TEXTS = frozenset({"what", "where", "received", "expected", "next_step", "text", "family"})
SAID_BY = frozenset({"_parse_label", "_look", "_differences", "_family"})
"""Functions that return or yield a text of their own, some beside other things."""
SYSTEM = (
    *("No such file or directory", "Permission denied", "Is a directory", "Not a directory"),
    *("File exists", "No space left on device", "Read-only file system"),
)
"""What the operating system says of a file, as errno.h has it."""
WORDS = (
    *("no text", "one comparison", "extraction rule"),
    *("%(source)s, lines %(listed)s", "%(source)s, rows %(listed)s"),
    *(" or ", ", or "),
)
"""Texts that no call shows, places of ``name_rows``, and what stands between choices."""
_PLACE = re.compile(r"%\(\w+\)s")
LIBRARY = (
    "input should be greater than %(limit)s",
    "input should be greater than or equal to %(limit)s",
    "input should be less than %(limit)s",
    "input should be less than or equal to %(limit)s",
    "input should be a valid integer",
    "input should be a valid integer, got a number with a fractional part",
    "input should be a valid number",
    "input should be a finite number",
    "input should be 0 (greedy) or at least 0.01",
    "input should be an address in ASCII, such as http://localhost:8000/v1",
    "input should hold no name and password; `api_key_env` names the variable of a key",
    "kiyas does not speak this language; it speaks %(any_of)s",
    "input should be a valid string",
    "input should be a valid boolean",
    "input should be a valid list",
    "input should be a valid dictionary",
    "input should be a valid dictionary or instance of %(model)s",
    "input should be %(any_of)s",
    "string should match pattern %(pattern)s",
    "string should have at least %(num)s character",
    "string should have at least %(num)s characters",
    "string should have at most %(num)s characters",
    "list should have at least %(num)s item after validation, not %(received)s",
    "list should have at least %(num)s items after validation, not %(received)s",
    "dictionary should have at least %(num)s item after validation, not %(received)s",
)
"""What pydantic says of a value in a study, or is given to say, as ``kiyas.config`` writes it."""


def fault_messages(package: Path) -> Iterator[tuple[str, str]]:
    """Yield every pattern with the file that says it.

    Args:
        package: Folder of the source of kiyas.
    """
    modules = [
        Module(path.relative_to(package).as_posix(), ast.parse(path.read_text(encoding="utf-8")))
        for path in sorted(package.rglob("*.py"))
    ]
    forms, places = Forms(modules), _places(modules)
    by_shape: dict[str, str] = {}  # patterns that only call their places otherwise are one
    for module in modules:
        for text, function in _texts(module, places):
            for pattern in forms.patterns(text, Scope(module, function)):
                yield by_shape.setdefault(_PLACE.sub("%s", pattern), pattern), module.name
    yield from ((text, "pydantic") for text in LIBRARY)
    yield from ((text, "system") for text in SYSTEM)
    yield from ((text, "words") for text in (*UNITS, *WORDS))


def _places(modules: Sequence[Module]) -> dict[str, tuple[str, ...]]:
    """Return the names of the places of all classes of ``PLACES`` and of those made of them."""
    places = dict(PLACES)
    classes = [
        node
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
    ]
    for _generation in range(3):
        for node in classes:
            for base in node.bases:
                if isinstance(base, ast.Name) and base.id in places:
                    places.setdefault(node.name, places[base.id])
    return places


def _texts(
    module: Module, places: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[ast.expr, ast.FunctionDef | None]]:
    """Yield the texts of faults in a module, each with the function in which it stands."""
    for calls in module.calls.values():
        for call, function in calls:
            yield from ((text, function) for text in _texts_of(call, module.name, places))
    for name in SAID_BY & module.functions.keys():
        for function in module.functions[name]:
            for value in returned(function):
                parts = value.elts if isinstance(value, ast.Tuple) else [value]
                yield from ((part, function) for part in parts)


def _texts_of(
    call: ast.Call, where: str, places: Mapping[str, tuple[str, ...]]
) -> Iterator[ast.expr]:
    name = name_of(call.func)
    if name == "say" and where == "errors.py":  # its labels
        yield call.args[0]
    if name == "__init__" and where == "errors.py":
        name = "KiyasError"
    if name in places:
        yield from (text for place, text in zip(places[name], call.args, strict=False) if place)
        yield from (word.value for word in call.keywords if word.arg in TEXTS)
