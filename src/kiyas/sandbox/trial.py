"""Problem, solution, zygote -> verdict, as the judge reaches it for one sample.

A pass means one thing: the test's own code, run here, returned, and the solution answered at least
one call in time. No exit status, message or file of the solution is evidence.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from . import zygote_client
from .cell import missing_entry_point
from .prepared_test import PreparedTest
from .session import Fault, Raised, Session

_MAX_TEXT = 300
# The end of a stream and of its process come apart by microseconds, on a busy machine by more.
_EXIT_S = 0.5
# A cell that had no processor for this part of its time may try again alone.
_STARVED_SHARE = 0.5
_ALARM_S = 0.2


class Finding(NamedTuple):
    """What the test says, before the ending of the cell is known."""

    outcome: str
    detail: str = ""
    exception: str | None = None


class Trial:
    """One sample: a test, a solution and what it may use.

    Args:
        test: The prepared test.
        solution: Text of the whole program.
        limits: The fields of ``Limits``.
        package_folders: Where packages are installed, to tell a refused import from a wrong one.
        on_start: Is called when the time of the solution begins.
    """

    def __init__(
        self,
        test: PreparedTest,
        solution: str,
        limits: dict[str, Any],
        package_folders: list[str],
        on_start: Callable[[], None] = lambda: None,
    ) -> None:
        self._test = test
        self._solution = solution
        self._limits = limits
        self._package_folders = package_folders
        self._on_start = on_start

    def judge(self, zygote: zygote_client.Zygote) -> dict[str, Any]:
        """Run the sample in a cell of ``zygote``; return the fields of a Verdict, and ``starved``.

        Raises:
            ZygoteError: No cell could be started, or the zygote was lost with it.
            SlowStartError: The cell was not ready in time.
        """
        cell = zygote.start_cell()
        session = Session(cell, self._limits, self._test.is_in_place, self._on_start)
        finding = self._run(session)
        wall_s = time.monotonic() - session.started
        fault = session.fault.kind if session.fault else None
        waiting_s = cell.waiting_s() if fault == "timeout" else None
        exited = fault == "ended" and _has_exited(cell)
        session.end()
        try:
            ending = zygote.reap_cell()
        except zygote_client.ZygoteError:
            if fault in {"ended", "layer"}:  # the cell died with its zygote, not by itself
                raise
            ending = None
        if fault == "start":
            raise zygote_client.SlowStartError(finding.detail)
        if fault == "own":  # known now, and once for all solutions of the problem
            self._test.needs_own_objects = True
            return self.judge(zygote)
        status = ending.status if ending and exited else 0
        if exited:
            finding = _after_exit(status)
        starved = fault == "timeout" and is_starved(wall_s, ending, waiting_s)
        if starved:
            finding = Finding("timeout", f"{finding.detail} (other processes had the processor)")
        return {
            "outcome": finding.outcome,
            "detail": _writable(finding.detail),
            "exception": finding.exception and _writable(finding.exception),
            "cpu_s": ending and ending.cpu_s,
            "wall_s": wall_s,
            "max_rss_bytes": ending and ending.max_rss_bytes,
            "num_calls": session.num_calls,
            "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
            "strength": "in-cell" if self._test.needs_own_objects else "split",
            "starved": starved,
            "zygote_lost": ending is None,
        }

    def _run(self, session: Session) -> Finding:
        order = {"program": self._solution, "entry_point": self._test.entry_point}
        if self._test.needs_own_objects:
            order.update(test=self._test.source, prompt=self._test.prompt)
        try:
            raised = session.load(order)
            if raised is not None:
                return self._from_raised(raised)
            if self._test.needs_own_objects:
                return Finding("passed")
            with _alarm(session):
                self._test.run(session.call)
        except BaseException as error:  # noqa: BLE001 - a test may raise anything
            if session.fault is None:
                return self._from_error(error, session)
        if session.fault is not None:
            return _from_fault(session.fault)
        if session.num_calls == 0:
            return Finding("harness_error", "the test never called the solution")
        return Finding("passed")

    def _from_error(self, error: BaseException, session: Session) -> Finding:
        raised = session.description_of(error)
        if raised is not None:
            return self._from_raised(raised)
        name = type(error).__name__
        line = self._test.failing_line(error.__traceback__)
        message = _message(error)
        if session.num_calls == 0:
            return Finding("harness_error", f"the test fails by itself: {name}: {message}", name)
        if isinstance(error, AssertionError):
            return Finding("failed", line or message, name)
        return Finding("failed", f"{message} (at: {line})", name)

    def _from_raised(self, raised: Raised) -> Finding:
        if raised.base == "MemoryError":
            return Finding("memory", "the memory limit was reached", raised.name)
        if raised.base == "ModuleNotFoundError" and raised.module is not None:
            top = raised.module.split(".")[0]
            if top in sys.stdlib_module_names or self._is_installed(top):
                return Finding("unsupported", f"import of {raised.module}", raised.name)
        if raised.base == "NameError" and self._test.prompt_misses_entry_point:
            fault = f"neither prompt nor solution defines {self._test.entry_point!r}"
            if raised.message == missing_entry_point(self._test.entry_point):
                return Finding("harness_error", fault, raised.name)
        lines = self._solution.splitlines()
        where = ""
        if raised.line is not None and 0 < raised.line <= len(lines):
            where = f" (at: {lines[raised.line - 1].strip()})"
        return Finding("failed", raised.message + where, raised.name)

    def _is_installed(self, name: str) -> bool:
        if not name.isidentifier():
            return False
        return any(
            (Path(folder) / name).is_dir() or (Path(folder) / f"{name}.py").is_file()
            for folder in self._package_folders
        )


def _message(error: BaseException) -> str:
    """Return the message of an exception of the test, which may hold any value of the solution."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - such as an integer of too many digits
        return ""


def _writable(text: str) -> str:
    """Return hostile text so that it can be written as UTF-8, cut to a line's length."""
    return text[:_MAX_TEXT].encode("utf-8", "backslashreplace").decode("utf-8")[:_MAX_TEXT]


def _from_fault(fault: Fault) -> Finding:
    outcome = {
        "timeout": "timeout",
        "ended": "crashed",
        "reply": "failed",
        "threads": "failed",
        "value": "unsupported",
        "call": "unsupported",
        "own": "unsupported",
        "layer": "harness_error",
        "start": "harness_error",
    }[fault.kind]
    return Finding(outcome, fault.detail)


def _after_exit(status: int) -> Finding:
    """Return what the end of the cell's own process says; never a pass."""
    if not os.WIFSIGNALED(status):
        return Finding("crashed", "the solution ended its process")
    number = os.WTERMSIG(status)
    if number == signal.SIGXCPU:
        return Finding("timeout", "the processor time limit was reached")
    if number == signal.SIGKILL:
        return Finding("memory", "the system killed the process, as it does when memory is short")
    return Finding("crashed", f"the process was ended by signal {number}")


def _has_exited(cell: zygote_client.Cell) -> bool:
    """Return whether the process is over by itself, rather than merely silent."""
    if cell.pidfd is None:
        return True
    poll = select.poll()
    poll.register(cell.pidfd, select.POLLIN)
    return bool(poll.poll(_EXIT_S * 1000))


def is_starved(
    elapsed_s: float, ending: zygote_client.Ending | None, waiting_s: float | None
) -> bool:
    """Return whether the cell was kept from running, so that its timeout says nothing.

    A cell that sleeps used its time; one that queued for a processor did not. Where the system
    does not tell how long it queued, little processor time is taken for starvation. The time is
    what has passed: a test may set an earlier end than the limit.
    """
    if ending is None or ending.cpu_s >= _STARVED_SHARE * elapsed_s:
        return False
    return waiting_s is None or waiting_s >= _STARVED_SHARE * elapsed_s


@contextlib.contextmanager
def _alarm(session: Session) -> Iterator[None]:
    """Interrupt a test that itself runs on, fed with values of the solution.

    The timer is the judge's, out of the solution's reach. It fires again and again, because a test
    may swallow what it raises.
    """

    def expire(*_: object) -> NoReturn:
        session.expire()

    previous = signal.signal(signal.SIGALRM, expire)
    remaining_s = max(session.deadline - time.monotonic(), 0.0) + _ALARM_S / 2
    signal.setitimer(signal.ITIMER_REAL, remaining_s, _ALARM_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
