"""Completions -> verdicts on disk."""

from __future__ import annotations

from dataclasses import asdict

from kiyas.records import Checkpoint, Completion, Score
from kiyas.run_folder import Inputs, Step, appending_lines, hash_values, read_lines
from kiyas.sandbox import Cage, Limits
from kiyas.scoring import EXTRACTION_VERSION, check_canonical, score_completions
from kiyas.steps.run import Run, flatten, tell_state


def score_checkpoints(run: Run) -> list[str]:
    """Judge every completion that has no verdict yet; return the titles of what was worked on."""
    waiting = [item for item in run.jobs.checkpoints if _begin(run, item)]
    if not waiting:
        return []
    score = run.study.score
    limits = Limits(wall_s=score.timeout_s, memory_bytes=score.memory_mb * 2**20)
    with Cage(
        limits,
        num_workers=score.num_workers,
        packages=tuple(score.packages),
        allow_weak=score.allow_weak_isolation,
    ) as cage:
        check_canonical(run.benchmark, cage)
        for checkpoint in waiting:
            _score(run, checkpoint, cage)
    return [f"scoring {item.label}" for item in waiting]


def read_scores(run: Run, checkpoint: Checkpoint) -> tuple[Score, ...]:
    """Return a checkpoint's verdicts in the order of problems and samples."""
    order = {problem.task_id: rank for rank, problem in enumerate(run.benchmark.problems)}
    path = run.folder.scores(checkpoint, run.study.protocol)
    scores = (Score(**line) for line in read_lines(path))
    return tuple(sorted(scores, key=lambda score: (order[score.task_id], score.sample)))


def read_completions(run: Run, checkpoint: Checkpoint) -> list[Completion]:
    """Return a checkpoint's completions in the order of the file."""
    path = run.folder.samples(checkpoint, run.study.protocol)
    return [Completion(**line) for line in read_lines(path)]


def _begin(run: Run, checkpoint: Checkpoint) -> bool:
    """Prepare a checkpoint's step; return whether there is work to do."""
    state = _step(run, checkpoint).begin(_inputs(run, checkpoint))
    tell_state(state, f"scoring {checkpoint.label}", run.progress)
    return state.status != "complete"


def _step(run: Run, checkpoint: Checkpoint) -> Step:
    return run.folder.judgement(checkpoint, run.study.protocol)


def _inputs(run: Run, checkpoint: Checkpoint) -> Inputs:
    predicted = run.folder.predictions(checkpoint, run.study.protocol).outputs()
    settings = run.study.score.model_dump()
    return {
        "samples": predicted["sha256"],
        "benchmark": run.benchmark.sha256,
        "extraction": EXTRACTION_VERSION,
        **flatten("score", settings, without=("num_workers", "allow_weak_isolation")),
    }


def _score(run: Run, checkpoint: Checkpoint, cage: Cage) -> None:
    path = run.folder.scores(checkpoint, run.study.protocol)
    completions = read_completions(run, checkpoint)
    judged = {(line["task_id"], line["sample"]) for line in read_lines(path)}
    waiting = [item for item in completions if (item.task_id, item.sample) not in judged]
    title = f"scoring {checkpoint.label}"
    with (
        run.progress.bar(title, len(completions), len(judged)) as bar,
        appending_lines(path) as lines,
    ):
        num_passed = 0
        for score in score_completions(run.benchmark, waiting, cage):
            lines.append([asdict(score)])
            num_passed += score.passed
            bar.advance()
            bar.note(f"{num_passed} passed")
    _finish(run, checkpoint, cage)


def _finish(run: Run, checkpoint: Checkpoint, cage: Cage) -> None:
    verdicts = [(s.task_id, s.sample, s.outcome, s.rule) for s in read_scores(run, checkpoint)]
    _step(run, checkpoint).finish(
        _inputs(run, checkpoint),
        {"sha256": hash_values(verdicts), "isolation": cage.isolation.to_dict()},
    )
