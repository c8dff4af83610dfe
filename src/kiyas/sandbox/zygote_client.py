"""Order -> a running zygote and its cells, as the judge handles them.

Kills by pidfd, without the zygote's help; the zygote only reaps. Judges nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, NamedTuple

from . import bootstrap, bubblewrap, frames, process_limits, zygote

_ANSWER_S = 5.0
_REPORT_BYTES = 1 << 20


class ZygoteError(Exception):
    """The zygote did not start or is gone; says nothing about a solution.

    Args:
        what: What happened.
        layer: The layer that cannot be had here, if that is the reason.
    """

    def __init__(self, what: str, layer: str | None = None) -> None:
        super().__init__(what)
        self.layer = layer


class SlowStartError(ZygoteError):
    """A zygote or cell was not ready in time: the machine is too busy to judge."""


class Ending(NamedTuple):
    """How a cell ended."""

    status: int
    """As ``os.wait4`` returns it."""
    cpu_s: float
    max_rss_bytes: int


class Cell:
    """One running cell: a socket to talk to it and a handle to kill it.

    Args:
        rpc: The judge's end of the socket, non-blocking.
        pid: Process id as the zygote sees it.
        pidfd: Handle of the process, where the system has such.
    """

    def __init__(self, rpc: socket.socket, pid: int, pidfd: int | None) -> None:
        self.rpc = rpc
        self.pid = pid
        self.pidfd = pidfd

    def kill(self) -> None:
        """Send SIGKILL and end the stream at once; the zygote still has to reap the process."""
        if self.pidfd is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
        # What a cell left behind may hold its end open; a thread that waits here must wake up.
        with contextlib.suppress(OSError):  # some systems refuse where the other end is closed
            self.rpc.shutdown(socket.SHUT_RDWR)

    def waiting_s(self) -> float | None:
        """Return for how long the cell was ready to run and had no processor; None if unknown."""
        text = self._proc("schedstat")
        return None if text is None else int(text.split()[1]) / 1e9

    def num_threads(self) -> int | None:
        """Return the number of threads of the cell; None if unknown."""
        text = self._proc("stat")
        return None if text is None else int(text.rpartition(")")[2].split()[17])

    def _proc(self, name: str) -> str | None:
        """Return what the system tells of the process; None where it does not, or it has ended."""
        if self.pidfd is None:
            return None
        try:
            info = Path(f"/proc/self/fdinfo/{self.pidfd}").read_text(encoding="ascii")
            pid = int(info.split("Pid:")[1].split()[0])
            return Path(f"/proc/{pid}/{name}").read_text(encoding="utf-8", errors="replace")
        except (OSError, ValueError, IndexError):
            return None

    def close(self) -> None:
        """Close both descriptors."""
        self.rpc.close()
        if self.pidfd is not None:
            os.close(self.pidfd)


class Zygote:
    """A zygote process; raises ZygoteError if it does not come up.

    Args:
        order: What it prepares and which layers its cells wear.
        start_s: Seconds in which it must be ready.
    """

    def __init__(self, order: zygote.Order, start_s: float) -> None:
        wrapped = "bubblewrap" in order.layers
        layer = "bubblewrap" if wrapped else None
        if wrapped and not bubblewrap.is_installed():
            raise ZygoteError(f"{bubblewrap.PROGRAM} is not installed", "bubblewrap")
        self._control, theirs = socket.socketpair()
        # Its end of the socket is inherited under its own number.
        with theirs:
            command = bootstrap.command("zygote", theirs.fileno())
            self._process = subprocess.Popen(
                bubblewrap.wrap(command, order.package_folders) if wrapped else command,
                pass_fds=[theirs.fileno()],
                env=bootstrap.ENVIRONMENT,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                **(_other_user(order.package_folders) if wrapped else {}),
            )
        self._control.settimeout(start_s)
        try:
            frames.write_frame(self._control.fileno(), json.dumps(order._asdict()).encode())
            reader = frames.FrameReader(self._control.fileno(), _REPORT_BYTES)
            self.report = json.loads(reader.read(time.monotonic() + start_s))
        except frames.StreamEndedError as error:
            self.close()
            raise ZygoteError("the zygote ended as it started", layer) from error
        except frames.DeadlinePassedError as error:
            self._process.kill()
            self.close()
            raise SlowStartError(f"the zygote was not ready in {start_s:g} s", layer) from error
        if "fatal" in self.report:
            self.close()
            raise ZygoteError(str(self.report["fatal"]).strip(), self.report["layer"])
        self._control.settimeout(_ANSWER_S)

    def start_cell(self) -> Cell:
        """Fork a cell; raises ZygoteError."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._control, [zygote.START], [theirs.fileno()])
                message, descriptors, _, _ = socket.recv_fds(self._control, zygote.STARTED.size, 1)
                (pid,) = zygote.STARTED.unpack(message)
            except Exception as error:
                ours.close()
                raise ZygoteError(f"the zygote is gone ({error!r})") from error
        ours.setblocking(False)
        return Cell(ours, pid, descriptors[0] if descriptors else None)

    def reap_cell(self) -> Ending:
        """Reap the cell, and kill and reap all it left behind; raises ZygoteError."""
        try:
            self._control.sendall(zygote.KILL)
            message = self._control.recv(zygote.ENDED.size, socket.MSG_WAITALL)
            return Ending(*zygote.ENDED.unpack(message))
        except Exception as error:
            raise ZygoteError(f"the zygote is gone ({error!r})") from error

    def close(self) -> None:
        """End the zygote and whatever cell it has."""
        self._control.close()
        try:
            self._process.wait(_ANSWER_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _other_user(package_folders: list[str]) -> dict[str, Any]:
    """Return what makes a program run without the rights of root, where it can do without."""
    if not process_limits.can_be_unprivileged(bubblewrap.needed(package_folders)):
        return {}
    number = process_limits.UNPRIVILEGED_UID
    return {"user": number, "group": number, "extra_groups": []}
