"""Completions -> verdicts on disk."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from kiyas.errors import ScoringError
from kiyas.execution import Job, share_out
from kiyas.records import Checkpoint, Completion, Protocol, Score
from kiyas.run_folder import (
    Inputs,
    Step,
    appending_lines,
    hash_values,
    read_completions,
    read_lines,
    read_records,
)
from kiyas.sandbox import CAGE_VERSION, Cage, Limits, SandboxError
from kiyas.scoring import EXTRACTION_VERSION, check_canonical, score_completions
from kiyas.steps.askings import Reading, ReadingName, find_reading, own_asking, predicted
from kiyas.steps.determinism import judge_probe, lacks_verdicts
from kiyas.steps.run import Run, flatten, is_waiting, tell_state
from kiyas.steps.traces import keep_traces


@dataclass(frozen=True)
class ScoreTask:
    """What one cage judges in one go."""

    readings: tuple[ReadingName, ...]
    """Whose completions, asked in which way."""
    judges_probe: bool
    """Whether the probe of decoding is judged too, after the base's own completions."""


def score_checkpoints(run: Run) -> list[str]:
    """Judge every completion that has no verdict yet; return the titles of what was worked on."""
    asking = own_asking(run)
    readings = [Reading(asking, item) for item in run.jobs.checkpoints]
    waiting = [reading for reading in readings if waits_for_score(run, reading)]
    jobs = []
    for index, part in enumerate(share_out(waiting, run.executor) or [()]):
        judges_probe = index == 0 and lacks_verdicts(run, _probe_judged_by(run))
        if part or judges_probe:
            jobs.append(_job(run, part, judges_probe=judges_probe))
    return run.executor.map(run, score_task, jobs)


def score_task(run: Run, task: ScoreTask) -> list[str]:
    """Judge what is missing of a task in one cage; return the titles of what was worked on."""
    named = [find_reading(run, name) for name in task.readings]
    readings = [reading for reading in named if begin_scoring(run, reading)]
    judged_by = _probe_judged_by(run) if task.judges_probe else ""
    judges_probe = task.judges_probe and lacks_verdicts(run, judged_by)
    if not readings and not judges_probe:
        return []
    with open_cage(run) as cage:
        for reading in readings:
            score_checkpoint(run, reading, cage)
        if judges_probe:
            judge_probe(run, cage, judged_by)
    return [scoring_title(run, reading) for reading in readings]


def scoring_title(run: Run, reading: Reading) -> str:
    """Return what to call the scoring of a reading."""
    return reading.asking.title(run, "scoring", reading.checkpoint)


def name_job(titles: Sequence[str]) -> str:
    """Return what to call a job of several pieces of work."""
    return titles[0] + (f" and {len(titles) - 1} more" if len(titles) > 1 else "")


def _job(run: Run, part: Sequence[Reading], *, judges_probe: bool) -> Job[ScoreTask]:
    titles = [scoring_title(run, reading) for reading in part] or ["scoring: probe of decoding"]
    read, written = [predicted(run, reading) for reading in part], [_step(run, r) for r in part]
    if judges_probe:
        base = _probed(run)
        written += [predicted(run, base), _step(run, base)]
        read += [predicted(run, base)] if base in part else [predicted(run, base), _step(run, base)]
    return Job(
        name_job(titles),
        ScoreTask(tuple(reading.name for reading in part), judges_probe),
        reads=tuple(dict.fromkeys(run.folder.relative(step) for step in read)),
        writes=tuple(dict.fromkeys(run.folder.relative(step) for step in written)),
        on_gpu=False,
    )


@contextmanager
def open_cage(run: Run) -> Iterator[Cage]:
    """Open a cage with the study's limits in which every reference solution passes.

    They are judged once a process for each level of isolation.

    Raises:
        ScoringError: The cage cannot be had, or reference solutions do not pass in it.
    """
    score = run.study.score
    limits = Limits(wall_s=score.timeout_s, memory_bytes=score.memory_mb * 2**20)
    try:
        with Cage(
            limits,
            num_workers=score.num_workers,
            packages=tuple(score.packages),
            allow_weak=score.allow_weak_isolation,
        ) as cage:
            proof = f"reference solutions, {cage.isolation.name}"
            if proof not in run.proven:
                check_canonical(run.benchmark, cage)
                run.proven.add(proof)
            yield cage
    except SandboxError as error:
        raise ScoringError(error.what, where="sandbox", next_step=error.next_step) from error


def read_scores(
    run: Run, checkpoint: Checkpoint, protocol: Protocol | None = None
) -> tuple[Score, ...]:
    """Return a checkpoint's verdicts in the order of problems and samples.

    Args:
        run: The run.
        checkpoint: Which checkpoint.
        protocol: How it was asked; the study's own protocol if not given.
    """
    path = run.folder.scores(checkpoint, protocol or run.study.protocol)
    return sort_scores(run, read_records(path, Score))


def sort_scores(run: Run, scores: Sequence[Score]) -> tuple[Score, ...]:
    """Return verdicts in the order of problems and samples."""
    order = {problem.task_id: rank for rank, problem in enumerate(run.benchmark.problems)}
    return tuple(sorted(scores, key=lambda score: (order[score.task_id], score.sample)))


def completions_of(
    run: Run, checkpoint: Checkpoint, protocol: Protocol | None = None
) -> list[Completion]:
    """Return a checkpoint's completions, asked in the study's own way or another one."""
    return read_completions(run.folder.samples(checkpoint, protocol or run.study.protocol))


def waits_for_score(run: Run, reading: Reading) -> bool:
    """Return whether completions of a reading have no verdicts yet."""
    return is_waiting(_step(run, reading), scoring_inputs(run, reading))


def begin_scoring(run: Run, reading: Reading) -> bool:
    """Prepare a checkpoint's step; return whether there is work to do."""
    state = _step(run, reading).begin(scoring_inputs(run, reading))
    tell_state(state, scoring_title(run, reading), run.progress)
    return state.status != "complete"


def scoring_inputs(run: Run, reading: Reading) -> Inputs:
    """Return what the verdicts on a checkpoint's completions depend on."""
    settings = run.study.score.model_dump()
    return {
        "samples": predicted(run, reading).outputs()["sha256"],
        "benchmark": reading.asking.benchmark.sha256,
        "extraction": EXTRACTION_VERSION,
        "cage": CAGE_VERSION,
        **flatten("score", settings, without=("num_workers", "allow_weak_isolation")),
    }


def score_checkpoint(run: Run, reading: Reading, cage: Cage) -> None:
    """Judge the completions of one checkpoint that have no verdict yet."""
    checkpoint, protocol = reading.checkpoint, reading.asking.protocol
    num_completions = len(completions_of(run, checkpoint, protocol))
    num_judged = len(read_lines(run.folder.scores(checkpoint, protocol)))
    with run.progress.bar(scoring_title(run, reading), num_completions, num_judged) as bar:
        num_passed = 0
        for score in judge_missing(run, reading, cage):
            num_passed += score.passed
            bar.advance()
            bar.note(f"{num_passed} passed")
    finish_scoring(run, reading, cage)


def judge_missing(
    run: Run, reading: Reading, cage: Cage, keeps: Callable[[Score], bool] = lambda _: True
) -> Generator[Score]:
    """Judge completions that have no verdict yet, and give each verdict, kept or not.

    Args:
        run: The run.
        reading: Whose completions; its step has begun.
        cage: Where programs run.
        keeps: Says whether a verdict counts; one that does is on disk before it is given.
    """
    path = run.folder.scores(reading.checkpoint, reading.asking.protocol)
    judged = {(line["task_id"], line["sample"]) for line in read_lines(path)}
    completions = completions_of(run, reading.checkpoint, reading.asking.protocol)
    waiting = [item for item in completions if (item.task_id, item.sample) not in judged]
    with _step(run, reading).timed(), appending_lines(path) as lines:
        for score in score_completions(reading.asking.benchmark, waiting, cage):
            if keeps(score):
                lines.append([asdict(score)])
            yield score


def _probed(run: Run) -> Reading:
    """Return the reading that the probe of decoding is compared with."""
    return Reading(own_asking(run), next(iter(run.jobs.bases.values())))


def _probe_judged_by(run: Run) -> str:
    return hash_values(scoring_inputs(run, _probed(run)))


def _step(run: Run, reading: Reading) -> Step:
    return run.folder.judgement(reading.checkpoint, reading.asking.protocol)


def finish_scoring(run: Run, reading: Reading, cage: Cage) -> None:
    """Mark a reading's step complete: every completion has its verdict."""
    from kiyas.analysis.scored import pass_share

    scores = read_scores(run, reading.checkpoint, reading.asking.protocol)
    verdicts = [(s.task_id, s.sample, s.outcome, s.rule) for s in scores]
    share = pass_share(scores, run.study.confidence)
    outputs: dict[str, object] = {
        "sha256": hash_values(verdicts),
        "isolation": cage.isolation.to_dict(),
        "pass_at_1": share.estimate,
    }
    if reading.asking.protocol == run.study.protocol:
        outputs["traces"] = keep_traces(run, reading.checkpoint, scores)
    _step(run, reading).finish(scoring_inputs(run, reading), outputs)
