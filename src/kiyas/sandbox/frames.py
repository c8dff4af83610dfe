"""Bytes -> frames on a descriptor: four bytes of length, then the payload.

Knows nothing of what a frame means. The length is checked before anything is read, and every wait
can have a deadline (``time.monotonic``), so that a peer can neither fill memory nor hang a reader.
"""

from __future__ import annotations

import os
import select
import time

HEADER_BYTES = 4
_CHUNK_BYTES = 1 << 16


class StreamEndedError(Exception):
    """The peer closed its end."""


class FrameTooLargeError(Exception):
    """The peer announced more bytes than it may send."""


class DeadlinePassedError(Exception):
    """The time for this exchange is over."""


def _wait(fd: int, event: int, deadline: float | None) -> None:
    """Wait until ``fd`` is ready; raises DeadlinePassedError."""
    poll = select.poll()
    poll.register(fd, event)
    while True:
        remaining_ms = None if deadline is None else (deadline - time.monotonic()) * 1000
        if remaining_ms is not None and remaining_ms <= 0:
            raise DeadlinePassedError
        if poll.poll(remaining_ms):
            return


def write_frame(fd: int, payload: bytes, deadline: float | None = None) -> None:
    """Write one frame.

    Args:
        fd: Descriptor; non-blocking if a deadline is given.
        payload: At most 2**32 - 1 bytes.
        deadline: Time of ``time.monotonic`` after which to give up.

    Raises:
        StreamEndedError: The reader is gone.
        DeadlinePassedError: The reader did not take it in time.
    """
    rest = memoryview(len(payload).to_bytes(HEADER_BYTES, "big") + payload)
    while rest:
        try:
            rest = rest[os.write(fd, rest) :]
        except BlockingIOError:
            _wait(fd, select.POLLOUT, deadline)
        except OSError as error:
            raise StreamEndedError from error


class FrameReader:
    """Reads frames of at most ``limit_bytes`` from a descriptor.

    Args:
        fd: Descriptor to read; it stays the caller's.
        limit_bytes: Largest payload that is accepted.
    """

    def __init__(self, fd: int, limit_bytes: int) -> None:
        self._fd = fd
        self._limit_bytes = limit_bytes
        self._buffer = bytearray()

    def read(self, deadline: float | None = None) -> bytes:
        """Return the next payload.

        Raises:
            StreamEndedError: The writer is gone.
            FrameTooLargeError: The announced length is over the limit.
            DeadlinePassedError: Nothing complete came in time.
        """
        self._fill(HEADER_BYTES, deadline)
        length = int.from_bytes(self._buffer[:HEADER_BYTES], "big")
        if length > self._limit_bytes:
            raise FrameTooLargeError(f"{length} bytes announced, at most {self._limit_bytes}")
        self._fill(HEADER_BYTES + length, deadline)
        payload = bytes(self._buffer[HEADER_BYTES : HEADER_BYTES + length])
        del self._buffer[: HEADER_BYTES + length]
        return payload

    def has_frame(self) -> bool:
        """Return whether a whole frame has been read already, so that no wait would end with it."""
        if len(self._buffer) < HEADER_BYTES:
            return False
        length = int.from_bytes(self._buffer[:HEADER_BYTES], "big")
        return len(self._buffer) >= HEADER_BYTES + length

    def _fill(self, num_bytes: int, deadline: float | None) -> None:
        while len(self._buffer) < num_bytes:
            if deadline is not None:
                _wait(self._fd, select.POLLIN, deadline)
            try:
                chunk = os.read(self._fd, max(_CHUNK_BYTES, num_bytes - len(self._buffer)))
            except BlockingIOError:
                _wait(self._fd, select.POLLIN, deadline)
                continue
            except ConnectionError as error:
                raise StreamEndedError from error
            if not chunk:
                raise StreamEndedError
            self._buffer += chunk
