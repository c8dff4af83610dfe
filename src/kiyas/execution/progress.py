"""Counts of work done -> a bar with the time left, or silence.

Writes to standard error only, so that ``--json`` keeps standard output to itself. Stages are given
a ``Progress`` and never ask what it does with what it is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as RichProgress

_LOG_EVERY_S = 60.0
"""Seconds between two lines of a log on one piece of work, at least."""
_LOG_PARTS = 10
"""Lines of a log on one piece of work, at most."""


class Bar:
    """One running piece of work; does nothing by itself, which is what quiet runs want."""

    def advance(self, amount: float = 1) -> None:
        """Say that so much more is done."""

    def note(self, text: str) -> None:
        """Show a short live figure beside the bar, such as tokens a second."""


class Progress:
    """What stages tell the person at the keyboard; this one is silent."""

    def say(self, text: str) -> None:
        """Show one line."""

    @contextmanager
    def bar(self, title: str, total: float, done: float = 0) -> Iterator[Bar]:  # noqa: ARG002
        """Open a bar for a piece of work of known size, of which a part may be done already."""
        yield Bar()


class TerminalProgress(Progress):
    """Bars on a terminal; plain lines where standard error is a file or a pipe.

    Args:
        console: Where it is shown, and its clock; standard error unless said.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False)

    def say(self, text: str) -> None:
        """Show one line; markup in it is text, not style."""
        _print_line(self._console, text)

    @contextmanager
    def bar(self, title: str, total: float, done: float = 0) -> Iterator[Bar]:
        """Open a bar with the count, the time gone and the time left."""
        if not self._console.is_terminal:
            self.say(f"{title} ({done:g} of {total:g})" if done else f"{title} ({total:g})")
            yield _LoggedBar(self._console, title, total, done)
            return
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}", markup=False),
        )
        with RichProgress(*columns, console=self._console) as shown:
            task = shown.add_task(title, total=total, completed=int(done), note="")
            yield _RichBar(shown, task)


class _LoggedBar(Bar):
    """Writes a line now and then, for those who read a log and see no bar."""

    def __init__(self, console: Console, title: str, total: float, done: float) -> None:
        self._console, self._title, self._total = console, title, total
        self._before, self._done, self._told, self._note = done, done, done, ""
        self._began = self._last = console.get_time()

    def advance(self, amount: float = 1) -> None:
        self._done += amount
        now, part = self._console.get_time(), self._total / _LOG_PARTS
        is_due = now - self._last >= _LOG_EVERY_S and self._done - self._told >= part
        if not is_due or self._done >= self._total:
            return
        each = (now - self._began) / (self._done - self._before)
        left = timedelta(seconds=round(each * (self._total - self._done)))
        line = f"{self._title}: {self._done:g} of {self._total:g}, {left} left"
        note = f", {self._note}" if self._note else ""
        _print_line(self._console, line + note)
        self._last, self._told = now, self._done

    def note(self, text: str) -> None:
        self._note = text


class _RichBar(Bar):
    def __init__(self, shown: RichProgress, task: TaskID) -> None:
        self._shown, self._task = shown, task

    def advance(self, amount: float = 1) -> None:
        self._shown.advance(self._task, amount)

    def note(self, text: str) -> None:
        self._shown.update(self._task, note=text)


def _print_line(console: Console, text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)
