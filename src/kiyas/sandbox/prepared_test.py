"""Problem -> its test, compiled once, ready to be run against many solutions.

Runs trusted code only: the prompt (for its imports and helpers) and the test of the benchmark. The
judge executes the prompt itself, because a solution that redefines a helper of the prompt would
otherwise change its own test.
"""

from __future__ import annotations

import ast
import builtins
import collections
import math
import random
import re
import symtable
import sys
from collections.abc import Callable
from types import CodeType, FrameType, FunctionType, TracebackType
from typing import Any

from . import arguments_in_place

TEST_FILE = "<test>"
_PROMPT_FILE = "<prompt>"
# MBPP/596 and others use modules that only their reference solution imports.
_PRELOADED = {"sys": sys, "math": math, "re": re, "collections": collections}


class ProblemError(Exception):
    """The problem itself cannot be judged, whatever the solution is."""


class PreparedTest:
    """A compiled test.

    ``needs_own_objects`` if it names things that only a solution can define, or is found to pass
    objects without a plain form (of a class of its own or of the prompt, say, or functions);
    ``prompt_misses_entry_point`` if the prompt defines functions, but not the entry point.

    Args:
        problem: The fields of a ``Problem``.

    Raises:
        ProblemError: The test does not compile, or the entry point is no name.
    """

    def __init__(self, problem: dict[str, str]) -> None:
        self.entry_point = problem["entry_point"]
        self.source = problem["test"]
        if not self.entry_point.isidentifier():
            raise ProblemError(f"the entry point {self.entry_point!r} is not a name")
        try:
            tree = ast.parse(self.source, TEST_FILE)
            self._test = compile(tree, TEST_FILE, "exec", dont_inherit=True)
            table = symtable.symtable(self.source, TEST_FILE, "exec")
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise ProblemError(f"the test does not compile: {error}") from error
        self._calls_in_place = arguments_in_place.find_calls(tree)
        self._prompt = _compile_prompt(problem["prompt"])
        self.prompt = "" if self._prompt is None else problem["prompt"]
        names = self._namespace()
        self.prompt_misses_entry_point = self.entry_point not in names and any(
            isinstance(value, FunctionType) and value.__code__.co_filename == _PROMPT_FILE
            for value in names.values()
        )
        known = {self.entry_point, "__name__", "__file__", "__doc__", *names}
        self.needs_own_objects = bool(_free_names(table) - known - set(dir(builtins)))

    def run(self, candidate: Callable[..., Any]) -> None:
        """Run the test against ``candidate``; whatever the test raises comes through."""
        random.seed(0)
        names = self._namespace()
        names[self.entry_point] = candidate
        exec(self._test, names)  # noqa: S102 - the benchmark's own test, trusted
        # Taken before the entry point is bound again: a solution may be called ``check`` itself.
        check = names.get("check")
        names[self.entry_point] = candidate
        if check is not None and check is not candidate:
            check(candidate)

    def is_in_place(self, frame: FrameType) -> bool:
        """Return whether the test calls, at this place, for what happens to the arguments."""
        return (
            bool(self._calls_in_place)
            and frame.f_code.co_filename == TEST_FILE
            and arguments_in_place.position_of(frame) in self._calls_in_place
        )

    def failing_line(self, trace: TracebackType | None) -> str:
        """Return the line of the test at which ``trace`` passed through it last."""
        number = None
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == TEST_FILE:
                number = trace.tb_lineno
            trace = trace.tb_next
        lines = self.source.splitlines()
        return lines[number - 1].strip() if number and number <= len(lines) else ""

    def _namespace(self) -> dict[str, Any]:
        names: dict[str, Any] = {"__name__": "__test__", **_PRELOADED}
        if self._prompt is not None:
            try:
                exec(self._prompt, names)  # noqa: S102 - the benchmark's own prompt, trusted
            except Exception as error:
                raise ProblemError(f"the prompt raises {error!r}") from error
        return names


def _compile_prompt(prompt: str) -> CodeType | None:
    """Return the prompt as code; None where it is prose, as in MBPP."""
    for ending in ("", "\n    pass\n"):
        try:
            return compile(prompt + ending, _PROMPT_FILE, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return None


def _free_names(table: symtable.SymbolTable) -> set[str]:
    """Return the global names that the code uses and never binds itself."""
    used: set[str] = set()
    bound: set[str] = set()
    tables = [table]
    while tables:
        current = tables.pop()
        tables += current.get_children()
        for symbol in current.get_symbols():
            top = current.get_type() == "module"
            if (top or symbol.is_declared_global()) and (
                symbol.is_assigned() or symbol.is_imported()
            ):
                bound.add(symbol.get_name())
            elif symbol.is_referenced() and (top or symbol.is_global()):
                used.add(symbol.get_name())
    return used - bound
