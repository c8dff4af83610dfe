"""A place for one file -> who works in a run folder, so that a second run is refused anywhere.

A lock of the operating system guards one machine, and not every network share has one. This record
says who holds the folder and when they last gave a sign of life; a holder that is silent for three
minutes counts as gone, and one that comes back after that leaves the record to who came after it.
Machines' clocks may differ by less than that.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kiyas.errors import RunFolderError

SIGN_EVERY_S = 20.0
GONE_AFTER_S = 180.0


@dataclass(frozen=True)
class Held:
    """Where the record is, and how it is read and written."""

    place: str
    """Its name for people."""
    read: Callable[[], Mapping[str, Any] | None]
    """Returns it; None if there is none."""
    write: Callable[[Mapping[str, Any]], None]
    """Writes it whole."""
    remove: Callable[[], None]
    """Takes it away."""
    create: Callable[[Mapping[str, Any]], bool] | None = None
    """Writes it unless there is one, and returns whether it did; None where no place can tell."""
    option: str = "--run-folder"
    """Option of the command line that names another folder."""


@contextmanager
def held_by(held: Held, *, settle_s: float = 0.0, owns_machine: bool = False) -> Iterator[None]:
    """Hold a folder under this process's name until the block ends.

    Args:
        held: The record.
        settle_s: Seconds after which the record must still be ours; for places where two can write
            it at once.
        owns_machine: Whether no other process of this machine can hold it, so that a record of
            this machine is a dead one's.

    Raises:
        RunFolderError: Somebody else holds it, or has come to hold it by the end of the block; says
            who, since when and what to do.
    """
    mine = _take(held, settle_s=settle_s, owns_machine=owns_machine)
    signs = _Signs(held, mine)
    signs.start()
    try:
        yield
    finally:
        signs.end()
        successor = signs.successor or _successor(held, mine)
        if successor is None:
            held.remove()
    if successor is not None:
        raise refusal(held, successor)


def _take(held: Held, *, settle_s: float, owns_machine: bool) -> Mapping[str, Any]:
    """Write this process's record and return it."""
    other = held.read()
    if other is not None and _is_alive(other, owns_machine=owns_machine):
        raise refusal(held, other)
    mine = {
        "token": uuid.uuid4().hex,
        "host": socket.gethostname(),
        "user": _user(),
        "process": os.getpid(),
        "since": _now(),
    }
    record = {**mine, "seen": time.time()}
    if other is not None or held.create is None:
        held.write(record)
    elif not held.create(record):
        raise refusal(held, held.read() or {})
    time.sleep(settle_s)
    successor = _successor(held, mine)
    if successor is not None:
        raise refusal(held, successor)
    return mine


class _Signs(threading.Thread):
    """Gives signs of life until it is ended or finds that somebody else holds the folder."""

    def __init__(self, held: Held, mine: Mapping[str, Any]) -> None:
        super().__init__(daemon=True)
        self._held, self._mine, self._over = held, mine, threading.Event()
        self.successor: Mapping[str, Any] | None = None

    def run(self) -> None:
        while self.successor is None and not self._over.wait(SIGN_EVERY_S):
            # Faults of any kind may pass; the work itself will say that the place is gone.
            with contextlib.suppress(Exception):
                self._give()

    def end(self) -> None:
        self._over.set()
        self.join()

    def _give(self) -> None:
        self.successor = _successor(self._held, self._mine)
        if self.successor is None:
            self._held.write({**self._mine, "seen": time.time()})


def _successor(held: Held, mine: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the record of somebody else who holds the folder by now; None if nobody does."""
    other = held.read()
    return None if other is None or other.get("token") == mine["token"] else other


def _is_alive(other: Mapping[str, Any], *, owns_machine: bool) -> bool:
    if owns_machine and other.get("host") == socket.gethostname():
        return False
    return time.time() - float(other.get("seen", 0)) < GONE_AFTER_S


def refusal(held: Held, other: Mapping[str, Any]) -> RunFolderError:
    """Return what a second run is told: who holds the folder, since when, and what to do."""
    user, host, process, since = (
        other.get(key, "?") for key in ("user", "host", "process", "since")
    )
    return RunFolderError(
        "another kiyas run works in this folder",
        where=held.place,
        received=f"held by {user} on {host}, process {process}, since {since}",
        next_step=f"wait for it to end, or give this run another folder with {held.option}; a dead "
        f"run counts as gone {round(GONE_AFTER_S / 60)} minutes after its last sign of life",
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without a password file
        return "?"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
