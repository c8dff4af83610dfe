"""Run -> the ways in which its checkpoints are asked, by name, and the folders that hold them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kiyas.records import Benchmark, Checkpoint, Protocol
from kiyas.run_folder import Step, hash_values
from kiyas.scoring import EXTRACTION_VERSION, find_end
from kiyas.steps.run import Run

if TYPE_CHECKING:
    from kiyas.models import Base
    from kiyas.prediction.questions import Questions

ReadingName = tuple[Protocol, str]
"""A checkpoint's label and the protocol under which it is asked: all that another process needs."""


@dataclass(frozen=True)
class Asking:
    """How checkpoints are asked: the study's own way, or another one for the audit."""

    protocol: Protocol
    """How the problems are put."""
    benchmark: Benchmark
    """The problems, or some of them."""

    def title(self, run: Run, what: str, checkpoint: Checkpoint) -> str:
        """Return what to call work on a checkpoint; another protocol than the study's is named."""
        other = "" if self.protocol == run.study.protocol else f" under {self.protocol}"
        return f"{what} {checkpoint.label}{other}"


@dataclass(frozen=True)
class Reading:
    """One checkpoint, asked in one way."""

    asking: Asking
    """How it was asked."""
    checkpoint: Checkpoint
    """Which checkpoint."""

    @property
    def name(self) -> ReadingName:
        """Return what tells it from others."""
        return self.asking.protocol, self.checkpoint.label


def own_asking(run: Run) -> Asking:
    """Return the study's own way."""
    return Asking(run.study.protocol, run.benchmark)


def asking_under(run: Run, protocol: Protocol) -> Asking:
    """Return the way of a protocol: the study's own, or the audit's with as many problems."""
    if protocol == run.study.protocol:
        return own_asking(run)
    return Asking(protocol, _take_some(run.benchmark, run.study.audit.limit))


def questions_of(run: Run, base: Base, asking: Asking) -> Questions:
    """Return what every checkpoint of a base is asked in one way."""
    from kiyas.prediction.questions import EndRule, ask

    rule = EndRule(f"extraction {EXTRACTION_VERSION}", find_end)
    return ask(base, asking.benchmark, asking.protocol, run.study.predict, rule)


def find_reading(run: Run, name: ReadingName) -> Reading:
    """Return what a name stands for."""
    protocol, label = name
    [checkpoint] = [item for item in run.jobs.checkpoints if item.label == label]
    return Reading(asking_under(run, protocol), checkpoint)


def predicted(run: Run, reading: Reading) -> Step:
    """Return the step that holds the completions of a reading."""
    return run.folder.predictions(reading.checkpoint, reading.asking.protocol)


def _take_some(benchmark: Benchmark, limit: int | None) -> Benchmark:
    """Return so many problems of a benchmark, evenly spaced; all without a limit."""
    total = len(benchmark.problems)
    if limit is None or limit >= total:
        return benchmark
    places = [(2 * index + 1) * total // (2 * limit) for index in range(limit)]
    problems = tuple(benchmark.problems[place] for place in places)
    task_ids = [problem.task_id for problem in problems]
    return Benchmark(benchmark.name, problems, hash_values(benchmark.sha256, task_ids))
