"""Completion, extraction and verdict -> one label of the failure taxonomy, with its group.

Labels exclude each other: the first stage that went wrong names the outcome. ``passed`` is the only
success. What the machine did wrong is never charged to the model: ``sandbox_error`` is no verdict
on the completion, and a score that holds it is incomplete. ``unsupported`` is a failure: what a
program imports or returns is its own doing.
The labels and their stages are in ``taxonomy``.
"""

from __future__ import annotations

import ast
import builtins

from kiyas.records import Completion, Extraction
from kiyas.records.taxonomy import OUTCOME_GROUPS as OUTCOME_GROUPS  # noqa: PLC0414 - passed on
from kiyas.sandbox import Verdict
from kiyas.scoring.solution_form import is_last_statement, returns_value
from kiyas.scoring.source import Fault, Parser

_KINDS: tuple[tuple[type[BaseException], str], ...] = (
    (IndentationError, "indentation_error"),
    (SyntaxError, "syntax_error"),
    (ImportError, "import_error"),
    (EOFError, "stdin_read"),
    (RecursionError, "recursion_error"),
    (NameError, "name_error"),
    (TypeError, "type_error"),
    (LookupError, "lookup_error"),
    (ValueError, "value_error"),
    (AttributeError, "attribute_error"),
    (ZeroDivisionError, "zero_division"),
)
_MAX_PERIOD_CHARS = 1000
_MAX_DETAIL_CHARS = 300


def name_outcome(
    completion: Completion,
    extraction: Extraction,
    verdict: Verdict | None,
    fault: Fault | None,
    entry_point: str,
) -> tuple[str, str]:
    """Return the outcome of a completion and one line of detail.

    Args:
        completion: The text and why it ended.
        extraction: The program taken out of it.
        verdict: What the cage said of the program; None if there is no program.
        fault: Why there is no program, or only a part of one; None if it is whole.
        entry_point: Name of the function asked for.

    Raises:
        ValueError: Neither a verdict nor a fault is given.
    """
    if verdict is None and fault is None:
        raise ValueError("an outcome needs a verdict, or the fault that stood in its way")
    if verdict is not None and verdict.outcome == "passed":
        return "passed", ""
    if verdict is not None and verdict.outcome in ("harness_error", "unsupported"):
        label = "sandbox_error" if verdict.outcome == "harness_error" else "unsupported"
        return label, verdict.detail
    generation = _generation_fault(completion, extraction, entry_point)
    if fault is not None:  # a partial program that fails has failed for what was cut off
        label, detail = fault.outcome, fault.detail
    elif verdict is not None:
        label, detail = _from_verdict(verdict, extraction, entry_point)
    return generation or label, detail[:_MAX_DETAIL_CHARS]


def _generation_fault(completion: Completion, extraction: Extraction, entry_point: str) -> str:
    """Return what decoding did wrong; empty if the code is to blame."""
    if completion.finish_reason == "error":
        return "decoding_error"
    if not completion.completion.strip():
        return "empty"
    if completion.finish_reason == "length" and _is_cut_off(completion, extraction, entry_point):
        return "degenerate_loop" if is_repeating(completion.completion) else "truncated"
    return ""


def _is_cut_off(completion: Completion, extraction: Extraction, entry_point: str) -> bool:
    """Return whether the text may have ended before the function did."""
    if extraction.rule in ("none", "partial-body", "inside-thinking"):
        return True
    last_line = extraction.program.rstrip().rpartition("\n")[2]
    if not completion.completion.rstrip().endswith(last_line):
        return False
    tree = Parser().parse(extraction.program)
    return not isinstance(tree, ast.Module) or is_last_statement(tree, entry_point)


def is_repeating(text: str) -> bool:
    """Return whether ``text`` ends in three copies or more of one stretch of 1 to 1000 characters.

    The copies have 40 characters together at least, and are not white space alone: both occur in
    good code.
    """
    for period in range(1, _MAX_PERIOD_CHARS + 1):
        length = max(3 * period, 40)
        tail = text[-length:]
        if len(tail) < length:
            return False
        if tail[period:] == tail[:-period]:
            return bool(tail.strip())
    return False


def _from_verdict(verdict: Verdict, extraction: Extraction, entry_point: str) -> tuple[str, str]:
    name, detail = verdict.exception, verdict.detail
    line = f"{name}: {detail}" if name else detail
    if verdict.outcome != "failed":
        return verdict.outcome, line
    if name is None:  # the cage refused the program or its reply by size or form
        return "output_limit", line
    kind = _builtin_kind(name)
    label = next((label for base, label in _KINDS if issubclass(kind, base)), "other_exception")
    # With the test beside the solution no call is counted, and load and run cannot be told apart.
    if verdict.num_calls == 0 and verdict.strength == "split":
        if label == "name_error" and detail == _missing(entry_point):
            label = "wrong_entry_point"
        elif OUTCOME_GROUPS[label] == "run":
            label = "top_level_error"
    # The cage adds the line of the solution to what the solution itself raised.
    elif kind is AssertionError and " (at: " not in detail:
        tree = Parser().parse(extraction.program)
        has_value = isinstance(tree, ast.Module) and returns_value(tree, entry_point)
        label = "wrong_answer" if has_value else "returned_none"
    return label, line


def _builtin_kind(name: str) -> type[BaseException]:
    kind = getattr(builtins, name, None)
    return kind if isinstance(kind, type) and issubclass(kind, BaseException) else Exception


def _missing(entry_point: str) -> str:
    """Return the message of a cell that finds no entry point in a program."""
    return f"the solution does not define {entry_point!r}"
