"""One completion with its program -> what can be measured in it: thinking, methods, idioms.

Code is only parsed, never run, and within the budget of one ``Parser``; every other pass over the
text is linear and over its first 200,000 characters. Says nothing about what goes with passing
(``analysis``). Thinking that a chat template opened is seen only where the completion closes it.

Source: repetition as seq-rep-4 of Welleck et al. 2020 (arXiv:1908.04319), over words.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator

from kiyas.records import Completion, Problem, Score
from kiyas.records.traces import Trace
from kiyas.scoring.markdown import split_thinking
from kiyas.scoring.source import Parser

TRACES_VERSION = 1
"""Raised when the same completion would be measured otherwise."""

_MAX_CHARS = 200_000
_WORDS_A_SEQUENCE = 4
_MAX_DEFINITIONS = 64
_TAG = re.compile(r"</?think(?:ing)?>")
_DEFINED = re.compile(r"^(?:async )?def (\w+)", re.MULTILINE)
_DEFINITION_END = re.compile(r"^(?:```|~~~|</?think|def |class )", re.MULTILINE)

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Loop = ast.For | ast.AsyncFor | ast.While

_IDIOM_NODES: tuple[tuple[type[ast.AST], str], ...] = (
    (ast.ListComp, "comprehension"),
    (ast.SetComp, "comprehension"),
    (ast.DictComp, "comprehension"),
    (ast.GeneratorExp, "comprehension"),
    (ast.IfExp, "conditional-expression"),
    (ast.Slice, "slice"),
    (ast.JoinedStr, "f-string"),
    (ast.Lambda, "lambda"),
)
_IDIOM_CALLS = {
    **dict.fromkeys(("enumerate", "zip", "reversed", "map", "filter"), "iteration-builtin"),
    **dict.fromkeys(("any", "all", "sum", "min", "max", "sorted"), "aggregating-builtin"),
}
_IDIOM_MODULES = frozenset(("collections", "itertools", "functools", "operator", "heapq", "bisect"))


def measure_trace(problem: Problem, completion: Completion, score: Score) -> Trace:
    """Return what can be measured in a completion; never raises, whatever the text is.

    Args:
        problem: What was asked.
        completion: The text as decoded.
        score: Its verdict, with the program that was judged.
    """
    text = completion.completion[:_MAX_CHARS]
    thinking = _TAG.sub("", split_thinking(text)[0])
    is_unclosed = _last(text, "<think>", "<thinking>") > _last(text, "</think>", "</thinking>")
    is_truncated = completion.finish_reason == "length"
    is_from_answer = bool(score.program) and score.rule != "inside-thinking"
    is_whole = is_from_answer and score.rule != "partial-body"
    has_thinking = bool(thinking.strip())
    tree = Parser().parse(score.program) if score.program else None
    code = _Code(tree, problem) if isinstance(tree, ast.Module) else None
    return Trace(
        task_id=score.task_id,
        sample=score.sample,
        passed=score.passed,
        num_thinking_tokens=completion.num_tokens * len(thinking) / max(1, len(text)),
        plans_first=has_thinking and not is_unclosed and is_from_answer,
        is_thinking_unclosed=is_unclosed,
        is_truncated=is_truncated,
        over_reasons=has_thinking and (is_unclosed or not is_whole),
        repetition=measure_repetition(text),
        num_solutions=_count_solutions(text, problem.entry_point, score.rule),
        is_recursive=None if code is None else bool(code.recursive),
        is_iterative=None if code is None else bool(code.looping),
        mixes_methods=None if code is None else bool(code.recursive & code.looping),
        idioms=None if code is None else tuple(sorted(code.idioms)),
        num_unused_helpers=None if code is None else code.num_unused_helpers,
    )


def measure_repetition(text: str) -> float:
    """Return the share of four-word sequences of ``text`` that occurred in it before.

    1 - distinct sequences / sequences; 0 for a text of three words or fewer.
    """
    words = text[:_MAX_CHARS].split()
    total = len(words) - _WORDS_A_SEQUENCE + 1
    if total < 1:
        return 0.0
    sequences = zip(*(words[start:] for start in range(_WORDS_A_SEQUENCE)), strict=False)
    return 1 - len(set(sequences)) / total


def _last(text: str, *marks: str) -> int:
    return max(text.rfind(mark) for mark in marks)


def _count_solutions(text: str, entry_point: str, rule: str) -> int:
    """Return how many different definitions of the entry point stand in ``text``.

    Two definitions are alike if their text up to the next fence, definition at the margin or tag
    is the same without white space. A continuation goes on with the definition of the prompt.
    """
    bodies = {"prompt"} if rule.startswith("continuation") else set()
    definition = re.compile(rf"\bdef[ \t]+{re.escape(entry_point)}[ \t]*\(")
    starts = [match.start() for match in definition.finditer(text)][:_MAX_DEFINITIONS]
    for start, following in itertools.pairwise([*starts, len(text)]):
        end = _DEFINITION_END.search(text, start + 1, following)
        bodies.add("".join(text[start : end.start() if end else following].split()))
    return len(bodies)


class _Code:
    """The structure of one program, what its prompt gave left out.

    ``recursive`` and ``looping`` hold functions of the tree.
    """

    def __init__(self, tree: ast.Module, problem: Problem) -> None:
        given = set(_DEFINED.findall(problem.prompt)) - {problem.entry_point}
        self._body = [
            node for node in tree.body if not (isinstance(node, _Function) and node.name in given)
        ]
        self.recursive: set[ast.AST] = set()
        self.looping: set[ast.AST] = set()
        self.idioms: set[str] = set()
        self._calls: dict[ast.AST, set[str]] = {}
        for statement in self._body:
            self._read(statement)
        self._find_recursion()
        self.num_unused_helpers = self._count_unused(problem.entry_point)

    def _read(self, statement: ast.stmt) -> None:
        """Note for each function what stands in it, nested functions aside; one visit a node."""
        stack: list[tuple[ast.AST, ast.AST]] = [(statement, statement)]
        while stack:
            node, owner = stack.pop()
            inner = node if isinstance(node, _Function) else owner
            if isinstance(node, _Function):
                self._calls.setdefault(node, set())
            elif isinstance(node, _Loop):
                self.looping.add(owner)
            elif isinstance(node, ast.Call):
                self._note_call(node.func, owner)
            elif isinstance(node, ast.Import | ast.ImportFrom) and _imported(node) & _IDIOM_MODULES:
                self.idioms.add("library")
            self.idioms.update(name for kind, name in _IDIOM_NODES if isinstance(node, kind))
            stack += ((child, inner) for child in ast.iter_child_nodes(node))

    def _note_call(self, called: ast.expr, owner: ast.AST) -> None:
        if isinstance(called, ast.Name):
            self._calls.setdefault(owner, set()).add(called.id)
            if called.id in _IDIOM_CALLS:
                self.idioms.add(_IDIOM_CALLS[called.id])
        elif (
            isinstance(called, ast.Attribute)
            and isinstance(called.value, ast.Name)
            and called.value.id in ("self", "cls")
        ):
            self._calls.setdefault(owner, set()).add(called.attr)

    def _find_recursion(self) -> None:
        """Find functions that call themselves, and rings of functions that call each other.

        Functions that call no function left, or are called by none left, are taken away until
        nothing changes; what remains is in a ring, or on the way from one ring to another.
        """
        functions = [node for node in self._calls if isinstance(node, _Function)]
        self.recursive = {node for node in functions if node.name in self._calls[node]}
        left = {node.name for node in functions}
        calls: dict[str, set[str]] = {name: set() for name in left}
        for node in functions:
            calls[node.name] |= (self._calls[node] & left) - {node.name}
        for graph in (calls, _turned(calls)):
            left = _without_ends({name: to & left for name, to in graph.items() if name in left})
        self.recursive |= {node for node in functions if node.name in left}

    def _count_unused(self, entry_point: str) -> int:
        """Count the functions that neither the entry point nor a statement outside them reaches."""
        helpers = {node.name for node in self._body if isinstance(node, _Function)} - {entry_point}
        uses: dict[str, set[str]] = {}
        for statement in self._body:
            name = statement.name if isinstance(statement, _Function | ast.ClassDef) else ""
            uses.setdefault(name, set()).update(_names_in(statement))
        reached: set[str] = set()
        stack = ["", entry_point]
        while stack:
            name = stack.pop()
            if name not in reached:
                reached.add(name)
                stack += uses.get(name, set())
        return len(helpers - reached)


def _names_in(statement: ast.stmt) -> Iterator[str]:
    for node in ast.walk(statement):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


def _imported(node: ast.Import | ast.ImportFrom) -> set[str]:
    if isinstance(node, ast.ImportFrom):
        return {(node.module or "").split(".")[0]}
    return {alias.name.split(".")[0] for alias in node.names}


def _turned(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    turned: dict[str, set[str]] = {name: set() for name in graph}
    for name, others in graph.items():
        for other in others:
            turned[other].add(name)
    return turned


def _without_ends(graph: dict[str, set[str]]) -> set[str]:
    """Return the nodes left when those without an outgoing edge are taken away repeatedly."""
    incoming = _turned(graph)
    num_out = {name: len(others) for name, others in graph.items()}
    ends = [name for name, count in num_out.items() if count == 0]
    left = set(graph)
    while ends:
        name = ends.pop()
        left.discard(name)
        for other in incoming[name]:
            num_out[other] -= 1
            if num_out[other] == 0:
                ends.append(other)
    return left
