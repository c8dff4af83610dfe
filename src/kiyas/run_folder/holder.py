"""A place for one file -> who works in a run folder, so that a second run is refused anywhere.

A lock of the operating system guards one machine, and not every network share has one. This record
says who holds the folder and when they last gave a sign of life; a holder that is silent for three
minutes counts as gone. Machines' clocks may differ by less than that.
"""

from __future__ import annotations

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
        RunFolderError: Somebody else holds it; says who, since when and what to do.
    """
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
    held.write({**mine, "seen": time.time()})
    if settle_s:
        time.sleep(settle_s)
        other = held.read()
        if other is not None and other.get("token") != mine["token"]:
            raise refusal(held, other)
    over = threading.Event()
    signs = threading.Thread(target=_give_signs, args=(held, mine, over), daemon=True)
    signs.start()
    try:
        yield
    finally:
        over.set()
        signs.join()
        held.remove()


def _give_signs(held: Held, mine: Mapping[str, Any], over: threading.Event) -> None:
    while not over.wait(SIGN_EVERY_S):
        try:
            held.write({**mine, "seen": time.time()})
        except (OSError, RunFolderError):
            continue  # the work itself will say that the place is gone


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
        "another kiyas run works on this study",
        where=held.place,
        received=f"held by {user} on {host}, process {process}, since {since}",
        next_step="wait for it to end, or give this run another folder with --run-folder; a dead "
        f"run counts as gone {round(GONE_AFTER_S / 60)} minutes after its last sign of life",
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without a password file
        return "?"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
