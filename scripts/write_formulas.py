"""Docstrings of ``kiyas.statistics`` -> docs/formulas.md: every formula beside its source.

Run it after changing a formula; a test compares what it would write.
"""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

import kiyas.statistics

PAGE = Path(__file__).parents[1] / "docs" / "formulas.md"
_FIRST = ("intervals", "pass_at_k", "paired", "unpaired", "multiplicity", "seeds", "selection")
"""In the order in which a reader needs them; the other modules follow by name."""

_HEAD = """\
# Formulas

Every figure of a report comes from one of these functions. The text is the functions' own, with
the source beside each formula; this page is generated from it. Shares are fractions, differences
are the first minus the second, and what is undefined is `None`, shown as a dash.
"""


def page() -> str:
    """Return docs/formulas.md."""
    return "\n".join([_HEAD, *(_section(name) for name in _modules())]).rstrip() + "\n"


def documented() -> list[str]:
    """Return the names of the functions that the page has."""
    return [name for module in _modules() for name in _functions(module)]


def _modules() -> list[str]:
    """Return the modules that public functions live in."""
    public = (getattr(kiyas.statistics, name) for name in kiyas.statistics.__all__)
    found = {value.__module__.rpartition(".")[2] for value in public if inspect.isfunction(value)}
    return [*(name for name in _FIRST if name in found), *sorted(found - set(_FIRST))]


def _section(name: str) -> str:
    module = importlib.import_module(f"kiyas.statistics.{name}")
    first, *rest = inspect.getdoc(module).split("\n\n")
    parts = [f"## {_escaped(first.rstrip('.'))}", *(_escaped(text) for text in rest)]
    for function in _functions(name):
        parts += [f"### `{function}`", *_paragraphs(getattr(module, function))]
    return "\n\n".join(parts) + "\n"


def _functions(name: str) -> list[str]:
    """Return the public functions of a module in the order of its source."""
    module = importlib.import_module(f"kiyas.statistics.{name}")
    found = [
        (inspect.getsourcelines(value)[1], key)
        for key, value in vars(module).items()
        if inspect.isfunction(value)
        and value.__module__ == module.__name__
        and key in kiyas.statistics.__all__
    ]
    return [key for _, key in sorted(found)]


def _paragraphs(function: object) -> list[str]:
    """Return what a docstring says before its arguments."""
    text = re.split(r"\n(?:Args|Returns|Raises):\n", inspect.getdoc(function) or "")[0]
    return [_escaped(part) for part in text.strip().split("\n\n")]


def _escaped(text: str) -> str:
    """Return prose that Markdown shows as it stands; code between two accents stays code."""
    parts = re.split(r"``(.+?)``", " ".join(text.split()))
    shown = [
        f"`{part}`" if index % 2 else re.sub(r"([\\`*_>\[\]])", r"\\\1", part)
        for index, part in enumerate(parts)
    ]
    return "".join(shown).replace("<", "&lt;")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
