"""Checkpoints -> completions on disk, over one loaded base for all of them."""

from __future__ import annotations

from kiyas.models import RENDERING_VERSION, Base, BaseSource
from kiyas.records import Checkpoint
from kiyas.run_folder import Inputs, Step, hash_values, read_json, read_lines, write_json
from kiyas.steps.run import Run, flatten, tell_state


def predict_checkpoints(run: Run) -> list[str]:
    """Decode what is missing, base by base; return the titles of what was worked on."""
    done = []
    for name, source in run.bases.items():
        waiting = [item for item in _checkpoints_of(run, name) if _begin(run, name, item)]
        if waiting:
            _predict(run, name, source, waiting)
            done += [f"prediction {item.label}" for item in waiting]
    return done


def _checkpoints_of(run: Run, base: str) -> list[Checkpoint]:
    trained = [
        checkpoint
        for job in run.jobs.trials
        if run.study.base_of(job.arm) == base
        for checkpoint in job.checkpoints
    ]
    return [run.jobs.bases[base], *trained]


def _begin(run: Run, base: str, checkpoint: Checkpoint) -> bool:
    """Prepare a checkpoint's step; return whether there is work to do."""
    state = _step(run, checkpoint).begin(_inputs(run, base, checkpoint))
    tell_state(state, f"prediction {checkpoint.label}", run.progress)
    return state.status != "complete"


def _step(run: Run, checkpoint: Checkpoint) -> Step:
    return run.folder.predictions(checkpoint, run.study.protocol)


def _inputs(run: Run, base: str, checkpoint: Checkpoint) -> Inputs:
    prompts = [(problem.task_id, problem.prompt) for problem in run.benchmark.problems]
    settings = run.study.predict.model_dump()
    return {
        "base": run.bases[base].fingerprint,
        "adapter": _adapter_hash(run, checkpoint),
        "benchmark.prompts": hash_values(prompts),
        "protocol": run.study.protocol,
        "rendering": RENDERING_VERSION,
        **flatten("predict", settings, without=("batch_size",)),
    }


def _adapter_hash(run: Run, checkpoint: Checkpoint) -> str | None:
    for job in run.jobs.trials:
        if job.trial.name == checkpoint.trial:
            adapters = run.folder.trial(job.trial).outputs()["adapters"]
            return str(adapters[str(checkpoint.step)])
    return None


def _predict(run: Run, name: str, source: BaseSource, waiting: list[Checkpoint]) -> None:
    from kiyas.models import load_base
    from kiyas.prediction import CheckpointRequest, predict_completions

    folders = {job.trial.name: run.folder.trial(job.trial) for job in run.jobs.trials}
    protocol = run.study.protocol
    requests = [
        CheckpointRequest(
            checkpoint=item,
            adapter=None if item.is_base else folders[item.trial].checkpoint(item.step),
            samples=run.folder.samples(item, protocol),
        )
        for item in waiting
    ]
    base = load_base(source, dtype=run.study.predict.dtype, say=run.progress.say)
    _write_prompts(run, name, base)
    unfinished = list(waiting)
    for request, _ in predict_completions(
        requests,
        base,
        benchmark=run.benchmark,
        protocol=protocol,
        predict=run.study.predict,
        progress=run.progress,
    ):
        while unfinished[0] != request.checkpoint:  # checkpoint follows checkpoint
            _finish(run, name, unfinished.pop(0))
    for checkpoint in unfinished:
        _finish(run, name, checkpoint)


def _finish(run: Run, base: str, checkpoint: Checkpoint) -> None:
    lines = read_lines(run.folder.samples(checkpoint, run.study.protocol))
    texts = sorted((line["task_id"], line["sample"], line["completion"]) for line in lines)
    _step(run, checkpoint).finish(_inputs(run, base, checkpoint), {"sha256": hash_values(texts)})


def _write_prompts(run: Run, name: str, base: Base) -> None:
    """Keep the prompts as sent, so that a report needs no tokenizer."""
    from kiyas.models import render_problem

    protocol = run.study.protocol
    texts = {
        problem.task_id: render_problem(base, problem, protocol).text
        for problem in run.benchmark.problems
    }
    write_json(run.folder.prompts(run.jobs.bases[name], protocol), texts)


def read_prompts(run: Run) -> dict[str, str]:
    """Return the prompts of the study's first base as they were sent, by problem."""
    first = next(iter(run.jobs.bases.values()))
    return read_json(run.folder.prompts(first, run.study.protocol))
