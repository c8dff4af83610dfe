"""Independent jobs -> their work done, here or elsewhere; one verb, ``map``.

A job names what is to be done in plain values; the function that does it finds the rest in the
opened run. So a job can be sent to another machine, where the same study is opened again, and what
it makes is files of the run folder. Nothing here knows a stage.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

TaskT = TypeVar("TaskT")
RunT = TypeVar("RunT")
ItemT = TypeVar("ItemT")

Work = Callable[[RunT, TaskT], list[str]]
"""Does a task of an opened run and returns the titles of what was worked on; a module's function,
so that another process can import it."""


@dataclass(frozen=True)
class Job(Generic[TaskT]):
    """One piece of work that needs no other of its kind."""

    title: str
    """What to call it."""
    task: TaskT
    """What is to be done: plain values."""
    reads: tuple[str, ...] = ()
    """Folders of steps that it reads, relative to the run folder."""
    writes: tuple[str, ...] = ()
    """Folders of steps that it writes, relative to the run folder."""
    on_gpu: bool = True
    """Whether it gets the GPUs that the study asks for."""


class Executor(Protocol):
    """Where independent jobs run."""

    @property
    def num_workers(self) -> int:
        """Return how many jobs run at a time, so that work can be cut to fit."""

    @property
    def is_local(self) -> bool:
        """Return whether jobs run in this process, so that they can call back what they finish."""

    def map(self, run: Any, work: Work[Any, TaskT], jobs: Sequence[Job[TaskT]]) -> list[str]:
        """Do every job; return the titles of what was worked on, in the order of the jobs.

        Raises:
            KiyasError: What a job raised; what other jobs have done is kept.
        """


class LocalExecutor:
    """Runs jobs in this process, one after another."""

    num_workers = 1
    is_local = True

    def map(self, run: Any, work: Work[Any, TaskT], jobs: Sequence[Job[TaskT]]) -> list[str]:
        """Do every job in its turn."""
        return [title for job in jobs for title in work(run, job.task)]


def share_out(items: Sequence[ItemT], executor: Executor) -> list[Sequence[ItemT]]:
    """Cut items into a part a worker, neighbours together, as equal as can be; none is empty.

    The workers are asked for only if there are items: a cluster is joined for work alone.
    """
    if not items:
        return []
    num_parts = min(executor.num_workers, len(items))
    bounds = [len(items) * part // num_parts for part in range(num_parts + 1)]
    return [items[low:high] for low, high in itertools.pairwise(bounds)]
