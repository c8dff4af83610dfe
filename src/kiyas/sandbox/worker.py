"""Settings -> one judge process, as the scheduler handles it.

Sends jobs, takes verdicts, notices a judge that is late or gone. Decides nothing about a solution
except that a judge which hangs on its values is a timeout.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import bootstrap, frames
from .records import Problem, SandboxError

# Beyond what its zygote may take: the interpreter of the judge starts, too.
_START_GRACE_S = 30.0
_SEND_S = 10.0
_END_S = 5.0
_MAX_REPLY_BYTES = 1 << 20


@dataclass(slots=True)
class Job:
    """One sample on its way to a verdict."""

    key: str
    problem: Problem
    solution: str
    attempts: int = 0
    """How often a judge was lost with it, or starved."""
    had_company: bool = False
    """Whether other judges of the same cage were at work at the same time."""


class WorkerLostError(Exception):
    """The judge process is gone or does not take or give frames."""


class WorkerRefusedError(SandboxError):
    """The judge started and its zygote did not.

    Args:
        what: What happened.
        layer: The layer that cannot be had on this machine, if that is the reason.
    """

    def __init__(self, what: str, layer: str | None) -> None:
        super().__init__(what)
        self.layer = layer


def too_busy(reason: str) -> SandboxError:
    """Return what is raised where a machine is too busy to begin with a sample."""
    return SandboxError(
        f"a sample could not be begun: {reason}",
        next_step="the machine is too busy, or short of memory: free it, then give the same "
        "command again",
    )


class Worker:
    """A judge process with the jobs it has in hand, oldest first.

    Args:
        index: Its place in the pool.
        settings: What ``judge.Judge`` is told.

    Raises:
        SandboxError: The interpreter cannot be started.
    """

    def __init__(self, index: int, settings: dict[str, Any]) -> None:
        self.index = index
        self.jobs: deque[Job] = deque()
        self.report: dict[str, Any] | None = None
        """What the first zygote reported; None until it has started."""
        self.has_begun = False
        """Whether the time of the oldest job's solution has begun."""
        self._start_s = settings["limits"]["start_s"] + _START_GRACE_S
        self._head_since = time.monotonic()
        self._head_cpu_s = 0.0
        self._control, theirs = socket.socketpair()
        lifeline, self._lifeline = os.pipe()
        try:
            self._process = subprocess.Popen(
                bootstrap.command("judge", theirs.fileno(), lifeline),
                pass_fds=[theirs.fileno(), lifeline],
                env=bootstrap.ENVIRONMENT,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            self._control.close()
            os.close(self._lifeline)
            raise SandboxError(f"the judge cannot be started: {error}") from error
        finally:
            theirs.close()
            os.close(lifeline)
        self._control.setblocking(False)
        self._reader = frames.FrameReader(self._control.fileno(), _MAX_REPLY_BYTES)
        with contextlib.suppress(WorkerLostError):  # its last words are read with the report
            self._write(settings)

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when a verdict is there."""
        return self._control.fileno()

    def has_verdict(self) -> bool:
        """Return whether a verdict is here already; the descriptor would not tell."""
        return self._reader.has_frame()

    def submit(self, job: Job) -> None:
        """Send a job; raises WorkerLostError (the job stays in ``jobs``)."""
        self.jobs.append(job)
        if len(self.jobs) == 1:
            self._start_clock()
        problem = job.problem
        self._write(
            {
                "problem": {
                    "task_id": problem.task_id,
                    "prompt": problem.prompt,
                    "entry_point": problem.entry_point,
                    "test": problem.test,
                },
                "solution": job.solution,
            }
        )

    def receive(self) -> tuple[Job, dict[str, Any]] | None:
        """Return the oldest job with the fields of its verdict; None for news on the way there.

        Raises:
            WorkerLostError: The judge is gone.
            SandboxError: It, or the cell of a job, did not start.
        """
        if self.report is None:
            self.start()
            return None
        message = self._read(_SEND_S)
        if "begun" in message:
            self._start_clock()
            self.has_begun = True
            return None
        if "slow_start" in message:
            raise too_busy(message["slow_start"])
        job = self.jobs.popleft()
        self._start_clock()
        return job, message

    def start(self) -> None:
        """Wait until the judge and its first zygote are up; raises SandboxError."""
        try:
            self.report = self._read(self._start_s)
        except WorkerLostError as error:
            message = self._last_words()
            raise SandboxError(f"the judge did not start: {message or error}") from error
        if "fatal" in self.report:
            raise WorkerRefusedError(str(self.report["fatal"]), self.report["layer"])
        self._start_clock()

    def head_age_s(self) -> float:
        """Return for how long the current job has begun, or has waited to; 0 if there is none."""
        return time.monotonic() - self._head_since if self.jobs else 0.0

    def is_hindered(self, busy_s: float) -> bool:
        """Return whether a late judge is stopped or hardly ran, rather than busy on a value.

        Args:
            busy_s: Processor seconds on one job from which on a judge counts as busy.
        """
        state = self._state()
        return state is not None and (state in "Tt" or self._cpu_s() - self._head_cpu_s < busy_s)

    def is_stopped(self) -> bool:
        """Return whether somebody has stopped the judge."""
        return (self._state() or "?") in "Tt"

    def _state(self) -> str | None:
        """Return the letter of the judge's state; None if unknown."""
        try:
            text = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii")
            return text.rpartition(")")[2].split()[0]
        except (OSError, IndexError):
            return None

    def _start_clock(self) -> None:
        self.has_begun = False
        self._head_since = time.monotonic()
        self._head_cpu_s = self._cpu_s()

    def _cpu_s(self) -> float:
        """Return the processor seconds of the judge so far; 0 if unknown."""
        try:
            text = Path(f"/proc/{self._process.pid}/schedstat").read_text(encoding="ascii")
            return int(text.split()[0]) / 1e9
        except (OSError, ValueError, IndexError):
            return 0.0

    def close(self) -> None:
        """End the judge, its zygotes and cells, and free its descriptors."""
        self._control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(0.0 if self.jobs else _END_S)
        self.kill()

    def kill(self) -> None:
        """Kill the judge; its zygotes and cells follow, each with its parent."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        if self._process.stderr is not None:
            self._process.stderr.close()
        self._control.close()
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1

    def _last_words(self) -> str:
        self._process.kill()
        stream = self._process.stderr
        return "" if stream is None else stream.read().decode(errors="replace").strip()[-2000:]

    def _write(self, message: dict[str, Any]) -> None:
        try:
            payload = json.dumps(message).encode("ascii")
            frames.write_frame(self._control.fileno(), payload, time.monotonic() + _SEND_S)
        except (frames.StreamEndedError, frames.DeadlinePassedError) as error:
            raise WorkerLostError(type(error).__name__) from error

    def _read(self, seconds: float) -> dict[str, Any]:
        try:
            message: dict[str, Any] = json.loads(self._reader.read(time.monotonic() + seconds))
        except (
            frames.StreamEndedError,
            frames.DeadlinePassedError,
            frames.FrameTooLargeError,
            ValueError,
        ) as error:
            raise WorkerLostError(type(error).__name__) from error
        return message
