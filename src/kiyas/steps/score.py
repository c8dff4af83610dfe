"""Completions -> verdicts on disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict

from kiyas.records import Checkpoint, Completion, Protocol, Score
from kiyas.run_folder import Inputs, Step, appending_lines, hash_values, read_lines
from kiyas.sandbox import Cage, Limits
from kiyas.scoring import EXTRACTION_VERSION, check_canonical, score_completions
from kiyas.steps.determinism import judge_probe, lacks_verdicts
from kiyas.steps.predict import Asking, own_asking
from kiyas.steps.run import Run, flatten, tell_state


def score_checkpoints(run: Run) -> list[str]:
    """Judge every completion that has no verdict yet; return the titles of what was worked on."""
    asking = own_asking(run)
    waiting = [item for item in run.jobs.checkpoints if begin_scoring(run, asking, item)]
    if not waiting and not lacks_verdicts(run):
        return []
    with open_cage(run) as cage:
        for checkpoint in waiting:
            score_checkpoint(run, asking, checkpoint, cage)
        judge_probe(run, cage)
    return [f"scoring {item.label}" for item in waiting]


@contextmanager
def open_cage(run: Run) -> Iterator[Cage]:
    """Open a cage with the study's limits in which every reference solution passes."""
    score = run.study.score
    limits = Limits(wall_s=score.timeout_s, memory_bytes=score.memory_mb * 2**20)
    with Cage(
        limits,
        num_workers=score.num_workers,
        packages=tuple(score.packages),
        allow_weak=score.allow_weak_isolation,
    ) as cage:
        check_canonical(run.benchmark, cage)
        yield cage


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
    return sort_scores(run, [Score(**line) for line in read_lines(path)])


def sort_scores(run: Run, scores: Sequence[Score]) -> tuple[Score, ...]:
    """Return verdicts in the order of problems and samples."""
    order = {problem.task_id: rank for rank, problem in enumerate(run.benchmark.problems)}
    return tuple(sorted(scores, key=lambda score: (order[score.task_id], score.sample)))


def read_completions(
    run: Run, checkpoint: Checkpoint, protocol: Protocol | None = None
) -> list[Completion]:
    """Return a checkpoint's completions in the order of the file."""
    path = run.folder.samples(checkpoint, protocol or run.study.protocol)
    return [Completion(**line) for line in read_lines(path)]


def begin_scoring(run: Run, asking: Asking, checkpoint: Checkpoint) -> bool:
    """Prepare a checkpoint's step; return whether there is work to do."""
    state = _step(run, asking, checkpoint).begin(scoring_inputs(run, asking, checkpoint))
    tell_state(state, asking.title(run, "scoring", checkpoint), run.progress)
    return state.status != "complete"


def scoring_inputs(run: Run, asking: Asking, checkpoint: Checkpoint) -> Inputs:
    """Return what the verdicts on a checkpoint's completions depend on."""
    predicted = run.folder.predictions(checkpoint, asking.protocol).outputs()
    settings = run.study.score.model_dump()
    return {
        "samples": predicted["sha256"],
        "benchmark": asking.benchmark.sha256,
        "extraction": EXTRACTION_VERSION,
        **flatten("score", settings, without=("num_workers", "allow_weak_isolation")),
    }


def score_checkpoint(run: Run, asking: Asking, checkpoint: Checkpoint, cage: Cage) -> None:
    """Judge the completions of one checkpoint that have no verdict yet."""
    path = run.folder.scores(checkpoint, asking.protocol)
    completions = read_completions(run, checkpoint, asking.protocol)
    judged = {(line["task_id"], line["sample"]) for line in read_lines(path)}
    waiting = [item for item in completions if (item.task_id, item.sample) not in judged]
    title = asking.title(run, "scoring", checkpoint)
    with (
        run.progress.bar(title, len(completions), len(judged)) as bar,
        appending_lines(path) as lines,
    ):
        num_passed = 0
        for score in score_completions(asking.benchmark, waiting, cage):
            lines.append([asdict(score)])
            num_passed += score.passed
            bar.advance()
            bar.note(f"{num_passed} passed")
    _finish(run, asking, checkpoint, cage)


def _step(run: Run, asking: Asking, checkpoint: Checkpoint) -> Step:
    return run.folder.judgement(checkpoint, asking.protocol)


def _finish(run: Run, asking: Asking, checkpoint: Checkpoint, cage: Cage) -> None:
    scores = read_scores(run, checkpoint, asking.protocol)
    verdicts = [(s.task_id, s.sample, s.outcome, s.rule) for s in scores]
    _step(run, asking, checkpoint).finish(
        scoring_inputs(run, asking, checkpoint),
        {"sha256": hash_values(verdicts), "isolation": cage.isolation.to_dict()},
    )
