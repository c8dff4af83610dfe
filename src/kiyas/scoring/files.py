"""Samples of a file -> one verdict a sample and extraction rule, each program judged once.

Completions continue the prompt, solutions are whole programs. Rules that give the same program
share its verdict, so that six rules over one file cost little more than one. Does not read or
write files, order scores, or choose a rule by whether it passes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from kiyas import sandbox
from kiyas.errors import ScoringError
from kiyas.records import Benchmark, Completion, Extraction, Problem, Score
from kiyas.records.files import FileScore, Sample, SampleFile
from kiyas.scoring.code import Judge
from kiyas.scoring.extraction import find_code
from kiyas.scoring.extraction_rules import EXTRACTION_RULES
from kiyas.scoring.outcomes import name_outcome
from kiyas.scoring.source import Fault

AS_IS = "as-is"
"""The rule that a file is scored under unless another is asked for."""

INDENT_RESTORED = "indent-restored"
"""Rule of the audit alone: a completion whose first indentation was stripped gets it back."""

SOLUTION_RULES = (AS_IS, "validated")
"""Rules that can be asked of whole programs; the others join a text to the prompt."""


@dataclass(frozen=True)
class _Reading:
    """One sample read by one rule."""

    sample: Sample
    rule: str
    extraction: Extraction
    fault: Fault | None


@dataclass(frozen=True)
class _Job:
    """One program with all readings that gave it."""

    problem: Problem
    program: str
    readings: list[_Reading] = field(default_factory=list)


def rules_for(file: SampleFile) -> tuple[str, ...]:
    """Return every rule under which a file can be read."""
    is_whole = all(sample.kind == "solution" for sample in file.samples)
    return SOLUTION_RULES if is_whole else (*EXTRACTION_RULES, INDENT_RESTORED)


def score_file(
    file: SampleFile,
    benchmark: Benchmark,
    cage: Judge,
    *,
    rules: Sequence[str] = (AS_IS,),
    num_base_inputs: Mapping[str, int] | None = None,
    known: Mapping[tuple[str, int], Score] = MappingProxyType({}),
) -> Iterator[FileScore]:
    """Yield one score for each sample and rule, as verdicts come.

    Where the cage itself fails, the program is judged once more at the end, and is a
    ``sandbox_error`` if it fails again.

    Args:
        file: The samples.
        benchmark: The problems; those of ``PlusTests`` for plus benchmarks.
        cage: Where programs run; entered already.
        rules: Keys of ``EXTRACTION_RULES``, or ``INDENT_RESTORED``. For whole programs
            ``as-is`` is the program itself, ``validated`` searches the text like a chat answer; the
            others do not apply.
        num_base_inputs: Calls of the base part by task id, for plus benchmarks.
        known: Verdicts at hand by problem and sample: a rule that gives the same program takes
            them over.

    Raises:
        ScoringError: There is no such rule, a sample answers no problem of the benchmark, or the
            cage cannot work.
    """
    check_rules(rules)
    jobs: dict[tuple[str, str], _Job] = {}
    no_program: list[tuple[Problem, _Reading]] = []
    problems = {problem.task_id: problem for problem in benchmark.problems}
    for sample in file.samples:
        problem = _problem_of(sample, problems, benchmark)
        for rule in rules:
            reading = _read(sample, problem, rule)
            program = reading.extraction.program
            judged = known.get((sample.task_id, sample.sample))
            if judged is not None and judged.program == program:
                yield _taken_over(judged, reading, benchmark)
                continue
            if not program:
                no_program.append((problem, reading))
                continue
            job = jobs.setdefault((problem.task_id, program), _Job(problem, program))
            job.readings.append(reading)
    isolation = cage.isolation.name
    for problem, reading in no_program:
        yield _score(problem, reading, None, (benchmark, isolation), num_base_inputs)
    for job, verdict in _judge_all(list(jobs.values()), cage):
        for reading in job.readings:
            yield _score(job.problem, reading, verdict, (benchmark, isolation), num_base_inputs)


def check_rules(rules: Iterable[str]) -> None:
    """Raise ScoringError if there is no extraction rule of one of these names."""
    for rule in rules:
        if rule not in (*EXTRACTION_RULES, INDENT_RESTORED):
            raise ScoringError(
                "there is no extraction rule of this name",
                received=rule,
                expected=", ".join(EXTRACTION_RULES),
                next_step="name one of these: --rule as-is",
            )


def _problem_of(sample: Sample, problems: Mapping[str, Problem], benchmark: Benchmark) -> Problem:
    problem = problems.get(sample.task_id)
    if problem is None:
        raise ScoringError(
            "a sample answers a problem that the benchmark does not have",
            where=f"benchmark {benchmark.name}, line {sample.row}",
            received=sample.task_id,
            expected=f"one of {len(problems)} task ids",
            next_step="score the file with the benchmark that it was made for",
        )
    return problem


def _read(sample: Sample, problem: Problem, rule: str) -> _Reading:
    fault: Fault | None = None
    if rule == "validated":
        protocol = "chat" if sample.kind == "solution" else sample.protocol or "completion"
        extraction, fault = find_code(problem, sample.text, protocol)
    elif sample.kind == "solution":
        extraction = Extraction(sample.text, "whole-program")
    elif rule == INDENT_RESTORED:
        lost = "" if sample.text[:1].isspace() else "    "
        extraction = Extraction(problem.prompt + lost + sample.text, rule)
    else:
        take = EXTRACTION_RULES[rule]
        extraction = take(problem, sample.text, sample.protocol or "completion")
    return _Reading(sample, rule, extraction, fault)


def _judge_all(jobs: Sequence[_Job], cage: Judge) -> Iterator[tuple[_Job, sandbox.Verdict]]:
    """Yield a verdict for every job; the cage's own faults get a second chance."""
    waiting = set(range(len(jobs)))
    for is_last in (False, True):
        programs = [
            (str(index), _to_sandbox(jobs[index].problem), jobs[index].program)
            for index in sorted(waiting)
        ]
        try:
            for key, verdict in cage.judge(programs):
                if verdict.outcome != "harness_error" or is_last:
                    waiting.discard(int(key))
                    yield jobs[int(key)], verdict
        except sandbox.SandboxError as error:
            raise ScoringError(error.what, where="sandbox", next_step=error.next_step) from error
        if not waiting:
            return
    for index in sorted(waiting):
        task_id = jobs[index].problem.task_id
        yield jobs[index], sandbox.Verdict(task_id, "harness_error", "the cage gave no verdict")


def _to_sandbox(problem: Problem) -> sandbox.Problem:
    return sandbox.Problem(problem.task_id, problem.prompt, problem.entry_point, problem.test)


def _score(
    problem: Problem,
    reading: _Reading,
    verdict: sandbox.Verdict | None,
    setting: tuple[Benchmark, str],
    num_base_inputs: Mapping[str, int] | None,
) -> FileScore:
    sample = reading.sample
    outcome, detail = name_outcome(
        _as_completion(sample), reading.extraction, verdict, reading.fault, problem.entry_point
    )
    base_passed = None
    if num_base_inputs is not None and outcome != "sandbox_error":
        base_passed = _passed_base(verdict, num_base_inputs[problem.task_id])
    return FileScore(
        task_id=sample.task_id,
        sample=sample.sample,
        outcome=outcome,
        detail=detail,
        seconds=(verdict.wall_s or 0.0) if verdict else 0.0,
        isolation=setting[1],
        rule=reading.rule,
        benchmark=setting[0].name,
        base_passed=base_passed,
        finish_reason=sample.finish_reason,
    )


def _taken_over(judged: Score, reading: _Reading, benchmark: Benchmark) -> FileScore:
    return FileScore(
        task_id=judged.task_id,
        sample=judged.sample,
        outcome=judged.outcome,
        detail=judged.detail,
        seconds=0.0,
        isolation=judged.isolation,
        rule=reading.rule,
        benchmark=benchmark.name,
        finish_reason=reading.sample.finish_reason,
    )


def _as_completion(sample: Sample) -> Completion:
    """Return what outcomes are named from; a file that does not say has no truncation."""
    return Completion(
        task_id=sample.task_id,
        sample=sample.sample,
        protocol=sample.protocol or "completion",
        prompt_hash="",
        completion=sample.text,
        num_tokens=sample.num_tokens or 0,
        finish_reason=sample.finish_reason or "stop",
        seconds=0.0,
    )


def _passed_base(verdict: sandbox.Verdict | None, num_base: int) -> bool:
    """Return whether the verdict came after every base input had been answered rightly.

    A wrong value or an exception is an answered call itself; a timeout or a crash is not.
    """
    if verdict is None:
        return False
    if verdict.outcome == "passed":
        return True
    is_answered = verdict.outcome == "failed" and verdict.exception is not None
    return verdict.num_calls > num_base if is_answered else verdict.num_calls >= num_base
