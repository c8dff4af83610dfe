"""A job as it came over the wire -> its work done on this node; what it says goes to a mailbox.

What crosses the wire is the resolved study, paths and the job's plain values. The study is opened
again here, once a process; nothing of it is sent back but the titles of what was worked on.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pickle
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiyas.errors import KiyasError
from kiyas.execution.executor import Job, Work
from kiyas.execution.progress import Bar, Progress
from kiyas.run_folder.mirror import Mirror

Reopen = Callable[[Path, Progress], Any]
"""Opens the study over a run folder."""

_BETWEEN_SHARES_S = 1.0
"""Seconds between two messages on how far a job is."""


@dataclass(frozen=True)
class Order:
    """A job with all that a node needs to do it."""

    index: int
    """Its place among the jobs that were given out together."""
    job: Job[Any]
    """The job."""
    work: Work[Any, Any]
    """What does it."""
    reopen: Reopen
    """What opens the study here."""
    folder: Path
    """The run folder: shared, or this node's own copy of what jobs here need."""
    storage: str | None
    """Address that steps are taken from and brought to; None if the folder is shared."""
    working_dir: str
    """Where relative names of bases begin, as on the machine that gave out the work."""


@dataclass(frozen=True)
class Message:
    """What a job says while it runs."""

    index: int
    """Place of the job."""
    kind: str
    """``begun`` (the node), ``said`` (a line) or ``share`` (of its present piece that is done)."""
    value: Any
    """The node, the line or the share."""


class Mailbox:
    """Holds messages until they are fetched; an actor beside the driver."""

    def __init__(self) -> None:
        self._messages: list[Message] = []

    def put(self, message: Message) -> None:
        """Take a message."""
        self._messages.append(message)

    def take(self) -> list[Message]:
        """Return all messages and forget them."""
        taken, self._messages = self._messages, []
        return taken


class SentProgress(Progress):
    """Sends lines and shares to the mailbox."""

    def __init__(self, index: int, send: Callable[[Message], object]) -> None:
        self._index, self._send = index, send

    def say(self, text: str) -> None:
        """Send one line."""
        self._send(Message(self._index, "said", text))

    @contextlib.contextmanager
    def bar(self, title: str, total: float, done: float = 0) -> Iterator[Bar]:  # noqa: ARG002
        """Open a bar that sends its share now and then."""
        yield _SentBar(total, done, lambda share: self._send(Message(self._index, "share", share)))


class _SentBar(Bar):
    def __init__(self, total: float, done: float, send: Callable[[float], object]) -> None:
        self._total, self._done, self._send = total, done, send
        self._sent_at = 0.0

    def advance(self, amount: float = 1) -> None:
        self._done += amount
        if self._total and time.monotonic() - self._sent_at > _BETWEEN_SHARES_S:
            self._sent_at = time.monotonic()
            self._send(self._done / self._total)


def carry_out(order: Order, mailbox: Any) -> list[str] | KiyasError:
    """Do a job on this node; a fault that the user can mend comes back as a value."""
    import ray

    node = ray.util.get_node_ip_address()
    progress = SentProgress(order.index, mailbox.put.remote)
    mailbox.put.remote(Message(order.index, "begun", node))
    try:
        with _in_folder(order.working_dir):
            return _do(order, progress)
    except KiyasError as error:
        error.where = f"{order.job.title} on {node}" + (f", {error.where}" if error.where else "")
        return error


def _do(order: Order, progress: Progress) -> list[str]:
    mirror = None if order.storage is None else Mirror(order.storage, order.folder)
    if mirror is not None:
        mirror.pull(order.job.reads)
        mirror.offer(order.job.writes)
    run = dataclasses.replace(_opened(order), progress=progress)
    titles = order.work(run, order.job.task)
    if mirror is not None:
        mirror.push(order.job.writes)
    return titles


_kept: dict[bytes, Any] = {}
"""The study that this process has opened; jobs of one study share it."""


def _opened(order: Order) -> Any:
    key = pickle.dumps((order.reopen, order.folder))
    if key not in _kept:
        _kept.clear()
        _kept[key] = order.reopen(order.folder, Progress())
    return _kept[key]


@contextlib.contextmanager
def _in_folder(path: str) -> Iterator[None]:
    """Work where the driver does, if there is such a folder here."""
    if not Path(path).is_dir():
        yield
        return
    before = Path.cwd()
    os.chdir(path)
    try:
        yield
    finally:
        os.chdir(before)
