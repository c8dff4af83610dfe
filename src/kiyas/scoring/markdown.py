"""Text of a completion -> its thinking, its answer and its fenced blocks.

Does not know what code is, and never strips: every piece is a verbatim stretch of the text, except
that a fence inside a list loses the indentation of the list (CommonMark 0.31, section 4.5).
Linear in the length of the text, which is written by a model and may be hostile.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_THINKING_END = re.compile(r"</think(?:ing)?>")
_THINKING_START = re.compile(r"<think(?:ing)?>")
_THINKING_OPENED = re.compile(r"<think(?:ing)?>\s*\Z")
_MARKED_LINE = re.compile(r"^.*(?:```|~~~).*$", re.MULTILINE)
_FENCE_OPENING = re.compile(r"(?P<indent>[ \t]*)(?P<mark>`{3,}|~{3,})[^`]*$")
# "Here is the code: ```python": not Markdown, but common.
_LATE_OPENING = re.compile(r".*(?P<mark>```)(?:python3?|py)[ \t]*$", re.IGNORECASE)


class Fence(NamedTuple):
    """A fenced block."""

    text: str
    """What stands between the fences, line ends included."""
    is_closed: bool
    """False if the text ends, or another fence opens, before this one is closed."""


class _Opening(NamedTuple):
    mark: str
    indent: int
    start: int


def split_thinking(text: str) -> tuple[str, str]:
    """Return (thinking, answer); the answer is verbatim and the thinking empty if there is none.

    The answer is what follows the last ``</think>``; a template may have opened the thinking, so
    the opening tag is not needed. Thinking that is opened and never closed has no answer behind
    it: then the answer is what stood before it.
    """
    ends = [match.span() for match in _THINKING_END.finditer(text)]
    thinking, answer = (text[: ends[-1][0]], text[ends[-1][1] :]) if ends else ("", text)
    unclosed = _THINKING_START.search(answer)
    if unclosed is None:
        return thinking, answer
    return thinking + answer[unclosed.end() :], answer[: unclosed.start()]


def opens_thinking(prompt: str) -> bool:
    """Return whether a prompt ends with the tag that opens thinking, so that none follows."""
    return _THINKING_OPENED.search(prompt) is not None


def find_fences(text: str, *, is_open: bool = False) -> list[Fence]:
    """Return the fenced blocks of ``text`` in order, the last of them perhaps unclosed.

    Args:
        text: Markdown as models write it: a fence may open at the end of a line of prose and
            close at the end of a line of code.
        is_open: Whether a fence was opened before the text, as a prefill does.
    """
    fences: list[Fence] = []
    opening = _Opening("```", 0, 0) if is_open else None
    for match in _MARKED_LINE.finditer(text):
        line = match.group()
        if opening is None:
            opening = _open(line, match.end() + 1)
            continue
        if line.lstrip().startswith(opening.mark):
            reopening = _open(line, match.end() + 1)
            has_info = line.strip().strip(opening.mark[0]) != ""
            fences.append(Fence(_content(text, opening, match.start()), not has_info))
            opening = reopening if has_info else None
        elif line.rstrip().endswith(opening.mark):
            end = match.start() + len(line.rstrip()) - len(opening.mark)
            fences.append(Fence(_content(text, opening, end), is_closed=True))
            opening = None
    if opening is not None:
        fences.append(Fence(_content(text, opening, len(text)), is_closed=False))
    return fences


def _open(line: str, start: int) -> _Opening | None:
    match = _FENCE_OPENING.match(line)
    if match is not None:
        return _Opening(match["mark"], len(match["indent"]), start)
    match = _LATE_OPENING.match(line)
    return None if match is None else _Opening(match["mark"], 0, start)


def _content(text: str, opening: _Opening, end: int) -> str:
    content = text[opening.start : end]
    if opening.indent == 0:
        return content
    return re.sub(rf"^[ \t]{{0,{opening.indent}}}", "", content, flags=re.MULTILINE)
