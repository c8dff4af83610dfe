"""Trials -> adapters on disk."""

from __future__ import annotations

from kiyas.data import load_examples
from kiyas.models import RENDERING_VERSION
from kiyas.run_folder import Inputs, TrialFolder, hash_file
from kiyas.steps.jobs import TrialJob
from kiyas.steps.run import Run, ensure, flatten


def train_trials(run: Run) -> list[str]:
    """Train every trial that is not trained yet; return the names of those worked on."""
    done = []
    for job in run.jobs.trials:
        folder = run.folder.trial(job.trial)
        title = f"training {job.trial.name}"
        inputs = _inputs(run, job)
        if ensure(folder, inputs, title, run.progress, lambda: _train(run, job, folder)):  # noqa: B023
            done.append(title)
    return done


def _inputs(run: Run, job: TrialJob) -> Inputs:
    study, arm = run.study, job.arm
    return {
        "base": run.base_of(arm).fingerprint,
        "data": _data_identity(run, job),
        "protocol": study.protocol,
        "rendering": RENDERING_VERSION,
        "seed": job.trial.seed,
        **flatten("lora", study.lora_of(arm).model_dump()),
        **flatten("train", study.train_of(arm).model_dump()),
    }


def _data_identity(run: Run, job: TrialJob) -> str:
    """Return a hash of local rows; a Hub data set counts as unchanged while its name is."""
    from kiyas.data import source_kind

    data = job.arm.data
    assert data is not None  # only arms with data become trials
    if source_kind(data.source, run.study_dir) == "hub":
        return f"hub:{data.source}@{data.split or 'train'}:{data.columns.model_dump()}"
    columns = data.columns.model_dump()
    return load_examples(data.source, columns=columns, base_dir=run.study_dir).sha256


def _train(run: Run, job: TrialJob, folder: TrialFolder) -> Inputs:
    from kiyas.training import train_trial

    study, data = run.study, job.arm.data
    assert data is not None  # only arms with data become trials
    loaded = load_examples(
        data.source,
        columns=data.columns.model_dump(),
        split=data.split,
        base_dir=run.study_dir,
    )
    train_trial(
        job.trial,
        loaded.examples,
        run.base_of(job.arm),
        lora=study.lora_of(job.arm),
        train=study.train_of(job.arm),
        protocol=study.protocol,
        folder=folder,
        progress=run.progress,
    )
    return {
        "adapters": {
            str(item.step): hash_file(folder.checkpoint(item.step) / "adapter_model.safetensors")
            for item in job.checkpoints
        }
    }
