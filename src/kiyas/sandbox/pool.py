"""Problems and solutions -> verdicts, on every processor at once: the ``Cage``.

Schedules only. Solutions run in cells, tests in judges; the process that holds this object (and
perhaps a model) never runs or unpickles anything of theirs. Does not order verdicts: they come as
they are found, each with the key of its sample.
"""

from __future__ import annotations

import contextlib
import importlib.util
import selectors
from collections import deque
from collections.abc import Iterable, Iterator
from types import TracebackType

from . import isolation as isolation_
from . import process_limits
from .records import Isolation, LevelName, Limits, Problem, SandboxError, Verdict
from .worker import Job, Worker, WorkerLostError, too_busy

# One job in work and one waiting, so that a judge never waits for the scheduler.
_JOBS_IN_HAND = 2
# Beyond the wall limit the judge interrupts itself; later than this it is stuck in C code.
_JUDGE_GRACE_S = 1.5
# Until a sample begins, the judge keeps to limits of its own; this is beyond two starts.
_START_GRACE_S = 60.0
_LOOK_S = 1.0
_MAX_ATTEMPTS = 2


class Cage:
    """Judges solutions in confined processes; a context manager.

    Args:
        limits: What each solution may use.
        num_workers: Judges at work; as many as processors if None.
        packages: Installed packages that solutions and tests may import.
        allow_weak: Whether level 1 will do where nothing better can be had.
        level: A level by name, in place of the best that holds here.

    Raises:
        SandboxError: On entry, if no level (or not the one asked for) can be had or holds.
    """

    def __init__(
        self,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        num_workers: int | None = None,
        packages: Iterable[str] = (),
        allow_weak: bool = False,
        level: LevelName | None = None,
    ) -> None:
        if num_workers is not None and num_workers < 1:
            raise SandboxError(f"num_workers must be at least 1, received {num_workers}")
        self.limits = limits
        self._cpus = process_limits.processors()
        self._num_workers = num_workers or len(self._cpus)
        self._packages = tuple(packages)
        missing = [name for name in self._packages if importlib.util.find_spec(name) is None]
        if missing:
            raise SandboxError(f"packages that are not installed: {', '.join(missing)}")
        self._allow_weak = allow_weak
        self._level = level
        self.workers: list[Worker] = []
        self._isolation: Isolation | None = None

    def __enter__(self) -> Cage:
        self._isolation = isolation_.choose_isolation(self._level, self._allow_weak)
        if self._isolation.level == 1:  # which hides no process, and this one holds the tests
            process_limits.hide_memory_for(id(self))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def isolation(self) -> Isolation:
        """The level in force and what was probed; raises SandboxError outside the context."""
        if self._isolation is None:
            raise SandboxError("the cage is used outside of its `with` block")
        return self._isolation

    def close(self) -> None:
        """End every judge; safe to call twice."""
        while self.workers:
            self.workers.pop().close()
        process_limits.show_memory_for(id(self))

    def judge(self, jobs: Iterable[tuple[str, Problem, str]]) -> Iterator[tuple[str, Verdict]]:
        """Yield a key and a verdict for each sample, in order of completion.

        Args:
            jobs: Key, problem and text of the whole program. Taken one by one as judges become
                free, so that an iterable that decodes a model overlaps with scoring.

        Raises:
            SandboxError: The cage cannot be started.
        """
        run = _Run(self, iter(jobs))
        try:
            yield from run.verdicts()
        finally:
            run.abandon()

    def least_busy(self, max_jobs: int) -> Worker | None:
        """Return the judge with the fewest jobs, a new one where that helps; None if all are full.

        Raises:
            SandboxError: A judge cannot be started.
        """
        least = min(self.workers, key=lambda worker: len(worker.jobs), default=None)
        if (least is None or least.jobs) and len(self.workers) < self._num_workers:
            least = self._new_worker()
        return least if least is not None and len(least.jobs) < max_jobs else None

    def discard(self, worker: Worker) -> None:
        """Kill a judge and forget it."""
        worker.kill()
        self.workers.remove(worker)

    def refuse(self, job: Job) -> Verdict | None:
        """Return the verdict on a solution that is too long to be run; None for any other."""
        limit = self.limits.max_program_bytes
        # A character has at least one byte: the copy is made only of what may fit.
        size = len(job.solution)
        if size <= limit:
            size = len(job.solution.encode("utf-8", "surrogatepass"))
        if size <= limit:
            return None
        detail = f"the solution has {size} bytes, the limit is {limit}"
        return Verdict(job.problem.task_id, "failed", detail)

    def _new_worker(self) -> Worker:
        taken = {worker.index for worker in self.workers}
        index = next(number for number in range(self._num_workers) if number not in taken)
        cpu = self._cpus[index % len(self._cpus)]
        settings = isolation_.worker_settings(
            self.isolation.layers, self.limits, self._packages, cpu
        )
        worker = Worker(index, settings)
        self.workers.append(worker)
        return worker


class _Run:
    """One pass of ``Cage.judge`` over its jobs."""

    def __init__(self, cage: Cage, jobs: Iterator[tuple[str, Problem, str]]) -> None:
        self._cage, self._jobs, self._exhausted = cage, jobs, False
        self._again: deque[Job] = deque()
        self._alone: deque[Job] = deque()
        self._limit_s = cage.limits.wall_s + _JUDGE_GRACE_S

    def verdicts(self) -> Iterator[tuple[str, Verdict]]:
        """Yield verdicts until every job has one."""
        while True:
            # What has come in is taken first: it may cost the pool a judge.
            yield from self._collect(0.0)
            while (worker := self._free_worker()) is not None:
                job = self._next_job()
                if job is None:
                    break
                refusal = self._cage.refuse(job)
                if refusal is not None:
                    yield job.key, refusal
                else:
                    self._submit(worker, job)
                yield from self._collect(0.0)
            if not any(worker.jobs for worker in self._cage.workers):
                if self._exhausted and not self._again and not self._alone:
                    return
                if self._alone and self._exhausted:
                    job = self._alone.popleft()
                    job.had_company = False
                    self._again.append(job)
                continue
            yield from self._collect(None)

    def abandon(self) -> None:
        """Kill the judges that still have jobs of this pass."""
        for worker in [worker for worker in self._cage.workers if worker.jobs]:
            self._cage.discard(worker)

    def _next_job(self) -> Job | None:
        if self._again:
            return self._again.popleft()
        if self._exhausted:
            return None
        try:
            key, problem, solution = next(self._jobs)
        except StopIteration:
            self._exhausted = True
            return None
        return Job(key, problem, solution)

    def _free_worker(self) -> Worker | None:
        """Return the judge that should have the next job; None if all have enough."""
        if self._exhausted and not self._again:
            return None
        return self._cage.least_busy(_JOBS_IN_HAND)

    def _submit(self, worker: Worker, job: Job) -> None:
        # A lost judge is noticed again, and handled, when its verdict is collected.
        with contextlib.suppress(WorkerLostError):
            worker.submit(job)
        busy = [worker for worker in self._cage.workers if worker.jobs]
        if len(busy) > 1:
            for shared in (job for worker in busy for job in worker.jobs):
                shared.had_company = True

    def _collect(self, timeout_s: float | None) -> Iterator[tuple[str, Verdict]]:
        """Yield what has come in; wait at most ``timeout_s``, and for the watchdog if None."""
        busy = [worker for worker in self._cage.workers if worker.jobs]
        if timeout_s is None:
            timeout_s = min((self._patience_s(worker) for worker in busy), default=0.0)
        ready = _ready(busy, timeout_s)
        late = [w for w in busy if w not in ready and w.head_age_s() > self._limit_s]
        # Not told apart by time alone: this process itself may have been busy elsewhere.
        for worker in set(late) - set(_ready(late, 0.0)):
            if worker.has_begun:
                hindered = worker.is_hindered(self._cage.limits.wall_s / 2)
                yield from self._lose(worker, hung=not hindered)
            elif worker.is_stopped():
                yield from self._lose(worker, hung=False)
            elif worker.head_age_s() > 2 * self._cage.limits.start_s + _START_GRACE_S:
                raise too_busy("the judge did not say why")
        for worker in ready:
            yield from self._receive(worker)
            while worker.has_verdict():
                yield from self._receive(worker)

    def _patience_s(self, worker: Worker) -> float:
        """Return how long to wait for a judge before it is looked at."""
        left_s = max(self._limit_s - worker.head_age_s(), 0.0)
        return left_s if worker.has_begun else left_s or _LOOK_S

    def _receive(self, worker: Worker) -> Iterator[tuple[str, Verdict]]:
        try:
            received = worker.receive()
        except WorkerLostError:
            yield from self._lose(worker, hung=False)
            return
        if received is None:
            return
        job, fields = received
        # One that was alone already would gain nothing by a second time alone.
        if fields.pop("starved", False) and job.had_company and not job.attempts:
            job.attempts += 1
            self._alone.append(job)
            return
        yield job.key, Verdict(task_id=job.problem.task_id, **fields)

    def _lose(self, worker: Worker, hung: bool) -> Iterator[tuple[str, Verdict]]:
        """Replace a judge; only its current job can have to do with its end."""
        head, *rest = worker.jobs
        self._cage.discard(worker)
        self._again.extend(rest)
        task_id = head.problem.task_id
        if hung:
            detail = "the test did not end with the values of the solution"
            yield head.key, Verdict(task_id, "timeout", detail)
        elif head.attempts + 1 < _MAX_ATTEMPTS:
            head.attempts += 1
            self._alone.append(head)
        else:
            yield head.key, Verdict(task_id, "harness_error", "the judge was lost twice")


def run_tests(
    problem: Problem,
    solution: str,
    *,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    allow_weak: bool = False,
) -> Verdict:
    """Judge one solution (the text of a whole program) in a cage of its own.

    Raises:
        SandboxError: This machine has no isolation that holds; level 1 needs ``allow_weak``.
    """
    with Cage(limits, num_workers=1, allow_weak=allow_weak) as cage:
        [(_, verdict)] = cage.judge([(problem.task_id, problem, solution)])
    return verdict


def _ready(workers: list[Worker], timeout_s: float) -> list[Worker]:
    """Return the judges that have something to say, waiting for the first one."""
    if not workers:
        return []
    with selectors.DefaultSelector() as selector:
        for worker in workers:
            selector.register(worker, selectors.EVENT_READ, worker)
        return [key.data for key, _ in selector.select(timeout_s)]
