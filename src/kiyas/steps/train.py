"""Trials -> adapters on disk."""

from __future__ import annotations

from functools import partial

from kiyas.config import ArmSettings
from kiyas.data import load_examples, source_kind
from kiyas.models import RENDERING_VERSION
from kiyas.run_folder import Inputs
from kiyas.steps.jobs import TrialJob
from kiyas.steps.run import Run, ensure, flatten
from kiyas.steps.tracking import tracked


def train_trials(run: Run) -> list[str]:
    """Train every trial that is not trained yet; return the titles of what was worked on."""
    done = []
    for job in run.jobs.trials:
        title = f"training {job.trial.name}"
        work = partial(_train, run, job)
        if ensure(run.folder.trial(job.trial), _inputs(run, job), title, run.progress, work):
            done.append(title)
    return done


def _inputs(run: Run, job: TrialJob) -> Inputs:
    study, arm = run.study, job.arm
    return {
        "base": run.base_of(arm).fingerprint,
        "data": identify_data(run, arm),
        "protocol": study.protocol,
        "rendering": RENDERING_VERSION,
        "seed": job.trial.seed,
        **flatten("lora", study.lora_of(arm).model_dump()),
        **flatten("train", study.train_of(arm).model_dump()),
    }


def identify_data(run: Run, arm: ArmSettings) -> str:
    """Return a hash of local rows; a Hub data set counts as unchanged while its name is."""
    data = arm.data
    assert data is not None  # only arms with data become trials
    if source_kind(data.source, run.study_dir) == "hub":
        return f"hub:{data.source}@{data.split or 'train'}:{data.columns.model_dump()}"
    columns = data.columns.model_dump()
    return load_examples(data.source, columns=columns, base_dir=run.study_dir).sha256


def _train(run: Run, job: TrialJob) -> Inputs:
    from kiyas.models import load_base
    from kiyas.training import train_trial

    study, data = run.study, job.arm.data
    assert data is not None  # only arms with data become trials
    loaded = load_examples(
        data.source,
        columns=data.columns.model_dump(),
        split=data.split,
        base_dir=run.study_dir,
    )
    if data.num_rows is not None and data.num_rows != len(loaded.examples):
        run.progress.say(
            f"{data.source} has {len(loaded.examples)} rows; the study says {data.num_rows}"
        )
    train, folder = study.train_of(job.arm), run.folder.trial(job.trial)
    base = load_base(run.base_of(job.arm), dtype=train.dtype, say=run.progress.say)
    with tracked(study, job.trial, _inputs(run, job), folder.path, run.progress) as track:
        summary = train_trial(
            job.trial,
            loaded.examples,
            base,
            lora=study.lora_of(job.arm),
            train=train,
            protocol=study.protocol,
            folder=folder,
            progress=run.progress,
            on_step=lambda row: track(row.step, row.epoch, row.figures),
        )
    return {"adapters": {str(item.step): item.sha256 for item in summary.checkpoints}}
