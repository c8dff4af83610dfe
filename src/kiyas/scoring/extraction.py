"""One completion -> the program to judge, by candidates and validation.

Candidates are verbatim stretches of the completion: nothing is stripped, re-indented or renamed,
and a continuation is joined to the prompt byte by byte. The candidate that is taken compiles and
defines the entry point at module level with the arguments of the prompt and a body. No test is run
to choose, which would turn one sample into the best of many.

Rules, in order of preference (the first complete candidate wins; see ``_Reading.weigh``):

==================== ==========================================================================
``continuation``      prompt + completion, as it is or up to the first line with a fence
``continuation-cut``  the same up to the first statement at the margin that does not parse
``last-fence``        the last closed fence of the answer (what follows the last ``</think>``)
``unclosed-fence``    a fence that the completion ends in
``earlier-fence``     a closed fence before the last
``joined-fences``     one of these with the fences that define what it lacks
``after-thinking``    the whole answer, behind thinking
``whole-answer``      the whole answer, without thinking
``longest-parseable`` the last run of statements that parses, fenced or not
``partial-body``      any of these, its function cut at the line that does not parse
``inside-thinking``   any of these, in the thinking; only if the answer has no candidate at all
``none``              no candidate
==================== ==========================================================================

The first two apply to the protocols ``completion`` and ``chat-prefill``. In both the completion
goes on from the last character of the prompt; with a prefill a fence was opened before the prompt,
so that the first line with a fence closes it. A chat answer that is an indented body and nothing
else is joined to the prompt as well, under the rule that found it.

Source of the approach: EvalPlus ``sanitize.py`` (26d6d00b), which keeps only some kinds of
statement and tries every pair of lines; both are avoided here.
"""

from __future__ import annotations

import ast
import itertools
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, replace

from kiyas.records import Extraction, Problem, Protocol
from kiyas.scoring import solution_form
from kiyas.scoring.markdown import Fence, find_fences, opens_thinking, split_thinking
from kiyas.scoring.source import Fault, Parser, find_runs, looks_like_code

EXTRACTION_VERSION = 2
"""Raised when the same completion would give another program than before."""
NO_CODE = Extraction(program="", rule="none")
"""What a completion without a usable program gives."""

# Longer than any budget of tokens that makes sense; what lies beyond is not looked at.
_MAX_CHARS = 200_000
_MAX_FENCES = 32
_FENCE_MARK = re.compile("```")
_FENCE_LINE = re.compile(r"^[ \t]*(?:```|~~~)|```[ \t]*$", re.MULTILINE)


@dataclass(frozen=True)
class _Candidate:
    text: str
    rule: str
    follows_prompt: bool = False
    """Whether the text goes on from the last character of the prompt."""
    is_cut: bool = False
    """Whether the end of a function was cut off to make the text parse."""
    others: tuple[str, ...] = ()
    """Other pieces of the same answer, which may define what this one lacks."""


@dataclass(frozen=True)
class _Weighed:
    extraction: Extraction
    rank: int
    """0 complete, 1 returns nothing, 2 cut."""


def extract_code(problem: Problem, completion: str, protocol: Protocol) -> Extraction:
    """Take the program out of ``completion``; never raises, whatever the text is.

    Args:
        problem: What was asked; its prompt gives the signature, imports and helper functions.
        completion: The text as decoded.
        protocol: How the problem was put.

    Returns:
        The program with the name of the rule; ``NO_CODE`` if nothing in the text is a solution in
        form, for which ``find_code`` gives the reason.
    """
    return find_code(problem, completion, protocol)[0]


def find_code(
    problem: Problem, completion: str, protocol: Protocol
) -> tuple[Extraction, Fault | None]:
    """Like ``extract_code``, with the reason beside no program or a partial one, else None."""
    reading = _Reading(problem)
    thinking, answer = split_thinking(completion)
    rule = "after-thinking" if thinking else "whole-answer"
    is_prefilled = protocol == "chat-prefill" and not thinking
    candidates = _in_answer(reading, answer[-_MAX_CHARS:], rule, is_prefilled)
    if protocol != "chat":
        candidates = itertools.chain(_continuations(reading, completion[:_MAX_CHARS]), candidates)
    extraction = reading.choose(candidates) or reading.choose(_in_thinking(reading, thinking))
    if extraction is None:
        return NO_CODE, reading.main_fault()
    return extraction, reading.main_fault() if extraction.rule == "partial-body" else None


def find_end(problem: Problem, text: str, protocol: Protocol, prompt: str = "") -> int | None:
    """Return where an answer holds all that it was asked for: behind the first whole solution.

    That is the first fence that closes on a program which would be taken as complete. A later fence
    could still take its place, as the last one wins: whoever stops here gives up second thoughts.

    Args:
        problem: What was asked.
        text: An answer, or the beginning of one; a longer beginning has the same end.
        protocol: How the problem was put.
        prompt: What was sent; a template may have opened the thinking at its end.

    Returns:
        The number of characters up to the end of the closing mark; None if there is no such fence,
        and under the protocols whose answers end by a rule of their own.
    """
    if protocol != "chat":
        return None
    begins_in_thought = opens_thinking(prompt)
    for mark in itertools.islice(_FENCE_MARK.finditer(text), 2 * _MAX_FENCES):
        thinking, answer = split_thinking(text[: mark.end()])
        if begins_in_thought and not thinking:
            continue
        *others, last = find_fences(answer) or [Fence("", is_closed=False)]
        if last.is_closed:
            fence = _Candidate(last.text, "last-fence", others=tuple(one.text for one in others))
            weighed = _Reading(problem).weigh(fence)
            if isinstance(weighed, _Weighed) and weighed.rank == 0:
                return mark.end()
    return None


def _continuations(reading: _Reading, text: str) -> Iterator[_Candidate]:
    yield _Candidate(text, "continuation", follows_prompt=True)
    fence = _FENCE_LINE.search(text)
    if fence is not None:
        text = text[: fence.start()]
        yield _Candidate(text, "continuation", follows_prompt=True)
    prompt = reading.problem.prompt
    for run in find_runs(reading.parser, prompt + text, reading.problem.entry_point)[:1]:
        if run.start == 0 and len(run.text) > len(prompt):
            rule = "partial-body" if run.is_cut else "continuation-cut"
            text = run.text[len(prompt) :]
            yield _Candidate(text, rule, follows_prompt=True, is_cut=run.is_cut)


def _in_answer(
    reading: _Reading, answer: str, answer_rule: str, is_prefilled: bool
) -> Iterator[_Candidate]:
    """Yield the fences, the last one first, each whole and in runs; then what is not fenced."""
    fences = find_fences(answer, is_open=is_prefilled)
    fences = fences[1:] if is_prefilled else fences  # the first one is the continuation
    fences = fences[-_MAX_FENCES:]
    texts = [fence.text for fence in fences]
    for index in reversed(range(len(fences))):
        rule = "last-fence" if index == len(fences) - 1 else "earlier-fence"
        rule = rule if fences[index].is_closed else "unclosed-fence"
        others = (*texts[:index], *texts[index + 1 :])
        fence = _Candidate(texts[index], rule, others=others)
        yield fence
        yield from _runs(reading, fence)
    if not fences:
        yield _Candidate(answer, answer_rule)
    yield from _runs(reading, _Candidate(answer, "longest-parseable"))


def _runs(reading: _Reading, whole: _Candidate) -> Iterator[_Candidate]:
    rule = "unclosed-fence" if whole.rule == "unclosed-fence" else "longest-parseable"
    runs = find_runs(reading.parser, whole.text, reading.problem.entry_point)
    for index in reversed(range(len(runs))):
        others = tuple(run.text for run in (*runs[:index], *runs[index + 1 :]))
        cut = runs[index].is_cut
        yield _Candidate(
            runs[index].text,
            "partial-body" if cut else rule,
            is_cut=cut,
            others=(*whole.others, *others)[:_MAX_FENCES],
        )


def _in_thinking(reading: _Reading, thinking: str) -> Iterator[_Candidate]:
    if thinking:
        for candidate in _in_answer(reading, thinking[-_MAX_CHARS:], "inside-thinking", False):
            yield replace(candidate, rule="inside-thinking")


class _Reading:
    """One completion being read: what the prompt gives, the parser's budget, the faults so far."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.parser = Parser()
        self._prompt = solution_form.read_prompt(problem)
        self._faults: list[tuple[_Candidate, Fault]] = []

    def choose(self, candidates: Iterator[_Candidate]) -> Extraction | None:
        """Return the first complete candidate, else the first of the least doubtful ones."""
        best: _Weighed | None = None
        for candidate in candidates:
            weighed = self.weigh(candidate)
            if isinstance(weighed, Fault):
                self._faults.append((candidate, weighed))
            elif best is None or weighed.rank < best.rank:
                best = weighed
                if best.rank == 0:
                    break
        return best.extraction if best is not None else None

    def weigh(self, candidate: _Candidate) -> _Weighed | Fault:
        """Return the program of a candidate with its rank, or why it is none."""
        program, rule = candidate.text, candidate.rule
        is_indented = _is_indented(program)
        tree: ast.Module | Fault
        if candidate.follows_prompt or (is_indented and not self._defines(program)):
            program = self._join(candidate)
            tree = self.parser.parse(program)
        else:
            if is_indented:  # a layout of Markdown lists, not of the program
                program = textwrap.dedent(program)
            tree = self.parser.parse(program)
            fault = tree if isinstance(tree, Fault) else self._fault_of(tree)
            if fault is None and isinstance(tree, ast.Module):
                program, is_joined = self._complete(program, tree, candidate.others)
                rule = "joined-fences" if is_joined and rule.endswith("-fence") else rule
                tree = self.parser.parse(program)
        if isinstance(tree, Fault):
            return tree
        fault = self._fault_of(tree)
        if fault is not None:
            return fault
        rank = 2 if candidate.is_cut else 0
        if rank == 0 and not solution_form.returns_value(tree, self.problem.entry_point):
            rank = 1
        return _Weighed(Extraction(program, rule), rank)

    def main_fault(self) -> Fault:
        """Return the fault of the candidate that came closest to being the solution."""
        for is_close in (self._defines, looks_like_code):
            for candidate, fault in self._faults:
                if is_close(candidate.text):
                    return fault
        return Fault("no_code_found", "nothing in the completion looks like code")

    def _fault_of(self, tree: ast.Module) -> Fault | None:
        return solution_form.find_fault(tree, self.problem.entry_point, self._prompt.signature)

    def _defines(self, text: str) -> bool:
        """Return whether ``text`` has the words of a definition of the entry point."""
        return re.search(rf"\bdef {re.escape(self.problem.entry_point)}\b", text) is not None

    def _join(self, candidate: _Candidate) -> str:
        prompt = self.problem.prompt
        if candidate.follows_prompt or prompt.endswith("\n"):
            return prompt + candidate.text
        return prompt + "\n" + candidate.text

    def _complete(self, text: str, tree: ast.Module, others: tuple[str, ...]) -> tuple[str, bool]:
        """Put before a whole function what it lacks; return the program and if pieces were joined.

        From the prompt: imports and helpers, unless the candidate binds the same names. From other
        pieces of the answer: those that define names which are still missing.
        """
        bound = solution_form.bound_names(tree)
        before = [source for source, names in self._prompt.statements if not names <= bound]
        given = {name for _, names in self._prompt.statements for name in names}
        missing = solution_form.unbound_names(tree) - given
        joined: list[str] = []
        for other in reversed(others):
            if not missing:
                break
            part = self.parser.parse(other)
            if isinstance(part, ast.Module) and solution_form.bound_names(part) & missing:
                joined.insert(0, other)
                missing |= solution_form.unbound_names(part) - given
                missing -= solution_form.bound_names(part)
        if not before and not joined:
            return text, False
        return solution_form.put_before(text, tree, [*before, *joined]), bool(joined)


def _is_indented(text: str) -> bool:
    """Return whether the first line of ``text`` that is not blank begins with white space."""
    white_space = text[: len(text) - len(text.lstrip())]
    return len(white_space) < len(text) and white_space.endswith((" ", "\t"))
