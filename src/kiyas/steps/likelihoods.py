"""Checkpoints -> how likely each finds the reference solutions, on disk line by line.

Done where pass@1 has no room, or where the study asks for it. Every engine but a server leaves it
to transformers: they decode, and tell no likelihood of a text that is given.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from kiyas.models import RENDERING_VERSION, Base, load_base
from kiyas.records import Checkpoint
from kiyas.records.soft_outcomes import LikelihoodGap, SolutionLikelihood
from kiyas.run_folder import Inputs, appending_lines, hash_values, read_records
from kiyas.steps.adapters import find_adapter, hash_of_adapter
from kiyas.steps.predict import checkpoints_of
from kiyas.steps.run import Run, tell_state
from kiyas.steps.score import read_scores

if TYPE_CHECKING:
    from kiyas.analysis.soft_outcomes import Likelihoods
    from kiyas.prediction.likelihoods import Solution


def rate_solutions(run: Run) -> list[str]:
    """Score the reference solutions where that is wanted; return the titles of what was done."""
    if not _is_wanted(run):
        return []
    gap = _find_gap(run)
    if gap is not None:
        run.progress.say(f"the reference solutions are not scored: {_REASONS[gap]}")
        return []
    done = []
    for name in run.bases:
        done += _rate_base(run, name)
    return done


def read_likelihoods(run: Run) -> Likelihoods:
    """Return the likelihoods of every checkpoint, by label and problem; or why there are none."""
    from kiyas.analysis.soft_outcomes import Likelihoods

    if not _is_wanted(run):
        return Likelihoods()
    tables = {
        item.label: {one.task_id: one.log_likelihood for one in _read(run, item)}
        for item in run.jobs.checkpoints
    }
    return Likelihoods(tables, _find_gap(run))


def likelihood_inputs(run: Run) -> Inputs:
    """Return what the report's part on likelihoods depends on; None where it is not finished."""
    protocol = run.study.protocol
    if any(not run.folder.scores(item, protocol).exists() for item in run.jobs.checkpoints):
        return {"likelihoods": None}
    if not _is_wanted(run):
        return {"likelihoods": "off"}
    gap = _find_gap(run)
    if gap is not None:
        return {"likelihoods": gap}
    found = [
        run.folder.rating(item, protocol).outputs().get("sha256") for item in run.jobs.checkpoints
    ]
    return {"likelihoods": None if None in found else hash_values(found)}


_REASONS: dict[LikelihoodGap, str] = {
    "server": "a server gives no likelihood of a text",
    "no-solutions": "the benchmark has none",
}


def _is_wanted(run: Run) -> bool:
    """Return whether the study asks for likelihoods, or leaves it to us and is at an edge."""
    from kiyas.analysis.soft_outcomes import find_edge

    wanted = run.study.predict.reference_likelihood
    if wanted != "auto":
        return wanted
    return find_edge(_share_of_passes(run, item) for item in run.jobs.checkpoints) is not None


def _share_of_passes(run: Run, checkpoint: Checkpoint) -> float | None:
    """Return pass@1 as it was noted with the verdicts; older run folders are read through."""
    from kiyas.analysis.scored import pass_share

    noted = run.folder.judgement(checkpoint, run.study.protocol).outputs()
    if "pass_at_1" in noted:
        return None if noted["pass_at_1"] is None else float(noted["pass_at_1"])
    return pass_share(read_scores(run, checkpoint), run.study.confidence).estimate


def _find_gap(run: Run) -> LikelihoodGap | None:
    if run.study.predict.engine == "openai":
        return "server"
    has_solutions = any(problem.canonical_solution for problem in run.benchmark.problems)
    return None if has_solutions else "no-solutions"


def _rate_base(run: Run, name: str) -> list[str]:
    """Rate what is missing of one base's checkpoints; the base is loaded only if there is work."""
    waiting = []
    for item in checkpoints_of(run, name):
        state = run.folder.rating(item, run.study.protocol).begin(_inputs(run, name, item))
        tell_state(state, _title(item), run.progress)
        if state.status != "complete":
            waiting.append(item)
    if not waiting:
        return []
    from kiyas.prediction.likelihoods import render_solutions

    base = load_base(run.bases[name], dtype=run.study.predict.dtype, say=run.progress.say)
    solutions = render_solutions(base, run.benchmark.problems, run.study.protocol)
    for item in waiting:
        _rate(run, base, item, solutions)
        found = sorted((one.task_id, one.log_likelihood) for one in _read(run, item))
        outputs = {"sha256": hash_values(found), "dtype": base.dtype}
        run.folder.rating(item, run.study.protocol).finish(_inputs(run, name, item), outputs)
    return [_title(item) for item in waiting]


def _rate(run: Run, base: Base, checkpoint: Checkpoint, solutions: list[Solution]) -> None:
    from kiyas.prediction.likelihoods import rate_checkpoint

    done = {one.task_id for one in _read(run, checkpoint)}
    path = run.folder.likelihoods(checkpoint, run.study.protocol)
    with (
        run.progress.bar(_title(checkpoint), len(solutions), len(done)) as bar,
        appending_lines(path) as writer,
    ):
        for rated in rate_checkpoint(base, find_adapter(run, checkpoint), solutions, done):
            writer.append([asdict(one) for one in rated])
            for _ in rated:
                bar.advance()


def _read(run: Run, checkpoint: Checkpoint) -> list[SolutionLikelihood]:
    path = run.folder.likelihoods(checkpoint, run.study.protocol)
    return read_records(path, SolutionLikelihood)


def _inputs(run: Run, base: str, checkpoint: Checkpoint) -> Inputs:
    texts = [
        (problem.task_id, problem.prompt, problem.canonical_solution)
        for problem in run.benchmark.problems
    ]
    return {
        "base": run.bases[base].fingerprint,
        "adapter": hash_of_adapter(run, checkpoint),
        "benchmark.solutions": hash_values(texts),
        "protocol": run.study.protocol,
        "rendering": RENDERING_VERSION,
        "predict.dtype": run.study.predict.dtype,
    }


def _title(checkpoint: Checkpoint) -> str:
    return f"reference solutions under {checkpoint.label}"
