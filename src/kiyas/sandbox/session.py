"""One solution in one cell -> a callable that tests can call.

``Session.call`` is the only thing a test gets of a solution. Whatever goes wrong on the way is kept
as a ``fault`` that no ``except`` of the test can undo. Does not run tests; ``trial`` does.
"""

from __future__ import annotations

import builtins
import contextlib
import itertools
import json
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, NamedTuple, NoReturn

from . import arguments_in_place, codec, frames, zygote_client
from .cell import MAX_RAISED_CHARS

# A cell can start some thousand threads in this time.
_TICK_S = 0.05
# Raised by a function, they would end the loop or generator of the test that called it, silently.
_LOOP_ENDINGS = (StopIteration, StopAsyncIteration)
# Their last arguments are a text, the start and the end of a place in it, and a reason.
_WITH_PLACE = (UnicodeDecodeError, UnicodeEncodeError, UnicodeTranslateError)
_NUM_OF_PLACE = 4
_MAX_NAME = 300


class Fault(NamedTuple):
    """Why a solution cannot pass any more."""

    kind: str
    """``timeout``, ``ended``, ``reply``, ``threads``, ``value``, ``call``, ``own``, ``layer`` or
    ``start``."""
    detail: str


class Raised(NamedTuple):
    """An exception of the solution, as the cell described it."""

    name: str
    base: str
    message: str
    arguments: object
    """As JSON data, or anything else that a hostile cell sent; None if only the text is known."""
    line: int | None
    module: str | None


class SolutionFaultError(BaseException):
    """Ends a test whose session has a fault; not an Exception, so that tests let it through."""


class SolutionError(Exception):
    """Stands in for an exception of the solution that has no builtin form."""


class Session:
    """Calls into one cell.

    Args:
        cell: A fresh cell.
        limits: The fields of ``Limits``; the time counts from the reading of the program.
        is_in_place: Whether a call at some place of a test is made for what it does to its
            arguments.
        on_start: Is called when the time of the solution begins.
    """

    def __init__(
        self,
        cell: zygote_client.Cell,
        limits: dict[str, Any],
        is_in_place: Callable[[FrameType], bool] = lambda _: False,
        on_start: Callable[[], None] = lambda: None,
    ) -> None:
        self._cell = cell
        self._fd = cell.rpc.fileno()
        self._reader = frames.FrameReader(self._fd, limits["max_reply_bytes"])
        self._limits = limits
        self._is_in_place, self._on_start = is_in_place, on_start
        self.started = time.monotonic()
        self.deadline = self.started
        self.fault: Fault | None = None
        self.num_calls = 0
        self._calling = threading.Lock()
        self._exchanging = threading.Lock()
        self._last_error: tuple[BaseException, Raised] | None = None

    def load(self, order: dict[str, str]) -> Raised | None:
        """Hand over the program; return the exception that loading it raised.

        Raises:
            SolutionFaultError: It could not be loaded at all; see ``fault``.
        """
        program = json.dumps(order).encode("ascii")
        self.deadline = time.monotonic() + self._limits["start_s"]
        try:
            greeting = self._exchange(program)
        except SolutionFaultError:
            is_late = self.fault is not None and self.fault.kind == "timeout"
            what = "not ready in time for" if is_late else "lost before it read"
            self.fault = Fault("start" if is_late else "layer", f"the cell was {what} the solution")
            raise
        if "confined" not in greeting:  # sent before the program is read: not the solution's words
            self._fail("layer", f"a layer was refused: {greeting.get('layer')}"[:300])
        self._on_start()
        self.started = time.monotonic()
        self.deadline = self.started + self._limits["wall_s"]
        reply = self._receive()
        return _raised(reply["raised"]) if "raised" in reply else None

    def call(self, *arguments: object, **keywords: object) -> Any:
        """Call the entry point; return a copy of its value, or raise what it raised.

        Raises:
            SolutionFaultError: There is no answer; see ``fault``.
        """
        in_place = self._is_in_place(sys._getframe(1))
        with self._calling:  # a test may call from several threads
            return self._call(arguments, keywords, in_place)

    def _call(self, arguments: tuple[Any, ...], keywords: dict[str, Any], in_place: bool) -> Any:
        try:
            request = codec.encode([list(arguments), keywords, in_place], exact=True)
        except codec.CodecError as error:
            self._fail("call", str(error))
        if b'{"opaque":' in request:
            # Before the first answer it cannot be the solution's doing.
            kind = "call" if self.num_calls else "own"
            self._fail(kind, "the test passes an object that has no plain form")
        reply = self._exchange(request)
        self.num_calls += 1
        if "raised" in reply:
            raise self._exception(_raised(reply["raised"]))
        try:
            value = codec.decode(reply["value"], self._on_opaque_use)
            if in_place:
                changed = codec.decode(reply["arguments"], self._on_opaque_use)
                arguments_in_place.update([list(arguments), keywords], changed)
        except KeyError:
            self._fail("reply", "malformed reply: neither a value nor an exception")
        except codec.CodecError as error:
            self._fail("reply", str(error))
        return value

    def description_of(self, error: BaseException) -> Raised | None:
        """Return what the cell said about ``error`` if it is the solution's own last exception."""
        if self._last_error is not None and self._last_error[0] is error:
            return self._last_error[1]
        return None

    def end(self) -> None:
        """Kill the cell and close its descriptors, whose numbers the next cell gets.

        A test may have left threads in ``call``. They get no further: the one that is at the
        descriptors is woken by the end of the stream, any other finds a fault. No code of the test
        runs within an exchange, so that none can hold up this wait.
        """
        self._cell.kill()
        with self._exchanging:
            self.fault = self.fault or Fault("ended", "the test is over")
            self._cell.close()

    def expire(self) -> NoReturn:
        """Note that the time is over."""
        self._fail("timeout", "no verdict within the time limit")

    def _exchange(self, request: bytes) -> dict[str, Any]:
        with self._exchanging:
            if self.fault is not None:
                raise SolutionFaultError
            try:
                frames.write_frame(self._fd, request, self.deadline)
            except frames.DeadlinePassedError:
                self.expire()
            except frames.StreamEndedError:
                self._fail("ended", "the process of the solution ended")
            return self._receive()

    def _receive(self) -> dict[str, Any]:
        try:
            return codec.parse_reply(self._read_watched(), self._limits["max_reply_elements"])
        except frames.DeadlinePassedError:
            self.expire()
        except frames.StreamEndedError:
            self._fail("ended", "the process of the solution ended")
        except (frames.FrameTooLargeError, codec.CodecError) as error:
            self._fail("reply", str(error))

    def _read_watched(self) -> bytes:
        """Read a reply; look now and then at what no limit of the system bounds.

        Threads can be so small that a limit of address space allows many thousands of them.
        """
        while True:
            tick = time.monotonic() + _TICK_S
            try:
                return self._reader.read(min(tick, self.deadline))
            except frames.DeadlinePassedError:
                if tick >= self.deadline:
                    raise
            if (self._cell.num_threads() or 0) > self._limits["max_threads"]:
                self._fail("threads", f"more than {self._limits['max_threads']} threads")

    def _fail(self, kind: str, detail: str) -> NoReturn:
        self.fault = self.fault or Fault(kind, detail)
        raise SolutionFaultError

    def _on_opaque_use(self, name: str) -> None:
        self.fault = self.fault or Fault("value", f"the test used an object of type {name}")

    def _exception(self, raised: Raised) -> BaseException:
        kind = getattr(builtins, raised.base, None)
        if not (isinstance(kind, type) and issubclass(kind, BaseException)):
            kind = SolutionError
        if issubclass(kind, _LOOP_ENDINGS):
            kind = RuntimeError
        try:
            arguments = codec.decode(raised.arguments, self._on_opaque_use)
        except codec.CodecError:
            arguments = None
        error = _make(kind, arguments, raised.message)
        self._last_error = (error, raised)
        return error


def _make(kind: type[BaseException], arguments: object, message: str) -> BaseException:
    """Return an exception of the first of a class and its bases that takes arguments or text."""
    choices = [arguments, [message]] if type(arguments) is list else [[message]]
    for base, values in itertools.product(kind.__mro__, choices):
        if _is_sound(base, values):
            with contextlib.suppress(Exception):
                error: BaseException = base(*values)
                return error
    return SolutionError(message)


def _is_sound(kind: type[BaseException], arguments: list[Any]) -> bool:
    """Return whether an exception of these arguments may be made.

    To show a UnicodeDecodeError, Python reads its text at its place, also where that lies outside.
    """
    if not issubclass(kind, _WITH_PLACE):
        return True
    if len(arguments) < _NUM_OF_PLACE:
        return False
    text, start, end, _ = arguments[-_NUM_OF_PLACE:]
    is_place = type(text) in (str, bytes) and type(start) is int and type(end) is int
    return is_place and 0 <= start < end <= len(text)


def _raised(description: Any) -> Raised:
    if not isinstance(description, dict):
        description = {}
    name, base, message = (str(description.get(key) or "") for key in ("name", "base", "message"))
    line, module = description.get("line"), description.get("module")
    return Raised(
        name=name[:_MAX_NAME],
        base=base[:_MAX_NAME],
        message=message[:MAX_RAISED_CHARS],
        arguments=description.get("arguments"),
        line=line if isinstance(line, int) else None,
        module=module[:100] if isinstance(module, str) else None,
    )
