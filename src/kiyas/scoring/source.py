"""Python source of unknown origin -> syntax trees and parseable runs, within a fixed budget.

Does not run code and does not repair it. Models write text on which ``ast.parse`` and ``compile``
raise much more than SyntaxError, or take long; here every such end is a ``Fault``, and what one
completion may cost is bounded.
"""

from __future__ import annotations

import ast
import io
import re
import warnings
from typing import NamedTuple

# A solution of HumanEval has some hundred characters; CPython 3.11 parses f-strings in quadratic
# time, so that a longer text is not even tried.
MAX_PROGRAM_CHARS = 50_000
# Over all attempts of one completion: under half a second for the worst text that was found.
_BUDGET_CHARS = 120_000
_COST_OF_A_CALL = 40
_MAX_CUTS = 8

_LINE_OF_CODE = re.compile(
    r"^[ \t]*(?:(?:async )?def \w|class \w|return\b|import \w|from \w+ import|@\w|print\("
    r"|pass\b|raise \w|\.\.\.[ \t]*$|(?:for|while|if|with) .*:[ \t]*$"
    r"|[A-Za-z_][\w.\[\]]*(?:, ?\w+)* ?[-+*/|&]?= ?\S)",
    re.MULTILINE,
)
_CODE_LOOK_CHARS = 20_000
# Comments and strings, so that a line inside a docstring does not look like a statement. Each
# alternative takes an unclosed string to its end: no start is scanned twice.
_OPAQUE = re.compile(
    r"""#[^\n]*|(?P<triple>\"{3}|'{3})(?:\\.|[^\\])*?(?:(?P=triple)|\Z)"""
    r"""|(?P<single>["'])(?:\\.|(?!(?P=single))[^\\\n])*(?:(?P=single)|$)""",
    re.MULTILINE | re.DOTALL,
)
# A line at the margin that goes on with the statement above it: closing brackets, branches,
# comments.
_MARGIN = re.compile(
    r"^(?![ \t)\]}#]|(?:else|elif|except|finally)\b)(?=.)(?P<decorator>@)?", re.MULTILINE
)


class Fault(NamedTuple):
    """Why a text is no solution."""

    outcome: str
    """The label of the failure taxonomy."""
    detail: str
    """One line for a reader."""
    line: int = 1
    """1-based line of the text at which it was noticed."""


class Run(NamedTuple):
    """Neighbouring statements that parse."""

    text: str
    start: int
    """0-based position in the source."""
    is_cut: bool
    """Whether its last statement was cut short to make it parse."""


class Parser:
    """Parses the texts of one completion until its budget is spent; not for two threads."""

    def __init__(self) -> None:
        self._budget = _BUDGET_CHARS

    def parse(self, source: str) -> ast.Module | Fault:
        """Return the tree of ``source`` if it compiles as a module, or what is wrong with it."""
        cost = len(source) + _COST_OF_A_CALL
        if len(source) > MAX_PROGRAM_CHARS or cost > self._budget:
            return Fault("no_code_found", f"too long to be read as code: {len(source)} characters")
        self._budget -= cost
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(source, "<completion>")
                # Finds what the grammar alone allows, such as a return at the margin.
                compile(tree, "<completion>", "exec", dont_inherit=True)
        except SyntaxError as error:  # IndentationError and TabError are kinds of it
            name = type(error).__name__
            is_layout = isinstance(error, IndentationError)
            line = error.lineno or 1
            label = "indentation_error" if is_layout else "syntax_error"
            return Fault(label, f"{name}: {error.msg} (line {line})", line)
        except (ValueError, RecursionError, MemoryError, OverflowError) as error:
            # NUL characters, lone surrogates, nesting too deep for the parser or the compiler.
            return Fault("syntax_error", f"{type(error).__name__}: {error}"[:300])
        return tree


def looks_like_code(text: str) -> bool:
    """Return whether some line of ``text`` has the shape of a statement."""
    return _LINE_OF_CODE.search(text[:_CODE_LOOK_CHARS]) is not None


def split_lines(source: str) -> list[str]:
    """Return the lines of ``source`` with their ends, as Python counts them.

    ``str.splitlines`` also ends lines at form feeds and at separators inside of strings.
    """
    return io.StringIO(source).readlines()


def find_runs(parser: Parser, source: str, entry_point: str) -> list[Run]:
    """Return the longest stretches of whole statements that parse, in order.

    Each statement at the margin is parsed by itself, so that the cost is linear. A definition of
    the entry point that does not parse is cut at the line of its SyntaxError.
    """
    runs: list[Run] = []
    texts: list[str] = []
    start = 0
    definition = re.compile(rf"^(?:async )?def {re.escape(entry_point)}\b", re.MULTILINE)

    def end_run(position: int, is_cut: bool = False) -> None:
        nonlocal start
        if "".join(texts).strip():
            runs.append(Run("".join(texts), start, is_cut))
        texts.clear()
        start = position

    position = 0
    for statement in _split_statements(source):
        position += len(statement)
        tree = parser.parse(statement)
        if isinstance(tree, ast.Module):
            if _is_prose(tree):
                end_run(position)
            else:
                texts.append(statement)
            continue
        piece = _cut(parser, statement, tree) if definition.search(statement) else ""
        texts.append(piece)
        end_run(position, is_cut=bool(piece))
    end_run(position)
    return runs


def _split_statements(source: str) -> list[str]:
    """Return ``source`` in pieces that each begin at the margin; a decorator keeps its function."""
    source += "\n"
    hidden = iter([match.span() for match in _OPAQUE.finditer(source) if "\n" in match.group()])
    span = next(hidden, None)
    starts = [0]
    follows_decorator = False
    for match in _MARGIN.finditer(source):
        position = match.start()
        while span is not None and span[1] <= position:
            span = next(hidden, None)
        if span is not None and span[0] < position:
            continue
        if not follows_decorator and position > 0:
            starts.append(position)
        follows_decorator = match["decorator"] is not None
    return [source[a:b] for a, b in zip(starts, [*starts[1:], len(source)], strict=True)]


def _is_prose(tree: ast.Module) -> bool:
    """Return whether a statement parses only by chance, such as ``Explanation`` or ``Note: this``.

    No solution needs a bare expression that calls nothing, or a bare annotation.
    """
    return bool(tree.body) and all(
        (isinstance(node, ast.Expr) and not isinstance(node.value, ast.Call | ast.Constant))
        or (isinstance(node, ast.AnnAssign) and node.value is None)
        for node in tree.body
    )


def _cut(parser: Parser, statement: str, fault: Fault) -> str:
    """Return the longest beginning of ``statement`` found that parses; empty if there is none."""
    lines = split_lines(statement)
    for _ in range(_MAX_CUTS):
        lines = lines[: min(fault.line, len(lines)) - 1]
        if not lines:
            break
        tree = parser.parse("".join(lines))
        if isinstance(tree, ast.Module):
            return "".join(lines)
        fault = tree
    return ""
