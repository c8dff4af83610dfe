"""A folder -> held by one process at a time, whichever machine it runs on.

The operating system's lock guards one machine at once; ``holder``'s record says to all machines who
works there. Both files are named by the caller: some folders are moved away while they are held.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from kiyas.run_folder.files import create_json, read_json, write_json, writing
from kiyas.run_folder.holder import Held, held_by, refusal

_WAIT_S = 0.3
"""Seconds for which a taken lock is tried again: who lists runs holds it for an instant."""
_SETTLE_S = 0.03
"""Seconds after which the record must still be ours, for places that let two write it."""


@contextmanager
def locked(folder: Path, lock: Path, record: Path, *, option: str) -> Iterator[None]:
    """Hold a folder until the block ends; a second process is refused, here or on another machine.

    Args:
        folder: The folder, for people; it need not exist.
        lock: File of the operating system's lock; it stays when the block ends.
        record: File that says who holds the folder; it goes when the block ends.
        option: Option of the command line that names another folder.

    Raises:
        RunFolderError: Another process holds the folder, or has come to hold it meanwhile; says
            which and since when. Or the lock cannot be written.
    """
    held = Held(
        place=str(folder),
        read=lambda: read_json(record) if record.exists() else None,
        write=lambda value: write_json(record, value),
        remove=lambda: record.unlink(missing_ok=True),
        create=lambda value: create_json(record, value),
        option=option,
    )
    file_lock = FileLock(lock)
    with writing(lock.parent):
        lock.parent.mkdir(parents=True, exist_ok=True)
        try:
            file_lock.acquire(timeout=_WAIT_S)
        except Timeout as error:  # is an OSError, but no failed write
            raise refusal(held, held.read() or {}) from error
    try:
        with held_by(held, settle_s=_SETTLE_S, owns_machine=True):
            yield
    finally:
        file_lock.release()
