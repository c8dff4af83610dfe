"""What the analyses of a code study take: a setting, checkpoints with verdicts, shares of passes.

What the cage could not judge is in no count: it says nothing about the model.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol as TypingProtocol
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from kiyas.records import Checkpoint, Proportion, Protocol, Score
from kiyas.records.files import FileScore
from kiyas.records.taxonomy import UNSCORED
from kiyas.statistics import Interval, compare_means, mcnemar, wilson
from kiyas.statistics.pass_at_k import mean_in_unit_interval

OWN_RULE = "validated"
"""The extraction rule that every score of a study is made with."""

ShareTable = Mapping[str, float]
"""Share of passing completions by problem."""


class Verdict(TypingProtocol):
    """What shares are counted from: ``Score`` and ``FileScore`` are such."""

    @property
    def task_id(self) -> str:
        """Problem that was judged."""

    @property
    def outcome(self) -> str:
        """Label of the taxonomy."""

    @property
    def passed(self) -> bool:
        """Whether every test was passed."""


VerdictT = TypeVar("VerdictT", bound=Verdict)


@dataclass(frozen=True)
class ScoredCheckpoint:
    """A checkpoint with all its verdicts."""

    checkpoint: Checkpoint
    """Which adapter."""
    base: str
    """Label of the untrained base it grew from; its own for a base."""
    scores: tuple[Score, ...]
    """N x K verdicts."""
    epoch: float | None = None
    """Epochs of training data seen; None for a base."""
    train_loss: float | None = None
    """Training loss at the step; None for a base."""

    @cached_property
    def shares(self) -> ShareTable:
        """Return the share of passing completions of each problem that was judged."""
        return share_by_problem(self.scores)


@dataclass(frozen=True)
class AuditedCheckpoint:
    """A checkpoint under one protocol, with its verdicts under every extraction rule."""

    checkpoint: Checkpoint
    """Which adapter."""
    base: str
    """Label of the untrained base it grew from; its own for a base."""
    protocol: Protocol
    """How the problems were put to the model."""
    scores: tuple[Score, ...]
    """Verdicts under the study's own rule."""
    by_rule: Mapping[str, tuple[FileScore, ...]]
    """Verdicts on the same texts under the other rules."""


@dataclass(frozen=True)
class Setting:
    """What all checkpoints of a study share."""

    study: str
    """Name of the study."""
    benchmark: str
    """Name of the benchmark."""
    num_problems: int
    """N."""
    num_samples: int
    """K."""
    protocol: Protocol
    """How problems were put to the model."""
    isolation: str
    """Level of the cage."""
    confidence: float
    """Level of every interval."""
    num_seeds: int
    """Training seeds an arm."""
    seed: int
    """Seed of every resampling."""

    @property
    def alpha(self) -> float:
        """Return the level of every verdict."""
        return 1 - self.confidence


@dataclass(frozen=True)
class ShareVector:
    """Shares of passing completions; what is compared with many others is sorted once."""

    tasks: tuple[str, ...]
    """(N,) names of the problems, sorted."""
    shares: NDArray[np.float64]
    """(N,) share of each."""

    def only(self, tasks: Collection[str]) -> ShareVector:
        """Return the shares of some of the problems."""
        kept = [index for index, task in enumerate(self.tasks) if task in tasks]
        return ShareVector(tuple(self.tasks[index] for index in kept), self.shares[kept])


@dataclass(frozen=True)
class Paired:
    """Two checkpoints, or one read in two ways, on the problems judged for both."""

    differences: NDArray[np.float64]
    """(N,) first minus second, by problem."""
    tasks: tuple[str, ...]
    """(N,) names of the problems."""
    num_first_only: int
    """Problems on which the first is better."""
    num_second_only: int
    """Problems on which the second is better."""
    interval: Interval
    """Mean difference with its interval."""
    p_value: float
    """Two-sided p of this pair alone; 1 without problems."""


def is_judged(outcome: str) -> bool:
    """Return whether an outcome says something about the model, and not about our machine.

    ``unsupported`` does: a program that could leave the count by what it imports would choose its
    own denominator.
    """
    return outcome != UNSCORED


def keep_judged(verdicts: Iterable[VerdictT]) -> list[VerdictT]:
    """Return the verdicts that say something about the model."""
    return [verdict for verdict in verdicts if is_judged(verdict.outcome)]


def share_by_problem(verdicts: Iterable[Verdict]) -> dict[str, float]:
    """Return the share of passing completions of each problem that was judged."""
    judged = keep_judged(verdicts)
    shares = {verdict.task_id: float(verdict.passed) for verdict in judged}
    if len(shares) == len(judged):  # one completion a problem: each is its own share
        return shares
    passes: dict[str, list[bool]] = {}
    for verdict in judged:
        passes.setdefault(verdict.task_id, []).append(verdict.passed)
    return {task: sum(values) / len(values) for task, values in passes.items()}


def count_share(k: int, n: int, confidence: float) -> Proportion:
    """Return k/n with Wilson's interval."""
    interval = wilson(k, n, confidence)
    return Proportion(k, n, interval.estimate, interval.low, interval.high, "wilson")


def mean_share(values: Sequence[float], confidence: float) -> Proportion:
    """Return the mean of (N,) shares, one a problem; k counts the problems above 0.

    Wilson's interval; with shares other than 0 and 1 that of the effective number of trials.
    """
    k, n = sum(value > 0 for value in values), len(values)
    if n == 0 or all(value in (0, 1) for value in values):
        return count_share(k, n, confidence)
    interval = mean_in_unit_interval(np.array(values, dtype=np.float64), confidence)
    return Proportion(k, n, interval.estimate, interval.low, interval.high, interval.method)


def pass_share(verdicts: Iterable[Verdict], confidence: float) -> Proportion:
    """Return pass@1: passing completions of all, its interval over problems, never over N x K."""
    judged = keep_judged(verdicts)
    k, n = sum(verdict.passed for verdict in judged), len(judged)
    shares = list(share_by_problem(judged).values())
    if len(shares) == n:
        return count_share(k, n, confidence)
    interval = mean_in_unit_interval(np.array(shares), confidence)
    return Proportion(
        k, n, interval.estimate, interval.low, interval.high, f"{interval.method}, by problem"
    )


def to_vector(table: ShareTable) -> ShareVector:
    """Return a table of shares in the order of its problems' names."""
    tasks = tuple(sorted(table))
    return ShareVector(tasks, np.array([table[task] for task in tasks], dtype=np.float64))


def stack_vectors(vectors: Sequence[ShareVector]) -> NDArray[np.float64]:
    """Return the (M, N) shares of M vectors on the N problems of all; (0, 0) without vectors."""
    if not vectors:
        return np.empty((0, 0))
    if any(vector.tasks != vectors[0].tasks for vector in vectors):
        shared = set.intersection(*(set(vector.tasks) for vector in vectors))
        vectors = [vector.only(shared) for vector in vectors]
    return np.stack([vector.shares for vector in vectors])


def compare_tables(first: ShareTable, second: ShareTable, setting: Setting) -> Paired:
    """Compare two tables of shares: exact McNemar for one completion a problem, else sign flips."""
    return compare_vectors(to_vector(first), to_vector(second), setting)


def compare_vectors(first: ShareVector, second: ShareVector, setting: Setting) -> Paired:
    """Compare two vectors of shares on the problems of both, as ``compare_tables`` does."""
    tasks = first.tasks
    if tasks != second.tasks:
        shared = set(first.tasks) & set(second.tasks)
        first, second = first.only(shared), second.only(shared)
        tasks = first.tasks
    differences, n = first.shares - second.shares, len(tasks)
    b, c = int((differences > 0).sum()), int((differences < 0).sum())
    if setting.num_samples == 1:
        test = mcnemar(b, c, n, setting.confidence)
        interval, p_value = test.difference, test.exact_p_value
    else:
        paired = compare_means(differences, setting.seed, confidence=setting.confidence)
        interval, p_value = paired.difference, paired.p_value
    return Paired(differences, tasks, b, c, interval, 1.0 if p_value is None else p_value)


def align(paired: Sequence[Paired]) -> NDArray[np.float64]:
    """Return (M, N) differences on the problems of all pairs; 0 where a pair lacks a problem.

    A problem without a difference adds nothing to a sign-flip statistic, so that the zeros
    change no test.
    """
    tasks = sorted({task for pair in paired for task in pair.tasks})
    place = {task: index for index, task in enumerate(tasks)}
    table = np.zeros((len(paired), len(tasks)))
    for row, pair in zip(table, paired, strict=True):
        row[[place[task] for task in pair.tasks]] = pair.differences
    return table
