"""Completions of a code task -> scores, judged in the cage as they come.

Extraction runs here, programs run only in the cage. Does not order scores (they come as verdicts
do) and does not read or write files.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from kiyas import sandbox
from kiyas.errors import ScoringError
from kiyas.records import Benchmark, Completion, Extraction, Problem, Score
from kiyas.scoring.extraction import find_code
from kiyas.scoring.extraction_rules import EXTRACTION_RULES
from kiyas.scoring.outcomes import name_outcome
from kiyas.scoring.source import Fault


class HasName(Protocol):
    """The level of a cage."""

    @property
    def name(self) -> str:
        """Name of the level, such as ``strong``."""


class Judge(Protocol):
    """What scoring asks of a cage; ``kiyas.sandbox.Cage`` is one."""

    @property
    def isolation(self) -> HasName:
        """The level in force."""

    def judge(
        self, jobs: Iterable[tuple[str, sandbox.Problem, str]]
    ) -> Iterator[tuple[str, sandbox.Verdict]]:
        """Take jobs (key, problem, program) as they can be run; yield verdicts by key."""


@dataclass(frozen=True)
class _Job:
    completion: Completion
    problem: Problem
    extraction: Extraction
    fault: Fault | None


def score_completions(
    benchmark: Benchmark,
    completions: Iterable[Completion],
    cage: Judge,
    *,
    rule: str = "validated",
) -> Iterator[Score]:
    """Yield one score a completion, as soon as it is known.

    Completions are taken one by one as the cage becomes free, so that an iterable that decodes
    overlaps with judging. A completion without a program is scored without the cage. Where the
    cage itself fails, the program is judged once more at the end, and is a ``sandbox_error`` if it
    fails again.

    Args:
        benchmark: The problems.
        completions: In any order; K for each problem.
        cage: Where programs run; entered already.
        rule: Key of ``EXTRACTION_RULES``.

    Raises:
        ScoringError: A completion answers no problem of the benchmark, there is no such rule, or
            the cage cannot work.
    """
    _check_rule(rule)
    problems = {problem.task_id: problem for problem in benchmark.problems}
    isolation = cage.isolation.name
    pending: dict[str, _Job] = {}
    without_program: deque[_Job] = deque()
    failed: list[str] = []

    def jobs() -> Iterator[tuple[str, sandbox.Problem, str]]:
        for index, completion in enumerate(completions):
            job = _prepare(problems, completion, rule, benchmark.name)
            if not job.extraction.program:
                without_program.append(job)
                continue
            pending[str(index)] = job
            yield str(index), _to_sandbox(job.problem), job.extraction.program

    for key, verdict in _judge(cage, jobs()):
        while without_program:
            yield _score(without_program.popleft(), None, isolation)
        if verdict.outcome == "harness_error":
            failed.append(key)
        else:
            yield _score(pending.pop(key), verdict, isolation)
    while without_program:
        yield _score(without_program.popleft(), None, isolation)
    again = [
        (key, _to_sandbox(pending[key].problem), pending[key].extraction.program) for key in failed
    ]
    for key, verdict in _judge(cage, again):
        yield _score(pending.pop(key), verdict, isolation)
    for job in pending.values():
        lost = sandbox.Verdict(job.problem.task_id, "harness_error", "the cage gave no verdict")
        yield _score(job, lost, isolation)


def check_canonical(benchmark: Benchmark, cage: Judge) -> None:
    """Refuse a cage or a benchmark in which the reference solutions do not pass.

    Problems without a canonical solution are left out.

    Raises:
        ScoringError: Some canonical solution does not pass; the message names them.
    """
    open_problems = {p.task_id: p for p in benchmark.problems if p.canonical_solution}
    num_problems = len(open_problems)
    faults: dict[str, str] = {}
    for _ in range(2):  # the cage's own faults get a second chance
        jobs = [
            (key, _to_sandbox(problem), problem.prompt + problem.canonical_solution)
            for key, problem in open_problems.items()
        ]
        for key, verdict in _judge(cage, jobs):
            faults[key] = f"{verdict.outcome}: {verdict.detail}"
            if verdict.outcome != "harness_error":
                del open_problems[key]
            if verdict.outcome == "passed":
                del faults[key]
    faults = dict.fromkeys(open_problems, "no verdict") | faults
    if faults:
        lines = [f"{key} ({fault[:80]})" for key, fault in itertools.islice(faults.items(), 20)]
        num_passed = num_problems - len(faults)
        raise ScoringError(
            "canonical solutions do not pass, so that no score of this machine can be trusted",
            where=f"benchmark {benchmark.name}, isolation {cage.isolation.name}",
            received=f"{num_passed}/{num_problems} pass; not: {'; '.join(lines)}",
            expected=f"{num_problems}/{num_problems}",
            next_step="if the machine is busy, try again; else raise the limits of the cage, or "
            "mend the benchmark file",
        )


def _check_rule(rule: str) -> None:
    if rule not in EXTRACTION_RULES:
        raise ScoringError(
            "there is no extraction rule of this name",
            received=rule,
            expected=", ".join(EXTRACTION_RULES),
        )


def _prepare(
    problems: dict[str, Problem], completion: Completion, rule: str, benchmark_name: str
) -> _Job:
    problem = problems.get(completion.task_id)
    if problem is None:
        raise ScoringError(
            "a completion answers a problem that the benchmark does not have",
            where=f"benchmark {benchmark_name}",
            received=completion.task_id,
            expected=f"one of {len(problems)} task ids",
            next_step="score the file with the benchmark that it was made for",
        )
    fault: Fault | None = None
    if rule == "validated":
        extraction, fault = find_code(problem, completion.completion, completion.protocol)
    else:
        take = EXTRACTION_RULES[rule]
        extraction = take(problem, completion.completion, completion.protocol)
    return _Job(completion, problem, extraction, fault)


def _judge(
    cage: Judge, jobs: Iterable[tuple[str, sandbox.Problem, str]]
) -> Iterator[tuple[str, sandbox.Verdict]]:
    try:
        yield from cage.judge(jobs)
    except sandbox.SandboxError as error:
        raise ScoringError(error.what, where="sandbox", next_step=error.next_step) from error


def _to_sandbox(problem: Problem) -> sandbox.Problem:
    return sandbox.Problem(
        task_id=problem.task_id,
        prompt=problem.prompt,
        entry_point=problem.entry_point,
        test=problem.test,
    )


def _score(job: _Job, verdict: sandbox.Verdict | None, isolation: str) -> Score:
    completion = job.completion
    outcome, detail = name_outcome(
        completion, job.extraction, verdict, job.fault, job.problem.entry_point
    )
    return Score(
        task_id=completion.task_id,
        sample=completion.sample,
        outcome=outcome,
        detail=detail,
        rule=job.extraction.rule,
        program=job.extraction.program,
        seconds=(verdict.wall_s or 0.0) if verdict else 0.0,
        isolation=isolation,
        finish_reason=completion.finish_reason,
        num_tokens=completion.num_tokens,
        num_calls=verdict.num_calls if verdict and verdict.strength == "split" else None,
    )
