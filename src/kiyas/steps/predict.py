"""Checkpoints -> completions on disk, over one loaded base for all of them."""

from __future__ import annotations

from kiyas.models import RENDERING_VERSION, Base
from kiyas.records import Checkpoint
from kiyas.run_folder import Inputs, Step, hash_values, read_lines
from kiyas.steps.run import Run, flatten, tell_state


def predict_checkpoints(run: Run) -> list[str]:
    """Decode what is missing, base by base; return the titles of what was worked on."""
    done = []
    for name, base in run.bases.items():
        waiting = [item for item in _checkpoints_of(run, name) if _begin(run, name, item)]
        if waiting:
            _predict(run, name, base, waiting)
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


def _predict(run: Run, name: str, base: Base, waiting: list[Checkpoint]) -> None:
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
    for request in predict_completions(
        requests,
        base,
        benchmark=run.benchmark,
        protocol=protocol,
        predict=run.study.predict,
        progress=run.progress,
    ):
        lines = read_lines(request.samples)
        texts = sorted((line["task_id"], line["sample"], line["completion"]) for line in lines)
        step = _step(run, request.checkpoint)
        step.finish(_inputs(run, name, request.checkpoint), {"sha256": hash_values(texts)})
